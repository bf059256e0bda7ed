/* Durations: which are read, and which units are offered to those without. */
#include "conf/value.h"

#include "support/unit.h"

#define REFUSED INT64_C(-1)

static const struct {
	const char *text;
	int64_t max; /* 0: any */
	int64_t seconds;
	const char *meant; /* NULL: the unit is not what is wrong */
} cases[] = {
	{ "0", 0, 0, NULL },
	{ "0s", 0, 0, NULL },
	{ "30s", 0, 30, NULL },
	{ "5m", 0, 300, NULL },
	{ "2h", 0, 7200, NULL },
	{ "7d", 0, 604800, NULL },
	{ "7d", 604800, 604800, NULL },
	{ "8d", 604800, REFUSED, NULL },
	{ "5y", 0, REFUSED, NULL },
	{ "", 0, REFUSED, NULL },
	{ "-1", 0, REFUSED, NULL },
	{ "d", 0, REFUSED, NULL },
	{ "999999999999999999d", 0, REFUSED, NULL },
	{ "7", 0, REFUSED, "7d, 7h, 7m or 7s" },
	{ "30", 604800, REFUSED, "30h, 30m or 30s" },
	{ "5000", 604800, REFUSED, "5000m or 5000s" },
	{ "10", 60, REFUSED, "10s" },
	{ "700000", 604800, REFUSED, NULL },
	{ "999999999999999999", 0, REFUSED, "999999999999999999s" },
};

static void
test_durations(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const struct conf_option option = { .type = CONF_DURATION,
			.max = cases[i].max };
		struct arena *arena = arena_new();
		struct span text = span_str(cases[i].text);
		int64_t seconds;
		struct buf meant;

		buf_init(&meant, arena, 256);
		if (!value_number(&option, text, &seconds))
			seconds = REFUSED;
		if (seconds != cases[i].seconds)
			fail_msg("%s: %lld", cases[i].text, (long long)seconds);
		bool needs = seconds == REFUSED &&
		             value_needs_unit(&option, text, &meant);

		if (needs != (cases[i].meant != NULL))
			fail_msg("%s: %d", cases[i].text, needs);
		if (needs)
			assert_string_equal(buf_str(&meant), cases[i].meant);
		arena_free(arena);
	}
}

static void
test_milliseconds(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
		const char *printed;
	} times[] = {
		{ "0", 0, "0" },
		{ "1500ms", 1500, "1500ms" },
		{ "2000ms", 2000, "2s" },
		{ "2s", 2000, "2s" },
		{ "1m", 60000, "1m" },
		{ "1500", REFUSED, NULL },
		{ "1h", REFUSED, NULL },
		{ "5sm", REFUSED, NULL },
		{ "ms", REFUSED, NULL },
	};
	const struct conf_option option = { .type = CONF_MILLISECONDS };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(times); i++) {
		struct arena *arena = arena_new();
		struct buf printed;
		int64_t value;

		buf_init(&printed, arena, 64);
		if (!value_number(&option, span_str(times[i].text), &value))
			value = REFUSED;
		assert_int_equal(value, times[i].value);
		if (value != REFUSED) {
			value_print(&printed, &option, value);
			assert_string_equal(
			    buf_str(&printed), times[i].printed);
		}
		arena_free(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_milliseconds),
		cmocka_unit_test(test_durations),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
