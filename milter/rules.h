/*
 * rules.h: what the admin's own rules say of a message.  This file only
 * decides: no I/O, no clock, no state.
 */
#ifndef MILTER_RULES_H
#define MILTER_RULES_H

#include <stddef.h>

#include "base/network.h"
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
	/* Domains of which one DKIM signature passed: lists that sign. */
	const char *const *signed_by;
	size_t signed_by_count;
	/* Domains of which MAIL FROM passed SPF: trusted forwarders. */
	const char *const *mail_from;
	size_t mail_from_count;
	unsigned int spf;   /* results as bits 1U << enum spf_result; 0: any */
	unsigned int dkim;  /* likewise, of enum dkim_result, the best one */
	unsigned int dmarc; /* likewise, of enum dmarc_result, the worst one */
	int action;
};

/* What rules_find() looks at. */
struct rules_facts {
	const struct network_address *client;
	const struct from *from;
	const char *const *recipients; /* local-part@domain */
	size_t recipient_count;
	const struct spf_outcome *spf; /* of MAIL FROM; or NULL */
	enum dkim_result dkim;         /* the best */
	const char *const *signed_by;  /* d= of each signature that passed */
	size_t signed_by_count;
	enum dmarc_result dmarc; /* the worst */
};

/**
 * rules_find(rules, count, facts):
 * Return the first of ${count} ${rules} that matches ${facts}, or NULL.
 */
const struct rule *rules_find(
    const struct rule *rules, size_t count, const struct rules_facts *facts);

#endif
