/* A notice as a message, whatever names are in it; and the program that takes
 * it, whatever that does. */
#include "notify_mail.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_format.h"
#include "support/files.h"
#include "support/unit.h"

#define HOST "mx.example.org"
#define PATIENCE_MS 20000

static const struct notify_options plain = { .to = "admin@example.org",
	.from = "policyd@example.org" };

static const struct notify_notice jump = { .user = "ann@example.org",
	.what = "jump",
	.action = "hold",
	.detail = "61 recipients in an hour",
	.when = INT64_C(1764133200000) };

/* RFC 5322 3.6, 3834 5. */
static void
test_compose(void **state)
{
	struct arena *arena = arena_new();
	const char *text =
	    arena_str(arena, notify_mail_compose(arena, &plain, &jump, HOST));
	static const char head[] =
	    "From: policyd@example.org\n"
	    "To: admin@example.org\n"
	    "Subject: [mx.example.org] account ann@example.org: jump, hold\n"
	    "Date: Wed, 26 Nov 2025 05:00:00 +0000\n"
	    "Auto-Submitted: auto-generated\n"
	    "MIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: 8bit\n\n";

	(void)state;
	assert_memory_equal(text, head, sizeof(head) - 1);
	assert_non_null(strstr(text, "\n  detail   61 recipients in an "
				     "hour\n"));
	assert_non_null(strstr(text, "hold queue"));
	struct notify_options nobody = { .to = "root" };

	text =
	    arena_str(arena, notify_mail_compose(arena, &nobody, &jump, HOST));
	assert_memory_equal(text, "To: root\nSubject: ", 18);
	arena_free(arena);
}

#define MANY                                                                   \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"     \
	"\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"

static const char *const names[] = {
	"a\r\nBcc: victim@example.net",
	"a\n\n.\nMAIL FROM:<>",
	"\x1b[2J\x7f\x80\xff",
	"gr\xc3\xbc\xc3\x9f"
	"e@example.org",
	"\xe2\x80\xae"
	"evil",
	MANY MANY MANY MANY MANY MANY MANY MANY MANY MANY MANY,
	"",
};

/* RFC 5322 2.1.1, 2.2: ASCII headers of known names, no line above 998. */
static void
check_message(struct span text)
{
	struct span line;
	bool body = false;

	while (span_take_line(&text, &line)) {
		assert_true(line.len <= 998);
		if (line.len == 0)
			body = true;
		for (size_t i = 0; i < line.len && !body; i++)
			assert_true(line.data[i] >= ' ' && line.data[i] < 127);
		if (!body)
			assert_true(span_starts(line, "From: ") ||
				    span_starts(line, "To: ") ||
				    span_starts(line, "Subject: ") ||
				    span_starts(line, "Date: ") ||
				    span_starts(line, "Auto-") ||
				    span_starts(line, "MIME-") ||
				    span_starts(line, "Content-"));
		while (line.len > 0) {
			size_t len = log_format_utf8(line);

			assert_true(len > 0);
			span_skip(&line, len);
		}
	}
	assert_true(body);
}

static void
test_hostile(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(names); i++) {
		struct arena *arena = arena_new();
		struct notify_notice notice = { names[i], names[i], names[i],
			names[i], INT64_MAX };
		struct notify_options options = { .to = names[i],
			.from = names[i] };

		check_message(
		    notify_mail_compose(arena, &options, &notice, names[i]));
		arena_free(arena);
	}
}

static const struct {
	const char *name;
	const char *script;
	int64_t patience;
	const char *reason; /* "" : none */
} programs[] = {
	{ "takes it", "cat >\"$0.in\"; printf '%s|' \"$@\" >\"$0.args\"", 0,
	    "" },
	{ "does not read", "exit 0", 0, "" },
	{ "fails", "echo no such user >&2; exit 67", 0,
	    "it ended with status 67: no such user" },
	{ "says nothing", "exit 1", 0, "it ended with status 1: " },
	{ "says much", "yes | head -c 1000000 >&2; exit 0", 0, "" },
	{ "dies", "echo oh; kill -9 $$", 0, "it ended by signal 9: oh" },
	{ "hangs", "sleep 1000 & exec sleep 1000", 300,
	    "it took too long and was killed" },
	{ "leaves one behind", "sleep 3 & exit 0", 0, "" },
	{ "is silent, then ends", "exec >&- 2>&-; sleep 0.1; exit 3", 0,
	    "it ended with status 3: " },
};

static const char *
run(struct arena *arena, const char *path, int64_t patience)
{
	struct notify_options options = plain;

	options.sendmail = path;
	return (notify_mail_send(arena, &options, &jump, HOST,
	    clock_monotonic_ms() + (patience > 0 ? patience : PATIENCE_MS)));
}

static void
test_programs(void **state)
{
	struct arena *arena = arena_new();
	char *folder = files_folder(arena, "sendmail");
	const char *path = arena_printf(arena, "%s/sendmail", folder);

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(programs); i++) {
		const char *script =
		    arena_printf(arena, "#!/bin/sh\n%s\n", programs[i].script);

		assert_int_equal(files_write(path, span_str(script), 0700), 0);
		int64_t began = clock_monotonic_ms();
		const char *reason = run(arena, path, programs[i].patience);

		if (strcmp(reason == NULL ? "" : reason, programs[i].reason) !=
		    0)
			fail_msg("%s: %s", programs[i].name,
			    reason == NULL ? "no trouble" : reason);
		assert_true(clock_monotonic_ms() - began < 2500);
	}
	files_remove(folder);
	arena_free(arena);
}

/* No shell sees the arguments, and options end before the address. */
static void
test_arguments(void **state)
{
	struct arena *arena = arena_new();
	char *folder = files_folder(arena, "sendmail");
	const char *path = arena_printf(arena, "%s/sendmail", folder);
	const char *script =
	    "#!/bin/sh\ncat >\"$0.in\"\nprintf '%s|' \"$@\" >\"$0.args\"\n"
	    "env >\"$0.env\"\n";
	struct notify_options options = { .sendmail = path,
		.to = "-oX$(id)@example.org",
		.from = "a;b@example.org" };
	struct span bytes;

	(void)state;
	assert_int_equal(files_write(path, span_str(script), 0700), 0);
	assert_int_equal(setenv("MAIL_CONFIG", "/nowhere", 1), 0);
	assert_null(notify_mail_send(
	    arena, &options, &jump, HOST, clock_monotonic_ms() + PATIENCE_MS));
	assert_int_equal(
	    files_read(arena, arena_printf(arena, "%s.args", path), &bytes), 0);
	assert_true(
	    span_is(bytes, "-i|-f|a;b@example.org|--|-oX$(id)@example.org|"));
	assert_int_equal(
	    files_read(arena, arena_printf(arena, "%s.in", path), &bytes), 0);
	assert_true(
	    span_eq(bytes, notify_mail_compose(arena, &options, &jump, HOST)));
	assert_int_equal(
	    files_read(arena, arena_printf(arena, "%s.env", path), &bytes), 0);
	assert_null(strstr(arena_str(arena, bytes), "MAIL_CONFIG"));
	files_remove(folder);
	arena_free(arena);
}

static void
test_missing(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(run(arena, "/nonexistent/sendmail", 0),
	    "/nonexistent/sendmail: No such file or directory");
	assert_string_equal(
	    run(arena, "/etc/passwd", 0), "/etc/passwd: Permission denied");
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_compose),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_programs),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_missing) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
