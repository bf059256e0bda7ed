/*
 * metrics_print.h: the words of Prometheus' text format 0.0.4.
 */
#ifndef METRICS_METRICS_PRINT_H
#define METRICS_METRICS_PRINT_H

#include "metrics/metrics.h"

/**
 * metrics_print_head(page, family):
 * Append the HELP and TYPE lines of ${family}.
 */
void metrics_print_head(struct buf *page, const struct metrics_family *family);

/**
 * metrics_print_value(page, family, values, value):
 * Append the line of the series of ${family} with ${values} and its ${value}.
 */
void metrics_print_value(struct buf *page, const struct metrics_family *family,
    const size_t *values, uint64_t value);

/**
 * metrics_print_histogram(page, family, values, counts, sum):
 * Append the lines of a histogram.  ${counts} are those between its bounds, the
 * last one above all of them; ${sum} is that of the values.
 */
void metrics_print_histogram(struct buf *page,
    const struct metrics_family *family, const size_t *values,
    const uint64_t *counts, uint64_t sum);

#endif
