/*
 * metrics_page.c: print a page of metrics: an odd family of each type, what
 * every process tells, and the milter's own.
 */
#include <stdio.h>

#include "meter.h"
#include "metrics/metrics.h"
#include "metrics/metrics_process.h"

static const char *const odd[] = { "a\"b\\c\nd", "\xc3\xa9", "", NULL };
static const uint64_t bounds[] = { 500, 1000000, 2500000, 0 };

static const struct metrics_family families[] = {
	{ .name = "odd_things_total",
	    .help = "A \"quote\", a \\, a line\nend.",
	    .labels = { { "odd", odd } } },
	{ .name = "odd_seconds",
	    .help = "Time.",
	    .type = METRICS_HISTOGRAM,
	    .unit = METRICS_TIME,
	    .bounds = bounds },
	{ .name = NULL },
};

int
main(void)
{
	struct metrics_process *process =
	    metrics_process_new(1795000000, MAILREEVE_VERSION);
	struct metrics *metrics = metrics_new(families);
	struct meter *meter = meter_new();
	struct meter_state state = { .errors = 3 };
	struct arena *arena = arena_new();
	struct buf page;

	buf_init(&page, arena, METRICS_MAX_BYTES);
	for (size_t i = 0; i < 3; i++)
		metrics_add(metrics, METRICS_SERIES(0, i), 7 + i);
	metrics_observe(metrics, METRICS_SERIES(1, 0), 250);
	metrics_observe(metrics, METRICS_SERIES(1, 0), 2000000);
	metrics_observe(metrics, METRICS_SERIES(1, 0), 9000000);
	metrics_print(metrics, &page);
	meter_print(meter, &state, &page);
	metrics_process_print(process, &page);
	(void)fwrite(page.data, 1, page.len, stdout);
	metrics_free(metrics);
	meter_free(meter);
	metrics_process_free(process);
	arena_free(arena);
	return (0);
}
