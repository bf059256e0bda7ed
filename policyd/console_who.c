#include <string.h>

#include "accounting.h"
#include "config.h"
#include "console_show.h"
#include "console_usage.h"
#include "greylist.h"
#include "reputation.h"
#include "table.h"
#include "watch.h"

/* Lines about one: combined keys of a network can be many. */
#define MAX_LINES 1000

struct who {
	struct span who;
	struct span network; /* of an address, or who */
	struct span *told;   /* each limit's key that was told already */
	size_t told_count;
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

/* The facts of mail by him, as far as his name says. */
static struct facts *
facts_of(struct console_job *job, struct who *who)
{
	struct request *request = arena_alloc(job->arena, sizeof(*request));
	struct facts *facts = arena_alloc(job->arena, sizeof(*facts));
	struct span *attributes = request->attributes;

	if (network_address_parse(job->command.who, &request->client) == 0) {
		attributes[REQUEST_CLIENT_ADDRESS] = who->who;
	} else {
		attributes[REQUEST_SASL_USERNAME] = who->who;
		attributes[REQUEST_SENDER] = who->who;
	}
	facts_init(facts, request, &engine_config(job->engine)->facts_rules,
	    job->arena);
	facts->now = job->now;
	return (facts);
}

/* Limits that count under his name alone, though nothing was used yet. */
static void
tell_own(struct console_job *job, struct who *who)
{
	const struct accounting_rules *rules =
	    &engine_config(job->engine)->accounting;
	struct facts *facts = facts_of(job, who);

	who->told_count = rules->limit_count;
	who->told =
	    arena_array(job->arena, rules->limit_count + 1, sizeof(*who->told));
	for (size_t i = 0; i < rules->limit_count; i++) {
		const struct limit *limit = &rules->limits[i];
		struct table *table = accounting_table(
		    engine_accounting(job->engine), limit->name);
		struct console_usage usage;
		struct span key;

		if ((job->command.limit != NULL &&
			strcmp(limit->name, job->command.limit) != 0) ||
		    table == NULL || !key_expand(limit->key, facts, &key))
			continue;
		who->told[i] = arena_dup(job->arena, key);
		console_usage_read(
		    job, limit, who->told[i], table_get(table, key), &usage);
		tell(job, &usage);
	}
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
	if (who->walk.index < who->told_count &&
	    who->told[who->walk.index].len > 0 &&
	    span_eq(who->told[who->walk.index], key))
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
		tell_own(job, who);
		return (CONSOLE_MORE);
	}
	if (console_usage_walk(job, &who->walk, take) || walk_notices(job))
		return (CONSOLE_MORE);
	return (console_job_end(
	    job, json_pack("{s:I}", "left_out", (json_int_t)who->left_out)));
}
