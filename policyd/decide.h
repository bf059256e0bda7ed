/*
 * decide.h: from what is known of a request to an action with its reason.  Only
 * decides: no I/O, no clock.
 */
#ifndef POLICYD_DECIDE_H
#define POLICYD_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "accounting.h"
#include "greylist.h"
#include "quota.h"
#include "request.h"
#include "watch.h"

/* A closed list: no other action word (access(5)) ever goes to Postfix. */
enum decide_action {
	DECIDE_DUNNO,
	DECIDE_PREPEND,         /* X-Mailreeve-Score, and otherwise DUNNO */
	DECIDE_DEFER_IF_PERMIT, /* a later restriction may still reject */
	DECIDE_DEFER,
	DECIDE_HOLD,
	DECIDE_REJECT,
};

/* What decided. */
enum decide_reason {
	DECIDE_NOTHING, /* against it */
	DECIDE_ALLOWED, /* by mailreeve-policyctl */
	DECIDE_BLOCKED,
	DECIDE_LOCKED, /* the account */
	DECIDE_LIMIT,
	DECIDE_ODD, /* the account behaves as stolen ones do */
	DECIDE_SCORE,
	DECIDE_GREYLIST,
	DECIDE_QUOTA,
	DECIDE_TROUBLE, /* of ours */
};

/* What of ours failed. */
enum decide_trouble {
	DECIDE_NO_TROUBLE,
	DECIDE_BUSY,     /* too many look-ups wait */
	DECIDE_NO_QUOTA, /* whoever knows does not say */
	DECIDE_STOPPING,
};

/* What to do at which score, and with what our own trouble. */
struct decide_policy {
	int score_junk;
	int score_greylist;
	int score_defer;  /* 0: never */
	int score_reject; /* 0: never */
	unsigned int reject_groups;
	bool score_shadow;
	bool greylist;
	bool greylist_shadow;
	bool quota_shadow;
	bool watch_shadow;
	bool quota_defers;   /* 452 instead of 552 */
	bool trouble_defers; /* instead of going on without */
	bool shadow;         /* nothing at all is done */
};

struct decide_facts {
	enum request_state state;
	bool outbound;
	bool allowed;
	bool blocked;
	bool locked;
	const struct accounting_outcome *limits; /* NULL: none was asked */
	const struct watch_finding *watch;       /* NULL: none */
	bool scored;
	int score;
	unsigned int score_groups;
	bool vouched;             /* a list or a correspondence speaks for it */
	const char *score_reason; /* for whoever is refused */
	const char *header;       /* to prepend; NULL: it was, or none */
	const struct greylist_answer *greylist; /* NULL: not asked */
	enum quota_result quota;
	const char *quota_reason;
	enum decide_trouble trouble;
};

struct decision {
	enum decide_action action;
	enum decide_reason reason;
	const char *code; /* "4.7.1"; NULL without a text */
	const char *text; /* for the client, or the header's value, or NULL */
	const char *rule; /* a limit's name, "score", ...; NULL: nothing */
	/* What would have been done but for a shadow, or DECIDE_DUNNO. */
	enum decide_action shadow_action;
	const char *shadow_rule;
};

/**
 * decide_wants_greylist(policy, facts):
 * Say whether the score of ${facts} is in the range where a client must come
 * again.
 */
bool decide_wants_greylist(
    const struct decide_policy *policy, const struct decide_facts *facts);

/**
 * decide(policy, facts, contact, arena, out):
 * Store what is to be done in ${out}; its strings live as long as ${arena} and
 * ${facts}.
 */
void decide(const struct decide_policy *policy,
    const struct decide_facts *facts, const char *contact, struct arena *arena,
    struct decision *out);

/**
 * decide_action_name(action), decide_reason_name(reason),
 * decide_trouble_name(trouble):
 * Return a word for logs and metrics.
 */
const char *decide_action_name(enum decide_action action);
const char *decide_reason_name(enum decide_reason reason);
const char *decide_trouble_name(enum decide_trouble trouble);

#endif
