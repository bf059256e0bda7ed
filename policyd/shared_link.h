/*
 * shared_link.h: the connection to the server of shared limits: found through
 * sentinels or not, logged in, ready to charge, and made anew when it breaks.
 */
#ifndef POLICYD_SHARED_LINK_H
#define POLICYD_SHARED_LINK_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/log.h"
#include "shared.h"

struct redisAsyncContext;
struct shared_link;

/**
 * shared_link_new(base, options, log, arena, error):
 * Start to connect in ${base}.  NULL with the reason in ${error} when a setting
 * cannot be followed.  What ${options} point to is copied.
 */
struct shared_link *shared_link_new(struct event_base *base,
    const struct shared_options *options, const struct log *log,
    struct arena *arena, const char **error);

/**
 * shared_link_free(link):
 * Disconnect: commands that wait get no reply.  NULL is harmless.
 */
void shared_link_free(struct shared_link *link);

/**
 * shared_link_context(link):
 * Return the connection, or NULL while there is none that is ready.
 */
struct redisAsyncContext *shared_link_context(const struct shared_link *link);

/**
 * shared_link_script(link):
 * Return the digest by which the server knows the script.
 */
const char *shared_link_script(const struct shared_link *link);

/**
 * shared_link_drop(link, reason):
 * The connection is of no use, for ${reason}: make it anew.
 */
void shared_link_drop(struct shared_link *link, const char *reason);

#endif
