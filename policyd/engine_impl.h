/*
 * engine_impl.h: what the files of the engine share.
 */
#ifndef POLICYD_ENGINE_IMPL_H
#define POLICYD_ENGINE_IMPL_H

#include "accounting.h"
#include "base/list.h"
#include "engine.h"
#include "greylist.h"
#include "known.h"
#include "list_health.h"
#include "lookup.h"
#include "meter.h"
#include "notify.h"
#include "quota.h"
#include "quota_map.h"
#include "reputation.h"
#include "score.h"
#include "shared.h"
#include "transaction.h"
#include "watch.h"
#include "worker.h"

/* Records of each table that strangers can fill. */
#define ENGINE_MAX_RECORDS ((size_t)1000000)
/* Who is allowed or blocked by hand. */
#define ENGINE_MAX_LISTED ((size_t)100000)
/* Who ask for quotas: users must not wait for the DNS, which strangers do. */
#define ENGINE_QUOTA_WORKERS ((size_t)8)
/* Changed records of "listed" that are written at a tick. */
#define ENGINE_FLUSH_AT_TICK ((size_t)1000)

struct engine {
	const struct log *log;
	struct config *config;
	struct event_base *base;
	struct behind *behind;
	struct accounting *accounting;
	struct greylist *greylist;
	struct known *known;
	struct reputation *reputation;
	struct notifier *notifier;
	struct watch *watch;
	struct table *listed;
	struct list_health *health;
	struct workers *workers;
	struct workers *quota_workers; /* NULL: no quota is asked for */
	struct shared *shared;
	struct dns *dns;
	struct quota_source *quota;
	struct quota_map *quota_map; /* NULL: recipients are mailboxes */
	struct meter *meter;
	struct list visits; /* requests without reply */
	size_t in_hand;
	int64_t tested_ms; /* when DNS lists were last tested; 0: never */
	bool testing;
	int64_t now; /* of the last tick */
};

struct visit;

/* The question for the recipient's quota. */
struct visit_quota {
	struct visit *visit;
	struct arena *arena; /* NULL: not asked */
	enum quota_result result;
	const char *reason;
};

/* One request on its way. */
struct visit {
	struct list link;
	struct engine *engine;
	struct config *config; /* its own reference, so that a reload leaves it
	                        * alone; NULL until it has to wait */
	struct arena *arena;
	uint64_t connection;
	struct request request;
	struct facts facts;
	struct trace *trace; /* NULL but for mailreeve-policyctl explain */
	int64_t started_us;
	engine_reply *reply;
	engine_explained *explained;
	void *cookie;
	struct decide_facts known;
	struct watch_finding watch;
	struct greylist_answer grey;
	struct accounting_outcome limits;
	unsigned int waits_for; /* workers */
	/* Theirs until they are done. */
	bool looked_up;
	bool too_late; /* its time was over before a worker was free */
	struct lookup_findings findings;
	struct visit_quota quota;
};

/**
 * engine_begin(engine, connection, request, now), engine_leave(visit):
 * Return a visit that has its facts and nothing else; forget it.
 */
struct visit *engine_begin(struct engine *engine, uint64_t connection,
    const struct request *request, int64_t now);
void engine_leave(struct visit *visit);

/**
 * engine_look_at_lists(visit):
 * Note whether somebody allowed, blocked or locked it by hand.
 */
void engine_look_at_lists(struct visit *visit);

/**
 * engine_rules(visit):
 * Return the configuration that ${visit} is decided by.
 */
const struct config *engine_rules(const struct visit *visit);

/**
 * engine_keep(visit):
 * ${visit} has to wait: copy what it needs beyond the call that brought it.
 */
void engine_keep(struct visit *visit);

/**
 * engine_limited(cookie, outcome):
 * Go on with the visit ${cookie} when the limits have said what they say.
 */
void engine_limited(void *cookie, const struct accounting_outcome *outcome);

/**
 * engine_look_up(visit):
 * Have a worker find out what is missing, and go on with engine_found(); return
 * false when nothing is.
 */
bool engine_look_up(struct visit *visit);

/**
 * engine_weigh(visit):
 * Put the score together, and ask the greylist if it wants to.
 */
void engine_weigh(struct visit *visit);

/**
 * engine_finish(visit):
 * Decide, answer, log, learn; ${visit} is gone after.
 */
void engine_finish(struct visit *visit);

/**
 * engine_transaction(visit):
 * Return the transaction of ${visit}, which may have changed while it waited,
 * or NULL; an explained visit has none.
 */
struct transaction *engine_transaction(struct visit *visit);

/**
 * engine_is_listed(engine, kind, facts):
 * Say whether the client, the sender, the login or the recipient is in the
 * table "listed" as ${kind}, "allow" or "block".  The sender of somebody who
 * logged in allows nothing.
 */
bool engine_is_listed(
    struct engine *engine, const char *kind, struct facts *facts);

/**
 * engine_log(visit, decision, us):
 * Write the line of a decision.
 */
void engine_log(
    struct visit *visit, const struct decision *decision, int64_t us);

/**
 * engine_test_lists(engine, now):
 * Test the DNS lists when it is time to.
 */
void engine_test_lists(struct engine *engine, int64_t now);

/**
 * engine_listed_new(behind):
 * Return the table of who is allowed or blocked by hand.
 */
struct table *engine_listed_new(struct behind *behind);

/**
 * engine_lost(engine, key):
 * The client of a greylist key never came again.
 */
void engine_lost(void *engine, struct span key);

/**
 * engine_load(engine, store, now, arena):
 * Fill the tables from ${store}.  Return NULL or what is wrong.
 */
const char *engine_load(struct engine *engine, struct store *store, int64_t now,
    struct arena *arena);

#endif
