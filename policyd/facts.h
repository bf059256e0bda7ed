/*
 * facts.h: what can be said of a request without asking anybody: its attributes
 * and what is derived from them, by name, for keys and conditions.
 */
#ifndef POLICYD_FACTS_H
#define POLICYD_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "request.h"

struct geo;
struct orgdomain;

/* Names beyond the attributes of the protocol. */
enum facts_derived {
	FACTS_SENDER_DOMAIN,    /* lower-case A-labels; empty: null sender */
	FACTS_SENDER_MAILBOX,   /* lower case, without the +extension */
	FACTS_RECIPIENT_DOMAIN, /* likewise */
	FACTS_RECIPIENT_MAILBOX,
	FACTS_SASL_DOMAIN, /* of sasl_username, or empty */
	FACTS_CLIENT_NET,  /* "192.0.2.0/24", "2001:db8::/64" */
	FACTS_CLIENT_POOL, /* the name of its pool, or client_net */
	FACTS_ASN,         /* a number, or empty: not known */
	FACTS_COUNTRY,     /* two capital letters, or empty */
	FACTS_SENDER_ORG,  /* organizational domain of sender_domain */
	FACTS_DERIVED,
};

/* Networks that stand for one client, as of a provider whose customers send by
 * any of its hosts. */
struct facts_pool {
	const char *name; /* "pool NAME" */
	const struct network *networks;
	size_t count;
};

/* How they are derived; see the options of the same names. */
struct facts_rules {
	unsigned int client_net_ipv4; /* bits */
	unsigned int client_net_ipv6;
	char recipient_delimiter; /* NUL: none */
	const struct geo *geo;    /* NULL: no asn, no country */
	const struct orgdomain *suffixes;
	const struct facts_pool *pools;
	size_t pool_count;
};

struct facts {
	const struct request *request;
	const struct facts_rules *rules;
	struct arena *arena;
	bool known[FACTS_DERIVED]; /* derived when first asked for */
	struct span derived[FACTS_DERIVED];
	bool outbound; /* a login, or a client in a trusted network */
	int64_t now;   /* milliseconds since 1970 */
};

/**
 * facts_init(facts, request, rules, arena):
 * Make ${facts} those of ${request}; all three must outlive it.  Nothing is
 * derived yet; outbound and now are the caller's to set.
 */
void facts_init(struct facts *facts, const struct request *request,
    const struct facts_rules *rules, struct arena *arena);

/**
 * facts_get(facts, derived):
 * Return the value, which lives as long as the arena; empty when there is none.
 */
struct span facts_get(struct facts *facts, enum facts_derived derived);

/**
 * facts_pool(facts):
 * Return the pool that the client is in, or NULL.
 */
const struct facts_pool *facts_pool(const struct facts *facts);

/**
 * facts_attribute(facts, attribute):
 * Return the value of an attribute of the request.
 */
struct span facts_attribute(
    const struct facts *facts, enum request_attribute attribute);

/**
 * facts_derived_name(derived), facts_derived_find(name):
 * Return the name ("sender_domain") of a fact; the fact of a name,
 * FACTS_DERIVED when there is none.
 */
const char *facts_derived_name(enum facts_derived derived);
enum facts_derived facts_derived_find(struct span name);

#endif
