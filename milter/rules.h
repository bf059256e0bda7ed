/*
 * rules.h: what the admin's own rules say of a message.  This file only
 * decides: no I/O, no clock, no state.
 */
#ifndef MILTER_RULES_H
#define MILTER_RULES_H

#include <stddef.h>

#include "base/arena.h"
#include "base/network.h"
#include "base/trace.h"
#include "dkim/dkim.h"
#include "dmarc/dmarc.h"
#include "mail/address.h"
#include "pattern.h"
#include "spf/spf.h"

/* What a rule's `action' says: an enum verdict_action, or this. */
#define RULE_AS_PUBLISHED (-1)

/* One rule "NAME" { ... } of the configuration.  It matches when each condition
 * that it has does; an empty one always does. */
struct rule {
	const char *name;
	const struct pattern *from; /* every author's address */
	size_t from_count;
	const struct network *clients;
	size_t client_count;
	const struct pattern *recipients; /* every recipient */
	size_t recipient_count;
	/* Domains one of which has a DKIM signature that passed: lists that
	 * sign. */
	const struct pattern *signed_by;
	size_t signed_by_count;
	/* Domains one of which is that of a MAIL FROM that passed SPF: trusted
	 * forwarders. */
	const struct pattern *mail_from;
	size_t mail_from_count;
	/* Results as bits 1U << enum spf_result (of HELO, of MAIL FROM), enum
	 * dkim_result and enum dmarc_result; 0: any. */
	unsigned int helo;
	unsigned int spf;
	unsigned int dkim;
	unsigned int dmarc;
	int action;
};

/* What rules_find() looks at. */
struct rules_facts {
	const struct network_address *client;
	const struct from *from;
	const char *const *recipients; /* local-part@domain; or NULL */
	size_t recipient_count;
	enum spf_result helo;
	enum spf_result spf;          /* of MAIL FROM */
	const char *mail_from;        /* the domain that SPF asked about; or
	                               * NULL */
	enum dkim_result dkim;        /* the best */
	const char *const *signed_by; /* d= of each signature that passed */
	size_t signed_by_count;
	enum dmarc_result dmarc; /* the worst */
};

/**
 * rules_find(rules, count, facts, trace):
 * Return the first of ${count} ${rules} that matches ${facts}, or NULL.  A
 * condition about authors or recipients is not met where there are none that
 * can be told.  ${trace}, or NULL, gets why each does or does not.
 */
const struct rule *rules_find(const struct rule *rules, size_t count,
    const struct rules_facts *facts, struct trace *trace);

/**
 * rules_reduce(rules, count, facts, arena, reduced):
 * Return those of ${count} ${rules} that ${facts} can meet with other results,
 * store their number in ${reduced}.  They have no conditions left about the
 * client, authors and recipients, of whom there may be many: rules_find() finds
 * a copy of the same rule among them, at little cost.
 */
const struct rule *rules_reduce(const struct rule *rules, size_t count,
    const struct rules_facts *facts, struct arena *arena, size_t *reduced);

#endif
