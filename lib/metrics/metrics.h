/*
 * metrics.h: counters, gauges and histograms of a program, as Prometheus reads
 * them.
 *
 * A program has one const table of families.  Labels take only the values that
 * the table lists, so no stranger can make a series, and every series is there
 * from the start, at 0.  Counting is an atomic addition: no lock, no
 * allocation, from any thread.
 */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define METRICS_MAX_LABELS 2
/* Bounds of one histogram. */
#define METRICS_MAX_BOUNDS ((size_t)32)
/* A page of text. */
#define METRICS_MAX_BYTES ((size_t)1024 * 1024)

enum metrics_type {
	METRICS_COUNTER,
	METRICS_GAUGE,
	METRICS_HISTOGRAM,
};

/* In what a family counts.  Time is kept in microseconds and printed in
 * seconds, Prometheus' base unit. */
enum metrics_unit {
	METRICS_PLAIN,
	METRICS_TIME,
};

struct metrics_label {
	const char *name;
	const char *const *values; /* ended by NULL */
};

struct metrics_family {
	const char *name; /* NULL ends the table */
	const char *help;
	enum metrics_type type;
	enum metrics_unit unit;
	struct metrics_label labels[METRICS_MAX_LABELS]; /* used ones first */
	const uint64_t *bounds; /* of a histogram: ascending, ended by 0 */
};

/* One series: the number of its family in the table, and that of each label's
 * value. */
struct metrics_series {
	size_t family;
	size_t values[METRICS_MAX_LABELS];
};

#define METRICS_SERIES(number, ...)                                            \
	((struct metrics_series){ (number), { __VA_ARGS__ } })

/* Bounds for waiting: half a millisecond to 30 seconds. */
extern const uint64_t metrics_wait_bounds[];

struct metrics;

/**
 * metrics_new(families):
 * Return metrics that are all 0, of ${families}, which must outlive them.
 */
struct metrics *metrics_new(const struct metrics_family *families);

/**
 * metrics_free(metrics):
 * Free ${metrics}.  NULL is harmless.
 */
void metrics_free(struct metrics *metrics);

/**
 * metrics_add(metrics, series, amount):
 * Add ${amount} to a counter.
 */
void metrics_add(
    struct metrics *metrics, struct metrics_series series, uint64_t amount);

/**
 * metrics_set(metrics, series, value):
 * Set a gauge, or a counter that somebody else keeps.
 */
void metrics_set(
    struct metrics *metrics, struct metrics_series series, uint64_t value);

/**
 * metrics_observe(metrics, series, value):
 * Count ${value} in a histogram.
 */
void metrics_observe(
    struct metrics *metrics, struct metrics_series series, uint64_t value);

/**
 * metrics_get(metrics, series):
 * Return the value of a counter or gauge, or how many values a histogram has
 * counted.
 */
uint64_t metrics_get(
    const struct metrics *metrics, struct metrics_series series);

/**
 * metrics_print(metrics, page):
 * Append ${metrics} to ${page} in the text format 0.0.4 of Prometheus.  Other
 * threads may count meanwhile: each line is right, and a histogram agrees with
 * itself but for its sum.
 */
void metrics_print(const struct metrics *metrics, struct buf *page);

#endif
