/*
 * scenario.c: run one scenario against the milter.
 *
 *	scenario MILTER FILE.scn
 */
#include "support/scenario.h"

#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "support/files.h"

int
scenario_fail(struct scenario *scenario, const char *format, ...)
{
	va_list ap;

	scenario->failed = true;
	fprintf(stderr, "%s:%d: ", scenario->path, scenario->line);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	return (-1);
}

static bool
is_word(unsigned char byte)
{
	return (!span_is_wsp(byte));
}

struct span
scenario_word(struct span *rest)
{
	struct span word;

	(void)span_take_while(rest, span_is_wsp);
	word = span_take_while(rest, is_word);
	(void)span_take_while(rest, span_is_wsp);
	return (word);
}

char *
scenario_string(struct scenario *scenario, struct span bytes)
{
	return (arena_str(scenario->arena, bytes));
}

/* Append what the escape that ${text} begins with stands for. */
static void
unescape_one(struct buf *out, struct span *text)
{
	int byte = span_peek(*text);
	char digits[3] = { 0 };

	span_skip(text, 1);
	switch (byte) {
	case 'n':
		buf_add_byte(out, '\n');
		break;
	case 'r':
		buf_add_byte(out, '\r');
		break;
	case 't':
		buf_add_byte(out, '\t');
		break;
	case 's':
		buf_add_byte(out, ' ');
		break;
	case 'x':
		for (size_t i = 0; i < 2 && text->len > 0; i++) {
			digits[i] = (char)span_peek(*text);
			span_skip(text, 1);
		}
		buf_add_byte(out, (unsigned char)strtoul(digits, NULL, 16));
		break;
	default:
		if (byte >= 0)
			buf_add_byte(out, (unsigned char)byte);
	}
}

struct span
scenario_unescape(struct scenario *scenario, struct span text)
{
	struct buf out;

	buf_init(&out, scenario->arena, SCENARIO_LINE_MAX);
	while (text.len > 0) {
		size_t plain = span_find(text, '\\');

		buf_add(&out, span_head(text, plain));
		span_skip(&text, plain);
		if (span_take_byte(&text, '\\'))
			unescape_one(&out, &text);
	}
	return (buf_span(&out));
}

static scenario_command *
find_verb(const struct scenario_verb *verbs, struct span name)
{
	for (; verbs->name != NULL; verbs++)
		if (span_is(name, verbs->name))
			return (verbs->run);
	return (NULL);
}

static int
run_line(struct scenario *scenario, struct span line)
{
	struct span rest = line;
	struct span name = scenario_word(&rest);
	scenario_command *run;

	if (name.len == 0 || span_peek(name) == '#')
		return (0);
	run = find_verb(scenario_setup_verbs, name);
	if (run == NULL)
		run = find_verb(scenario_session_verbs, name);
	if (run == NULL && span_is(name, "expect"))
		run = scenario_expect;
	if (run == NULL)
		return (scenario_fail(scenario, "unknown command \"%s\"",
		    scenario_string(scenario, name)));
	return (run(scenario, rest));
}

static void
finish(struct scenario *scenario)
{
	milter_client_close(scenario->session);
	scenario->session = NULL;
	if (scenario->started && daemon_stop(scenario->daemon) != 0)
		(void)scenario_fail(
		    scenario, "%s", daemon_error(scenario->daemon));
	if (!scenario->started && !scenario->ended)
		(void)scenario_fail(scenario, "the milter was never started");
	for (size_t i = 0; i < scenario->denial_count; i++) {
		const struct scenario_denial *denial = &scenario->denials[i];

		scenario->line = denial->line;
		if (daemon_logged(
			scenario->daemon, denial->event, denial->pattern, 0))
			(void)scenario_fail(scenario,
			    "expected no log line %s, found one",
			    denial->event);
	}
}

/* Show what there is to see when an expectation failed. */
static void
show(struct scenario *scenario)
{
	struct span log = daemon_log(scenario->daemon, scenario->arena);
	struct buf out;

	fprintf(stderr, "--- the milter's log\n%.*s", (int)log.len,
	    log.len > 0 ? (const char *)log.data : "");
	if (scenario->sent == NULL)
		return;
	buf_init(&out, scenario->arena, MILTER_MESSAGE_MAX);
	milter_message_print(scenario->sent, &out);
	fprintf(
	    stderr, "--- the last message\n%.*s", (int)out.len, buf_str(&out));
}

static int
run_file(struct scenario *scenario, struct span text)
{
	struct span line;
	struct span first = text;

	if (!span_take_line(&first, &line) || !span_starts(line, "# ") ||
	    span_at(line, line.len - 1) != '.')
		return (scenario_fail(
		    scenario, "the first line must be \"# A sentence.\""));
	printf("%s\n", scenario_string(scenario, span_tail(line, 2)));
	while (span_take_line(&text, &line)) {
		scenario->line++;
		if (run_line(scenario, line) != 0)
			break;
	}
	finish(scenario);
	if (scenario->failed)
		show(scenario);
	return (scenario->failed ? -1 : 0);
}

/* The options that every scenario needs; its own lines come after. */
static int
prepare(struct scenario *scenario, const char *program)
{
	struct arena *arena = scenario->arena;
	struct daemon *daemon = daemon_new(program, "scenario");

	scenario->daemon = daemon;
	if (daemon == NULL)
		return (scenario_fail(scenario, "%s", strerror(errno)));
	scenario->keys = keyfolder_new(arena, daemon_path(daemon, "keys"));
	if (scenario->keys == NULL)
		return (scenario_fail(scenario, "%s", strerror(errno)));
	milter_daemon_options(daemon);
	return (0);
}

int
main(int argc, char **argv)
{
	struct scenario scenario = { .arena = arena_new(), .line = 0 };
	struct span text;
	int result = -1;

	/* A reader that leaves must not keep us from cleaning up. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc != 3) {
		fprintf(stderr, "usage: scenario MILTER FILE.scn\n");
		return (EX_USAGE);
	}
	scenario.path = argv[2];
	scenario.folder = dirname(arena_strdup(scenario.arena, argv[2]));
	scenario.draft = milter_message_new(scenario.arena);
	buf_init(&scenario.zone, scenario.arena, SCENARIO_ZONE_MAX);
	if (files_read(scenario.arena, argv[2], &text) != 0)
		fprintf(stderr, "%s: %s\n", argv[2], strerror(errno));
	else if (prepare(&scenario, argv[1]) == 0)
		result = run_file(&scenario, text);
	daemon_free(scenario.daemon);
	arena_free(scenario.arena);
	return (result == 0 ? 0 : 1);
}
