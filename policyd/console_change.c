#include "console_change.h"

#include <string.h>

#include "base/network.h"
#include "config.h"
#include "console_usage.h"
#include "greylist.h"
#include "override.h"
#include "table.h"
#include "watch.h"

static void
log_change(struct console_job *job, uint64_t count)
{
	const struct console_command *command = &job->command;

	log_info(job->log, "changed_by_hand",
	    LOG_TEXT("command", console_command_verb(command->verb)),
	    LOG_TEXT("removed", command->remove ? "yes" : "no"),
	    LOG_TEXT("who", command->who), LOG_TEXT("limit", command->limit),
	    LOG_NUMBER("count", count));
}

static enum console_progress
end_with_count(struct console_job *job, uint64_t count)
{
	log_change(job, count);
	return (console_job_end(
	    job, json_pack("{s:I}", "count", (json_int_t)count)));
}

/* Whether ${who} was meant as a network and is none: it would match nobody. */
static bool
is_broken_network(const char *who)
{
	struct network network;

	return (strchr(who, '/') != NULL && strchr(who, '@') == NULL &&
		strspn(who, "0123456789abcdef.:/") == strlen(who) &&
		network_parse(who, &network) != 0);
}

/* What is on a list, or no longer. */
enum console_progress
console_change_list(struct console_job *job)
{
	const struct console_command *command = &job->command;
	const char *kind = command->verb == CONSOLE_ALLOW ? "allow" : "block";
	const char *other = command->verb == CONSOLE_ALLOW ? "block" : "allow";
	struct table *table = engine_listed(job->engine);
	struct span key =
	    span_str(arena_printf(job->arena, "%s %s", kind, command->who));

	if (command->remove)
		return (end_with_count(job, table_remove(table, key)));
	if (is_broken_network(command->who))
		return (console_job_fail(job, "%s: %s", command->who,
		    network_explain(job->arena, command->who)));
	bool was = table_get(table, key) != NULL;
	int64_t *since = table_add(table, key, job->now);

	if (!was)
		*since = job->now;
	/* It never expires. */
	table_changed(table, since, INT64_MAX);
	(void)table_remove(table,
	    span_str(arena_printf(job->arena, "%s %s", other, command->who)));
	return (end_with_count(job, !was));
}

static bool
tell_listed(void *cookie, struct span key, void *record, int64_t expires)
{
	struct console_job *job = cookie;
	struct span kind;
	int64_t since;

	(void)expires;
	memcpy(&since, record, sizeof(since));
	if (span_take_until(&key, ' ', &kind))
		console_job_line(job, "listed",
		    json_pack("{s:o, s:o, s:I}", "list", console_job_text(kind),
			"who", console_job_text(key), "since_ms",
			(json_int_t)since));
	return (true);
}

/* Walk all of ${table}, a slice a call, its place in the job's state. */
static enum console_progress
walk(struct console_job *job, struct table *table, table_visit *visit)
{
	if (job->state == NULL)
		job->state = arena_alloc(job->arena, sizeof(size_t));
	if (table != NULL && console_job_walk(table, job->state, visit, job))
		return (CONSOLE_MORE);
	return (console_job_end(job, NULL));
}

enum console_progress
console_change_listed(struct console_job *job)
{
	return (walk(job, engine_listed(job->engine), tell_listed));
}

/* Logins are locked as they were given.  Return whether ${user} was; -1: his
 * lock stands on in Dovecot's file. */
static int
unlock(struct console_job *job, const char *user)
{
	struct watch *watch = engine_watch(job->engine);
	const struct config *config = engine_config(job->engine);

	if (!watch_is_locked(watch, span_str(user)))
		return (0);
	return (watch_unlock(
		    watch, &config->watch_rules, span_str(user), job->now) == 0
		    ? 1
		    : -1);
}

enum console_progress
console_change_release(struct console_job *job)
{
	const struct console_command *command = &job->command;
	size_t keys = greylist_release(engine_greylist(job->engine),
	    span_str(command->who), &engine_config(job->engine)->greylist_rules,
	    job->now);
	int unlocked = unlock(job, command->written);

	if (unlocked == 0)
		unlocked = unlock(job, command->who);
	log_change(job, keys + (unlocked != 0));
	if (unlocked < 0)
		return (console_job_fail(job,
		    "%s is unlocked here, but the file of locked users that "
		    "Dovecot reads could not be written: see why, with: "
		    "journalctl -u mailreeve-policyd -g lock_failed",
		    command->who));
	return (console_job_end(
	    job, json_pack("{s:I, s:b}", "greylisted", (json_int_t)keys,
		     "unlocked", unlocked > 0)));
}

enum console_progress
console_change_override(struct console_job *job)
{
	const struct console_command *command = &job->command;
	struct table *table =
	    accounting_overrides(engine_accounting(job->engine));
	struct span key = span_str(
	    arena_printf(job->arena, "%s %s", command->who, command->limit));

	/* One whose limit is gone can still be removed. */
	if (command->remove)
		return (end_with_count(job, table_remove(table, key)));
	if (console_usage_limit(job, command->limit) == NULL)
		return (console_job_fail(job,
		    "there is no limit \"%s\"; see all, with: "
		    "mailreeve-policyctl show",
		    command->limit));
	if (command->rate != COUNTER_UNLIMITED &&
	    command->rate > COUNTER_MAX_RATE)
		return (console_job_fail(job, "the number is too large"));
	uint64_t *rate = table_add(table, key, job->now);

	*rate = command->rate;
	table_changed(table, rate, INT64_MAX);
	return (end_with_count(job, 1));
}

static bool
tell_override(void *cookie, struct span key, void *record, int64_t expires)
{
	struct console_job *job = cookie;
	struct span who;
	uint64_t rate;

	(void)expires;
	memcpy(&rate, record, sizeof(rate));
	if (span_take_until(&key, ' ', &who))
		console_job_line(job, "override",
		    json_pack("{s:o, s:o, s:o}", "who", console_job_text(who),
			"limit", console_job_text(key), "rate",
			console_job_rate(rate)));
	return (true);
}

enum console_progress
console_change_overrides(struct console_job *job)
{
	return (walk(job, accounting_overrides(engine_accounting(job->engine)),
	    tell_override));
}
