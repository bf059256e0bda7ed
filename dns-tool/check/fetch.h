/*
 * fetch.h: a document from a web server that may be anybody's.
 */
#ifndef CHECK_FETCH_H
#define CHECK_FETCH_H

#include "base/arena.h"
#include "base/network.h"
#include "base/span.h"

enum fetch_result {
	FETCH_DONE,
	FETCH_UNREACHABLE,
	FETCH_CERTIFICATE, /* it is not trusted, or for another name */
	FETCH_REFUSED,     /* not status 200, a redirect too */
	FETCH_TOO_LARGE,
};

struct fetch {
	const char *host;
	const char *path;                        /* begins with a slash */
	const struct network_address *addresses; /* of the host */
	size_t address_count;
	const char *ca_file; /* NULL: the system's */
	size_t limit;        /* in bytes */
	int64_t deadline;    /* clock_monotonic_ms() */
};

/**
 * fetch(request, arena, body, reason):
 * Get ${request} by HTTPS from one of its addresses, never from another host.
 * Store what came in ${body}, or why it did not in ${reason}, both allocated
 * from ${arena}.
 */
enum fetch_result fetch(const struct fetch *request, struct arena *arena,
    struct span *body, const char **reason);

#endif
