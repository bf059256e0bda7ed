/*
 * limit.h: a limit as it is configured.
 */
#ifndef POLICYD_LIMIT_H
#define POLICYD_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "counter.h"
#include "key.h"

/* Limits and steps of one configuration. */
#define LIMIT_MAX ((size_t)64)
#define LIMIT_MAX_STEPS ((size_t)8)

/* What a limit counts. */
enum limit_unit {
	LIMIT_MESSAGES,
	LIMIT_RECIPIENTS,
	LIMIT_BYTES,            /* a message's size, once */
	LIMIT_CLIENT_NETWORKS,  /* distinct client_net */
	LIMIT_COUNTRIES,        /* distinct country */
	LIMIT_FIRST_RECIPIENTS, /* the user had not written to them before */
};

/* What happens past a step, mildest first. */
enum limit_action {
	LIMIT_PASS,
	LIMIT_ALARM, /* tell the admin, let it pass */
	LIMIT_DEFER,
	LIMIT_HOLD,
	LIMIT_LOCK, /* hold, and have Dovecot refuse the login */
	LIMIT_REJECT,
};

enum limit_direction {
	LIMIT_OUTBOUND,
	LIMIT_INBOUND,
	LIMIT_BOTH,
};

struct limit_step {
	uint64_t tenths; /* of the rate: 10 is the limit itself */
	enum limit_action action;
};

struct limit {
	const char *name; /* the title of its section */
	const struct key *key;
	enum limit_unit unit;
	enum limit_direction direction;
	struct counter_rule rule;                 /* before overrides */
	struct limit_step steps[LIMIT_MAX_STEPS]; /* ascending; first is 10 */
	size_t step_count;
	bool refunds; /* what is refused or aborted does not count */
	bool shadow;  /* counts what it would have done, and does nothing */
	bool new_accounts;         /* is stricter for them */
	struct conf_list contexts; /* policy_context; empty: any */
	const char *text;          /* for whoever is refused; NULL: ours */
};

/**
 * limit_step_at(limit, rate, reading, amount):
 * Return what happens to ${amount} more that does not fit into ${rate}: the
 * highest step that what was tried has reached, at least the first.  Of a
 * distinct limit: of so many values seen, LIMIT_PASS when they fit.
 */
enum limit_action limit_step_at(const struct limit *limit, uint64_t rate,
    const struct counter_reading *reading, uint64_t amount);

/**
 * limit_action_name(action), limit_unit_name(unit):
 * Return the words of the configuration.
 */
const char *limit_action_name(enum limit_action action);
const char *limit_unit_name(enum limit_unit unit);

#endif
