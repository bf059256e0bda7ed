/* Sets of values, other periods, and how records stand in the store. */
#include "counter.h"

#include <string.h>

#include "counter_record.h"

static const struct counter_rule three_values = {
	.algorithm = COUNTER_DISTINCT, .rate = 3, .period_ms = HOUR
};

static void
test_distinct(void **state)
{
	union record record = { 0 };
	struct counter_reading reading;

	(void)state;
	assert_true(counter_see(&three_values, &record, 1, START));
	assert_false(counter_see(&three_values, &record, 1, START + 1));
	assert_true(counter_see(&three_values, &record, 2, START + MINUTE));
	assert_true(counter_fits(&three_values, &record, 1, START + MINUTE));
	assert_true(counter_see(&three_values, &record, 0, START + MINUTE));
	assert_false(counter_fits(&three_values, &record, 1, START + MINUTE));
	counter_read(&three_values, &record, START + MINUTE, &reading);
	assert_int_equal(reading.used, 3);
	assert_int_equal(reading.tried, 3);
	assert_int_equal(reading.left, 0);
	assert_int_equal(reading.retry_ms, HOUR - MINUTE);
	assert_int_equal(reading.reset_ms, HOUR);
	counter_read(&three_values, &record, START + HOUR, &reading);
	assert_int_equal(reading.used, 2);
	assert_true(counter_see(&three_values, &record, 1, START + HOUR));
	assert_int_equal(
	    counter_expires(&three_values, &record), START + 2 * HOUR);
	/* Set back by a day: seen now, and for a period. */
	assert_false(counter_see(&three_values, &record, 1, START - DAY));
	assert_int_equal(used(&three_values, &record, START - DAY), 3);
	assert_int_equal(used(&three_values, &record, START - DAY + HOUR), 0);
}

/* A set of a naive kind: all that was ever seen, and when. */
static void
test_distinct_is_a_set(void **state)
{
	const struct counter_rule rule = {
		.algorithm = COUNTER_DISTINCT, .rate = 60, .period_ms = HOUR
	};
	int64_t seen[COUNTER_MAX_DISTINCT] = { 0 };
	union record record = { 0 };
	uint64_t random = 5;
	int64_t now = START;

	(void)state;
	for (int n = 0; n < 100000; n++) {
		size_t value = below(&random, COUNTER_MAX_DISTINCT);
		uint64_t count = 0;
		bool is_new;

		now += (int64_t)below(&random, 600) * SECOND;
		is_new = seen[value] == 0 || now - seen[value] >= HOUR;
		assert_int_equal(
		    counter_see(&rule, &record, value, now), is_new);
		seen[value] = now;
		for (size_t i = 0; i < COUNTER_MAX_DISTINCT; i++)
			count += seen[i] != 0 && now - seen[i] < HOUR;
		assert_int_equal(used(&rule, &record, now), count);
	}
}

static void
test_more_than_are_told_apart(void **state)
{
	union record record = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		(void)counter_see(&three_values, &record, i, START);
	assert_int_equal(
	    used(&three_values, &record, START), COUNTER_MAX_DISTINCT);
}

/* The period is configured anew: what is counted stays, and goes in time. */
static void
test_another_period(void **state)
{
	static const int64_t periods[] = { MINUTE, 10 * HOUR, 31 * DAY };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(periods); i++) {
		union record record = { 0 };
		struct counter_rule rule = window_of_hundred;

		counter_add(&rule, &record, 60, START);
		rule.period_ms = periods[i];
		assert_int_equal(used(&rule, &record, START), 60);
		assert_false(pass(&rule, &record, 41, START));
		assert_true(pass(&rule, &record, 40, START));
		assert_int_equal(
		    used(&rule, &record,
			START + periods[i] + periods[i] / 15 + 4 * MINUTE),
		    0);
	}
}

static void
check_codec(const struct counter_rule *rule, const union record *record)
{
	const struct table_codec *codec = counter_codec(rule->algorithm);
	struct arena *arena = arena_new();
	union record again = { 0 };
	struct buf text;

	buf_init(&text, arena, 4096);
	codec->print(record, &text);
	assert_true(codec->parse(buf_span(&text), &again));
	for (int64_t at = 0; at < 3 * HOUR; at += MINUTE)
		assert_int_equal(used(rule, &again, START + at),
		    used(rule, record, START + at));
	/* Whatever is cut off or added, it is no record. */
	buf_add_byte(&text, 'x');
	assert_false(codec->parse(buf_span(&text), &again));
	assert_false(
	    codec->parse(span_head(buf_span(&text), text.len / 2), &again));
	arena_free(arena);
}

static void
test_codecs(void **state)
{
	union record record = { 0 };

	(void)state;
	counter_add(&hundred_an_hour, &record, 42, START);
	counter_try(&hundred_an_hour, &record, 50, START);
	check_codec(&hundred_an_hour, &record);
	memset(&record, 0, sizeof(record));
	counter_add(&window_of_hundred, &record, 42, START);
	counter_add(&window_of_hundred, &record, 17, START + 20 * MINUTE);
	counter_try(&window_of_hundred, &record, 50, START);
	check_codec(&window_of_hundred, &record);
	memset(&record, 0, sizeof(record));
	for (uint64_t i = 0; i < 5; i++)
		(void)counter_see(&three_values, &record, i << 60, START);
	check_codec(&three_values, &record);
}

static void
test_bad_texts(void **state)
{
	static const struct {
		enum counter_algorithm algorithm;
		const char *text;
	} cases[] = {
		{ COUNTER_GCRA, "" },
		{ COUNTER_GCRA, "passed=1" },
		{ COUNTER_GCRA, "passed= tried=1" },
		{ COUNTER_GCRA, "passed=-1 tried=1" },
		{ COUNTER_GCRA, "passed=1 tried=1 " },
		{ COUNTER_GCRA, "passed=9223372036854775807 tried=1" },
		{ COUNTER_GCRA, "passed=99999999999999999999 tried=1" },
		{ COUNTER_WINDOW, "passed=1 tried=1" },
		{ COUNTER_WINDOW, "head=1 period=0 tried=0 slots=0" },
		{ COUNTER_WINDOW, "head=1 period=1000 tried=0 slots=0" },
		{ COUNTER_WINDOW,
		    "head=8000000000000 period=4000000000 tried=0 "
		    "slots=0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
		    "0,0,0,0,0" },
		{ COUNTER_WINDOW,
		    "head=1 period=1000 tried=0 "
		    "slots=0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
		    "0,0,0,0,0,0" },
		{ COUNTER_WINDOW,
		    "head=1 period=1000 tried=0 "
		    "slots=9000000000000000000,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
		    "0,0,0,0,0,0,0,0,0,0,0,0,0,0" },
		{ COUNTER_DISTINCT, "1@1" },
		{ COUNTER_DISTINCT, "0000000000000001@0" },
		{ COUNTER_DISTINCT, "0000000000000001@4294967296" },
		{ COUNTER_DISTINCT, "0000000000000001@1 " },
		{ COUNTER_DISTINCT, "000000000000000g@1" },
		{ COUNTER_DISTINCT, "00000000000000001@1" },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		union record record = { 0 };

		assert_false(counter_codec(cases[i].algorithm)
				 ->parse(span_str(cases[i].text), &record));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distinct),
		cmocka_unit_test(test_distinct_is_a_set),
		cmocka_unit_test(test_more_than_are_told_apart),
		cmocka_unit_test(test_another_period),
		cmocka_unit_test(test_codecs),
		cmocka_unit_test(test_bad_texts),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
