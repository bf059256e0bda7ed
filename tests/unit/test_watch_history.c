/* An account against its own history: hours, days, weeks, and clocks. */
#include "watch_history.h"

#include <string.h>

#include "base/arena.h"
#include "support/unit.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
/* 2025-11-26 00:00 UTC. */
#define NOW (20418 * DAY)

#define FACTOR 5
#define MINIMUM 50

/* The same every day at noon, from ${from} on for ${days}. */
static void
habit(struct watch_history *history, int64_t from, int days, uint64_t count)
{
	for (int i = 0; i < days; i++)
		watch_history_sent(history, FACTOR, MINIMUM, count,
		    from + i * DAY + 12 * HOUR);
}

static uint64_t
threshold(const struct watch_history *history, int64_t now)
{
	return (watch_history_threshold(history, FACTOR, MINIMUM, now));
}

static void
test_hour(void **state)
{
	struct watch_history history = { 0 };

	(void)state;
	assert_int_equal(watch_history_hour(&history, NOW), 0);
	for (int i = 0; i < 60; i++)
		watch_history_sent(
		    &history, FACTOR, MINIMUM, 1, NOW + i * MINUTE);
	assert_int_equal(watch_history_hour(&history, NOW + 59 * MINUTE), 60);
	assert_int_equal(watch_history_hour(&history, NOW + 60 * MINUTE), 50);
	assert_int_equal(watch_history_hour(&history, NOW + 109 * MINUTE), 10);
	assert_int_equal(watch_history_hour(&history, NOW + 110 * MINUTE), 0);
	/* A clock that goes back a little forgives nothing. */
	assert_int_equal(watch_history_hour(&history, NOW - HOUR), 60);
	watch_history_sent(&history, FACTOR, MINIMUM, 1, NOW - HOUR);
	assert_int_equal(watch_history_hour(&history, NOW + 59 * MINUTE), 61);
}

/* A young account has no habits; an old one is judged by its own. */
static void
test_threshold(void **state)
{
	struct watch_history history = { 0 };

	(void)state;
	habit(&history, NOW, 1, 20);
	assert_int_equal(threshold(&history, NOW + DAY), FACTOR * MINIMUM);
	habit(&history, NOW + DAY, 20, 20);
	assert_int_equal(threshold(&history, NOW + 21 * DAY), FACTOR * 20);
	/* Little is no jump, however quiet it was. */
	memset(&history, 0, sizeof(history));
	habit(&history, NOW, 20, 2);
	assert_int_equal(threshold(&history, NOW + 20 * DAY), MINIMUM - 1);
	/* Nothing at all for weeks. */
	assert_int_equal(threshold(&history, NOW + 170 * DAY), MINIMUM - 1);
	assert_int_equal(
	    watch_history_threshold(&history, 0, MINIMUM, NOW), UINT64_MAX);
	assert_int_equal(
	    watch_history_threshold(&history, UINT64_MAX, 0, NOW + 20 * DAY),
	    UINT64_MAX);
	assert_int_equal(
	    watch_history_threshold(&history, 3, 0, NOW + 20 * DAY), 6);
}

/* What happens today and yesterday is not yet usual; what is odd becomes so
 * only up to what would not have been. */
static void
test_learning(void **state)
{
	struct watch_history history = { 0 };
	int64_t at = NOW + 20 * DAY;

	(void)state;
	habit(&history, NOW, 20, 20);
	watch_history_sent(
	    &history, FACTOR, MINIMUM, 4000, at + DAY - 5 * MINUTE);
	assert_int_equal(threshold(&history, at + DAY), FACTOR * 20);
	assert_int_equal(threshold(&history, at + 2 * DAY - 1), FACTOR * 20);
	assert_int_equal(
	    threshold(&history, at + 2 * DAY), FACTOR * FACTOR * 20);
	/* A busier hour is usual for five weeks at most, four at least. */
	habit(&history, at + 2 * DAY, 26, 20);
	assert_int_equal(
	    threshold(&history, at + 28 * DAY), FACTOR * FACTOR * 20);
	habit(&history, at + 28 * DAY, 9, 20);
	assert_int_equal(threshold(&history, at + 37 * DAY), FACTOR * 20);
}

/* Gaps of every length leave no stale hours behind. */
static void
test_gaps(void **state)
{
	(void)state;
	for (int gap = 1; gap < 60; gap++) {
		struct watch_history history = { 0 };
		int64_t later = NOW + 20 * DAY + gap * DAY;

		habit(&history, NOW, 20, 30);
		watch_history_sent(
		    &history, FACTOR, MINIMUM, 1, later + 12 * HOUR);
		uint64_t most = threshold(&history, later + 12 * HOUR);

		if (most != (gap < 28 ? FACTOR * 30 : MINIMUM - 1) &&
		    (gap < 28 || gap > 36))
			fail_msg("gap %d: %llu", gap, (unsigned long long)most);
		assert_int_equal(
		    watch_history_hour(&history, later + 12 * HOUR), 1);
	}
}

static void
test_clocks(void **state)
{
	struct watch_history history = { 0 };

	(void)state;
	habit(&history, NOW, 20, 20);
	/* Far ahead, and back: what the wrong clock said is void. */
	watch_history_sent(&history, FACTOR, MINIMUM, 9, NOW + 4000 * DAY);
	assert_int_equal(watch_history_hour(&history, NOW + 20 * DAY), 0);
	watch_history_sent(&history, FACTOR, MINIMUM, 7, NOW + 20 * DAY);
	assert_int_equal(watch_history_hour(&history, NOW + 20 * DAY), 7);
	/* The account is not young for that. */
	assert_int_equal(threshold(&history, NOW + 20 * DAY), MINIMUM - 1);
	/* Before 1970, and at the end of time. */
	memset(&history, 0, sizeof(history));
	watch_history_sent(&history, FACTOR, MINIMUM, 1, -5 * DAY);
	watch_history_sent(&history, FACTOR, MINIMUM, 1, INT64_MIN);
	watch_history_sent(&history, FACTOR, MINIMUM, 2, INT64_MAX);
	assert_int_equal(watch_history_hour(&history, INT64_MAX), 2);
	assert_true(watch_history_expires(INT64_MAX) > 0);
	/* Counts end, they do not begin again. */
	for (int i = 0; i < 10; i++)
		watch_history_sent(
		    &history, FACTOR, MINIMUM, UINT64_MAX, INT64_MAX);
	assert_int_equal(watch_history_hour(&history, INT64_MAX), UINT16_MAX);
}

static void
test_bounces(void **state)
{
	struct watch_bounces bounces = { 0 };
	uint64_t delivered;
	uint64_t bounced;

	(void)state;
	watch_history_delivered(&bounces, 3, 0, NOW + 2 * HOUR);
	watch_history_delivered(&bounces, 1, 2, NOW + 2 * HOUR - 30 * MINUTE);
	/* A log that is read late. */
	watch_history_delivered(&bounces, 9, 9, NOW + 30 * MINUTE);
	watch_history_outcomes(&bounces, NOW + 2 * HOUR, &delivered, &bounced);
	assert_int_equal(delivered, 4);
	assert_int_equal(bounced, 2);
	watch_history_outcomes(
	    &bounces, NOW + 2 * HOUR + 50 * MINUTE, &delivered, &bounced);
	assert_int_equal(delivered, 3);
	assert_int_equal(bounced, 0);
	watch_history_outcomes(&bounces, NOW + 3 * HOUR, &delivered, &bounced);
	assert_int_equal(delivered, 0);
	/* A line of next year, by mistake, does not stop the count. */
	watch_history_delivered(&bounces, 5, 5, NOW + 365 * DAY);
	watch_history_delivered(&bounces, 1, 1, NOW);
	watch_history_outcomes(&bounces, NOW, &delivered, &bounced);
	assert_int_equal(delivered, 1);
	assert_int_equal(bounced, 1);
}

static void
test_codec(void **state)
{
	struct arena *arena = arena_new();
	struct watch_history history = { 0 };
	struct watch_history again = { 0 };
	struct watch_bounces bounces = { 0 };
	struct watch_bounces back = { 0 };
	struct buf text;

	(void)state;
	habit(&history, NOW, 20, 20);
	buf_init(&text, arena, 1000);
	watch_history_codec.print(&history, &text);
	assert_true(watch_history_codec.parse(buf_span(&text), &again));
	assert_memory_equal(&history, &again, sizeof(history));
	buf_add_byte(&text, '0');
	buf_add_byte(&text, ',');
	assert_false(watch_history_codec.parse(buf_span(&text), &again));
	watch_history_delivered(&bounces, 65535, 2, NOW);
	buf_cut(&text, 0);
	watch_history_bounces_codec.print(&bounces, &text);
	assert_true(watch_history_bounces_codec.parse(buf_span(&text), &back));
	assert_memory_equal(&bounces, &back, sizeof(bounces));
	/* The end of the last number is a number, too. */
	for (size_t i = 0; i + 1 < text.len; i++)
		assert_false(watch_history_bounces_codec.parse(
		    span_head(buf_span(&text), i), &back));
	assert_false(watch_history_bounces_codec.parse(
	    span_str("slot=1 delivered=65536,0,0,0,0,0 bounced=0,0,0,0,0,0"),
	    &back));
	assert_false(watch_history_bounces_codec.parse(
	    span_str("slot=4294967296 delivered=1,0,0,0,0,0 "
		     "bounced=0,0,0,0,0,0"),
	    &back));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_hour),
		cmocka_unit_test(test_threshold),
		cmocka_unit_test(test_learning), cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_clocks), cmocka_unit_test(test_bounces),
		cmocka_unit_test(test_codec) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
