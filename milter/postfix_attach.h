/*
 * postfix_attach.h: how to make Postfix use the milter.  Only decides.
 */
#ifndef MILTER_POSTFIX_ATTACH_H
#define MILTER_POSTFIX_ATTACH_H

#include "endpoint.h"
#include "postfix.h"

/**
 * postfix_attach_name(endpoint, queue_directory, arena):
 * Return what Postfix calls ${endpoint}: a UNIX socket below ${queue_directory}
 * by its path from there, which is right in a chroot and outside.
 */
const char *postfix_attach_name(const struct endpoint *endpoint,
    const char *queue_directory, struct arena *arena);

/**
 * postfix_attach_command(postfix, endpoint, arena):
 * Return the command after which ${postfix} uses the milter at ${endpoint},
 * beside those that it uses already; or NULL when it does use it.
 */
const char *postfix_attach_command(const struct postfix *postfix,
    const struct endpoint *endpoint, struct arena *arena);

#endif
