#include "console_usage.h"

#include <string.h>

#include "accounting_impl.h"
#include "facts.h"
#include "table.h"

/* Whose limits a key is about: its first part. */
static struct span
owner_of(struct span key)
{
	return (span_head(key, span_find(key, '|')));
}

static struct span
domain_of(struct span user)
{
	return (span_tail(user, span_find(user, '@') + 1));
}

void
console_usage_read(struct console_job *job, const struct limit *limit,
    struct span key, const void *record, struct console_usage *out)
{
	struct accounting *accounting = engine_accounting(job->engine);
	struct span user = owner_of(key);
	struct accounting_visit visit = { .accounting = accounting,
		.rules = &engine_config(job->engine)->accounting,
		.user = user,
		.domain = domain_of(user) };

	visit.is_new =
	    accounting_account_is_new(accounting, visit.rules, user, job->now);
	*out = (struct console_usage){ .limit = limit, .key = key };
	out->rule = accounting_claims_rule(&visit, limit, &out->source);
	counter_read(&out->rule, record, job->now, &out->reading);
}

json_t *
console_usage_json(const struct console_usage *usage)
{
	const struct counter_reading *reading = &usage->reading;

	return (json_pack(
	    "{s:o, s:o, s:s, s:o, s:I, s:o, s:I, s:I, s:o, s:I, s:I, s:b}",
	    "limit", console_job_text(span_str(usage->limit->name)), "key",
	    console_job_text(usage->key), "unit",
	    limit_unit_name(usage->limit->unit), "rate",
	    console_job_rate(usage->rule.rate), "period_ms",
	    (json_int_t)usage->rule.period_ms, "source",
	    console_job_text(span_str(usage->source)), "used",
	    (json_int_t)reading->used, "tried", (json_int_t)reading->tried,
	    "left", console_job_rate(reading->left), "reset_ms",
	    (json_int_t)reading->reset_ms, "retry_ms",
	    (json_int_t)reading->retry_ms, "shadow", usage->limit->shadow));
}

const struct limit *
console_usage_limit(struct console_job *job, const char *name)
{
	const struct accounting_rules *rules =
	    &engine_config(job->engine)->accounting;

	for (size_t i = 0; i < rules->limit_count; i++)
		if (strcmp(rules->limits[i].name, name) == 0)
			return (&rules->limits[i]);
	return (NULL);
}

/* One slice of one table. */
struct slice {
	struct console_job *job;
	const struct limit *limit;
	console_usage_take *take;
};

static bool
visit(void *cookie, struct span key, void *record, int64_t expires)
{
	const struct slice *slice = cookie;

	(void)expires;
	slice->take(slice->job, slice->limit, key, record);
	return (true);
}

bool
console_usage_walk(struct console_job *job, struct console_walk *walk,
    console_usage_take *take)
{
	const struct accounting_rules *rules =
	    &engine_config(job->engine)->accounting;

	if (walk->index >= rules->limit_count)
		return (false);
	const struct limit *limit = &rules->limits[walk->index];
	const char *only = job->command.limit;
	struct table *table =
	    accounting_table(engine_accounting(job->engine), limit->name);
	struct slice slice = { job, limit, take };

	if (table == NULL || (only != NULL && strcmp(only, limit->name) != 0) ||
	    !console_job_walk(table, &walk->place, visit, &slice))
		*walk = (struct console_walk){ .index = walk->index + 1 };
	return (true);
}

bool
console_usage_concerns(struct span key, struct span who)
{
	bool more = true;

	while (more) {
		struct span part;

		more = span_take_until(&key, '|', &part);
		if (span_ieq(part, who) || span_ieq(domain_of(part), who))
			return (true);
	}
	return (false);
}

struct facts *
console_usage_facts(struct console_job *job)
{
	struct request *request = arena_alloc(job->arena, sizeof(*request));
	struct facts *facts = arena_alloc(job->arena, sizeof(*facts));
	struct span *attributes = request->attributes;
	struct span who = span_str(job->command.who);

	if (network_address_parse(job->command.who, &request->client) == 0) {
		attributes[REQUEST_CLIENT_ADDRESS] = who;
	} else {
		attributes[REQUEST_SASL_USERNAME] = who;
		attributes[REQUEST_SENDER] = who;
	}
	facts_init(facts, request, &engine_config(job->engine)->facts_rules,
	    job->arena);
	facts->now = job->now;
	return (facts);
}

struct span
console_usage_network(struct console_job *job, const char *who)
{
	struct request *request = arena_alloc(job->arena, sizeof(*request));
	struct facts *facts = arena_alloc(job->arena, sizeof(*facts));

	if (network_address_parse(who, &request->client) != 0)
		return (span_str(who));
	request->attributes[REQUEST_CLIENT_ADDRESS] = span_str(who);
	facts_init(facts, request, &engine_config(job->engine)->facts_rules,
	    job->arena);
	return (facts_get(facts, FACTS_CLIENT_NET));
}
