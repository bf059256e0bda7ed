/*
 * http.h: bytes to an HTTP server of this host and back: no more than a test of
 * a server needs, so that it can also say what no good client says.
 */
#ifndef SUPPORT_HTTP_H
#define SUPPORT_HTTP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

#define HTTP_MAX ((size_t)4 * 1024 * 1024)

struct http_reply {
	int status;       /* 0: no reply */
	struct span head; /* with its status line */
	struct span body;
};

/**
 * http_connect(host, port):
 * Connect to ${host}, an IPv4 or IPv6 address, at ${port}.  Return a
 * descriptor, or -1 with errno set.
 */
int http_connect(const char *host, unsigned int port);

/**
 * http_send(fd, bytes):
 * Send all of ${bytes}; return false when the server does not take them.
 */
bool http_send(int fd, struct span bytes);

/**
 * http_read(fd, timeout_ms, arena, reply):
 * Read until the server closes, ${timeout_ms} at most between two pieces.
 * Store what came in ${reply}.  Return true when the server closed, false when
 * it still has the connection.
 */
bool http_read(
    int fd, int timeout_ms, struct arena *arena, struct http_reply *reply);

/**
 * http_ask(host, port, request, arena, reply):
 * Send ${request} over a connection of its own and store the answer in
 * ${reply}.
 */
void http_ask(const char *host, unsigned int port, const char *request,
    struct arena *arena, struct http_reply *reply);

/**
 * http_get(host, port, path, arena, reply):
 * As http_ask() for GET ${path}.
 */
void http_get(const char *host, unsigned int port, const char *path,
    struct arena *arena, struct http_reply *reply);

#endif
