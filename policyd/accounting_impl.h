/*
 * accounting_impl.h: what the files of accounting.c share: one request's way
 * through the limits is
 *
 *	accounting_claims   which limits it meets, and what it claims of each
 *	accounting_settle   whether that fits; all or none is counted
 *	accounting_shared   the same with other machines
 *	accounting_end      whether END-OF-MESSAGE ever comes
 */
#ifndef POLICYD_ACCOUNTING_IMPL_H
#define POLICYD_ACCOUNTING_IMPL_H

#include "accounting.h"
#include "base/hash.h"
#include "shared.h"

/* The counters of one limit.  It stays when the limit is gone: charges that are
 * not yet over name it. */
struct accounting_home {
	char *name;
	enum counter_algorithm algorithm;
	enum limit_unit unit;
	struct table *table; /* NULL: the limit is gone */
	size_t unwritten;    /* records that the last tick left */
};

struct accounting {
	struct accounting_options options;
	struct accounting_home **homes;
	size_t home_count;
	/* The homes of the limits of the rules that were followed last. */
	const struct accounting_rules *bound;
	struct accounting_home *bound_homes[LIMIT_MAX];
	struct table *overrides;
	struct table *accounts;
	struct table *wired;
	struct transactions *transactions;
	struct hash_key hash_key;
	uint64_t rests;  /* charges for recipients that only a number told of */
	bool told_end;   /* that END-OF-MESSAGE is not wired */
	bool learns;     /* some limit has new_accounts */
	int64_t began;   /* to, milliseconds since 1970; 0: not known */
	bool stopping;   /* what is aborted is not Postfix's doing */
	bool told_share; /* that this machine enforces its share */
};

/* What a request claims of one limit. */
struct accounting_claim {
	const struct limit *limit;
	struct accounting_home *home;
	struct span key;
	struct counter_rule rule; /* with the rate that is in force */
	const char *source;
	uint64_t amount;
	uint64_t recipient; /* as in struct charge */
	uint64_t value;     /* of a distinct limit */
	bool had;           /* it was counted before */
	bool tried;         /* it was refused before */
	void *record;       /* NULL: nothing was counted yet */
	struct counter_reading reading;
	enum limit_action action;
};

/* One request.  It lives as long as the arena of its facts. */
struct accounting_visit {
	struct accounting *accounting;
	const struct accounting_rules *rules;
	struct facts *facts;
	struct arena *arena;
	struct transaction *transaction;
	struct trace *trace;
	enum request_state state;
	int64_t now;
	struct span user;   /* whose overrides apply; may be empty */
	struct span domain; /* likewise */
	bool has_login;
	bool is_new; /* an account that was first seen not long ago */
	bool first_recipient;
	uint64_t recipient; /* its hash */
	struct accounting_claim *claims;
	size_t count;
	/* Of the one that waits for other machines. */
	struct span instance;
	accounting_done *done;
	void *cookie;
};

/**
 * accounting_home(accounting, name):
 * Return where the limit ${name} counts, or NULL.
 */
struct accounting_home *accounting_home(
    const struct accounting *accounting, const char *name);

/**
 * accounting_homes(accounting, rules):
 * Return the homes of the limits of ${rules} in their order; NULL for those
 * that have none.
 */
struct accounting_home *const *accounting_homes(
    struct accounting *accounting, const struct accounting_rules *rules);

/**
 * accounting_give_back(cookie, transaction, charges, count, now),
 * accounting_correct(cookie, transaction, charges, count, now):
 * Refund ${charges}, here and elsewhere; the latter also those of limits that
 * refund nothing, which were too high.  Each is a transaction_ended, with the
 * accounting as ${cookie}.
 */
void accounting_give_back(void *cookie, struct transaction *transaction,
    const struct charge *charges, size_t count, int64_t now);
void accounting_correct(void *cookie, struct transaction *transaction,
    const struct charge *charges, size_t count, int64_t now);

/**
 * accounting_merge(charges, count, out):
 * Store those of ${charges} that were counted in ${out}, which has room for
 * all, and return how many: those of a bucket become one, as counter_refund()
 * wishes.
 */
size_t accounting_merge(
    const struct charge *charges, size_t count, struct charge *out);

/**
 * accounting_claims_make(visit):
 * Store in ${visit} what its request claims of which limits, and give back what
 * DATA and END-OF-MESSAGE show to have been too much.  Without a transaction
 * claim what a new instance would, and change nothing.
 */
void accounting_claims_make(struct accounting_visit *visit);

/**
 * accounting_claims_rule(visit, limit, source):
 * Return the rule of ${limit} with the rate that is in force, and in ${source}
 * where that is from.
 */
struct counter_rule accounting_claims_rule(struct accounting_visit *visit,
    const struct limit *limit, const char **source);

/**
 * accounting_claims_who(visit), accounting_claims_applies(visit, limit, key),
 * accounting_claims_spared(rules, facts):
 * Store in ${visit} who it is; say whether ${limit} is for it, and store its
 * key; say whether no limit is.
 */
void accounting_claims_who(struct accounting_visit *visit);
bool accounting_claims_applies(struct accounting_visit *visit,
    const struct limit *limit, struct span *key);
bool accounting_claims_spared(
    const struct accounting_rules *rules, const struct facts *facts);

/**
 * accounting_claims_recipient(accounting, recipient):
 * Return what stands for ${recipient} in a charge.
 */
uint64_t accounting_claims_recipient(
    const struct accounting *accounting, struct span recipient);

/**
 * accounting_settle(visit):
 * Count the claims of ${visit} here, all or none, and tell.
 */
void accounting_settle(struct accounting_visit *visit);

/**
 * accounting_settle_see(visit):
 * Remember the values that distinct limits look at, here.
 */
void accounting_settle_see(struct accounting_visit *visit);

/**
 * accounting_settle_charge(visit, claim):
 * Return the charge that ${claim} makes.
 */
struct charge accounting_settle_charge(
    const struct accounting_visit *visit, const struct accounting_claim *claim);

/**
 * accounting_settle_counts(visit, claim):
 * Say whether ${claim} is to be counted, by its action and those of others.
 */
bool accounting_settle_counts(
    const struct accounting_visit *visit, const struct accounting_claim *claim);

/**
 * accounting_settle_action(visit):
 * Return the strongest action of the claims that are not in shadow.
 */
enum limit_action accounting_settle_action(
    const struct accounting_visit *visit);

/**
 * accounting_settle_count(visit, shared):
 * Count the claims of ${visit} as their actions say.
 */
void accounting_settle_count(struct accounting_visit *visit, bool shared);

/**
 * accounting_settle_peek(visit):
 * Store in ${visit} what accounting_settle() would find, and count nothing.
 */
void accounting_settle_peek(struct accounting_visit *visit);

/**
 * accounting_settle_outcome(visit, out), accounting_settle_tell(visit):
 * Store the outcome in ${out}; or commit what arrived, and tell the outcome.
 */
void accounting_settle_outcome(
    struct accounting_visit *visit, struct accounting_outcome *out);
void accounting_settle_tell(struct accounting_visit *visit);

/**
 * accounting_is_counted(charge):
 * Say whether ${charge} was counted, so that it can be given back.
 */
bool accounting_is_counted(const struct charge *charge);

/**
 * accounting_shared_ask(visit), accounting_shared_refund(accounting, charges,
 * count, all, now):
 * As accounting_settle(), and as accounting_correct() if ${all}, or
 * accounting_give_back(), with other machines.
 */
void accounting_shared_ask(struct accounting_visit *visit);
void accounting_shared_refund(struct accounting *accounting,
    const struct charge *charges, size_t count, bool all, int64_t now);

/**
 * accounting_end_table(behind):
 * Return the table "wired".
 */
struct table *accounting_end_table(struct behind *behind);

/**
 * accounting_end_seen(accounting, now), accounting_end_missed(accounting,
 * transaction, now):
 * END-OF-MESSAGE was asked; or ${transaction} is over without.
 */
void accounting_end_seen(struct accounting *accounting, int64_t now);
void accounting_end_missed(struct accounting *accounting,
    struct transaction *transaction, int64_t now);

/**
 * accounting_account_touch(accounting, rules, login, now):
 * ${login} is here; say whether it is new.
 */
bool accounting_account_touch(struct accounting *accounting,
    const struct accounting_rules *rules, struct span login, int64_t now);

/**
 * accounting_account_is_new(accounting, rules, login, now):
 * Say whether ${login} is new, and remember nothing.
 */
bool accounting_account_is_new(struct accounting *accounting,
    const struct accounting_rules *rules, struct span login, int64_t now);

/**
 * accounting_account_unlearn(accounting):
 * No limit has new_accounts: forget since when we learn, because who comes
 * meanwhile is not remembered.
 */
void accounting_account_unlearn(struct accounting *accounting);

/**
 * accounting_account_table(behind):
 * Return the table "account".
 */
struct table *accounting_account_table(struct behind *behind);

#endif
