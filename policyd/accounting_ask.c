/* A request's way through the limits. */
#include <inttypes.h>

#include "accounting_impl.h"

/* Records that a request writes behind in each table that it meets, while a
 * tick leaves any: more than it changes. */
#define WRITTEN_BY_REQUEST ((size_t)2)

/* Whether anything is counted in this state. */
static bool
counts_in(enum request_state state)
{
	switch (state) {
	case REQUEST_STATE_RCPT:
	case REQUEST_STATE_DATA:
	case REQUEST_STATE_END_OF_MESSAGE:
		return (true);
	case REQUEST_STATE_OTHER:
	case REQUEST_STATE_CONNECT:
	case REQUEST_STATE_EHLO:
	case REQUEST_STATE_MAIL:
	case REQUEST_STATE_VRFY:
	case REQUEST_STATE_ETRN:
		break;
	}
	return (false);
}

static struct accounting_visit
visit_of(struct accounting *accounting, const struct accounting_rules *rules,
    struct facts *facts, struct trace *trace)
{
	return ((struct accounting_visit){ .accounting = accounting,
	    .rules = rules,
	    .facts = facts,
	    .arena = facts->arena,
	    .trace = trace,
	    .state = facts->request->state,
	    .now = facts->now });
}

/* What the state itself says. */
static void
look_at_state(struct accounting_visit *visit)
{
	if (visit->state == REQUEST_STATE_END_OF_MESSAGE)
		accounting_end_seen(visit->accounting, visit->now);
	if (visit->state == REQUEST_STATE_DATA && visit->transaction != NULL)
		transaction_saw_data(visit->transaction);
}

static void
write_some(struct accounting_visit *visit)
{
	for (size_t i = 0; i < visit->count; i++) {
		struct accounting_home *home = visit->claims[i].home;

		if (home->unwritten > 0)
			home->unwritten =
			    table_flush(home->table, WRITTEN_BY_REQUEST);
	}
}

void
accounting_ask(struct accounting *accounting,
    const struct accounting_rules *rules, struct facts *facts,
    struct transaction *transaction, struct trace *trace, accounting_done *done,
    void *cookie)
{
	struct accounting_visit *visit =
	    arena_alloc(facts->arena, sizeof(*visit));

	*visit = visit_of(accounting, rules, facts, trace);
	visit->transaction = transaction;
	visit->done = done;
	visit->cookie = cookie;
	look_at_state(visit);
	/* After a commit there is nothing left to count. */
	if (transaction != NULL && counts_in(visit->state) &&
	    !transaction_is_committed(transaction) &&
	    !accounting_claims_spared(rules, facts))
		accounting_claims_make(visit);
	write_some(visit);
	if (accounting->options.shared != NULL && visit->count > 0)
		accounting_shared_ask(visit);
	else
		accounting_settle(visit);
}

static void
explain_rate(struct accounting_visit *visit, const struct limit *limit,
    const struct counter_rule *rule, const char *source)
{
	if (rule->rate == COUNTER_UNLIMITED)
		trace_add(
		    visit->trace, "limit", 1, "rate: unlimited (%s)", source);
	else
		trace_add(visit->trace, "limit", 1,
		    "rate: %" PRIu64 " %s in %" PRId64 " s (%s)", rule->rate,
		    limit_unit_name(limit->unit), rule->period_ms / 1000,
		    source);
}

static void
explain_limit(struct accounting_visit *visit, const struct limit *limit,
    struct accounting_home *home)
{
	struct counter_reading reading;
	struct counter_rule rule;
	const char *source;
	struct span key;

	if (home == NULL || home->table == NULL ||
	    home->algorithm != limit->rule.algorithm)
		return;
	if (!accounting_claims_applies(visit, limit, &key)) {
		trace_add(visit->trace, "limit", 0, "\"%s\" does not apply",
		    limit->name);
		return;
	}
	rule = accounting_claims_rule(visit, limit, &source);
	counter_read(&rule, table_get(home->table, key), visit->now, &reading);
	trace_add(visit->trace, "limit", 0, "\"%s\" applies%s", limit->name,
	    limit->shadow ? ", in shadow" : "");
	trace_add(
	    visit->trace, "limit", 1, "key: %s", arena_str(visit->arena, key));
	explain_rate(visit, limit, &rule, source);
	trace_add(visit->trace, "limit", 1,
	    "used: %" PRIu64 ", tried: %" PRIu64, reading.used, reading.tried);
}

void
accounting_explain(struct accounting *accounting,
    const struct accounting_rules *rules, struct facts *facts,
    struct trace *trace, struct accounting_outcome *out)
{
	struct accounting_visit visit =
	    visit_of(accounting, rules, facts, trace);
	struct accounting_home *const *homes =
	    accounting_homes(accounting, rules);

	*out = (struct accounting_outcome){ .action = LIMIT_PASS };
	if (accounting_claims_spared(rules, facts)) {
		trace_add(trace, "limit", 0,
		    "the client or the user is exempt from limits");
		return;
	}
	if (counts_in(visit.state))
		accounting_claims_make(&visit);
	else
		accounting_claims_who(&visit);
	for (size_t i = 0; i < rules->limit_count; i++)
		explain_limit(&visit, &rules->limits[i], homes[i]);
	accounting_settle_peek(&visit);
	accounting_settle_outcome(&visit, out);
}
