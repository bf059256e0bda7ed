/*
 * serve.h: the sockets where Postfix asks, its connections, and the loop.
 *
 * One request is answered before the next of its connection is read, with one
 * reply.  A connection may be silent for longer than Postfix keeps one
 * (smtpd_policy_service_default max_ttl 1000 s): one that we close counts as a
 * failed try there.
 */
#ifndef POLICYD_SERVE_H
#define POLICYD_SERVE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/log.h"
#include "conf/conf.h"
#include "engine.h"

#define SERVE_BACKLOG 4096
/* Milliseconds that those have, while we stop, who are amid a request or have
 * connected and asked none yet. */
#define SERVE_PATIENCE_MS 200
/* A request that has begun must be whole by then. */
#define SERVE_REQUEST_SECONDS 60

struct event_base;
struct serve;

struct serve_load {
	uint64_t connections; /* open */
	uint64_t connected;   /* since the start */
	uint64_t refused;     /* for want of room */
	uint64_t requests;
	uint64_t malformed;
};

struct serve_options {
	const struct conf_list *sockets; /* unix:PATH, inet:PORT@ADDRESS */
	const char *socket_group;
	const char *user;
	int64_t max_connections;
	int64_t idle_s;
	const struct log *log;
};

/**
 * serve_new(base, options, engine, arena, error):
 * Listen at ${options}->sockets, or at those that systemd passes
 * (sd_listen_fds(3)), which stay open across a restart, and give requests to
 * ${engine}.  NULL with the reason and its cure in ${error}.
 */
struct serve *serve_new(struct event_base *base,
    const struct serve_options *options, struct engine *engine,
    struct arena *arena, const char **error);

/**
 * serve_load(serve, out):
 * Store what is going on in ${out}; any thread may call it.
 */
void serve_load(const struct serve *serve, struct serve_load *out);

/**
 * serve_stop(serve):
 * Take no more connections, nor requests but those in hand, which are still
 * answered: also what waits to be read, or is read in part.
 */
void serve_stop(struct serve *serve);

/**
 * serve_free(serve):
 * Close all.  NULL is harmless.
 */
void serve_free(struct serve *serve);

#endif
