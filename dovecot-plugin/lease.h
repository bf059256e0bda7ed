/*
 * lease.h: room that a transaction holds.
 */
#ifndef DOVECOT_PLUGIN_LEASE_H
#define DOVECOT_PLUGIN_LEASE_H

#include "holder.h"

struct lease {
	uint64_t id;            /* 0: none */
	struct mail_user *user; /* with a lease: whose */
	char *holder;           /* i_malloc()ed */
	bool graced;            /* the one mail that may be over was */
	bool dirty;             /* the ledger wants the holder counted */
};

enum lease_result {
	LEASE_HELD,    /* or there is nothing to hold */
	LEASE_ALLOWED, /* nobody could say, and mail is let through */
	LEASE_REFUSED, /* no room */
	LEASE_LATER,   /* no room now, or nobody could say */
};

/* A mail that wants room. */
struct lease_mail {
	int64_t size;   /* virtual */
	bool forced;    /* a move: it is never refused */
	bool delivered; /* may have grace */
};

/**
 * lease_hold(lease, holder, mail, text_r):
 * Hold room for ${mail} in all accounts of ${holder}, in ${lease}, which may
 * have some already.  Store what to tell a person in ${text_r} when there is
 * none, in the data stack.
 */
enum lease_result lease_hold(struct lease *lease, const struct holder *holder,
    const struct lease_mail *mail, const char **text_r);

/**
 * lease_open(lease, holder):
 * Hold nothing, so that no recount comes between a removal and its booking.
 */
void lease_open(struct lease *lease, const struct holder *holder);

/**
 * lease_commit(lease), lease_release(lease):
 * What it holds is stored, or is not.  Then the lease is none.
 */
void lease_commit(struct lease *lease);
void lease_release(struct lease *lease);

/**
 * lease_settle(lease, holder, amount):
 * As lease_commit(), and ${amount} (below 0) of ${holder} was removed.
 */
void lease_settle(struct lease *lease, const struct holder *holder,
    struct ledger_amount amount);

#endif
