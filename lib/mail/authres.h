/*
 * authres.h: the Authentication-Results field (RFC 8601), written and read.
 */
#ifndef MAIL_AUTHRES_H
#define MAIL_AUTHRES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

#define AUTHRES_MAX_RESULTS 64
#define AUTHRES_MAX_PROPERTIES 32

/* ptype.property=value; comment follows as "(comment)" when it is not NULL. */
struct authres_property {
	const char *ptype;    /* smtp, header, body, policy */
	const char *property; /* "d", "i", "from", "mailfrom", ... */
	const char *value;
};

struct authres_result {
	const char *method;  /* dkim, spf, dmarc, arc, ... */
	const char *result;  /* pass, fail, ... */
	const char *comment; /* or NULL */
	const char *reason;  /* or NULL */
	struct authres_property *properties;
	size_t property_count;
};

struct authres {
	const char *authserv_id;
	struct authres_result *results; /* count 0 prints "none" */
	size_t count;
};

/**
 * authres_print(arena, authres):
 * Return the body of an Authentication-Results field for ${authres}, without
 * name and final line end, folded before each result with CRLF and a tab.
 * Values are quoted where RFC 8601 2.2 wants it; control bytes cannot get
 * through; UTF-8 stays (RFC 8601 5, EAI).
 */
char *authres_print(struct arena *arena, const struct authres *authres);

/**
 * authres_parse(arena, value, out):
 * Parse the field body ${value}.  Return 0, or -1 when it does not follow RFC
 * 8601 or has more than AUTHRES_MAX_RESULTS results.
 */
int authres_parse(struct arena *arena, struct span value, struct authres *out);

/**
 * authres_claims(arena, value, authserv_id):
 * Say whether a reader could take ${value} for a field that ${authserv_id}
 * wrote (RFC 8601 5): the identity compared without case and final dot, in
 * U-labels or A-labels, quoted or not, after any comments, NULs and control
 * bytes; of any version.  A field whose identity cannot be read counts as a
 * claim when ${authserv_id} occurs in it.
 */
bool authres_claims(
    struct arena *arena, struct span value, const char *authserv_id);

#endif
