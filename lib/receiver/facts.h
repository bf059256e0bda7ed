/*
 * facts.h: what about a signature, its message or its key record makes
 * verifiers disagree.
 */
#ifndef RECEIVER_FACTS_H
#define RECEIVER_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "dns/dns.h"
#include "mail/header.h"

struct facts {
	size_t position;     /* among the DKIM-Signature fields, 0 at the top */
	bool non_ascii;      /* the field holds bytes above 0x7f */
	bool malformed;      /* the field, by RFC 6376 3.2 */
	bool old_version;    /* v=0.5 */
	bool expired;        /* x= has passed */
	bool future;         /* t= is to come, or x= not after it */
	bool partial;        /* l= is shorter than the body */
	bool unsigned_from;  /* h= names From less often than it stands there */
	bool odd_field_name; /* some field's name has a tab or 8-bit byte in it
	                      * or before the colon */
	bool no_final_line;  /* c= is relaxed for a body without a final CRLF */
	bool lone_line_end;  /* the body holds a CR or LF that is alone */
	size_t records;      /* TXT records at the key's name */
	size_t record_bytes; /* of the only one; what follows is about it */
	bool record_malformed; /* RFC 6376 3.2 */
	bool record_late_v;    /* v= is there, and not first */
	bool record_non_ascii;
	bool record_bare_rsa; /* p= is an RSAPublicKey (RFC 8017 A.1.1) */
	/* What only the caller knows. */
	bool other_clock; /* we go by another time than this host's */
	bool short_key;   /* shorter than the site wants */
	bool no_author;   /* From is missing, or holds no address */
};

/* A message and which of its signatures is meant. */
struct facts_of {
	const struct header_list *headers;
	struct span body;
	size_t position; /* among the DKIM-Signature fields, 0 at the top */
	int64_t now;
	int64_t clock_skew; /* seconds that t= may lie in the future */
};

/**
 * facts_find(arena, of, answer, out):
 * Look at the signature that ${of} names, and at ${answer}, what the DNS said
 * at its key's name, or NULL.  What only the caller knows is false in ${out}.
 */
void facts_find(struct arena *arena, const struct facts_of *of,
    const struct dns_answer *answer, struct facts *out);

#endif
