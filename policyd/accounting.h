/*
 * accounting.h: limits applied: which of them a request meets, what is reserved
 * for it, committed and given back.
 */
#ifndef POLICYD_ACCOUNTING_H
#define POLICYD_ACCOUNTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/trace.h"
#include "facts.h"
#include "limit.h"
#include "override.h"
#include "table.h"
#include "transaction.h"

struct accounting;
struct shared;
struct behind;

/* The limits of a configuration, and whom they spare. */
struct accounting_rules {
	const struct limit *limits;
	size_t limit_count;
	const struct overrides *overrides;
	const struct network *exempt_networks;
	size_t exempt_network_count;
	struct conf_list exempt_users; /* users and domains, lower case */
	int64_t new_account_ms;
	uint64_t new_account_divisor;
	size_t max_keys; /* of one limit */
};

/* What one limit says of a request. */
struct accounting_finding {
	const struct limit *limit;
	struct span key;
	uint64_t rate;
	const char *source; /* of the rate */
	enum limit_action action;
	bool shadow; /* would have done it */
	struct counter_reading reading;
};

struct accounting_outcome {
	enum limit_action action; /* the strongest of those not in shadow */
	const struct accounting_finding *strongest; /* NULL: all pass */
	const struct accounting_finding *findings;  /* that are not LIMIT_PASS,
	                                             * shadow ones too */
	size_t count;
	bool first_recipient; /* the user had not written to him before, where
	                       * a limit counts that */
};

/* When nothing at END-OF-MESSAGE is ever asked, reservations are commitments.
 */
enum accounting_end {
	ACCOUNTING_END_AUTO, /* from what is seen; until then, they are */
	ACCOUNTING_END_YES,
	ACCOUNTING_END_NO,
};

/* Logins whose first day is remembered. */
#define ACCOUNTING_MAX_ACCOUNTS ((size_t)1000000)
/* So many messages in a row without END-OF-MESSAGE mean that it is not wired
 * any more. */
#define ACCOUNTING_MAX_MISSED 100

/* A login, in the table "account", by its name in lower case: where some limit
 * has new_accounts.  The empty name says since when that is. */
struct accounting_account {
	uint32_t first_seen; /* seconds since 1970 */
	uint32_t last_seen;  /* likewise; about */
};

/* Says whether ${user} (or anybody here, when it is empty) wrote to
 * ${recipient} before. */
typedef bool accounting_known(
    void *cookie, struct span user, struct span recipient, int64_t now);

struct accounting_options {
	struct behind *behind;
	struct shared *shared; /* NULL: this machine alone */
	const struct log *log;
	enum accounting_end end;
	int64_t hold_ms;
	int64_t learning_since; /* when the store was made: who is first seen
	                         * within new_account_ms of it is not new */
	accounting_known *known;
	void *known_cookie;
};

/**
 * accounting_new(options), accounting_free(accounting):
 * What ${options} point to must outlive it.  NULL is harmless.
 */
struct accounting *accounting_new(const struct accounting_options *options);
void accounting_free(struct accounting *accounting);

/**
 * accounting_follow_rules(accounting, rules):
 * Make tables for limits that have none yet, and keep those of limits that
 * count as before; forget those of limits that are gone.  Log limit_restarted
 * for one whose algorithm or unit changed.
 */
void accounting_follow_rules(
    struct accounting *accounting, const struct accounting_rules *rules);

/**
 * accounting_stop(accounting, now):
 * Give back what is reserved: the process is about to end, and whoever comes
 * after it charges again what then arrives.  To be called while the shared
 * limits are still there.
 */
void accounting_stop(struct accounting *accounting, int64_t now);

/* Receives the outcome, once: at once, or later where limits are shared.  It
 * lives as long as the facts. */
typedef void accounting_done(
    void *cookie, const struct accounting_outcome *outcome);

/**
 * accounting_ask(accounting, rules, facts, transaction, trace, done, cookie):
 * Apply the limits to a request in any state: RCPT reserves, DATA fixes the
 * number of recipients, END-OF-MESSAGE commits with the real size, charging
 * again what was refunded meanwhile.  NULL ${transaction}: nothing is known of
 * the instance, so that nothing can be counted.  Where limits are shared,
 * ${done} may be called later: ${rules} and the arena of ${facts} must live
 * until then; the request need not, nor ${transaction}.
 */
void accounting_ask(struct accounting *accounting,
    const struct accounting_rules *rules, struct facts *facts,
    struct transaction *transaction, struct trace *trace, accounting_done *done,
    void *cookie);

/**
 * accounting_explain(accounting, rules, facts, trace, out):
 * Tell ${trace} of each limit: whether it applies, its key and rate and where
 * that is from, what is used; and store in ${out} what accounting_ask() would
 * say of a new instance.  Count nothing.
 */
void accounting_explain(struct accounting *accounting,
    const struct accounting_rules *rules, struct facts *facts,
    struct trace *trace, struct accounting_outcome *out);

/**
 * accounting_refused(accounting, transaction, recipient, now):
 * We refused ${recipient}, the request's, for another reason: give back.
 */
void accounting_refused(struct accounting *accounting,
    struct transaction *transaction, struct span recipient, int64_t now);

/**
 * accounting_transactions(accounting):
 * Return the set of transactions; aborted ones are refunded by themselves.
 */
struct transactions *accounting_transactions(struct accounting *accounting);

/**
 * accounting_tick(accounting, now):
 * A tenth of a second went by: sweep, flush to the behind.
 */
void accounting_tick(struct accounting *accounting, int64_t now);

/**
 * accounting_table(accounting, limit), accounting_overrides(accounting),
 * accounting_accounts(accounting):
 * Return a limit's counters, NULL when there is no such limit; the table of
 * overrides; the table "account" of when each login was first seen.
 */
struct table *accounting_table(
    struct accounting *accounting, const char *limit);
struct table *accounting_overrides(struct accounting *accounting);
struct table *accounting_accounts(struct accounting *accounting);

/**
 * accounting_wired(accounting):
 * Return the table "wired" of what is known about END-OF-MESSAGE, to load it.
 */
struct table *accounting_wired(struct accounting *accounting);

/**
 * accounting_commits_at_rcpt(accounting):
 * Say whether END-OF-MESSAGE is not wired, as far as was seen.
 */
bool accounting_commits_at_rcpt(const struct accounting *accounting);

#endif
