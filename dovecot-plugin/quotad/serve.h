/*
 * serve.h: connections to the daemon: who they are (peer.h), their frames, and
 * the leases that end with them.
 */
#ifndef QUOTAD_SERVE_H
#define QUOTAD_SERVE_H

#include <event2/event.h>

#include "base/arena.h"
#include "config.h"
#include "ledger.h"

/* Frames of one connection that are carried out before others have a turn. */
#define SERVE_FRAMES_AT_ONCE 32
/* Leases that one connection may hold. */
#define SERVE_MAX_LEASES 256
/* Answers that a client did not read. */
#define SERVE_MAX_UNREAD ((size_t)256 * 1024)

struct serve;

struct serve_options {
	struct event_base *base;
	const struct config *config;
	struct ledger *ledger;
	struct store *store;
	struct meter *meter;
	const struct log *log;
};

/**
 * serve_new(options, arena, error), serve_free(serve):
 * Listen at the socket that systemd gave us, or else at settings->socket, mode
 * 0666: who may what is decided by SO_PEERCRED.  NULL with the reason and its
 * cure in ${error}.  serve_free() ends all connections; their leases stay, and
 * expire unless the clients come back and end them.
 */
struct serve *serve_new(const struct serve_options *options,
    struct arena *arena, const char **error);
void serve_free(struct serve *serve);
void serve_configure(struct serve *serve, const struct config *config);

/**
 * serve_tell(serve, json):
 * Pass a line to all who watch.
 */
void serve_tell(struct serve *serve, const char *json);

#endif
