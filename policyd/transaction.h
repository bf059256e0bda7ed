/*
 * transaction.h: one mail on its way through smtpd, which Postfix calls an
 * instance: what was counted for it, what we answered, so that nothing counts
 * twice and what never arrives is given back.
 *
 * Ends: END-OF-MESSAGE commits; another instance on a connection that it was
 * seen on (SMTPD_POLICY_README), the reservation's time, or room aborts it.
 */
#ifndef POLICYD_TRANSACTION_H
#define POLICYD_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "limit.h"
#include "request.h"

/* Transactions that are remembered, ended ones included: those that ended
 * first go first. */
#define TRANSACTION_MAX ((size_t)8192)
/* Recipients whose replies are remembered, and charges of one transaction;
 * Postfix takes 1,000 recipients (smtpd_recipient_limit). */
#define TRANSACTION_MAX_RECIPIENTS ((size_t)2000)
#define TRANSACTION_MAX_CHARGES ((size_t)8192)
/* Bytes of an instance; Postfix makes them of four numbers. */
#define TRANSACTION_MAX_INSTANCE ((size_t)47)
/* What charges and replies of all transactions may take, in bytes; past it
 * those go that are without news for the longest. */
#define TRANSACTION_MAX_BYTES ((size_t)64 * 1024 * 1024)

struct transaction;
struct transactions;

/* Something that was counted. */
struct charge {
	const char *limit; /* its name; lives as long as the process */
	struct span key;
	uint64_t amount;
	uint64_t recipient; /* hash of whom it was for; 0: of the message */
	int64_t when;       /* milliseconds since 1970 */
	struct counter_rule rule; /* as it was in force then */
	bool refunds;
	bool refused;   /* it was tried and did not fit: nothing was counted */
	bool held;      /* refused, but Postfix takes it all the same */
	bool pending;   /* asked of others, who have not answered yet */
	bool shared;    /* other machines count it, too */
	bool attempted; /* it did not fit, but was counted: when that is given
	                 * back, the attempt stays */
};

/* Called for each transaction that was aborted with charges, and for charges
 * that are given back before. */
typedef void transaction_ended(void *cookie, struct transaction *transaction,
    const struct charge *charges, size_t count, int64_t now);

/**
 * transactions_new(hold_ms, ended, cookie):
 * Return an empty set.  ${ended} is told of what is to be refunded when one is
 * aborted: after ${hold_ms} without news, or earlier.
 */
struct transactions *transactions_new(
    int64_t hold_ms, transaction_ended *ended, void *cookie);

/**
 * transactions_free(transactions):
 * Free them; nobody is told.  NULL is harmless.
 */
void transactions_free(struct transactions *transactions);

/**
 * transactions_follow(transactions, connection, instance, now):
 * Return the transaction ${instance}, a new one if there is none; NULL for an
 * empty ${instance}, or one that is too long.  One that was aborted begins
 * again.  Whatever other one ${connection} (a number that no other connection
 * ever has) was last seen with is over.
 */
struct transaction *transactions_follow(struct transactions *transactions,
    uint64_t connection, struct span instance, int64_t now);

/**
 * transactions_find(transactions, instance):
 * Return the transaction ${instance} if it goes on or is committed, or NULL.
 */
struct transaction *transactions_find(
    const struct transactions *transactions, struct span instance);

/**
 * transactions_closed(transactions, connection):
 * ${connection} is no more; its transaction may go on over another one, and
 * waits for its time.
 */
void transactions_closed(
    struct transactions *transactions, uint64_t connection);

/**
 * transactions_sweep(transactions, now):
 * Abort those without news for too long, forget those that ended long ago.
 */
void transactions_sweep(struct transactions *transactions, int64_t now);

/**
 * transactions_abort(transactions, now):
 * Abort all that are open.
 */
void transactions_abort(struct transactions *transactions, int64_t now);

/**
 * transactions_count(transactions), transactions_aborted(transactions):
 * Return how many are open; how many were aborted so far.
 */
size_t transactions_count(const struct transactions *transactions);
uint64_t transactions_aborted(const struct transactions *transactions);

/* What we answered to the same request before, if anything. */
enum transaction_repeat {
	TRANSACTION_NEW,
	TRANSACTION_RESENT, /* over another connection: answer as before */
	TRANSACTION_AGAIN,  /* from another restriction list */
};

/**
 * transaction_repeat(transaction, connection, request, reply):
 * Say whether ${request}, by its state, recipient and policy_context, was
 * answered before; then ${reply} is that answer.
 */
enum transaction_repeat transaction_repeat(
    const struct transaction *transaction, uint64_t connection,
    const struct request *request, struct span *reply);

/**
 * transaction_answered(transaction, connection, request, reply):
 * Remember the answer; past TRANSACTION_MAX_RECIPIENTS none is.
 */
void transaction_answered(struct transaction *transaction, uint64_t connection,
    const struct request *request, struct span reply);

/**
 * transaction_has(transaction, limit, key, recipient):
 * Say whether that was charged already, and is not refunded.
 */
bool transaction_has(const struct transaction *transaction, const char *limit,
    struct span key, uint64_t recipient);

/**
 * transaction_find(transaction, limit, key, recipient):
 * Return that charge, also one that was refused, or NULL.  It stays where it is
 * until the next is made or goes.
 */
struct charge *transaction_find(struct transaction *transaction,
    const char *limit, struct span key, uint64_t recipient);

/**
 * transaction_sum(transaction, limit, key, held):
 * Return how much is charged, or, if ${held}, was refused and is held, under
 * ${key} of ${limit}.
 */
uint64_t transaction_sum(const struct transaction *transaction,
    const char *limit, struct span key, bool held);

/**
 * transaction_charge(transaction, charge), transaction_forget(transaction,
 * charge), transaction_uncharge(transaction, recipient, ended, cookie, now):
 * Remember a charge, which is copied; false past the limit, or when nothing of
 * it is charged any more.  Forget one that transaction_find() gave.  Forget
 * those of a recipient whom we refused after all that may be refunded, and tell
 * ${ended} of them.
 */
bool transaction_charge(
    struct transaction *transaction, const struct charge *charge);
void transaction_forget(struct transaction *transaction, struct charge *charge);
void transaction_uncharge(struct transaction *transaction, uint64_t recipient,
    transaction_ended *ended, void *cookie, int64_t now);

/**
 * transaction_release(transaction, limit, key, amount, ended, cookie, now):
 * Of what is charged under ${key} of ${limit}, forget ${amount} or as much as
 * there is, the last first, and tell ${ended}.
 */
void transaction_release(struct transaction *transaction, const char *limit,
    struct span key, uint64_t amount, transaction_ended *ended, void *cookie,
    int64_t now);

/**
 * transaction_charges(transaction, count):
 * Return what is charged now.
 */
const struct charge *transaction_charges(
    const struct transaction *transaction, size_t *count);

/**
 * transaction_commit(transaction), transaction_is_committed(transaction):
 * It arrived: nothing of it is refunded any more.
 */
void transaction_commit(struct transaction *transaction);
bool transaction_is_committed(const struct transaction *transaction);

/**
 * transaction_saw_data(transaction), transaction_had_data(transaction):
 * Postfix took recipients: DATA was asked.  Say whether it was.
 */
void transaction_saw_data(struct transaction *transaction);
bool transaction_had_data(const struct transaction *transaction);

/**
 * transaction_instance(transaction):
 * Return what Postfix calls it.
 */
struct span transaction_instance(const struct transaction *transaction);

/**
 * transaction_note(transaction):
 * Return a place for what the engine notes of this mail; zeroed at first.
 */
struct transaction_note {
	bool scored;         /* the score is known */
	bool score_told;     /* its header was prepended */
	int score;           /* points */
	unsigned int groups; /* independent ones against it */
	char *header; /* malloc()ed value of X-Mailreeve-Score, or NULL */
	char *reason; /* malloc()ed words for whoever is refused, or NULL */
	int spf;      /* enum spf_result */
	bool trusted; /* a list that vouches for the client is among them */
	unsigned int passed;  /* recipients that we let pass */
	uint64_t last_passed; /* hash of the last of them */
};
struct transaction_note *transaction_note(struct transaction *transaction);

/**
 * transaction_passed(transaction, recipient):
 * We let ${recipient} pass: note that, once, though several restriction lists
 * ask about one recipient before Postfix goes on to the next.
 */
void transaction_passed(struct transaction *transaction, struct span recipient);

#endif
