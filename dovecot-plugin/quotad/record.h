/*
 * record.h: what the ledger remembers, whatever stores it.
 *
 *	holder   whose mailboxes they are: a user, or a public namespace
 *	account  what is limited: user/alice@a.example, domain/a.example;
 *	         each holder's mail counts for one to eight accounts
 *	lease    room that a transaction holds until it commits
 *	binding  which user's processes may book for a holder
 *
 * An account's `used' is always the sum of what its holders have in it, its
 * `held' the sum of its leases: whoever writes one writes the other in the same
 * unit.
 */
#ifndef QUOTAD_RECORD_H
#define QUOTAD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/ledger_frame.h"

#define RECORD_MAX_NAME LEDGER_MAX_KEY
#define RECORD_MAX_ACCOUNTS LEDGER_MAX_ROOTS

/* The value of a limit that nobody set; 0 is "no limit". */
#define RECORD_UNSET ((int64_t)-1)

/* What is limited; each RECORD_UNSET, 0 or more. */
struct record_limits {
	struct ledger_amount hard;
	struct ledger_amount soft;
	int64_t period_s; /* how long an account may be over soft */
};

struct record_account {
	char key[RECORD_MAX_NAME + 1];
	bool exists;
	struct ledger_amount used;
	struct ledger_amount held;  /* by leases, the stale ones too */
	struct ledger_amount stale; /* by leases whose owner died */
	struct ledger_amount
	    told;                 /* Dovecot's limit, when last heard; 0 none */
	struct record_limits set; /* by mailreeve-quotactl set */
	int64_t over_since;       /* seconds since 1970, over soft; or 0 */
	int64_t warned_at;        /* seconds since 1970; 0: not */
	int64_t warned_percent;
	uint64_t version; /* the store's */
};

/* What a holder has in an account. */
struct record_share {
	char account[RECORD_MAX_NAME + 1];
	struct ledger_amount used;
};

struct record_holder {
	char name[RECORD_MAX_NAME + 1];
	bool exists;
	bool counted;      /* its mailboxes were counted once */
	bool dirty;        /* and are to be counted anew */
	uint64_t sequence; /* goes up with each change and each lease */
	int64_t open;      /* leases that live */
	int64_t counted_at;
	size_t share_count;
	struct record_share shares[RECORD_MAX_ACCOUNTS];
	uint64_t version;
};

struct record_lease {
	uint64_t id; /* never 0; unique over all nodes */
	bool exists;
	bool stale;
	char holder[RECORD_MAX_NAME + 1];
	int64_t expires; /* ms since 1970; renewed while its connection lives */
	size_t share_count;
	struct record_share shares[RECORD_MAX_ACCOUNTS]; /* what it holds */
	uint64_t version;
};

struct record_binding {
	uint32_t uid;
	char holder[RECORD_MAX_NAME + 1];
	size_t account_count;
	char accounts[RECORD_MAX_ACCOUNTS][RECORD_MAX_NAME + 1];
};

/**
 * record_add(amount, more, sign):
 * Add ${more} to ${amount}, ${sign} times (1 or -1); at the ends of the range
 * it stays there.
 */
void record_add(
    struct ledger_amount *amount, struct ledger_amount more, int sign);

/**
 * record_is_nothing(amount):
 * Say whether both its numbers are 0.
 */
bool record_is_nothing(struct ledger_amount amount);

/**
 * record_is_bound(binding, account):
 * Say whether ${binding} is for the ${account}.
 */
bool record_is_bound(const struct record_binding *binding, const char *account);

#endif
