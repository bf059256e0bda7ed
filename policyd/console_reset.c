/* What somebody used is forgotten. */
#include <string.h>

#include "console_change.h"
#include "console_usage.h"
#include "shared.h"
#include "table.h"

/* Counters that one command forgets; it can be given again. */
#define MAX_KEYS ((size_t)10000)

struct found {
	const char *limit; /* its name, copied: a reload may come between */
	struct span key;
};

struct reset {
	struct span who;
	struct span network;
	struct console_walk walk;
	const char *name; /* of the limit that is walked, copied */
	struct found *found;
	size_t count;
	bool more;
};

static void
take(struct console_job *job, const struct limit *limit, struct span key,
    const void *record)
{
	struct reset *reset = job->state;

	(void)record;
	if (!console_usage_concerns(key, reset->who) &&
	    !console_usage_concerns(key, reset->network))
		return;
	reset->more = reset->count == MAX_KEYS;
	if (reset->more)
		return;
	if (reset->name == NULL || strcmp(reset->name, limit->name) != 0)
		reset->name = arena_strdup(job->arena, limit->name);
	reset->found = arena_room(
	    job->arena, reset->found, reset->count, sizeof(*reset->found));
	reset->found[reset->count++] =
	    (struct found){ reset->name, arena_dup(job->arena, key) };
}

/* Other machines may have counted for him what this one never saw. */
static bool
forget_shared(struct console_job *job, const struct reset *reset)
{
	struct shared *shared = engine_shared(job->engine);
	const struct accounting_rules *rules =
	    &engine_config(job->engine)->accounting;
	struct facts *facts = console_usage_facts(job);
	bool done = true;

	for (size_t i = 0; i < reset->count; i++)
		done &= shared_forget(
		    shared, reset->found[i].limit, reset->found[i].key);
	for (size_t i = 0; i < rules->limit_count; i++) {
		const struct limit *limit = &rules->limits[i];
		struct span key;

		if ((job->command.limit == NULL ||
			strcmp(limit->name, job->command.limit) == 0) &&
		    key_expand(limit->key, facts, &key) &&
		    (console_usage_concerns(key, reset->who) ||
			console_usage_concerns(key, reset->network)))
			done &= shared_forget(shared, limit->name, key);
	}
	return (done);
}

static enum console_progress
finish(struct console_job *job)
{
	const struct reset *reset = job->state;
	bool shared = engine_shared(job->engine) != NULL;
	bool forgotten = shared && forget_shared(job, reset);
	uint64_t count = 0;

	for (size_t i = 0; i < reset->count; i++) {
		struct table *table = accounting_table(
		    engine_accounting(job->engine), reset->found[i].limit);

		if (table != NULL)
			count += table_remove(table, reset->found[i].key);
	}
	log_info(job->log, "changed_by_hand", LOG_TEXT("command", "reset"),
	    LOG_SPAN("who", reset->who), LOG_TEXT("limit", job->command.limit),
	    LOG_NUMBER("count", count));
	return (console_job_end(
	    job, json_pack("{s:I, s:b, s:b, s:b}", "count", (json_int_t)count,
		     "more", reset->more, "everywhere", forgotten, "shared",
		     shared && !forgotten)));
}

enum console_progress
console_change_reset(struct console_job *job)
{
	struct reset *reset = job->state;

	if (reset == NULL) {
		const char *limit = job->command.limit;

		if (limit != NULL && console_usage_limit(job, limit) == NULL)
			return (console_job_fail(job,
			    "there is no limit \"%s\"; see all, with: "
			    "mailreeve-policyctl show",
			    limit));
		reset = arena_alloc(job->arena, sizeof(*reset));
		reset->who = span_str(job->command.who);
		reset->network = console_usage_network(job, job->command.who);
		job->state = reset;
	}
	if (console_usage_walk(job, &reset->walk, take))
		return (CONSOLE_MORE);
	return (finish(job));
}
