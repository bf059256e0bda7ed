/*
 * counter.h: how much was used under one key: arithmetic on a record, no clock,
 * no memory of its own.
 *
 *	GCRA      a rate with a burst: one time stamp (ITU-T I.371)
 *	window    an exact sliding window in slots: never more than the rate in
 *	          any period, at worst refused 1/COUNTER_SLOTS of a period early
 *	distinct  how many different values were seen within the period
 *
 * Beside what was let through, each record keeps what was tried: a leaky
 * bucket, for steps at multiples of the rate.
 */
#ifndef POLICYD_COUNTER_H
#define POLICYD_COUNTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"

#define COUNTER_SLOTS 30
/* Different values that are told apart; more count as so many. */
#define COUNTER_MAX_DISTINCT 64
/* No limit, and the largest one. */
#define COUNTER_UNLIMITED UINT64_MAX
#define COUNTER_MAX_RATE ((uint64_t)1 << 50)

enum counter_algorithm {
	COUNTER_GCRA,
	COUNTER_WINDOW,
	COUNTER_DISTINCT,
};

struct counter_rule {
	enum counter_algorithm algorithm;
	uint64_t rate;        /* per period; COUNTER_UNLIMITED: count only */
	int64_t period_ms;    /* a second to 31 days */
	uint64_t burst;       /* GCRA: at once; 0: as much as the rate */
	uint64_t most_tenths; /* of the highest step: what was tried is counted
	                       * up to so many tenths of the rate */
};

struct counter_reading {
	uint64_t used;    /* now: in the period, or of the burst */
	uint64_t tried;   /* now, refused ones too */
	uint64_t left;    /* what may come at once */
	int64_t reset_ms; /* until all of it is free again */
	int64_t retry_ms; /* until one more is free; 0: now */
};

/**
 * counter_size(algorithm), counter_codec(algorithm):
 * The bytes of a record, and how it stands in the store.
 */
size_t counter_size(enum counter_algorithm algorithm);
const struct table_codec *counter_codec(enum counter_algorithm algorithm);

/**
 * counter_fits(rule, record, amount, now):
 * Say whether ${amount} more may pass at ${now}, milliseconds since 1970, which
 * may go back.  NULL ${record} is one that is all zero.
 */
bool counter_fits(const struct counter_rule *rule, const void *record,
    uint64_t amount, int64_t now);

/**
 * counter_add(rule, record, amount, now):
 * ${amount} passes, whether it fits or not.
 */
void counter_add(const struct counter_rule *rule, void *record, uint64_t amount,
    int64_t now);

/**
 * counter_try(rule, record, amount, now):
 * ${amount} was tried.
 */
void counter_try(const struct counter_rule *rule, void *record, uint64_t amount,
    int64_t now);

/**
 * counter_refund(rule, record, amount, when, now):
 * What counter_add() took at ${when} did not happen, nor was it tried; never
 * below nothing.  GCRA keeps what drained since, which cannot be given back a
 * second time: what was not refunded keeps to its definition, whatever was.
 * What is refunded together should be one ${amount}, from when it began.
 */
void counter_refund(const struct counter_rule *rule, void *record,
    uint64_t amount, int64_t when, int64_t now);

/**
 * counter_see(rule, record, value, now):
 * Distinct: ${value} is seen, a hash of 64 bits that is the same after a
 * restart.  Return false when it had been seen within the period.
 */
bool counter_see(
    const struct counter_rule *rule, void *record, uint64_t value, int64_t now);

/**
 * counter_read(rule, record, now, out):
 * Store how things stand in ${out}; NULL ${record} is one that is all zero.
 */
void counter_read(const struct counter_rule *rule, const void *record,
    int64_t now, struct counter_reading *out);

/**
 * counter_expires(rule, record):
 * Return when ${record} is worth nothing any more, milliseconds since 1970.
 */
int64_t counter_expires(const struct counter_rule *rule, const void *record);

#endif
