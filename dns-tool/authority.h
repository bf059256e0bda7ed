/*
 * authority.h: the name servers of a zone, asked themselves, one by one: what
 * a resolver has cached, or was told by one of them, is not all there is.
 */
#ifndef DNS_TOOL_AUTHORITY_H
#define DNS_TOOL_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/network.h"
#include "dns/dns.h"

/* Addresses of name servers that are asked; more are left out and told. */
#define AUTHORITY_MAX_SERVERS 26
#define AUTHORITY_MAX_QUESTIONS 256

enum authority_state {
	AUTHORITY_ANSWERS,
	AUTHORITY_SILENT, /* nothing came, or no connection can be made */
	AUTHORITY_LAME,   /* it is not authoritative, or refuses */
	AUTHORITY_BROKEN, /* what it says is no answer */
};

struct authority_server {
	const char *name;
	struct network_address address;
	uint16_t port;
	enum authority_state state; /* the worst, after authority_ask() */
	const char *reason;         /* in plain words, unless it answers */
};

struct authority {
	const char *zone; /* its apex; NULL: not found */
	struct authority_server *servers;
	size_t count;
	size_t left_out;
	const char *const *nameless; /* name servers without an address */
	size_t nameless_count;
	const char *reason; /* why there is no zone, in plain words */
};

/**
 * authority_find(dns, name, deadline, arena, out):
 * Find, through ${dns}, the zone that ${name} is in and the addresses of its
 * name servers, until clock_monotonic_ms() is ${deadline} at most.  What is
 * found lives as long as ${arena}.
 */
void authority_find(struct dns *dns, const char *name, int64_t deadline,
    struct arena *arena, struct authority *out);

/**
 * authority_ask(authority, questions, count, deadline, arena):
 * Ask each server each question, all at once, by UDP and what does not fit by
 * TCP.  Return ${authority}->count times ${count} answers, those of a server in
 * a row; DNS_TIMEOUT where none came, DNS_SERVFAIL where it was none.  A CNAME
 * is followed within an answer; where that, or a referral to a part of the zone
 * with servers of its own, leads elsewhere, the answer is DNS_OK without
 * records.  The states of servers are set.
 */
struct dns_answer *authority_ask(struct authority *authority,
    const struct dns_question *questions, size_t count, int64_t deadline,
    struct arena *arena);

#endif
