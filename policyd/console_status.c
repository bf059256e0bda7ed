#include <unistd.h>

#include "accounting.h"
#include "behind.h"
#include "console_show.h"
#include "greylist.h"
#include "list_health.h"
#include "serve.h"
#include "shared.h"
#include "table.h"
#include "transaction.h"
#include "worker.h"

static void
tell_daemon(struct console_job *job)
{
	struct accounting *accounting = engine_accounting(job->engine);
	struct transactions *transactions = accounting_transactions(accounting);
	const struct config *config = engine_config(job->engine);
	struct serve_load load = { 0 };
	struct worker_load workers = { 0 };

	if (job->serve != NULL)
		serve_load(job->serve, &load);
	if (engine_workers(job->engine) != NULL)
		workers_load(engine_workers(job->engine), &workers);
	console_job_line(job, "daemon",
	    json_pack(
		"{s:s, s:i, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"version", MAILREEVE_VERSION, "pid", (int)getpid(), "shadow",
		config->policy.shadow, "commits_at_rcpt",
		accounting_commits_at_rcpt(accounting), "connections",
		(json_int_t)load.connections, "requests",
		(json_int_t)load.requests, "malformed",
		(json_int_t)load.malformed, "refused", (json_int_t)load.refused,
		"in_hand", (json_int_t)engine_in_hand(job->engine),
		"transactions", (json_int_t)transactions_count(transactions),
		"aborted", (json_int_t)transactions_aborted(transactions),
		"workers_waiting", (json_int_t)workers.waiting));
}

static const char *
algorithm_name(enum counter_algorithm algorithm)
{
	switch (algorithm) {
	case COUNTER_GCRA:
		return ("rate");
	case COUNTER_WINDOW:
		return ("window");
	case COUNTER_DISTINCT:
		break;
	}
	return ("distinct");
}

static void
tell_limit(struct console_job *job, const struct limit *limit)
{
	struct table *table =
	    accounting_table(engine_accounting(job->engine), limit->name);

	console_job_line(job, "limit",
	    json_pack("{s:o, s:s, s:s, s:o, s:I, s:b, s:I, s:I}", "name",
		console_job_text(span_str(limit->name)), "unit",
		limit_unit_name(limit->unit), "algorithm",
		algorithm_name(limit->rule.algorithm), "rate",
		console_job_rate(limit->rule.rate), "period_ms",
		(json_int_t)limit->rule.period_ms, "shadow", limit->shadow,
		"keys", (json_int_t)(table == NULL ? 0 : table_count(table)),
		"evicted",
		(json_int_t)(table == NULL ? 0 : table_evicted(table))));
}

static void
tell_limits(struct console_job *job)
{
	const struct accounting_rules *rules =
	    &engine_config(job->engine)->accounting;

	for (size_t i = 0; i < rules->limit_count; i++)
		if (job->command.limit == NULL ||
		    span_is(
			span_str(rules->limits[i].name), job->command.limit))
			tell_limit(job, &rules->limits[i]);
}

static void
tell_lists(struct console_job *job)
{
	struct list_health *health = engine_health(job->engine);
	size_t count = 0;
	const struct list_figures *figures =
	    health == NULL ? NULL
			   : list_health_figures(health, job->arena, &count);

	for (size_t i = 0; i < count; i++) {
		const struct list_figures *list = &figures[i];
		uint64_t answered = list->asked - list->late;

		console_job_line(job, "list",
		    json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, s:I}", "zone",
			list->zone, "state", list_state_name(list->state),
			"out",
			list->state != LIST_WELL &&
			    list->state != LIST_UNTESTED,
			"asked", (json_int_t)list->asked, "listed",
			(json_int_t)list->listed, "late",
			(json_int_t)list->late, "average_us",
			(json_int_t)(answered == 0 || list->late > list->asked
					 ? 0
					 : list->took_us / answered)));
	}
}

static void
tell_table(struct console_job *job, const char *kind)
{
	struct table *table = engine_table(job->engine, kind);

	if (table != NULL)
		console_job_line(job, "table",
		    json_pack("{s:s, s:I, s:I}", "name", kind, "records",
			(json_int_t)table_count(table), "evicted",
			(json_int_t)table_evicted(table)));
}

static void
tell_tables(struct console_job *job)
{
	static const char *const kinds[] = { "greylist", "greyclient", "known",
		"network", "domain", "account", "history", "notice", "locked",
		"listed", "override" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		tell_table(job, kinds[i]);
}

static void
tell_store(struct console_job *job)
{
	struct behind *behind = engine_behind(job->engine);
	const struct config *config = engine_config(job->engine);
	struct behind_counters counters = { 0 };
	bool keeps = !span_is(span_str(config->settings.state), "none");

	if (behind != NULL)
		behind_counters(behind, &counters);
	console_job_line(job, "store",
	    json_pack("{s:o, s:b, s:b, s:I, s:I, s:I, s:I}", "path",
		console_job_text(span_str(config->settings.state)), "keeps",
		keeps, "failing", counters.failing, "written",
		(json_int_t)counters.written, "waiting",
		(json_int_t)counters.waiting, "dropped",
		(json_int_t)counters.dropped, "failures",
		(json_int_t)counters.failures));
}

static void
tell_shared(struct console_job *job)
{
	const struct shared *shared = engine_shared(job->engine);

	if (shared != NULL)
		console_job_line(job, "shared",
		    json_pack("{s:b, s:I}", "available",
			shared_is_available(shared), "nodes",
			(json_int_t)shared_nodes(shared)));
}

enum console_progress
console_show_status(struct console_job *job)
{
	if (job->command.limit == NULL)
		tell_daemon(job);
	tell_limits(job);
	if (job->command.limit == NULL) {
		tell_lists(job);
		tell_tables(job);
		tell_store(job);
		tell_shared(job);
	}
	return (console_job_end(job, NULL));
}
