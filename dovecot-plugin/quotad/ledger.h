/*
 * ledger.h: the requests of ledger_frame.h carried out on a store.  One thread,
 * blocking; a request that somebody on another machine overtook is decided
 * anew.
 */
#ifndef QUOTAD_LEDGER_H
#define QUOTAD_LEDGER_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "config.h"
#include "meter.h"
#include "store.h"

/* Attempts to save a unit that others keep overtaking. */
#define LEDGER_ATTEMPTS 20

struct ledger;

/* Called after an account changed and was saved, with the limits that hold, and
 * the level of the warning that is due, or 0: it is remembered as sent. */
typedef void ledger_changed(void *cookie, const struct record_account *account,
    const struct record_limits *limits, int64_t level);

struct ledger_options {
	struct store *store;
	const struct config *config;
	const struct clock *clock;
	const struct log *log;
	struct meter *meter;
	ledger_changed *changed; /* or NULL */
	void *cookie;
};

/**
 * ledger_new(options), ledger_free(ledger):
 * A ledger on a store, which must outlive it, as what ${options} point to must.
 */
struct ledger *ledger_new(const struct ledger_options *options);
void ledger_free(struct ledger *ledger);

/**
 * ledger_configure(ledger, config):
 * Decide by ${config} from now on.
 */
void ledger_configure(struct ledger *ledger, const struct config *config);

/* Who asks: what serve.c knows of a connection. */
struct ledger_peer {
	bool may_book; /* for any holder, and what it tells is believed */
	bool may_ask;
	uint32_t uid;
	const char
	    *login; /* his name, when system users book for it; or NULL */
};

/* What a request did to leases, for the connection that holds them. */
struct ledger_effect {
	uint64_t opened; /* 0: none */
	uint64_t closed;
};

/**
 * ledger_do(ledger, peer, request, arena, reply, effect):
 * Carry out ${request} of ${peer}, all verbs but LEDGER_COMMAND.  Store in
 * ${reply} what to answer, its strings in ${arena}, and in ${effect} which
 * lease began or ended.  Nothing is on disk before store_flush().
 */
void ledger_do(struct ledger *ledger, const struct ledger_peer *peer,
    const struct ledger_request *request, struct arena *arena,
    struct ledger_reply *reply, struct ledger_effect *effect);

/**
 * ledger_died(ledger, lease):
 * The connection that held ${lease} is gone: its room stays held until its
 * holder has been counted, who is dirty now.
 */
void ledger_died(struct ledger *ledger, uint64_t lease);

/**
 * ledger_sweep(ledger):
 * Do that for all leases that expired: of another life of this daemon, or of a
 * machine that is gone.
 */
void ledger_sweep(struct ledger *ledger);

/**
 * ledger_set(ledger, key, limits), ledger_forget(ledger, holder):
 * Set the limits of an account (RECORD_UNSET: not set any more), or forget a
 * holder with all that it has: its mailboxes were deleted.
 */
enum store_result ledger_set(
    struct ledger *ledger, const char *key, const struct record_limits *limits);
enum store_result ledger_forget(struct ledger *ledger, const char *holder);

#endif
