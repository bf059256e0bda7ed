/*
 * pattern.h: patterns of mail addresses, as configurations write them.
 *
 *	example.org          any address at example.org
 *	*.example.org        any address at a domain below example.org
 *	user@example.org     that address
 *	user@*.example.org   user at a domain below example.org
 *	*                    any address
 *
 * OpenDKIM's tables also have a `*' that is any text, wherever it stands.
 */
#ifndef MILTER_PATTERN_H
#define MILTER_PATTERN_H

#include <stdbool.h>

#include "base/arena.h"

struct pattern {
	const char *local_part; /* NULL: any */
	const char *domain;     /* lower-case A-labels; NULL: any */
	bool below;             /* the domains below ${domain}, not itself */
	const char *wildcard;   /* what the whole address must be like, too,
	                         * each * being any text; NULL: anything */
};

/**
 * pattern_parse(arena, text, out):
 * Store ${text} in ${out}, which lives as long as ${arena}.  Return 0, or -1
 * when it is none of the forms above.
 */
int pattern_parse(struct arena *arena, const char *text, struct pattern *out);

/**
 * pattern_parse_wildcard(arena, text, out):
 * Likewise, for ${text} in which each `*' is any text.  Return -1 when no
 * address can be like it.
 */
int pattern_parse_wildcard(
    struct arena *arena, const char *text, struct pattern *out);

/**
 * pattern_is_like(text, wildcard):
 * Say whether ${text} is ${wildcard} without ASCII case, each `*' being any
 * text.
 */
bool pattern_is_like(const char *text, const char *wildcard);

/**
 * pattern_expand(arena, text, domain, max):
 * Return ${text} with ${domain} in the place of each `%', or NULL when that is
 * longer than ${max} bytes.
 */
const char *pattern_expand(
    struct arena *arena, const char *text, const char *domain, size_t max);

/**
 * pattern_matches(pattern, address):
 * Say whether ${address}, local-part@domain with a lower-case A-label domain,
 * is one that ${pattern} means.  Local parts are compared without ASCII case.
 */
bool pattern_matches(const struct pattern *pattern, const char *address);

/**
 * pattern_matches_domain(pattern, domain):
 * Say whether ${domain}, in lower-case A-labels, is one whose addresses
 * ${pattern} means.
 */
bool pattern_matches_domain(const struct pattern *pattern, const char *domain);

#endif
