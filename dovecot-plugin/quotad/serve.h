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
 * serve_new(options, arena, error):
 * Listen at the socket that systemd gave us, or else at settings->socket, mode
 * 0666: who may what is decided by SO_PEERCRED.  NULL with the reason and its
 * cure, allocated from ${arena}, in ${error}.
 */
struct serve *serve_new(const struct serve_options *options,
    struct arena *arena, const char **error);

/**
 * serve_free(serve):
 * End all connections.  Their leases stay, and expire unless the clients come
 * back and end them.
 */
void serve_free(struct serve *serve);

/**
 * serve_configure(serve, config):
 * Judge connections that come from now on by ${config}.
 */
void serve_configure(struct serve *serve, const struct config *config);

/**
 * serve_turn(serve):
 * To be called after each turn of the event loop: what was decided in it goes
 * to the disk in one piece, and then the answers leave.
 */
void serve_turn(struct serve *serve);

/**
 * serve_tick(serve, now):
 * To be called once a second, ${now} being clock_monotonic_ms(): leases of
 * those who are connected live on, others expire, half a frame does not wait
 * for ever.
 */
void serve_tick(struct serve *serve, int64_t now);

/**
 * serve_is_watched(serve):
 * Say whether anybody watches.
 */
bool serve_is_watched(const struct serve *serve);

/**
 * serve_tell(serve, json):
 * Pass a line to all who watch.
 */
void serve_tell(struct serve *serve, const char *json);

#endif
