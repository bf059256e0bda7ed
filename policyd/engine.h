/*
 * engine.h: a request from its parsing to its reply: who asks which part in
 * which order.  It belongs to the event loop's thread.
 */
#ifndef POLICYD_ENGINE_H
#define POLICYD_ENGINE_H

#include <stdint.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/trace.h"
#include "config.h"
#include "request.h"

struct accounting;
struct behind;
struct dns;
struct engine;
struct event_base;
struct greylist;
struct known;
struct list_health;
struct meter;
struct notifier;
struct reputation;
struct shared;
struct store;
struct watch;
struct workers;

/* Takes the reply, "action=...\n\n", which lives until it returns.  Called
 * once, at once or later, in the thread of the event loop. */
typedef void engine_reply(void *cookie, struct span reply);

struct engine_options {
	struct config *config;   /* its reference is taken */
	struct event_base *base; /* NULL: nothing is asked of anybody else, for
	                          * mailreeve-policyctl replay */
	const struct log *log;
	struct store *store; /* taken; NULL: nothing is kept */
	int64_t now;         /* milliseconds since 1970 */
};

/**
 * engine_new(options, arena, error), engine_free(engine):
 * Read the store, start the workers, connect.  On failure return NULL with the
 * reason in ${error}.  Freeing writes everything and answers what waits.
 */
struct engine *engine_new(const struct engine_options *options,
    struct arena *arena, const char **error);
void engine_free(struct engine *engine);

/**
 * engine_ask(engine, connection, request, now, reply, cookie):
 * Decide about ${request}, which must live until it returns, came over
 * ${connection} (a number that no other connection ever has) at ${now},
 * milliseconds since 1970, and give ${reply} the answer, once.
 */
void engine_ask(struct engine *engine, uint64_t connection,
    const struct request *request, int64_t now, engine_reply *reply,
    void *cookie);

/**
 * engine_closed(engine, connection):
 * ${connection} is no more.  A reply under way still comes.
 */
void engine_closed(struct engine *engine, uint64_t connection);

/**
 * engine_tick(engine, now):
 * A tenth of a second went by.
 */
void engine_tick(struct engine *engine, int64_t now);

/* Takes a trace, which lives until it returns. */
typedef void engine_explained(
    void *cookie, const struct trace *trace, struct span reply);

/**
 * engine_explain(engine, request, now, explained, cookie):
 * As engine_ask(), but count, remember and log nothing, and tell every step.
 */
void engine_explain(struct engine *engine, const struct request *request,
    int64_t now, engine_explained *explained, void *cookie);

/**
 * engine_follow(engine, config):
 * From now on do as ${config} says, whose reference is taken; counters stay.
 */
void engine_follow(struct engine *engine, struct config *config);

/**
 * engine_in_hand(engine):
 * Return how many requests wait for their reply.
 */
size_t engine_in_hand(const struct engine *engine);

/**
 * engine_config(engine), engine_accounting(engine), engine_greylist(engine),
 * engine_known(engine), engine_reputation(engine), engine_watch(engine),
 * engine_health(engine), engine_behind(engine), engine_shared(engine),
 * engine_workers(engine), engine_dns(engine), engine_meter(engine),
 * engine_logger(engine), engine_notifier(engine):
 * Return a part of ${engine}; it lives as long as that, the configuration until
 * engine_follow().  Some are NULL where they are off: shared, health, dns,
 * workers, notifier.
 */
const struct config *engine_config(const struct engine *engine);
struct accounting *engine_accounting(struct engine *engine);
struct greylist *engine_greylist(struct engine *engine);
struct known *engine_known(struct engine *engine);
struct reputation *engine_reputation(struct engine *engine);
struct watch *engine_watch(struct engine *engine);
struct list_health *engine_health(struct engine *engine);
struct behind *engine_behind(struct engine *engine);
struct shared *engine_shared(struct engine *engine);
struct workers *engine_workers(struct engine *engine);
struct dns *engine_dns(struct engine *engine);
struct meter *engine_meter(struct engine *engine);
const struct log *engine_logger(const struct engine *engine);
struct notifier *engine_notifier(struct engine *engine);

/**
 * engine_listed(engine):
 * Return the table "listed" of who is allowed or blocked by
 * mailreeve-policyctl: key "allow WHO" or "block WHO", where WHO is an address,
 * a network, a domain or a mailbox; record int64_t since when.
 */
struct table *engine_listed(struct engine *engine);

/**
 * engine_table(engine, kind):
 * Return the table of that kind, whichever part it belongs to, or NULL; "limit
 * NAME" for a limit's counters.
 */
struct table *engine_table(struct engine *engine, const char *kind);

#endif
