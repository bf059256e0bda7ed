#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "policyctl_commands.h"
#include "policyctl_lines.h"
#include "policyctl_print.h"
#include "replay.h"

#define PROGRESS_LINES 20000
/* Of people to whom something would have been done. */
#define MAX_PEOPLE 50

static const char *
time_text(struct arena *arena, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[64] = "?";
	struct tm local;

	if (localtime_r(&seconds, &local) != NULL)
		(void)strftime(text, sizeof(text), "%F %H:%M", &local);
	return (arena_strdup(arena, text));
}

static void
show_progress(const struct replay *replay, struct arena *arena)
{
	const struct replay_totals *totals = replay_totals(replay);

	if (totals->lines % PROGRESS_LINES == 0 && isatty(STDERR_FILENO) == 1)
		(void)fprintf(stderr,
		    "\r%" PRIu64 " lines, %" PRIu64 " mails, up to %s ",
		    totals->lines, totals->mails,
		    time_text(arena, totals->last_ms));
}

static void
print_tally(const struct replay_tally *tally, const char *name, size_t most,
    struct arena *arena)
{
	const char *const heads[] = { name, ">PASSED", ">ALARMS", ">DEFERRED",
		">HELD", ">REFUSED", ">WOULD BE", NULL };
	struct policyctl_table *table = policyctl_print_table(arena, heads);
	size_t count;
	const struct replay_row *rows = replay_tally_worst(tally, &count);

	for (size_t i = 0; i < count && i < most; i++) {
		const char *cells[REPLAY_DONE + 1] = { arena_str(
		    arena, rows[i].name) };

		for (size_t j = 0; j < REPLAY_DONE; j++)
			cells[j + 1] =
			    arena_printf(arena, "%" PRIu64, rows[i].counts[j]);
		if (replay_tally_weight(&rows[i]) > 0)
			policyctl_print_row(table, cells);
	}
	if (policyctl_print_end(table, stdout) > 0)
		(void)putchar('\n');
}

static void
print_text(const struct replay *replay, struct arena *arena)
{
	const struct replay_totals *totals = replay_totals(replay);
	size_t count;

	if (totals->mails == 0) {
		(void)printf("%" PRIu64 " lines, and no mail that came by SMTP "
			     "among them.\n",
		    totals->lines);
		return;
	}
	(void)printf("%" PRIu64 " mails to %" PRIu64
		     " recipients, from %s to %s.\n",
	    totals->mails, totals->recipients,
	    time_text(arena, totals->first_ms),
	    time_text(arena, totals->last_ms));
	(void)puts("DNS lists, SPF and quotas were not asked: this is what "
		   "limits would have done.\n"
		   "All counters, and whom users had written to, begin at "
		   "nothing; what would have\n"
		   "been deferred is not tried again.\n");
	(void)replay_tally_worst(replay_rules(replay), &count);
	if (count == 0)
		(void)puts("Nothing would have been done.");
	print_tally(replay_rules(replay), "RULE", count, arena);
	print_tally(replay_people(replay), "WHO", MAX_PEOPLE, arena);
}

static void
print_rows(const struct replay_tally *tally, const char *kind)
{
	size_t count;
	const struct replay_row *rows = replay_tally_worst(tally, &count);

	for (size_t i = 0; i < count; i++) {
		const uint64_t *counts = rows[i].counts;
		struct arena *arena = arena_new();
		json_t *line =
		    json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}",
			"schema", 1, "kind", kind, "name",
			policyctl_print_harmless(
			    arena, arena_str(arena, rows[i].name)),
			"passed", (json_int_t)counts[REPLAY_PASSED], "alarms",
			(json_int_t)counts[REPLAY_ALARM], "deferred",
			(json_int_t)counts[REPLAY_DEFERRED], "held",
			(json_int_t)counts[REPLAY_HELD], "refused",
			(json_int_t)counts[REPLAY_REFUSED], "would",
			(json_int_t)counts[REPLAY_WOULD]);

		(void)json_dumpf(line, stdout, JSON_COMPACT);
		(void)putchar('\n');
		json_decref(line);
		arena_free(arena);
	}
}

static void
print_json(const struct replay *replay)
{
	const struct replay_totals *totals = replay_totals(replay);
	json_t *line = json_pack("{s:i, s:s, s:I, s:I, s:I, s:I, s:I}",
	    "schema", 1, "kind", "replay", "lines", (json_int_t)totals->lines,
	    "mails", (json_int_t)totals->mails, "recipients",
	    (json_int_t)totals->recipients, "first_ms",
	    (json_int_t)totals->first_ms, "last_ms",
	    (json_int_t)totals->last_ms);

	(void)json_dumpf(line, stdout, JSON_COMPACT);
	(void)putchar('\n');
	json_decref(line);
	print_rows(replay_rules(replay), "rule");
	print_rows(replay_people(replay), "who");
}

/* The first line says which year it is; ${config} is taken. */
static struct replay *
play(struct policyctl_lines *lines, struct config *config, bool *readable)
{
	struct replay *replay = NULL;
	struct arena *arena = arena_new();
	enum policyctl_line status;
	struct span line;

	while ((status = policyctl_lines_next(lines, -1, &line)) ==
	       POLICYCTL_LINE) {
		if (replay == NULL)
			replay = replay_new(config,
			    policyctl_lines_year(line, (int64_t)time(NULL)));
		replay_line(replay, line);
		show_progress(replay, arena);
	}
	if (replay == NULL)
		replay = replay_new(config, 1970);
	replay_end(replay);
	if (isatty(STDERR_FILENO) == 1 &&
	    replay_totals(replay)->lines >= PROGRESS_LINES)
		(void)fputs("\r\033[K", stderr);
	*readable = status == POLICYCTL_LINE_END;
	arena_free(arena);
	return (replay);
}

static int
run(const struct policyctl_options *options)
{
	const struct policyctl_lines_options from = {
		.path = options->arguments[0], .journal = options->journal
	};
	const char *error;
	struct policyctl_lines *lines =
	    policyctl_lines_open(&from, options->arena, &error);

	if (lines == NULL) {
		(void)fprintf(stderr, POLICYCTL_PROGRAM " replay: %s\n", error);
		return (EX_NOINPUT);
	}
	struct config *config = policyctl_options_config(options);
	bool readable;

	if (config == NULL) {
		policyctl_lines_close(lines);
		return (EX_CONFIG);
	}
	struct replay *replay = play(lines, config, &readable);

	if (options->json)
		print_json(replay);
	else
		print_text(replay, options->arena);
	if (!readable)
		(void)fputs(POLICYCTL_PROGRAM
		    " replay: the log could not be read to its end\n",
		    stderr);
	replay_free(replay);
	policyctl_lines_close(lines);
	return (readable ? EX_OK : EX_IOERR);
}

const struct policyctl_command policyctl_replay_command = {
	.name = "replay",
	.help = "what limits would have done with the mail in a log",
	.usage =
	    "[OPTION]... [LOG|-]\n"
	    "Show what the limits of a configuration would have done with "
	    "the mail in LOG, a\n"
	    "mail log, or on standard input.  Nobody is asked or told "
	    "anything.\n"
	    "  -c, --config FILE  this configuration, else " CONFIG_FILE "\n"
	    "  --journal          read systemd's journal instead\n"
	    "  --json             print lines of JSON\n",
	.letters = "cJj",
	.most = 1,
	.run = run,
};
