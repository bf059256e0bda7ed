/*
 * numbers.h: records as they stand in the store: "name=number name=number".
 */
#ifndef POLICYD_NUMBERS_H
#define POLICYD_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Digits of a number, so that sums of a few of them fit into 64 bits. */
#define NUMBERS_MAX_DIGITS ((size_t)16)

/**
 * numbers_take(text, name, out):
 * Drop "name=number" and the blank after it from ${text} and store the number
 * in ${out}.  Return false, with ${text} as it was, when something else stands
 * there.
 */
bool numbers_take(struct span *text, const char *name, uint64_t *out);

/**
 * numbers_take_time(text, name, out):
 * As numbers_take() for milliseconds since 1970.
 */
bool numbers_take_time(struct span *text, const char *name, int64_t *out);

#endif
