/*
 * counter_impl.h: what the parts of counter.c share: the leaky bucket, which is
 * also how each algorithm knows what was tried, and the three records.
 */
#ifndef POLICYD_COUNTER_IMPL_H
#define POLICYD_COUNTER_IMPL_H

#include "counter.h"

/* Times past this, in milliseconds (year 2223), are this: the sums of
 * nanoseconds below stay within 63 bits. */
#define COUNTER_IMPL_MAX_NOW ((int64_t)8000000000000)
/* The most that a slot of a window counts. */
#define COUNTER_IMPL_MAX_COUNT ((uint64_t)1 << 56)
#define COUNTER_IMPL_PLACES ((size_t)COUNTER_SLOTS + 1)

/* Each time stamp is the moment when a bucket is empty again, in nanoseconds
 * since 1970. */
struct counter_gcra {
	int64_t passed;
	int64_t tried;
};

/* The slot of the number N stands at N % COUNTER_IMPL_PLACES. */
struct counter_window {
	int64_t head;       /* number of the newest slot */
	uint64_t period_ms; /* that its numbers come from */
	int64_t tried;
	uint64_t slots[COUNTER_IMPL_PLACES];
};

struct counter_distinct {
	uint64_t values[COUNTER_MAX_DISTINCT];
	uint32_t seen[COUNTER_MAX_DISTINCT]; /* seconds; 0: no value */
};

/**
 * counter_bucket_fits(rule, empty, amount, now):
 * Say whether ${amount} more fits into the bucket that is empty at ${empty}.
 */
bool counter_bucket_fits(const struct counter_rule *rule, int64_t empty,
    uint64_t amount, int64_t now);

/**
 * counter_bucket_add(rule, empty, amount, now), counter_bucket_take(rule,
 * empty, amount, when, now):
 * Return when the bucket is empty after ${amount} went in, or what is left of
 * it since ${when} went out again.
 */
int64_t counter_bucket_add(const struct counter_rule *rule, int64_t empty,
    uint64_t amount, int64_t now);
int64_t counter_bucket_take(const struct counter_rule *rule, int64_t empty,
    uint64_t amount, int64_t when, int64_t now);

/**
 * counter_bucket_try(rule, empty, amount, now), counter_bucket_untry(rule,
 * empty, amount, now):
 * The same for the bucket of what was tried, which holds most_tenths.
 */
int64_t counter_bucket_try(const struct counter_rule *rule, int64_t empty,
    uint64_t amount, int64_t now);
int64_t counter_bucket_untry(const struct counter_rule *rule, int64_t empty,
    uint64_t amount, int64_t now);

/**
 * counter_bucket_hold(rule, empty, now):
 * Return ${empty}, or the latest time that it may be at ${now}: a clock that
 * was set back must not block for ever.
 */
int64_t counter_bucket_hold(
    const struct counter_rule *rule, int64_t empty, int64_t now);

/**
 * counter_bucket_read(rule, empty, now, out), counter_bucket_tried(rule, empty,
 * now):
 * Store how things stand, all but tried, in ${out}; return what was tried.
 */
void counter_bucket_read(const struct counter_rule *rule, int64_t empty,
    int64_t now, struct counter_reading *out);
uint64_t counter_bucket_tried(
    const struct counter_rule *rule, int64_t empty, int64_t now);

/**
 * counter_bucket_expires(empty):
 * Return the first millisecond at which it is empty.
 */
int64_t counter_bucket_expires(int64_t empty);

/**
 * counter_window_advance(rule, window, now):
 * Make the newest slot that of ${now}.  A clock that was set back by less than
 * a period goes on in the slot where it was.
 */
void counter_window_advance(const struct counter_rule *rule,
    struct counter_window *window, int64_t now);

/**
 * counter_window_sum(rule, window, now), counter_window_add(rule, window,
 * amount, now), counter_window_take(rule, window, amount, when, now),
 * counter_window_read(rule, window, now, out), counter_window_expires(window):
 * The functions of counter.h of those names, but for what was tried.
 */
uint64_t counter_window_sum(const struct counter_rule *rule,
    const struct counter_window *window, int64_t now);
void counter_window_add(const struct counter_rule *rule,
    struct counter_window *window, uint64_t amount, int64_t now);
void counter_window_take(const struct counter_rule *rule,
    struct counter_window *window, uint64_t amount, int64_t when, int64_t now);
void counter_window_read(const struct counter_rule *rule,
    const struct counter_window *window, int64_t now,
    struct counter_reading *out);
int64_t counter_window_expires(const struct counter_window *window);

/**
 * counter_distinct_see(rule, set, value, now), counter_distinct_read(rule, set,
 * now, out), counter_distinct_expires(rule, set):
 * The functions of counter.h of those names.
 */
bool counter_distinct_see(const struct counter_rule *rule,
    struct counter_distinct *set, uint64_t value, int64_t now);
void counter_distinct_read(const struct counter_rule *rule,
    const struct counter_distinct *set, int64_t now,
    struct counter_reading *out);
int64_t counter_distinct_expires(
    const struct counter_rule *rule, const struct counter_distinct *set);

/**
 * counter_codec_of(algorithm):
 * Return the text form of a record.
 */
const struct table_codec *counter_codec_of(enum counter_algorithm algorithm);

#endif
