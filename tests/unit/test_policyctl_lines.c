/* Lines of a log that grows, ends early, is rotated. */
#include "policyctl_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maillog.h"
#include "support/unit.h"

static char folder[] = "/tmp/mailreeve-lines-XXXXXX";

static const char *
path_of(struct arena *arena, const char *name)
{
	return (arena_printf(arena, "%s/%s", folder, name));
}

static void
append(const char *path, const char *text)
{
	FILE *file = fopen(path, "a");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
expect(struct policyctl_lines *lines, const char *line)
{
	struct span found;

	/* Rotation is seen at the second look. */
	for (int i = 0; i < 5; i++) {
		enum policyctl_line status =
		    policyctl_lines_next(lines, 20, &found);

		if (status == POLICYCTL_LINE_LATER && line != NULL)
			continue;
		assert_int_equal(
		    status, line == NULL ? POLICYCTL_LINE_END : POLICYCTL_LINE);
		if (line != NULL)
			assert_true(span_is(found, line));
		return;
	}
	fail_msg("no line: %s", line);
}

static struct policyctl_lines *
open_lines(struct arena *arena, const char *path, bool follow)
{
	const struct policyctl_lines_options options = { .path = path,
		.follow = follow };
	const char *error;
	struct policyctl_lines *lines =
	    policyctl_lines_open(&options, arena, &error);

	assert_non_null(lines);
	return (lines);
}

static void
test_whole(void **state)
{
	struct arena *arena = arena_new();
	const char *path = path_of(arena, "whole");

	(void)state;
	append(path, "one\n\ntwo\r\nlast without end");
	struct policyctl_lines *lines = open_lines(arena, path, false);

	expect(lines, "one");
	expect(lines, "");
	expect(lines, "two\r");
	expect(lines, "last without end");
	expect(lines, NULL);
	expect(lines, NULL);
	policyctl_lines_close(lines);
	arena_free(arena);
}

/* Bytes without end are cut, and what comes after is read. */
static void
test_long(void **state)
{
	struct arena *arena = arena_new();
	const char *path = path_of(arena, "long");
	char *text = arena_alloc(arena, 1000001);
	struct span found;

	(void)state;
	memset(text, 'x', 1000000);
	append(path, text);
	append(path, "\nafter\n");
	struct policyctl_lines *lines = open_lines(arena, path, false);

	assert_int_equal(
	    policyctl_lines_next(lines, 20, &found), POLICYCTL_LINE);
	assert_int_equal(found.len, MAILLOG_MAX_LINE);
	expect(lines, "after");
	expect(lines, NULL);
	policyctl_lines_close(lines);
	arena_free(arena);
}

static void
test_follow(void **state)
{
	struct arena *arena = arena_new();
	const char *path = path_of(arena, "log");
	struct span found;

	(void)state;
	append(path, "old\n");
	struct policyctl_lines *lines = open_lines(arena, path, true);

	assert_int_equal(
	    policyctl_lines_next(lines, 20, &found), POLICYCTL_LINE_LATER);
	append(path, "new\nhal");
	expect(lines, "new");
	append(path, "f\n");
	expect(lines, "half");
	assert_int_equal(rename(path, path_of(arena, "log.1")), 0);
	append(path_of(arena, "log.1"), "late\n");
	append(path, "rotated\n");
	expect(lines, "late");
	expect(lines, "rotated");
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(
	    policyctl_lines_next(lines, 20, &found), POLICYCTL_LINE_LATER);
	append(path, "anew\n");
	expect(lines, "anew");
	policyctl_lines_close(lines);
	arena_free(arena);
}

static void
test_absent(void **state)
{
	struct arena *arena = arena_new();
	const struct policyctl_lines_options options = {
		.path = "/nonexistent/log"
	};
	const char *error = NULL;

	(void)state;
	assert_null(policyctl_lines_open(&options, arena, &error));
	assert_non_null(strstr(error, "/nonexistent/log"));
	arena_free(arena);
}

/* 2026-11-26 and 2027-01-05. */
static const struct {
	const char *line;
	int64_t now;
	int year;
} years[] = {
	{ "Nov 25 10:00:00 mx postfix", 1795651200, 2026 },
	{ "Nov 27 10:00:00 mx postfix", 1795651200, 2026 },
	{ "Dec  1 10:00:00 mx postfix", 1795651200, 2025 },
	{ "Dec 31 10:00:00 mx postfix", 1799107200, 2026 },
	{ "2020-01-01T00:00:00", 1795651200, 2026 },
	{ "", 1795651200, 2026 },
};

static void
test_years(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(years); i++)
		assert_int_equal(
		    policyctl_lines_year(span_str(years[i].line), years[i].now),
		    years[i].year);
}

static int
make_folder(void **state)
{
	(void)state;
	return (mkdtemp(folder) == NULL);
}

static int
remove_folder(void **state)
{
	static const char *const names[] = { "whole", "long", "log", "log.1" };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(names); i++)
		(void)unlink(path_of(arena, names[i]));
	arena_free(arena);
	return (rmdir(folder));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_years),
	};

	return (cmocka_run_group_tests(tests, make_folder, remove_folder));
}
