/*
 * metrics_serve.h: a page of metrics for programs of this host, over HTTP.
 *
 * Whoever has an account here can connect, so what a connection may cost is
 * bounded: METRICS_SERVE_CONNECTIONS at once, of which the oldest goes when
 * another one comes, one thread for all of them, METRICS_SERVE_REQUEST bytes of
 * request, METRICS_SERVE_SILENCE seconds of silence.
 */
#ifndef METRICS_METRICS_SERVE_H
#define METRICS_METRICS_SERVE_H

#include <sys/socket.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"

#define METRICS_SERVE_CONNECTIONS 16
#define METRICS_SERVE_REQUEST 8192
#define METRICS_SERVE_SILENCE 5

/* Appends the metrics to ${page}; one thread at a time calls it. */
typedef void metrics_page(void *cookie, struct buf *page);

struct metrics_serve_options {
	const struct sockaddr *address; /* 127.0.0.0/8 or ::1, and a port */
	metrics_page *page;
	void *cookie;
	const struct log *log; /* must outlive the server */
};

struct metrics_serve;

/**
 * metrics_serve_new(options, arena, error):
 * Listen at ${options}->address, which is copied, and answer GET and HEAD of
 * /metrics in a thread that takes no signals.  On failure, also when the
 * address is not this host's own loopback, return NULL and store the reason,
 * allocated from ${arena}, in ${error}.  Event: metrics_http.
 */
struct metrics_serve *metrics_serve_new(
    const struct metrics_serve_options *options, struct arena *arena,
    const char **error);

/**
 * metrics_serve_free(serve):
 * Hang up and listen no more.  NULL is harmless.
 */
void metrics_serve_free(struct metrics_serve *serve);

#endif
