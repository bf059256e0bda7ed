#include <string.h>

#include "accounting.h"
#include "config.h"
#include "console_show.h"
#include "console_usage.h"
#include "greylist.h"
#include "reputation.h"
#include "shared.h"
#include "table.h"
#include "watch.h"

/* Lines about one: combined keys of a network can be many. */
#define MAX_LINES 1000

/* A limit's key that is his alone; the name is copied, for a reload may come
 * between. */
struct own {
	const char *name;
	struct span key;
	bool distinct;
	bool shared; /* read from the server of shared limits */
	struct counter_reading reading;
};

struct who {
	struct span who;
	struct span network; /* of an address, or who */
	struct own *own;
	size_t own_count;
	struct console_walk walk;
	size_t notices; /* place in that table */
	bool noticed;   /* it was walked */
	size_t lines;
	size_t left_out;
};

static void
tell(struct console_job *job, struct console_usage *usage)
{
	struct who *who = job->state;

	if (who->lines == MAX_LINES) {
		who->left_out++;
		return;
	}
	who->lines++;
	console_job_line(job, "usage", console_usage_json(usage));
}

/* Limits that count under his name alone, though nothing was used yet. */
static void
tell_own(struct console_job *job, struct who *who)
{
	for (size_t i = 0; i < who->own_count; i++) {
		const struct own *own = &who->own[i];
		const struct limit *limit = console_usage_limit(job, own->name);
		struct table *table =
		    limit == NULL
			? NULL
			: accounting_table(
			      engine_accounting(job->engine), own->name);
		struct console_usage usage;

		if (table == NULL)
			continue;
		console_usage_read(
		    job, limit, own->key, table_get(table, own->key), &usage);
		if (own->shared)
			usage.reading = own->reading;
		tell(job, &usage);
	}
}

static void
find_own(struct console_job *job, struct who *who)
{
	const struct accounting_rules *rules =
	    &engine_config(job->engine)->accounting;
	struct facts *facts = console_usage_facts(job);

	who->own =
	    arena_array(job->arena, rules->limit_count + 1, sizeof(*who->own));
	for (size_t i = 0; i < rules->limit_count; i++) {
		const struct limit *limit = &rules->limits[i];
		struct span key;

		if ((job->command.limit == NULL ||
			strcmp(limit->name, job->command.limit) == 0) &&
		    key_expand(limit->key, facts, &key))
			who->own[who->own_count++] = (struct own){
				.name = arena_strdup(job->arena, limit->name),
				.key = arena_dup(job->arena, key),
				.distinct =
				    limit->rule.algorithm == COUNTER_DISTINCT
			};
	}
}

/* What all machines together have counted. */
static void
take_shared(void *cookie, bool available, const struct shared_charge *charges,
    size_t count)
{
	struct console_job *job = cookie;
	struct who *who = job->state;
	size_t next = 0;

	job->waits = false;
	if (job->abandoned) {
		console_job_free(job);
		return;
	}
	for (size_t i = 0; available && i < who->own_count; i++) {
		if (who->own[i].distinct || next == count)
			continue;
		who->own[i].reading = charges[next++].reading;
		who->own[i].shared = true;
	}
	tell_own(job, who);
	job->wake(job->cookie);
}

/* Asking for nothing more tells how things stand; but of distinct values, where
 * every question is one. */
static enum console_progress
ask_shared(struct console_job *job, struct who *who)
{
	struct shared_charge *charges =
	    arena_array(job->arena, who->own_count + 1, sizeof(*charges));
	size_t count = 0;

	for (size_t i = 0; i < who->own_count; i++) {
		struct console_usage usage;

		if (who->own[i].distinct)
			continue;
		console_usage_read(job,
		    console_usage_limit(job, who->own[i].name), who->own[i].key,
		    NULL, &usage);
		charges[count++] =
		    (struct shared_charge){ .limit = who->own[i].name,
			    .key = who->own[i].key,
			    .rule = usage.rule,
			    .forced = true };
	}
	job->waits = true;
	shared_charge(engine_shared(job->engine), charges, count, job->now,
	    take_shared, job);
	return (job->waits ? CONSOLE_WAIT : CONSOLE_MORE);
}

static bool
is_told(const struct who *who, const char *limit, struct span key)
{
	for (size_t i = 0; i < who->own_count; i++)
		if (strcmp(who->own[i].name, limit) == 0 &&
		    span_eq(who->own[i].key, key))
			return (true);
	return (false);
}

static void
take(struct console_job *job, const struct limit *limit, struct span key,
    const void *record)
{
	struct who *who = job->state;
	struct console_usage usage;

	if (!console_usage_concerns(key, who->who) &&
	    !console_usage_concerns(key, who->network))
		return;
	if (is_told(who, limit->name, key))
		return;
	console_usage_read(job, limit, key, record, &usage);
	tell(job, &usage);
}

static bool
is_listed(struct console_job *job, const char *kind)
{
	return (table_get(engine_listed(job->engine),
		    span_str(arena_printf(
			job->arena, "%s %s", kind, job->command.who))) != NULL);
}

/* Logins are locked as they were given. */
static bool
is_locked(const struct console_job *job)
{
	struct watch *watch = engine_watch(job->engine);

	return (watch_is_locked(watch, span_str(job->command.who)) ||
		watch_is_locked(watch, span_str(job->command.written)));
}

static void
tell_person(struct console_job *job, struct who *who)
{
	struct engine *engine = job->engine;
	struct reputation *reputation = engine_reputation(engine);

	console_job_line(job, "who",
	    json_pack("{s:o, s:o, s:b, s:b, s:b, s:i, s:i}", "who",
		console_job_text(who->who), "network",
		console_job_text(who->network), "locked", is_locked(job),
		"allowed", is_listed(job, "allow"), "blocked",
		is_listed(job, "block"), "network_reputation",
		reputation_network(reputation, who->network, job->now),
		"domain_reputation",
		reputation_domain(reputation, who->who, job->now)));
}

/* A key of "notice" is what was told, a line's end, and the user. */
static bool
take_notice(void *cookie, struct span key, void *record, int64_t expires)
{
	struct console_job *job = cookie;
	struct who *who = job->state;
	struct span what;

	(void)record;
	if (span_take_until(&key, '\n', &what) && span_ieq(key, who->who) &&
	    who->lines < MAX_LINES) {
		who->lines++;
		console_job_line(job, "notice",
		    json_pack("{s:o, s:I}", "what", console_job_text(what),
			"until_ms", (json_int_t)expires));
	}
	return (true);
}

static bool
walk_notices(struct console_job *job)
{
	struct who *who = job->state;
	struct table *table = engine_table(job->engine, "notice");

	if (table == NULL || who->noticed)
		return (false);
	who->noticed =
	    !console_job_walk(table, &who->notices, take_notice, job);
	return (true);
}

enum console_progress
console_show_who(struct console_job *job)
{
	struct who *who = job->state;

	if (who == NULL) {
		who = arena_alloc(job->arena, sizeof(*who));
		who->who = span_str(job->command.who);
		who->network = console_usage_network(job, job->command.who);
		job->state = who;
		tell_person(job, who);
		find_own(job, who);
		if (engine_shared(job->engine) != NULL && who->own_count > 0)
			return (ask_shared(job, who));
		tell_own(job, who);
		return (CONSOLE_MORE);
	}
	if (console_usage_walk(job, &who->walk, take) || walk_notices(job))
		return (CONSOLE_MORE);
	return (console_job_end(
	    job, json_pack("{s:I}", "left_out", (json_int_t)who->left_out)));
}
