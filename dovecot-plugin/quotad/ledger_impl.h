/*
 * ledger_impl.h: what the files of ledger.h share.
 */
#ifndef QUOTAD_LEDGER_IMPL_H
#define QUOTAD_LEDGER_IMPL_H

#include "ledger.h"

struct ledger {
	struct ledger_options options;
	const struct config *config;
};

/* One request under way. */
struct ledger_work {
	struct ledger *ledger;
	const struct ledger_peer *peer; /* NULL: we ourselves */
	const struct ledger_request *request;
	struct arena *arena;
	struct ledger_reply *reply;
	struct ledger_effect *effect;
	int64_t now; /* seconds since 1970 */
	struct store_unit unit;
	int64_t levels[3 * RECORD_MAX_ACCOUNTS]; /* of warnings; 0: none */
};

/* Decide upon work->unit, which was loaded: change it, mark what is to be
 * saved, and fill the reply.  Called again, with a fresh unit, when it was
 * overtaken. */
typedef void ledger_step(struct ledger_work *work);

/**
 * ledger_load(work, holder, lease, roots):
 * Load a unit of the ${holder} ("": the lease's) and the ${lease} (0: none),
 * and with ${roots} the accounts that the request names too.
 */
enum store_result ledger_load(
    struct ledger_work *work, const char *holder, uint64_t lease, bool roots);

/**
 * ledger_carry_out(work, holder, lease, roots, step):
 * Load, decide and save until nobody overtakes us, then tell of the accounts
 * that changed.  A store that is away makes the reply LEDGER_AWAY.
 */
enum store_result ledger_carry_out(struct ledger_work *work, const char *holder,
    uint64_t lease, bool roots, ledger_step *step);

/**
 * ledger_account(unit, key):
 * Return the account ${key} of ${unit}, or NULL.
 */
struct record_account *ledger_account(struct store_unit *unit, const char *key);

/**
 * ledger_mark(unit, account):
 * Have ${account}, which is of ${unit}, saved.
 */
void ledger_mark(struct store_unit *unit, const struct record_account *account);

/**
 * ledger_share(holder, key):
 * Return what ${holder} has in the account ${key}, or NULL.
 */
struct record_share *ledger_share(
    struct record_holder *holder, const char *key);

/**
 * ledger_find_limits(ledger, account, out):
 * Store in ${out} the limits that hold for ${account}.
 */
void ledger_find_limits(const struct ledger *ledger,
    const struct record_account *account, struct record_limits *out);

/**
 * ledger_listen(work, account, root):
 * Remember the limit that Dovecot told in ${root}, if who tells is believed.
 */
void ledger_listen(struct ledger_work *work, struct record_account *account,
    const struct ledger_request_root *root);

/**
 * ledger_show(work):
 * Put the request's accounts into the reply, in the request's order.
 */
void ledger_show(struct ledger_work *work);

/**
 * ledger_refuse(work, result, text):
 * Make the reply ${result}, with ${text} or NULL.
 */
void ledger_refuse(
    struct ledger_work *work, enum ledger_result result, const char *text);

/**
 * ledger_may_book(work, holder):
 * Say whether the peer may book for ${holder} and all accounts that the request
 * names; otherwise the reply is LEDGER_DENIED, or LEDGER_AWAY.
 */
bool ledger_may_book(struct ledger_work *work, const char *holder);

/**
 * ledger_knows(work):
 * Say whether the holder of the unit was counted, with a share in each account
 * that the request names; otherwise the reply is LEDGER_RECOUNT.
 */
bool ledger_knows(struct ledger_work *work);

/**
 * ledger_is_worse(a, b):
 * Say whether ${a} is the worse answer of the two: hard before soft, certain
 * before uncertain.
 */
bool ledger_is_worse(enum ledger_result a, enum ledger_result b);

/**
 * ledger_reserve(work), ledger_commit(work), ledger_release(work),
 * ledger_look(work), ledger_recount_begin(work), ledger_recount_end(work),
 * ledger_dirty(work), ledger_ask(work), ledger_bind(work):
 * Carry out that verb of ledger_frame.h.
 */
void ledger_reserve(struct ledger_work *work);
void ledger_commit(struct ledger_work *work);
void ledger_release(struct ledger_work *work);
void ledger_look(struct ledger_work *work);
void ledger_recount_begin(struct ledger_work *work);
void ledger_recount_end(struct ledger_work *work);
void ledger_dirty(struct ledger_work *work);
void ledger_ask(struct ledger_work *work);
void ledger_bind(struct ledger_work *work);

#endif
