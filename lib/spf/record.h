/*
 * record.h: SPF records (RFC 7208 3, 4.5, 4.6, 5, 6 and 12).
 */
#ifndef SPF_RECORD_H
#define SPF_RECORD_H

#include "base/arena.h"
#include "base/network.h"
#include "base/span.h"
#include "spf/spf.h"

/* A longer record is permerror: RFC 7208 3.4 wants it to fit into 512 bytes of
 * UDP, and the longest in use have some 2000. */
#define SPF_RECORD_MAX ((size_t)8192)

/* What we show of strangers' text. */
#define SPF_RECORD_MAX_SHOWN ((size_t)200)

/* RFC 7208 5. */
enum spf_mechanism {
	SPF_MECHANISM_ALL,
	SPF_MECHANISM_INCLUDE,
	SPF_MECHANISM_A,
	SPF_MECHANISM_MX,
	SPF_MECHANISM_PTR,
	SPF_MECHANISM_IP4,
	SPF_MECHANISM_IP6,
	SPF_MECHANISM_EXISTS,
};

/* A mechanism with its qualifier. */
struct spf_directive {
	enum spf_result result; /* when it matches */
	enum spf_mechanism mechanism;
	struct span text;        /* all of it, as it stands in the record */
	struct span domain_spec; /* empty: the domain whose record it is */
	struct network network;  /* of ip4 and ip6 */
	unsigned int prefix4;    /* of a and mx */
	unsigned int prefix6;
};

struct spf_record {
	struct spf_directive *directives;
	size_t count;
	struct span redirect; /* its domain-spec; empty: none */
	struct span exp;
	const char *error; /* what is wrong, in plain words; NULL: nothing */
};

/**
 * spf_record_is(text):
 * Say whether the TXT record ${text} is an SPF record (RFC 7208 4.5).
 */
bool spf_record_is(struct span text);

/**
 * spf_record_parse(arena, text, out):
 * Read ${text}, for which spf_record_is() holds, into ${out}, all of it
 * (RFC 7208 4.6: an error anywhere counts).  Spans point into ${text}; the rest
 * is allocated from ${arena}.
 */
void spf_record_parse(
    struct arena *arena, struct span text, struct spf_record *out);

/**
 * spf_record_show(arena, text):
 * Return ${text} for a human: cut to SPF_RECORD_MAX_SHOWN, and with a `?' for
 * each byte that is not printable ASCII.  Allocated from ${arena}.
 */
const char *spf_record_show(struct arena *arena, struct span text);

#endif
