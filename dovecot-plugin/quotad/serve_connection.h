/*
 * serve_connection.h: one client's bytes, frames and leases.
 */
#ifndef QUOTAD_SERVE_CONNECTION_H
#define QUOTAD_SERVE_CONNECTION_H

#include <event2/event.h>

#include "base/list.h"
#include "peer.h"
#include "serve.h"

/* Frames of one connection that are carried out before others have a turn. */
#define SERVE_FRAMES_AT_ONCE 32
/* Leases that one connection may hold. */
#define SERVE_MAX_LEASES 256
/* Answers that a client did not read. */
#define SERVE_MAX_UNREAD ((size_t)1024 * 1024)
/* How long half a frame may wait for its rest. */
#define SERVE_FRAME_MS 10000

/* What all connections share. */
struct serve_set {
	struct serve_options with;
	struct list all;
	struct list turn; /* those with answers of this turn */
	size_t count;
	size_t watchers;
	struct arena *arena; /* of this turn */
};

struct serve_connection;

/**
 * serve_connection_new(set, fd, peer, arena):
 * Serve ${peer} on ${fd}; the connection owns ${arena}, in which the strings of
 * ${peer} are.
 */
void serve_connection_new(struct serve_set *set, int fd,
    const struct peer *peer, struct arena *arena);

/**
 * serve_connection_count_of(set, uid):
 * Return how many connections that user has.
 */
size_t serve_connection_count_of(const struct serve_set *set, uint32_t uid);

/**
 * serve_connection_finish(set, saved):
 * Send the answers of this turn; when what was decided in it is not ${saved},
 * say instead that the store is away.
 */
void serve_connection_finish(struct serve_set *set, bool saved);

/**
 * serve_connection_renew(set, expires):
 * Let the leases of all connections live until ${expires} (ms since 1970).
 */
void serve_connection_renew(struct serve_set *set, int64_t expires);

/**
 * serve_connection_check(set, now):
 * Close those whose half frame is too old at ${now} (clock_monotonic_ms()).
 */
void serve_connection_check(struct serve_set *set, int64_t now);

/**
 * serve_connection_tell(set, json):
 * Pass a line to those who watch.
 */
void serve_connection_tell(struct serve_set *set, const char *json);

/**
 * serve_connection_end(set):
 * Close all, leaving their leases.
 */
void serve_connection_end(struct serve_set *set);

#endif
