/*
 * clock.h: the time as an argument, so that tests can hold it.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* A clock: the system's when fixed is negative, else one that stands still. */
struct clock {
	int64_t fixed; /* seconds since 1970, or negative */
};

/* The system's clock. */
extern const struct clock clock_system;

/**
 * clock_now(clock):
 * Return the seconds since 1970-01-01 00:00:00 UTC.
 */
int64_t clock_now(const struct clock *clock);

/**
 * clock_monotonic_ms(void):
 * Return milliseconds that only ever grow, for time-outs and durations.
 */
int64_t clock_monotonic_ms(void);

/**
 * clock_monotonic_us(void):
 * Return microseconds that only ever grow, for short durations.
 */
int64_t clock_monotonic_us(void);

#endif
