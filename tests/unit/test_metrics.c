/* metrics.h: numbers from many threads become text that Prometheus reads. */
#include "support/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "metrics/metrics.h"
#include "support/exposition.h"

#define THREADS 8
#define CYCLES 250 /* of values from 0 to 199 */
#define ROUNDS ((uint64_t)CYCLES * 200)

enum {
	PLAIN,
	TWO,
	SIZES,
	TIMES,
	ODD
};

static const char *const colours[] = { "red", "green", "blue", NULL };
static const char *const shapes[] = { "disc", "cube", NULL };
static const char *const odd[] = { "a\"b\\c\nd", NULL };
static const uint64_t sizes[] = { 10, 100, 0 };
static const uint64_t times[] = { 500, 25000, 1000000, 2500000, 0 };

static const struct metrics_family families[] = {
	[PLAIN] = { .name = "plain_total", .help = "No labels." },
	[TWO] = { .name = "two",
	    .help = "Two labels.",
	    .type = METRICS_GAUGE,
	    .labels = { { "colour", colours }, { "shape", shapes } } },
	[SIZES] = { .name = "size_bytes",
	    .help = "Sizes.",
	    .type = METRICS_HISTOGRAM,
	    .bounds = sizes,
	    .labels = { { "colour", colours } } },
	[TIMES] = { .name = "wait_seconds",
	    .help = "Times.",
	    .type = METRICS_HISTOGRAM,
	    .unit = METRICS_TIME,
	    .bounds = times },
	[ODD] = { .name = "odd_seconds",
	    .help = "A \"quote\", a \\, a line\nend.",
	    .type = METRICS_GAUGE,
	    .unit = METRICS_TIME,
	    .labels = { { "odd", odd } } },
	{ .name = NULL },
};

static const char *
print(const struct metrics *metrics, struct arena *arena)
{
	struct buf page;

	buf_init(&page, arena, METRICS_MAX_BYTES);
	metrics_print(metrics, &page);
	assert_false(page.overflow);
	return (buf_str(&page));
}

static struct exposition *
read_page(const struct metrics *metrics, struct arena *arena)
{
	const char *error = NULL;
	struct exposition *page =
	    exposition_parse(arena, span_str(print(metrics, arena)), &error);

	if (page == NULL)
		fail_msg("%s", error);
	return (page);
}

static void
assert_value(const struct exposition *page, const char *series, double expected)
{
	double value = -1;

	if (!exposition_find(page, series, &value) || value != expected)
		fail_msg("%s: expected %g, found %g", series, expected, value);
}

/* Every series is there from the start, in the order of the table. */
static void
test_text(void **state)
{
	static const struct metrics_family some[] = {
		{ .name = "plain_total", .help = "No labels." },
		{ .name = "two",
		    .help = "Two labels.",
		    .type = METRICS_GAUGE,
		    .labels = { { "colour", colours }, { "shape", shapes } } },
		{ .name = "size_bytes",
		    .help = "Sizes.",
		    .type = METRICS_HISTOGRAM,
		    .bounds = sizes },
		{ .name = NULL },
	};
	struct metrics *metrics = metrics_new(some);
	struct arena *arena = arena_new();

	(void)state;
	metrics_add(metrics, METRICS_SERIES(0, 0), UINT64_MAX);
	metrics_set(metrics, METRICS_SERIES(1, 2, 1), 7);
	metrics_observe(metrics, METRICS_SERIES(2, 0), 11);
	assert_string_equal(print(metrics, arena),
	    "# HELP plain_total No labels.\n"
	    "# TYPE plain_total counter\n"
	    "plain_total 18446744073709551615\n"
	    "# HELP two Two labels.\n"
	    "# TYPE two gauge\n"
	    "two{colour=\"red\",shape=\"disc\"} 0\n"
	    "two{colour=\"red\",shape=\"cube\"} 0\n"
	    "two{colour=\"green\",shape=\"disc\"} 0\n"
	    "two{colour=\"green\",shape=\"cube\"} 0\n"
	    "two{colour=\"blue\",shape=\"disc\"} 0\n"
	    "two{colour=\"blue\",shape=\"cube\"} 7\n"
	    "# HELP size_bytes Sizes.\n"
	    "# TYPE size_bytes histogram\n"
	    "size_bytes_bucket{le=\"10\"} 0\n"
	    "size_bytes_bucket{le=\"100\"} 1\n"
	    "size_bytes_bucket{le=\"+Inf\"} 1\n"
	    "size_bytes_sum 11\n"
	    "size_bytes_count 1\n");
	metrics_free(metrics);
	arena_free(arena);
}

static void
test_escapes(void **state)
{
	struct metrics *metrics = metrics_new(families);
	struct arena *arena = arena_new();
	const char *text = print(metrics, arena);

	(void)state;
	assert_non_null(strstr(
	    text, "# HELP odd_seconds A \"quote\", a \\\\, a line\\nend.\n"));
	assert_non_null(
	    strstr(text, "\nodd_seconds{odd=\"a\\\"b\\\\c\\nd\"} 0\n"));
	(void)read_page(metrics, arena);
	metrics_free(metrics);
	arena_free(arena);
}

/* Seconds are exact, and a bound always looks the same. */
static void
test_seconds(void **state)
{
	static const struct {
		uint64_t value;
		const char *text;
	} cases[] = {
		{ 0, " 0\n" },
		{ 1, " 0.000001\n" },
		{ 10, " 0.00001\n" },
		{ 500000, " 0.5\n" },
		{ 1000000, " 1\n" },
		{ 10000000, " 10\n" },
		{ 1050000, " 1.05\n" },
		{ 1795000000123456, " 1795000000.123456\n" },
	};
	struct metrics *metrics = metrics_new(families);
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		metrics_set(metrics, METRICS_SERIES(ODD, 0), cases[i].value);
		const char *line =
		    strstr(print(metrics, arena), "\nodd_seconds{");

		assert_string_equal(strchr(line, '}') + 1, cases[i].text);
	}
	assert_non_null(strstr(print(metrics, arena),
	    "wait_seconds_bucket{le=\"0.0005\"} 0\n"
	    "wait_seconds_bucket{le=\"0.025\"} 0\n"
	    "wait_seconds_bucket{le=\"1\"} 0\n"
	    "wait_seconds_bucket{le=\"2.5\"} 0\n"));
	metrics_free(metrics);
	arena_free(arena);
}

/* A bucket holds what is less or equal. */
static void
test_edges(void **state)
{
	static const struct {
		uint64_t value;
		double buckets[3]; /* 10, 100, +Inf */
	} cases[] = {
		{ 0, { 1, 1, 1 } },
		{ 9, { 1, 1, 1 } },
		{ 10, { 1, 1, 1 } },
		{ 11, { 0, 1, 1 } },
		{ 100, { 0, 1, 1 } },
		{ 101, { 0, 0, 1 } },
		{ UINT64_MAX, { 0, 0, 1 } },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct metrics *metrics = metrics_new(families);
		const double *buckets = cases[i].buckets;

		metrics_observe(
		    metrics, METRICS_SERIES(SIZES, 1), cases[i].value);
		struct exposition *page = read_page(metrics, arena);

		assert_value(page,
		    "size_bytes_bucket{colour=\"green\",le=\"10\"}",
		    buckets[0]);
		assert_value(page,
		    "size_bytes_bucket{colour=\"green\",le=\"100\"}",
		    buckets[1]);
		assert_value(page,
		    "size_bytes_bucket{colour=\"green\",le=\"+Inf\"}",
		    buckets[2]);
		assert_value(page, "size_bytes_sum{colour=\"green\"}",
		    (double)cases[i].value);
		assert_value(page, "size_bytes_count{colour=\"red\"}", 0);
		assert_value(page, "size_bytes_count{colour=\"blue\"}", 0);
		assert_int_equal(
		    metrics_get(metrics, METRICS_SERIES(SIZES, 1)), 1);
		metrics_free(metrics);
	}
	arena_free(arena);
}

/* No series has the number of another one. */
static void
test_places(void **state)
{
	struct metrics *metrics = metrics_new(families);
	uint64_t number = 1;

	(void)state;
	metrics_add(metrics, METRICS_SERIES(PLAIN, 0), number++);
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < 2; j++)
			metrics_set(
			    metrics, METRICS_SERIES(TWO, i, j), number++);
	metrics_set(metrics, METRICS_SERIES(ODD, 0), number++);
	metrics_observe(metrics, METRICS_SERIES(SIZES, 0), 5);
	metrics_observe(metrics, METRICS_SERIES(TIMES, 0), 5);
	number = 1;
	assert_int_equal(
	    metrics_get(metrics, METRICS_SERIES(PLAIN, 0)), number++);
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < 2; j++)
			assert_int_equal(
			    metrics_get(metrics, METRICS_SERIES(TWO, i, j)),
			    number++);
	assert_int_equal(
	    metrics_get(metrics, METRICS_SERIES(ODD, 0)), number++);
	assert_int_equal(metrics_get(metrics, METRICS_SERIES(SIZES, 0)), 1);
	assert_int_equal(metrics_get(metrics, METRICS_SERIES(TIMES, 0)), 1);
	metrics_free(metrics);
}

/* A page that has no room is known to be cut. */
static void
test_overflow(void **state)
{
	struct metrics *metrics = metrics_new(families);
	struct arena *arena = arena_new();
	struct buf page;

	(void)state;
	buf_init(&page, arena, 200);
	metrics_print(metrics, &page);
	assert_true(page.overflow);
	metrics_free(metrics);
	arena_free(arena);
}

struct crowd {
	struct metrics *metrics;
	atomic_int working;
};

static void *
work(void *cookie)
{
	struct crowd *crowd = cookie;

	for (uint64_t i = 0; i < ROUNDS; i++) {
		metrics_add(crowd->metrics, METRICS_SERIES(PLAIN, 0), 1);
		metrics_add(
		    crowd->metrics, METRICS_SERIES(TWO, i % 3, i % 2), 1);
		metrics_observe(
		    crowd->metrics, METRICS_SERIES(SIZES, 0), i % 200);
	}
	atomic_fetch_sub(&crowd->working, 1);
	return (NULL);
}

/* Nothing is lost, and whoever reads meanwhile finds a page that is right. */
static void
test_threads(void **state)
{
	struct crowd crowd = { .metrics = metrics_new(families) };
	struct arena *arena = arena_new();
	pthread_t threads[THREADS];
	uint64_t seen = 0;
	uint64_t sum = 0;

	(void)state;
	atomic_init(&crowd.working, THREADS);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, work, &crowd), 0);
	while (atomic_load(&crowd.working) > 0) {
		uint64_t now =
		    metrics_get(crowd.metrics, METRICS_SERIES(PLAIN, 0));
		struct arena *round = arena_new();

		assert_true(now >= seen);
		seen = now;
		(void)read_page(crowd.metrics, round);
		arena_free(round);
	}
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	for (uint64_t i = 0; i < ROUNDS; i++)
		sum += i % 200;
	struct exposition *page = read_page(crowd.metrics, arena);

	assert_value(page, "plain_total", (double)(THREADS * ROUNDS));
	assert_value(page, "size_bytes_count{colour=\"red\"}",
	    (double)(THREADS * ROUNDS));
	assert_value(
	    page, "size_bytes_sum{colour=\"red\"}", (double)(THREADS * sum));
	assert_value(page, "size_bytes_bucket{colour=\"red\",le=\"10\"}",
	    THREADS * CYCLES * 11);
	metrics_free(crowd.metrics);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_threads),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
