/*
 * counter_record.h: a record of a counter, and those who come to it.
 */
#ifndef UNIT_COUNTER_RECORD_H
#define UNIT_COUNTER_RECORD_H

#include "counter.h"
#include "support/unit.h"

#define START ((int64_t)1764134400000)
#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* A record of any algorithm. */
union record {
	uint64_t align;
	unsigned char bytes[1024];
};

static const struct counter_rule hundred_an_hour = { .algorithm = COUNTER_GCRA,
	.rate = 100,
	.period_ms = HOUR,
	.most_tenths = 30 };
static const struct counter_rule window_of_hundred = { .algorithm =
							   COUNTER_WINDOW,
	.rate = 100,
	.period_ms = HOUR,
	.most_tenths = 30 };
/* The same numbers in each run. */
static inline uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (*state);
}

static inline uint64_t
below(uint64_t *state, uint64_t limit)
{
	return (next_random(state) % limit);
}

static inline bool
pass(const struct counter_rule *rule, union record *record, uint64_t amount,
    int64_t now)
{
	bool fits = counter_fits(rule, record, amount, now);

	counter_try(rule, record, amount, now);
	if (fits)
		counter_add(rule, record, amount, now);
	return (fits);
}

static inline uint64_t
used(const struct counter_rule *rule, const union record *record, int64_t now)
{
	struct counter_reading reading;

	counter_read(rule, record, now, &reading);
	return (reading.used);
}

#endif
