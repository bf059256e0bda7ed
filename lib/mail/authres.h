/*
 * authres.h: the Authentication-Results field (RFC 8601), written and read.
 */
#ifndef MAIL_AUTHRES_H
#define MAIL_AUTHRES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

/* In one field, and in one result; printing leaves out what is beyond. */
#define AUTHRES_MAX_RESULTS 80
#define AUTHRES_MAX_PROPERTIES 32

/* Bytes of a value that is printed; an address has 320 at most. */
#define AUTHRES_MAX_VALUE 400

/* Digits of a version number. */
#define AUTHRES_VERSION_DIGITS 9

/* ptype.property=value */
struct authres_property {
	const char *ptype;    /* smtp, header, body, policy */
	const char *property; /* "d", "i", "from", "mailfrom", ... */
	const char *value;    /* quotes removed, unless before an "@" */
};

/* method=result (comment) reason=... properties */
struct authres_result {
	const char *method;  /* dkim, spf, dmarc, arc, ...; of another version
	                      * than 1 with it: "dkim/2" */
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
 * name, leading blank and final line end, folded before each result, and before
 * what would pass column 78, with CRLF and a tab.  Nothing that strangers chose
 * can be taken for another result or another domain, not even by a reader who
 * knows neither quoted strings nor comments: of the value of a property that
 * has bytes such as quotes, ";", "=" or a second "@", "@domain" stays (RFC 8601
 * 2.2), or else the property is left out; in comments and reasons ":", "," and
 * other marks stand for them.  A comment keeps its "=".  Control bytes and what
 * is no printable UTF-8 become "?"; other UTF-8 stays (RFC 8601 5, EAI).  A
 * comment or reason of more than AUTHRES_MAX_VALUE bytes is cut and marked
 * "..."; a property with such a value is left out, for a cut name would be
 * another name.  authres_parse() reads whatever comes out.
 */
char *authres_print(struct arena *arena, const struct authres *authres);

/**
 * authres_value(arena, value), authres_text(arena, text):
 * Return as much of ${value} as authres_print() would tell as the value of a
 * property, or NULL where that is nothing; and ${text} as it would print a
 * reason; both without the quotes around them, in which they can stand.
 */
char *authres_value(struct arena *arena, const char *value);
char *authres_text(struct arena *arena, const char *text);

/**
 * authres_parse(arena, value, out):
 * Parse the field body ${value}; words of ours come out in lower case.  Return
 * 0, or -1 when it does not follow RFC 8601, is of another version than 1, has
 * control bytes, is not UTF-8 or passes the limits above.
 */
int authres_parse(struct arena *arena, struct span value, struct authres *out);

/**
 * authres_claims(value, authserv_id, domain):
 * Say whether a reader could take ${value} for a field that ${authserv_id}, or,
 * unless ${domain} is NULL, any host at or below that ${domain} (lower-case
 * A-labels) wrote (RFC 8601 5): the identity compared without case and final
 * dot, in U-labels or A-labels, quoted or not, after any comments, NULs and
 * control bytes; of any version.  A field whose identity is no domain name, or
 * cannot be read, counts as a claim when one of the two occurs in it; so does
 * any field that names it in a comment beside the identity, and one with more
 * names in U-labels than are worth the time.
 */
bool authres_claims(
    struct span value, const char *authserv_id, const char *domain);

/**
 * authres_names(value, name):
 * Say whether ${name} occurs anywhere in ${value}, in any of the ways in which
 * authres_claims() finds it.
 */
bool authres_names(struct span value, const char *name);

#endif
