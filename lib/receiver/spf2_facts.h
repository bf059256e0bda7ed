/*
 * spf2_facts.h: what about a sender, a client or an SPF record makes libspf2
 * disagree with RFC 7208.
 */
#ifndef RECEIVER_SPF2_FACTS_H
#define RECEIVER_SPF2_FACTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "receiver/receiver.h"

struct spf2_facts {
	/* Of any SPF record that libspf2 was told. */
	bool malformed;       /* by RFC 7208 12 */
	bool zero_prefix;     /* a mechanism with /0 */
	bool early_redirect;  /* redirect= stands before a mechanism */
	bool dotted_modifier; /* the name of a modifier has a dot in it */
	/* Of other answers that it was given. */
	bool many_names;    /* more than SPF_MAX_NAMES in a PTR or MX answer */
	bool several_names; /* the client has more than one */
	bool failed_ptr;    /* the DNS did not say which names a client has */
	/* Of the question. */
	bool no_domain; /* the sender's is none (RFC 7208 4.3) */
	bool loopback;  /* the client is this host */
	bool mapped;    /* it is written as IPv4-mapped IPv6 address */
};

/**
 * spf2_facts_find(arena, query, report, out):
 * Look at ${query} and at what libspf2 learned of the DNS, by ${report}.
 */
void spf2_facts_find(struct arena *arena, const struct wire_spf *query,
    const struct receiver_report *report, struct spf2_facts *out);

#endif
