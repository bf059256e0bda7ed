/*
 * canon.h: the canonicalizations of header fields and bodies (RFC 6376 3.4).
 */
#ifndef DKIM_CANON_H
#define DKIM_CANON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "dkim/dkim.h"
#include "mail/header.h"

/**
 * canon_header(out, canon, field):
 * Append ${field} to ${out}, canonicalized, without a final CRLF (RFC 6376
 * 3.4.1, 3.4.2).
 */
void canon_header(
    struct buf *out, enum dkim_canon canon, const struct header_field *field);

/* Takes the next bytes of a canonicalized body. */
typedef void canon_sink(void *cookie, struct span bytes);

/* A body on its way through one canonicalization; fields belong to canon.c. */
struct canon_body {
	enum dkim_canon canon;
	canon_sink *sink;
	void *cookie;
	bool blank;     /* white space that perhaps ends a line */
	bool cr;        /* a CR that perhaps begins a CRLF */
	bool started;   /* there was a line that is not empty */
	uint64_t crlfs; /* line ends that are perhaps the body's last */
};

/**
 * canon_body_init(body, canon, sink, cookie):
 * Prepare ${body}; ${sink} gets ${cookie} and the canonicalized bytes.
 */
void canon_body_init(struct canon_body *body, enum dkim_canon canon,
    canon_sink *sink, void *cookie);

/**
 * canon_body_add(body, bytes):
 * The next part of the body, cut anywhere.  The sink gets it in large
 * stretches.
 */
void canon_body_add(struct canon_body *body, struct span bytes);

/**
 * canon_body_finish(body):
 * The body has ended: pass on all that is held back.
 */
void canon_body_finish(struct canon_body *body);

#endif
