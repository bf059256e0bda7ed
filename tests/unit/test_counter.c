/* How much was used under one key, against lists of everything that came. */
#include "counter.h"

#include <stdlib.h>
#include <string.h>

#include "counter_record.h"

#define MAX_EVENTS 200000

static void
test_sizes(void **state)
{
	(void)state;
	assert_int_equal(counter_size(COUNTER_GCRA), 16);
	assert_true(counter_size(COUNTER_WINDOW) <= 272);
	assert_true(counter_size(COUNTER_DISTINCT) <= 768);
}

/* ITU-T I.371: the virtual scheduling algorithm, in units of a millisecond that
 * divide all that is tried. */
static void
test_gcra_is_its_definition(void **state)
{
	static const struct counter_rule rules[] = {
		{ .rate = 1, .period_ms = SECOND },
		{ .rate = 10, .period_ms = SECOND, .burst = 3 },
		{ .rate = 100, .period_ms = HOUR },
		{ .rate = 1000, .period_ms = HOUR, .burst = 1 },
		{ .rate = 60, .period_ms = MINUTE, .burst = 600 },
		{ .rate = 1000, .period_ms = DAY, .burst = 50 },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rules); i++) {
		const struct counter_rule *rule = &rules[i];
		union record record = { 0 };
		uint64_t random = 1 + i;
		int64_t unit = rule->period_ms / (int64_t)rule->rate;
		int64_t burst =
		    (int64_t)(rule->burst == 0 ? rule->rate : rule->burst);
		int64_t tat = 0, now = START;

		for (int n = 0; n < 50000; n++) {
			int64_t amount = 1 + (int64_t)below(&random, 4);
			bool fits;

			now += (int64_t)below(&random, (uint64_t)unit * 4);
			if (tat < now)
				tat = now;
			fits = tat + amount * unit - now <= burst * unit;
			assert_int_equal(
			    pass(rule, &record, (uint64_t)amount, now), fits);
			if (fits)
				tat += amount * unit;
			assert_int_equal(used(rule, &record, now),
			    (tat - now + unit - 1) / unit);
		}
	}
}

/* A rate that does not divide its period: all of the burst at once, and
 * neither more nor less in the long run. */
static void
test_gcra_without_drift(void **state)
{
	static const struct {
		uint64_t rate;
		int64_t period;
		uint64_t amount;
		int64_t step; /* milliseconds between attempts */
		uint64_t tolerance;
	} cases[] = {
		{ 7, HOUR, 1, 1000, 1 },
		{ 333, HOUR, 1, 1000, 1 },
		{ 1000, DAY, 3, 1000, 3 },
		{ 1000003, DAY, 7, 250, 7 },
		{ 3000, SECOND, 1, 1, 3000 },
		{ 50000000, HOUR, 7000, 300, 7001 },
		{ (uint64_t)1 << 40, HOUR, 100000000, 250, 1 << 28 },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const struct counter_rule rule = { .rate = cases[i].rate,
			.period_ms = cases[i].period };
		union record record = { 0 };
		int64_t length = cases[i].step == 1 ? MINUTE : DAY;
		uint64_t passed = 0, allowed;

		while (pass(&rule, &record, cases[i].amount, START))
			passed += cases[i].amount;
		assert_true(passed <= cases[i].rate);
		assert_true(passed + cases[i].amount > cases[i].rate);
		for (int64_t at = 0; at <= length; at += cases[i].step)
			while (
			    pass(&rule, &record, cases[i].amount, START + at))
				passed += cases[i].amount;
		allowed = (uint64_t)((double)cases[i].rate * (double)length /
				     (double)cases[i].period) +
		          cases[i].rate;
		assert_true(passed <= allowed);
		assert_true(passed + cases[i].tolerance >= allowed);
	}
}

struct event {
	int64_t at;
	uint64_t amount;
};

static uint64_t
sum_since(const struct event *events, size_t count, int64_t since)
{
	uint64_t sum = 0;

	for (size_t i = count; i > 0 && events[i - 1].at > since; i--)
		sum += events[i - 1].amount;
	return (sum);
}

/* In no period, wherever it begins, more than the rate; and nothing is refused
 * that would fit into a period and a slot. */
static void
test_window_never_more(void **state)
{
	static const struct counter_rule rules[] = {
		{ COUNTER_WINDOW, .rate = 1, .period_ms = SECOND },
		{ COUNTER_WINDOW, .rate = 20, .period_ms = 31 * SECOND },
		{ COUNTER_WINDOW, .rate = 100, .period_ms = HOUR },
		{ COUNTER_WINDOW, .rate = 1000, .period_ms = DAY },
		{ COUNTER_WINDOW, .rate = 977, .period_ms = 31 * DAY },
	};
	struct event *events = calloc(MAX_EVENTS, sizeof(*events));

	(void)state;
	assert_non_null(events);
	for (size_t i = 0; i < UNIT_COUNT(rules); i++) {
		const struct counter_rule *rule = &rules[i];
		int64_t period = rule->period_ms;
		int64_t slot = (period + COUNTER_SLOTS - 1) / COUNTER_SLOTS;
		union record record = { 0 };
		uint64_t random = 7 + i;
		size_t count = 0;
		int64_t now = START;

		for (int n = 0; n < 20000; n++) {
			uint64_t amount = 1 + below(&random, 3);
			uint64_t in_period, at_most;
			bool passed;

			now += (int64_t)below(&random,
			    below(&random, 50) == 0 ? (uint64_t)period
						    : (uint64_t)period / 100);
			in_period = sum_since(events, count, now - period);
			at_most = sum_since(
			    events, count, now - slot * (COUNTER_SLOTS + 1));
			assert_true(used(rule, &record, now) >= in_period);
			assert_true(used(rule, &record, now) <= at_most);
			passed = pass(rule, &record, amount, now);
			if (in_period + amount > rule->rate)
				assert_false(passed);
			if (at_most + amount <= rule->rate)
				assert_true(passed);
			if (passed)
				events[count++] = (struct event){ now, amount };
		}
		assert_true(count > 100);
	}
	free(events);
}

static void
test_window_without_drift(void **state)
{
	union record record = { 0 };
	uint64_t passed = 0;

	(void)state;
	for (int64_t at = 0; at < DAY; at += SECOND)
		if (pass(&window_of_hundred, &record, 1, START + at))
			passed++;
	assert_true(passed <= 2400);
	assert_true(passed >= 2322);
}

static void
test_clock_set_back(void **state)
{
	const struct counter_rule *rules[] = { &hundred_an_hour,
		&window_of_hundred };
	static const int64_t steps[] = { 1, SECOND, MINUTE, 50 * MINUTE,
		3 * HOUR, DAY, 400 * DAY, START };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rules) * UNIT_COUNT(steps); i++) {
		const struct counter_rule *rule = rules[i % 2];
		int64_t now = START - steps[i / 2];
		union record record = { 0 };

		counter_add(rule, &record, 100, START);
		/* It frees nothing. */
		assert_false(pass(rule, &record, 1, now));
		assert_false(pass(rule, &record, 1, now + 1));
		/* It blocks for two periods at most. */
		assert_true(
		    pass(rule, &record, 1, now + 2 * HOUR + 3 * MINUTE));
		for (int64_t at = 0; at < 3 * HOUR; at += SECOND)
			(void)pass(rule, &record, 1, now + at);
		assert_true(counter_fits(rule, &record, 1, now + 5 * HOUR));
	}
}

/* A clock that goes back and forth around the edge of a slot. */
static void
test_clock_trembles(void **state)
{
	union record record = { 0 };
	int64_t edge = START + 2 * MINUTE;

	(void)state;
	counter_add(&window_of_hundred, &record, 100, edge - 1);
	for (int i = 0; i < 1000; i++) {
		assert_false(pass(&window_of_hundred, &record, 1, edge));
		assert_false(pass(&window_of_hundred, &record, 1, edge - 1));
	}
}

static void
test_tried(void **state)
{
	const struct counter_rule *rules[] = { &hundred_an_hour,
		&window_of_hundred };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rules); i++) {
		union record record = { 0 };
		struct counter_reading reading;

		for (int n = 0; n < 150; n++)
			(void)pass(rules[i], &record, 1, START);
		counter_read(rules[i], &record, START, &reading);
		assert_int_equal(reading.used, 100);
		assert_int_equal(reading.tried, 150);
		assert_int_equal(reading.left, 0);
		for (int n = 0; n < 100000; n++)
			(void)pass(rules[i], &record, 1, START);
		counter_read(rules[i], &record, START, &reading);
		assert_int_equal(reading.used, 100);
		assert_int_equal(reading.tried, 300);
		counter_read(rules[i], &record, START + 3 * HOUR, &reading);
		assert_int_equal(reading.used, 0);
		assert_int_equal(reading.tried, 0);
		assert_int_equal(reading.left, 100);
	}
}

static void
test_reading(void **state)
{
	union record record = { 0 };
	struct counter_reading reading;

	(void)state;
	counter_read(&hundred_an_hour, NULL, START, &reading);
	assert_int_equal(reading.used, 0);
	assert_int_equal(reading.left, 100);
	assert_int_equal(reading.reset_ms, 0);
	assert_int_equal(reading.retry_ms, 0);
	counter_add(&hundred_an_hour, &record, 100, START);
	counter_read(&hundred_an_hour, &record, START, &reading);
	assert_int_equal(reading.reset_ms, HOUR);
	assert_int_equal(reading.retry_ms, 36 * SECOND);
	assert_int_equal(
	    counter_expires(&hundred_an_hour, &record), START + HOUR);
	assert_false(counter_fits(
	    &hundred_an_hour, &record, 1, START + 36 * SECOND - 1));
	assert_true(
	    counter_fits(&hundred_an_hour, &record, 1, START + 36 * SECOND));

	memset(&record, 0, sizeof(record));
	counter_add(&window_of_hundred, &record, 30, START);
	counter_add(&window_of_hundred, &record, 70, START + 10 * MINUTE);
	counter_read(
	    &window_of_hundred, &record, START + 10 * MINUTE, &reading);
	assert_int_equal(reading.used, 100);
	assert_int_equal(reading.retry_ms, 52 * MINUTE);
	assert_int_equal(reading.reset_ms, 62 * MINUTE);
	assert_true(
	    counter_fits(&window_of_hundred, &record, 30, START + 62 * MINUTE));
	assert_false(counter_fits(
	    &window_of_hundred, &record, 1, START + 62 * MINUTE - 1));
	assert_int_equal(
	    counter_expires(&window_of_hundred, &record), START + 72 * MINUTE);
}

static void
test_no_limit_and_none_at_all(void **state)
{
	static const enum counter_algorithm algorithms[] = { COUNTER_GCRA,
		COUNTER_WINDOW, COUNTER_DISTINCT };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(algorithms); i++) {
		struct counter_rule rule = { .algorithm = algorithms[i],
			.rate = COUNTER_UNLIMITED,
			.period_ms = HOUR };
		union record record = { 0 };
		struct counter_reading reading;

		assert_true(pass(&rule, &record, UINT64_MAX, START));
		assert_true(pass(&rule, &record, 1, START));
		counter_read(&rule, &record, START, &reading);
		assert_int_equal(reading.left, COUNTER_UNLIMITED);
		memset(&record, 0, sizeof(record));
		rule.rate = 0;
		assert_true(counter_fits(&rule, &record, 0, START));
		assert_false(pass(&rule, &record, 1, START));
		counter_read(&rule, &record, START, &reading);
		assert_int_equal(reading.left, 0);
	}
}

/* Whatever numbers come, nothing overflows; the sanitizers look on. */
static void
test_extremes(void **state)
{
	static const uint64_t numbers[] = { 0, 1, 1000, COUNTER_MAX_RATE,
		UINT64_MAX - 1, UINT64_MAX };
	static const int64_t times[] = { INT64_MIN, -1, 0, 1, START,
		INT64_MAX };
	static const int64_t periods[] = { 1000, 31 * DAY };
	struct counter_reading reading;

	(void)state;
	for (size_t i = 0; i < 180; i++) {
		const struct counter_rule rule = {
			.algorithm = (enum counter_algorithm)(i % 3),
			.rate = numbers[i / 3 % 5],
			.burst = numbers[i / 15 % 6],
			.period_ms = periods[i / 90],
			.most_tenths = numbers[i / 15 % 6],
		};
		union record record = { 0 };

		for (size_t n = 0; n < 36; n++) {
			uint64_t amount = numbers[n % 6];
			int64_t now = times[n / 6];

			(void)pass(&rule, &record, amount, now);
			counter_add(&rule, &record, amount, now);
			counter_read(&rule, &record, now, &reading);
			counter_refund(
			    &rule, &record, amount, times[n % 6], now);
			(void)counter_expires(&rule, &record);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_gcra_is_its_definition),
		cmocka_unit_test(test_gcra_without_drift),
		cmocka_unit_test(test_window_never_more),
		cmocka_unit_test(test_window_without_drift),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_clock_trembles),
		cmocka_unit_test(test_tried), cmocka_unit_test(test_reading),
		cmocka_unit_test(test_no_limit_and_none_at_all),
		cmocka_unit_test(test_extremes) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
