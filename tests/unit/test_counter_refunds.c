/* What is given back to a counter. */
#include "counter.h"

#include <string.h>

#include "counter_record.h"

struct event {
	int64_t at;
	uint64_t amount;
};

/* Add and give back again, at random; in the end all of it. */
static void
come_and_go(const struct counter_rule *rule, union record *record, int64_t *now)
{
	struct event held[8];
	size_t count = 0;
	uint64_t random = 3;

	for (int n = 0; n < 500; n++) {
		*now += (int64_t)below(&random, 1000);
		if (count < UNIT_COUNT(held)) {
			held[count] =
			    (struct event){ *now, 1 + below(&random, 2) };
			counter_add(rule, record, held[count].amount, *now);
			count++;
		} else {
			size_t at = below(&random, count);

			counter_refund(
			    rule, record, held[at].amount, held[at].at, *now);
			held[at] = held[--count];
		}
	}
	while (count-- > 0)
		counter_refund(
		    rule, record, held[count].amount, held[count].at, *now);
}

/* Whatever was added and given back in between, the record is as if it had
 * never been: a window for as long as it counts, a bucket if it is at once. */
static void
test_refunds_restore(void **state)
{
	const struct counter_rule *rule = &window_of_hundred;
	union record record = { 0 }, kept = { 0 };
	int64_t now = START;
	uint64_t expected;

	(void)state;
	counter_add(rule, &record, 90, now);
	counter_add(rule, &kept, 90, now);
	come_and_go(rule, &record, &now);
	expected = used(rule, &kept, now);
	assert_int_equal(used(rule, &record, now), expected);
	assert_true(counter_fits(rule, &record, 100 - expected, now));
	memset(&record, 0, sizeof(record));
	counter_add(&hundred_an_hour, &record, 90, START);
	for (now = START; now < START + 10 * MINUTE; now += SECOND) {
		counter_add(&hundred_an_hour, &record, 7, now);
		counter_refund(&hundred_an_hour, &record, 7, now, now);
	}
	assert_int_equal(
	    used(&hundred_an_hour, &record, START + 9 * MINUTE), 75);
}

static void
test_refund_of_nothing(void **state)
{
	const struct counter_rule *rules[] = { &hundred_an_hour,
		&window_of_hundred };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rules); i++) {
		union record record = { 0 };

		counter_refund(rules[i], &record, UINT64_MAX, START, START);
		counter_refund(rules[i], &record, 1, START, START);
		assert_true(counter_fits(rules[i], &record, 1, START));
		assert_false(counter_fits(rules[i], &record, 101, START));
	}
}

/* What drained while it was reserved is not given back a second time: who
 * reserves the burst, waits until it drained and sends it, has not another one
 * when he gives up the first. */
static void
test_refund_is_no_second_burst(void **state)
{
	union record record = { 0 };
	int64_t now = START + 59 * MINUTE;

	(void)state;
	assert_true(pass(&hundred_an_hour, &record, 100, START));
	assert_true(pass(&hundred_an_hour, &record, 98, now));
	counter_refund(&hundred_an_hour, &record, 100, START, now);
	assert_false(pass(&hundred_an_hour, &record, 3, now));
	assert_true(pass(&hundred_an_hour, &record, 2, now));
	/* Given up after a minute of an idle hour: all is free again. */
	memset(&record, 0, sizeof(record));
	assert_true(pass(&hundred_an_hour, &record, 100, START));
	counter_refund(&hundred_an_hour, &record, 100, START, START + MINUTE);
	assert_true(pass(&hundred_an_hour, &record, 100, START + MINUTE));
}

struct reservation {
	int64_t at;
	uint64_t amount;
	bool aborted;
};

/* Whether what was not aborted keeps to ITU-T I.371, and how much that is. */
static uint64_t
assert_conforms(const struct counter_rule *rule,
    const struct reservation *reservations, size_t count)
{
	int64_t unit = rule->period_ms / (int64_t)rule->rate;
	int64_t burst = (int64_t)(rule->burst == 0 ? rule->rate : rule->burst);
	int64_t tat = 0;
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		const struct reservation *one = &reservations[i];

		if (one->aborted)
			continue;
		if (tat < one->at)
			tat = one->at;
		tat += (int64_t)one->amount * unit;
		assert_true(tat - one->at <= burst * unit);
		sum += one->amount;
	}
	return (sum);
}

/* Give back together those of ${some} that are still there. */
static void
abort_some(const struct counter_rule *rule, union record *record,
    struct reservation *some, size_t count, int64_t now)
{
	uint64_t amount = 0;
	int64_t when = now;

	for (size_t i = 0; i < count; i++) {
		if (some[i].aborted)
			continue;
		some[i].aborted = true;
		amount += some[i].amount;
		if (some[i].at < when)
			when = some[i].at;
	}
	counter_refund(rule, record, amount, when, now);
}

#define RESERVATIONS ((size_t)3000)

/* Reserve, give up early or late, and commit, at random. */
static void
reserve_at_random(
    const struct counter_rule *rule, size_t run, struct reservation *all)
{
	uint64_t burst = rule->burst == 0 ? rule->rate : rule->burst;
	uint64_t unit = (uint64_t)rule->period_ms / rule->rate;
	uint64_t random = 1 + run, pause = 1 + run % 7 * unit;
	union record record = { 0 };
	size_t count = 0, open = 0; /* before it, all is settled */
	int64_t now = START;

	while (count < RESERVATIONS) {
		uint64_t amount = 1 + below(&random, burst);

		now += (int64_t)below(&random, pause);
		if (below(&random, 40) == 0)
			now += (int64_t)below(&random, unit * burst);
		if (pass(rule, &record, amount, now))
			all[count++] =
			    (struct reservation){ now, amount, false };
		if (count > open && below(&random, 3) == 0) {
			size_t at = open + below(&random, count - open);

			abort_some(rule, &record, &all[at],
			    1 + below(&random, count - at), now);
		}
		if (below(&random, 20) == 0)
			open = count;
	}
}

/* No more arrives than the definition lets pass, whatever is given up. */
static void
test_gcra_never_commits_more(void **state)
{
	static const struct counter_rule rules[] = {
		{ .rate = 100, .period_ms = HOUR },
		{ .rate = 10, .period_ms = SECOND, .burst = 3 },
		{ .rate = 60, .period_ms = MINUTE, .burst = 600 },
		{ .rate = 1000, .period_ms = HOUR, .burst = 50 },
	};
	static struct reservation all[RESERVATIONS];

	(void)state;
	for (size_t run = 0; run < 400; run++) {
		const struct counter_rule *rule =
		    &rules[run % UNIT_COUNT(rules)];
		uint64_t burst = rule->burst == 0 ? rule->rate : rule->burst;

		reserve_at_random(rule, run, all);
		assert_true(assert_conforms(rule, all, RESERVATIONS) > burst);
	}
}

/* A refund that comes after its slot is worth nothing, and takes nothing from
 * others. */
static void
test_refund_too_late(void **state)
{
	union record record = { 0 };

	(void)state;
	counter_add(&window_of_hundred, &record, 40, START);
	counter_add(&window_of_hundred, &record, 60, START + 2 * HOUR);
	counter_refund(
	    &window_of_hundred, &record, 40, START, START + 2 * HOUR);
	assert_int_equal(
	    used(&window_of_hundred, &record, START + 2 * HOUR), 60);
	memset(&record, 0, sizeof(record));
	counter_add(&hundred_an_hour, &record, 40, START);
	counter_refund(&hundred_an_hour, &record, 40, START, START + 2 * HOUR);
	assert_int_equal(used(&hundred_an_hour, &record, START + 2 * HOUR), 0);
	assert_false(
	    counter_fits(&hundred_an_hour, &record, 101, START + 2 * HOUR));
}

/* Who was given back did not try; who was refused did. */
static void
test_refund_of_tried(void **state)
{
	const struct counter_rule *rules[] = { &hundred_an_hour,
		&window_of_hundred };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rules); i++) {
		union record record = { 0 };
		struct counter_reading reading;

		for (int n = 0; n < 20; n++) {
			assert_true(pass(rules[i], &record, 60, START));
			counter_refund(rules[i], &record, 60, START, START);
		}
		counter_read(rules[i], &record, START, &reading);
		assert_int_equal(reading.tried, 0);
		assert_true(pass(rules[i], &record, 100, START));
		assert_false(pass(rules[i], &record, 70, START));
		counter_refund(rules[i], &record, 30, START, START);
		counter_read(rules[i], &record, START, &reading);
		assert_int_equal(reading.used, 70);
		assert_int_equal(reading.tried, 140);
		/* Past the highest step it is not known who did. */
		for (int n = 0; n < 10; n++)
			(void)pass(rules[i], &record, 70, START);
		counter_refund(rules[i], &record, 70, START, START);
		counter_read(rules[i], &record, START, &reading);
		assert_int_equal(reading.tried, 230);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refunds_restore),
		cmocka_unit_test(test_refund_of_nothing),
		cmocka_unit_test(test_refund_is_no_second_burst),
		cmocka_unit_test(test_gcra_never_commits_more),
		cmocka_unit_test(test_refund_too_late),
		cmocka_unit_test(test_refund_of_tried),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
