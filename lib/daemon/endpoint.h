/*
 * endpoint.h: the words that say where Postfix connects.
 */
#ifndef DAEMON_ENDPOINT_H
#define DAEMON_ENDPOINT_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/arena.h"

struct endpoint {
	const char *path;                /* of a UNIX socket; NULL: TCP */
	bool loopback;                   /* nobody else can reach it */
	struct sockaddr_storage address; /* TCP */
	socklen_t address_len;
};

/**
 * endpoint_parse(text, arena, out):
 * Store in ${out} what ${text} means: unix:PATH or local:PATH with an absolute
 * path, inet:PORT@ADDRESS or inet6:PORT@ADDRESS, where ADDRESS may stand in
 * brackets, and with inet may be localhost.  Return NULL, or what is wrong with
 * its cure, allocated from ${arena}.  No I/O.
 */
const char *endpoint_parse(
    const char *text, struct arena *arena, struct endpoint *out);

#endif
