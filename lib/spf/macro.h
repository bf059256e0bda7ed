/*
 * macro.h: the macros in SPF records and explanations (RFC 7208 7).
 */
#ifndef SPF_MACRO_H
#define SPF_MACRO_H

#include <stdint.h>

#include "base/arena.h"
#include "base/network.h"
#include "base/span.h"

/* An explanation that grows beyond this is not used. */
#define SPF_MACRO_MAX_TEXT ((size_t)4096)

/* Where a text with macros stands. */
enum spf_macro_use {
	SPF_MACRO_DOMAIN, /* domain-spec */
	SPF_MACRO_STRING, /* macro-string: the value of an unknown modifier */
	SPF_MACRO_TEXT,   /* explain-string */
};

/**
 * spf_macro_validated(cookie, domain):
 * Return the validated name of the client that is nearest to ${domain}, or
 * "unknown" (RFC 7208 5.5, 7.3).
 */
typedef const char *spf_macro_validated(void *cookie, const char *domain);

/* What the letters stand for (RFC 7208 7.2). */
struct spf_macro_values {
	const char *local_part;
	const char *sender_domain;
	const char *domain; /* whose record it is */
	const struct network_address *client;
	const char *helo;
	const char *receiver;
	int64_t now;
	spf_macro_validated *validated; /* asked for %{p} only */
	void *cookie;
};

/**
 * spf_macro_check(text, use):
 * Return NULL if ${text} obeys the grammar for ${use} (RFC 7208 7.1), or what
 * is wrong in plain words.
 */
const char *spf_macro_check(struct span text, enum spf_macro_use use);

/**
 * spf_macro_has(text, letter):
 * Say whether ${text}, which spf_macro_check() accepts, has the macro
 * ${letter}, a small one, in either case.
 */
bool spf_macro_has(struct span text, unsigned char letter);

/**
 * spf_macro_domain(arena, text, values):
 * Expand the domain-spec ${text}, which spf_macro_check() accepts, to a name
 * without a final dot, of which labels were removed at the left until it has at
 * most 253 bytes (RFC 7208 7.3).  Its form is not checked.  Allocated from
 * ${arena}.
 */
const char *spf_macro_domain(struct arena *arena, struct span text,
    const struct spf_macro_values *values);

/**
 * spf_macro_text(arena, text, values):
 * Expand the explain-string ${text}, which spf_macro_check() accepts.  Return
 * NULL if it gets longer than SPF_MACRO_MAX_TEXT.  Allocated from ${arena}.
 */
const char *spf_macro_text(struct arena *arena, struct span text,
    const struct spf_macro_values *values);

#endif
