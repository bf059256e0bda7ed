/*
 * sender.h: the name that an SPF check is about (RFC 7208 2.3, 2.4, 4.3).
 */
#ifndef SPF_SENDER_H
#define SPF_SENDER_H

#include "base/arena.h"
#include "spf/spf.h"

/* A longer local part or HELO is cut in macros: RFC 5321 4.5.3.1.1 allows 64
 * bytes, and no domain name could hold more than this. */
#define SPF_SENDER_MAX_PART ((size_t)512)

struct spf_sender {
	const char *local_part; /* "postmaster" when there is none */
	const char *domain;     /* lower-case A-labels; NULL: none to ask */
	const char *reason;     /* why domain is NULL */
	const char *helo;       /* as the client gave it, for %{h} */
};

/**
 * spf_sender_find(arena, query, out):
 * Store in ${out} whom ${query} is about; allocated from ${arena}.
 */
void spf_sender_find(
    struct arena *arena, const struct spf_query *query, struct spf_sender *out);

#endif
