/*
 * postconf.h: what this host's Postfix is configured for, as postconf(1) says
 * it; only ever read.
 */
#ifndef DAEMON_POSTCONF_H
#define DAEMON_POSTCONF_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"
#include "daemon/endpoint.h"

/* Arguments of one call. */
#define POSTCONF_MAX_ARGUMENTS 16

/**
 * postconf_read(arguments, arena, out):
 * Run postconf(1) with ${arguments}, ended by NULL, for a few seconds at most,
 * and store what it prints in ${out}.  Return false when there is none, or it
 * says nothing.
 */
bool postconf_read(
    const char *const arguments[], struct arena *arena, struct span *out);

/**
 * postconf_endpoint(endpoint, queue_directory, arena):
 * Return what Postfix calls ${endpoint}: a UNIX socket below ${queue_directory}
 * by its path from there, which is right in a chroot and outside.
 */
const char *postconf_endpoint(const struct endpoint *endpoint,
    const char *queue_directory, struct arena *arena);

#endif
