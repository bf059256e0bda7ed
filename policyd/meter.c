#include "meter.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "behind.h"
#include "engine.h"
#include "meter_families.h"
#include "meter_names.h"
#include "metrics/metrics.h"
#include "notify.h"
#include "serve.h"
#include "shared.h"
#include "transaction.h"
#include "worker.h"

struct meter {
	struct metrics *metrics;
	struct meter_names *names;
};

struct meter *
meter_new(void)
{
	struct meter *meter = arena_impl_malloc(sizeof(*meter));

	meter->metrics = metrics_new(meter_families);
	meter->names = meter_names_new();
	return (meter);
}

void
meter_free(struct meter *meter)
{
	if (meter == NULL)
		return;
	metrics_free(meter->metrics);
	meter_names_free(meter->names);
	free(meter);
}

static void
count(struct meter *meter, enum meter_family family, size_t value)
{
	metrics_add(meter->metrics, METRICS_SERIES(family, value), 1);
}

void
meter_decided(struct meter *meter, enum request_state state,
    const struct decision *decision, int64_t us)
{
	metrics_add(meter->metrics,
	    METRICS_SERIES(METER_DECISIONS, state, decision->action), 1);
	count(meter, METER_REASONS, decision->reason);
	metrics_observe(meter->metrics,
	    METRICS_SERIES(METER_DECISION_SECONDS, 0), (uint64_t)us);
	if (decision->rule != NULL && decision->reason != DECIDE_ALLOWED)
		meter_names_rule(meter->names, decision->rule, false);
	if (decision->shadow_action == DECIDE_DUNNO)
		return;
	count(meter, METER_SHADOW, decision->shadow_action);
	meter_names_rule(meter->names, decision->shadow_rule, true);
}

void
meter_trouble(struct meter *meter, enum decide_trouble trouble)
{
	count(meter, METER_TROUBLE, trouble);
}

void
meter_repeated(struct meter *meter)
{
	count(meter, METER_REPEATED, 0);
}

void
meter_looked_up(struct meter *meter, int64_t us)
{
	metrics_observe(meter->metrics, METRICS_SERIES(METER_LOOKUP_SECONDS, 0),
	    (uint64_t)us);
}

void
meter_reload(struct meter *meter, bool good)
{
	count(meter, METER_RELOADS, good ? 1 : 0);
}

struct pair {
	enum meter_family family;
	uint64_t value;
};

static void
set(struct meter *meter, const struct pair *pairs, size_t number)
{
	for (size_t i = 0; i < number; i++)
		metrics_set(meter->metrics, METRICS_SERIES(pairs[i].family, 0),
		    pairs[i].value);
}

#define SET(meter, ...)                                                        \
	set((meter), (const struct pair[]){ __VA_ARGS__ },                     \
	    sizeof((const struct pair[]){ __VA_ARGS__ }) /                     \
		sizeof(struct pair))

static void
take_connections(struct meter *meter, const struct serve *serve)
{
	struct serve_load load;

	if (serve == NULL)
		return;
	serve_load(serve, &load);
	SET(meter, { METER_CONNECTIONS, load.connected },
	    { METER_OPEN_CONNECTIONS, load.connections },
	    { METER_REFUSED_CONNECTIONS, load.refused },
	    { METER_REQUESTS, load.requests },
	    { METER_MALFORMED, load.malformed });
}

static void
take_questions(struct meter *meter, struct engine *engine)
{
	struct worker_load load = { .waiting = 0 };
	struct dns_counters dns = { .questions = 0 };

	if (engine_workers(engine) != NULL)
		workers_load(engine_workers(engine), &load);
	if (engine_dns(engine) != NULL)
		dns_counters(engine_dns(engine), &dns);
	SET(meter, { METER_LOOKUPS_WAITING, load.waiting },
	    { METER_LOOKUPS_REFUSED, load.refused },
	    { METER_DNS_QUESTIONS, dns.questions },
	    { METER_DNS_CACHE_HITS, dns.hits },
	    { METER_DNS_FAILURES, dns.failures });
}

static void
take_memory(struct meter *meter, struct engine *engine)
{
	struct accounting *accounting = engine_accounting(engine);
	const struct transactions *transactions =
	    accounting_transactions(accounting);
	struct shared *shared = engine_shared(engine);
	struct behind_counters store;

	behind_counters(engine_behind(engine), &store);
	SET(meter, { METER_IN_HAND, engine_in_hand(engine) },
	    { METER_TRANSACTIONS, transactions_count(transactions) },
	    { METER_ABORTED, transactions_aborted(transactions) },
	    { METER_COMMITS_AT_RCPT, accounting_commits_at_rcpt(accounting) },
	    { METER_STORE_WRITTEN, store.written },
	    { METER_STORE_DROPPED, store.dropped },
	    { METER_STORE_FAILURES, store.failures },
	    { METER_STORE_WAITING, store.waiting },
	    { METER_STORE_FAILING, store.failing },
	    { METER_SHARED_AVAILABLE,
		shared != NULL && shared_is_available(shared) },
	    { METER_NOTIFY_DROPPED,
		engine_notifier(engine) == NULL
		    ? 0
		    : notifier_dropped(engine_notifier(engine)) });
}

void
meter_snapshot(
    struct meter *meter, struct engine *engine, const struct serve *serve)
{
	const struct log *log = engine_logger(engine);

	take_connections(meter, serve);
	take_questions(meter, engine);
	take_memory(meter, engine);
	metrics_set(meter->metrics,
	    METRICS_SERIES(METER_LOG_EVENTS, METER_LEVEL_ERROR),
	    log_count(log, LOG_LEVEL_ERROR));
	metrics_set(meter->metrics,
	    METRICS_SERIES(METER_LOG_EVENTS, METER_LEVEL_WARNING),
	    log_count(log, LOG_LEVEL_WARNING));
	meter_names_snapshot(meter->names, engine);
}

void
meter_print(struct meter *meter, struct buf *page)
{
	metrics_print(meter->metrics, page);
	meter_names_print(meter->names, page);
}
