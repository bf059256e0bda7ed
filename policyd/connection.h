/*
 * connection.h: one connection of Postfix: bytes in, requests to the engine,
 * replies out, one after the other.
 */
#ifndef POLICYD_CONNECTION_H
#define POLICYD_CONNECTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/log.h"

/* Requests of one connection that are answered before the others have their
 * turn. */
#define CONNECTION_BURST 16

/* Milliseconds between two warnings of one kind. */
#define CONNECTION_WARNING_MS 1000

struct connection;
struct engine;
struct event;
struct event_base;

/* What warns once in a while, and counts in between. */
struct connection_warning {
	int64_t last; /* clock_monotonic_ms(), 0: never */
	uint64_t held_back;
};

/* What all connections share. */
struct connection_set {
	struct event_base *base;
	struct engine *engine;
	const struct log *log;
	struct list all;     /* those silent for longest first */
	struct list ready;   /* whose turn comes */
	struct event *again; /* calls connection_run_ready() */
	bool stopping;       /* who has his last reply is closed */
	uint64_t last_number;
	struct connection_warning warning;
	atomic_uint_fast64_t open; /* what follows, any thread may read */
	atomic_uint_fast64_t connected;
	atomic_uint_fast64_t requests;
	atomic_uint_fast64_t malformed;
};

/**
 * connection_set_init(set, base, engine, log):
 * Make ${set} empty.
 */
void connection_set_init(struct connection_set *set, struct event_base *base,
    struct engine *engine, const struct log *log);

/**
 * connection_set_done(set):
 * Close all; replies that still come go nowhere.
 */
void connection_set_done(struct connection_set *set);

/**
 * connection_warning_due(warning, now, held_back):
 * Say whether it is time to warn again, with how often that was not since in
 * ${held_back}.  ${now} is clock_monotonic_ms().
 */
bool connection_warning_due(
    struct connection_warning *warning, int64_t now, uint64_t *held_back);

/**
 * connection_open(set, fd):
 * Serve the socket ${fd}, which does not block and is closed at the end.
 */
void connection_open(struct connection_set *set, int fd);

/**
 * connection_run_ready(set):
 * Go on with those whose turn it is.
 */
void connection_run_ready(struct connection_set *set);

/**
 * connection_sweep(set, now, idle_ms, busy_ms):
 * Close who is silent since ${idle_ms} before ${now}, clock_monotonic_ms(), or
 * since ${busy_ms} amid a request or a reply.  One whose reply is not there yet
 * stays.
 */
void connection_sweep(
    struct connection_set *set, int64_t now, int64_t idle_ms, int64_t busy_ms);

/**
 * connection_evict(set):
 * Close the one that is silent for longest and waits for nothing.  Return false
 * when there is none.
 */
bool connection_evict(struct connection_set *set);

/**
 * connection_stop(set), connection_stop_reading(set):
 * Answer one more request of each, if it has come, and close it after; who is
 * silent is closed at once.  Who is amid a request, or has asked none yet, may
 * send it until the latter.
 */
void connection_stop(struct connection_set *set);
void connection_stop_reading(struct connection_set *set);

#endif
