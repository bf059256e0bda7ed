/* Whether what a request claims fits, and counting it. */
#include <string.h>

#include "accounting_impl.h"

static bool
is_distinct(const struct accounting_claim *claim)
{
	return (claim->rule.algorithm == COUNTER_DISTINCT);
}

void
accounting_settle_see(struct accounting_visit *visit)
{
	for (size_t i = 0; i < visit->count; i++) {
		struct accounting_claim *claim = &visit->claims[i];
		struct table *table = claim->home->table;

		if (!is_distinct(claim))
			continue;
		claim->record = table_add(table, claim->key, visit->now);
		(void)counter_see(
		    &claim->rule, claim->record, claim->value, visit->now);
		table_changed(table, claim->record,
		    counter_expires(&claim->rule, claim->record));
	}
}

/* Whoever is seen is seen, whatever becomes of the request. */
static void
weigh_values(struct accounting_visit *visit, struct accounting_claim *claim)
{
	counter_read(&claim->rule, claim->record, visit->now, &claim->reading);
	claim->action =
	    limit_step_at(claim->limit, claim->rule.rate, &claim->reading, 0);
}

static void
weigh(struct accounting_visit *visit, struct accounting_claim *claim)
{
	claim->action = LIMIT_PASS;
	if (claim->had)
		return;
	claim->record = table_get(claim->home->table, claim->key);
	if (counter_fits(
		&claim->rule, claim->record, claim->amount, visit->now))
		return;
	counter_read(&claim->rule, claim->record, visit->now, &claim->reading);
	claim->action = limit_step_at(claim->limit, claim->rule.rate,
	    &claim->reading, claim->tried ? 0 : claim->amount);
}

/* LIMIT_PASS and LIMIT_ALARM let it pass. */
static bool
passes(enum limit_action action)
{
	return (action <= LIMIT_ALARM);
}

/* Postfix takes it, unless we say no. */
static bool
takes(enum limit_action action)
{
	switch (action) {
	case LIMIT_PASS:
	case LIMIT_ALARM:
	case LIMIT_HOLD:
	case LIMIT_LOCK:
		return (true);
	case LIMIT_DEFER:
	case LIMIT_REJECT:
		break;
	}
	return (false);
}

enum limit_action
accounting_settle_action(const struct accounting_visit *visit)
{
	enum limit_action strongest = LIMIT_PASS;

	for (size_t i = 0; i < visit->count; i++) {
		const struct accounting_claim *claim = &visit->claims[i];

		if (!claim->limit->shadow && claim->action > strongest)
			strongest = claim->action;
	}
	return (strongest);
}

struct charge
accounting_settle_charge(
    const struct accounting_visit *visit, const struct accounting_claim *claim)
{
	return ((struct charge){
	    .limit = claim->home->name,
	    .key = claim->key,
	    .amount = claim->amount,
	    .recipient = claim->recipient,
	    .when = visit->now,
	    .rule = claim->rule,
	    .refunds = claim->limit->refunds,
	});
}

static void
remember(struct accounting_visit *visit, const struct accounting_claim *claim,
    bool shared)
{
	struct charge charge = accounting_settle_charge(visit, claim);
	struct charge *before;

	if (visit->transaction == NULL)
		return;
	charge.refused = !passes(claim->action);
	charge.held = charge.refused && takes(accounting_settle_action(visit));
	charge.shared = shared;
	before = claim->tried ? transaction_find(visit->transaction,
				    charge.limit, charge.key, charge.recipient)
	                      : NULL;
	if (before != NULL)
		transaction_forget(visit->transaction, before);
	(void)transaction_charge(visit->transaction, &charge);
}

/* What is refused by one limit is not counted by the others, but where refused
 * attempts are to count. */
bool
accounting_settle_counts(
    const struct accounting_visit *visit, const struct accounting_claim *claim)
{
	return (passes(claim->action) &&
		(!claim->limit->refunds ||
		    passes(accounting_settle_action(visit))));
}

/* What does not fit was tried, once. */
static void
count(struct accounting_visit *visit, struct accounting_claim *claim,
    bool counts, bool shared)
{
	struct table *table = claim->home->table;

	/* Each limit has its table, so that nothing moved since weigh(). */
	if (claim->record == NULL)
		claim->record = table_add(table, claim->key, visit->now);
	if (!claim->tried)
		counter_try(
		    &claim->rule, claim->record, claim->amount, visit->now);
	if (counts)
		counter_add(
		    &claim->rule, claim->record, claim->amount, visit->now);
	table_changed(
	    table, claim->record, counter_expires(&claim->rule, claim->record));
	remember(visit, claim, shared);
}

void
accounting_settle_count(struct accounting_visit *visit, bool shared)
{
	for (size_t i = 0; i < visit->count; i++) {
		struct accounting_claim *claim = &visit->claims[i];
		bool counts = accounting_settle_counts(visit, claim);

		if (claim->had || is_distinct(claim))
			continue;
		if (counts || (!passes(claim->action) && !claim->tried))
			count(visit, claim, counts, shared);
	}
}

static void
add_finding(struct accounting_visit *visit,
    const struct accounting_claim *claim, struct accounting_finding *out)
{
	*out = (struct accounting_finding){ .limit = claim->limit,
		.key = claim->key,
		.rate = claim->rule.rate,
		.source = claim->source,
		.action = claim->action,
		.shadow = claim->limit->shadow,
		.reading = claim->reading };
	trace_add(visit->trace, "limit", 0, "\"%s\" says %s%s",
	    claim->limit->name, limit_action_name(claim->action),
	    claim->limit->shadow ? ", in shadow" : "");
}

void
accounting_settle_outcome(
    struct accounting_visit *visit, struct accounting_outcome *out)
{
	struct accounting_finding *findings = NULL;

	*out = (struct accounting_outcome){
		.action = accounting_settle_action(visit),
		.first_recipient = visit->first_recipient,
	};
	for (size_t i = 0; i < visit->count; i++) {
		const struct accounting_claim *claim = &visit->claims[i];
		struct accounting_finding *finding;

		if (claim->action == LIMIT_PASS)
			continue;
		if (findings == NULL)
			findings = arena_array(
			    visit->arena, visit->count, sizeof(*findings));
		finding = &findings[out->count++];
		add_finding(visit, claim, finding);
		if (!finding->shadow && out->strongest == NULL &&
		    finding->action == out->action)
			out->strongest = finding;
	}
	out->findings = findings;
}

void
accounting_settle_tell(struct accounting_visit *visit)
{
	struct accounting_outcome outcome;

	accounting_settle_outcome(visit, &outcome);
	if (visit->state == REQUEST_STATE_END_OF_MESSAGE &&
	    visit->transaction != NULL && takes(outcome.action))
		transaction_commit(visit->transaction);
	visit->done(visit->cookie, &outcome);
}

static void
weigh_all(struct accounting_visit *visit)
{
	for (size_t i = 0; i < visit->count; i++) {
		if (is_distinct(&visit->claims[i]))
			weigh_values(visit, &visit->claims[i]);
		else
			weigh(visit, &visit->claims[i]);
	}
}

void
accounting_settle_peek(struct accounting_visit *visit)
{
	for (size_t i = 0; i < visit->count; i++) {
		struct accounting_claim *claim = &visit->claims[i];
		size_t size = counter_size(claim->rule.algorithm);
		const void *record = table_get(claim->home->table, claim->key);

		if (!is_distinct(claim))
			continue;
		claim->record = arena_alloc(visit->arena, size);
		if (record != NULL)
			memcpy(claim->record, record, size);
		(void)counter_see(
		    &claim->rule, claim->record, claim->value, visit->now);
	}
	weigh_all(visit);
}

void
accounting_settle(struct accounting_visit *visit)
{
	accounting_settle_see(visit);
	weigh_all(visit);
	accounting_settle_count(visit, false);
	accounting_settle_tell(visit);
}
