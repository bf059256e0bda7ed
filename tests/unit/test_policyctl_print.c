/* Tables and times for people. */
#include "policyctl_print.h"

#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

static const struct {
	int64_t ms;
	const char *text;
} times[] = {
	{ -5, "now" },
	{ 0, "now" },
	{ 1, "1 s" },
	{ 59999, "60 s" },
	{ 60000, "1 min" },
	{ 61000, "1 min 1 s" },
	{ 3600000, "1 h" },
	{ 7500000, "2 h 5 min" },
	{ 86400000, "1 d" },
	{ 97200000, "1 d 3 h" },
	{ INT64_MAX, "106751991167 d 7 h" },
};

static const struct {
	int64_t ms;
	const char *text;
} periods[] = {
	{ 1000, "second" },
	{ 60000, "minute" },
	{ 600000, "10 minutes" },
	{ 3600000, "hour" },
	{ 86400000, "day" },
	{ 604800000, "week" },
	{ 1500, "1500 ms" },
};

static void
test_times(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(times); i++)
		assert_string_equal(
		    policyctl_print_ms(arena, times[i].ms), times[i].text);
	for (size_t i = 0; i < UNIT_COUNT(periods); i++)
		assert_string_equal(
		    policyctl_print_period(arena, periods[i].ms),
		    periods[i].text);
	arena_free(arena);
}

/* Columns are as wide as people see them; no terminal obeys a stranger. */
static void
test_table(void **state)
{
	static const char *const heads[] = { "WHO", ">USED", "FROM", NULL };
	static const char *const rows[][3] = {
		{ "ann@example.org", "7", "default" },
		{ "m\303\274ller", "1200", "user" },
		{ "\033[31m", "-", "" },
	};
	struct arena *arena = arena_new();
	struct policyctl_table *table = policyctl_print_table(arena, heads);
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(policyctl_print_end(table, stream), 0);
	for (size_t i = 0; i < UNIT_COUNT(rows); i++)
		policyctl_print_row(table, rows[i]);
	assert_int_equal(policyctl_print_end(table, stream), 3);
	(void)fclose(stream);
	assert_string_equal(text, "WHO              USED  FROM\n"
				  "ann@example.org     7  default\n"
				  "m\303\274ller           1200  user\n"
				  "\\x1B[31m            -  \n");
	free(text);
	arena_free(arena);
}

static void
test_members(void **state)
{
	struct arena *arena = arena_new();
	json_t *line = json_pack("{s:i, s:n, s:s, s:b}", "number", 5, "none",
	    "text", "a\033b", "yes", 1);

	(void)state;
	assert_string_equal(policyctl_print_number(arena, line, "number"), "5");
	assert_string_equal(
	    policyctl_print_number(arena, line, "none"), "no limit");
	assert_string_equal(
	    policyctl_print_text(arena, line, "text"), "a\\x1Bb");
	assert_string_equal(policyctl_print_text(arena, line, "absent"), "");
	assert_int_equal(policyctl_print_int(line, "absent"), 0);
	assert_true(policyctl_print_bool(line, "yes"));
	assert_false(policyctl_print_bool(line, "number"));
	json_decref(line);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_members),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
