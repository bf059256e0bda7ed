#include "counter.h"

#include "counter_impl.h"

static const struct counter_gcra empty_gcra;
static const struct counter_window empty_window;
static const struct counter_distinct empty_distinct;

/* The record, or one that is all zero. */
static const struct counter_gcra *
gcra_of(const void *record)
{
	return (record == NULL ? &empty_gcra : record);
}

static const struct counter_window *
window_of(const void *record)
{
	return (record == NULL ? &empty_window : record);
}

static const struct counter_distinct *
distinct_of(const void *record)
{
	return (record == NULL ? &empty_distinct : record);
}

size_t
counter_size(enum counter_algorithm algorithm)
{
	switch (algorithm) {
	case COUNTER_GCRA:
		return (sizeof(struct counter_gcra));
	case COUNTER_WINDOW:
		return (sizeof(struct counter_window));
	case COUNTER_DISTINCT:
		return (sizeof(struct counter_distinct));
	}
	return (0);
}

const struct table_codec *
counter_codec(enum counter_algorithm algorithm)
{
	return (counter_codec_of(algorithm));
}

/* Without overflow, whatever ${amount} is. */
static bool
fits_below(uint64_t rate, uint64_t used, uint64_t amount)
{
	return (rate == COUNTER_UNLIMITED || amount == 0 ||
		(used <= rate && amount <= rate - used));
}

bool
counter_fits(const struct counter_rule *rule, const void *record,
    uint64_t amount, int64_t now)
{
	struct counter_reading reading;

	switch (rule->algorithm) {
	case COUNTER_GCRA:
		return (counter_bucket_fits(
		    rule, gcra_of(record)->passed, amount, now));
	case COUNTER_WINDOW:
		return (fits_below(rule->rate,
		    counter_window_sum(rule, window_of(record), now), amount));
	case COUNTER_DISTINCT:
		counter_distinct_read(rule, distinct_of(record), now, &reading);
		return (fits_below(rule->rate, reading.used, amount));
	}
	return (false);
}

void
counter_add(
    const struct counter_rule *rule, void *record, uint64_t amount, int64_t now)
{
	struct counter_gcra *gcra = record;

	switch (rule->algorithm) {
	case COUNTER_GCRA:
		gcra->passed =
		    counter_bucket_add(rule, gcra->passed, amount, now);
		break;
	case COUNTER_WINDOW:
		counter_window_add(rule, record, amount, now);
		break;
	case COUNTER_DISTINCT:
		/* counter_see() adds values. */
		break;
	}
}

void
counter_try(
    const struct counter_rule *rule, void *record, uint64_t amount, int64_t now)
{
	struct counter_gcra *gcra = record;
	struct counter_window *window = record;

	switch (rule->algorithm) {
	case COUNTER_GCRA:
		gcra->passed = counter_bucket_hold(rule, gcra->passed, now);
		gcra->tried =
		    counter_bucket_try(rule, gcra->tried, amount, now);
		break;
	case COUNTER_WINDOW:
		counter_window_advance(rule, window, now);
		window->tried =
		    counter_bucket_try(rule, window->tried, amount, now);
		break;
	case COUNTER_DISTINCT:
		break;
	}
}

void
counter_refund(const struct counter_rule *rule, void *record, uint64_t amount,
    int64_t when, int64_t now)
{
	struct counter_gcra *gcra = record;
	struct counter_window *window = record;

	switch (rule->algorithm) {
	case COUNTER_GCRA:
		gcra->passed =
		    counter_bucket_take(rule, gcra->passed, amount, when, now);
		gcra->tried =
		    counter_bucket_untry(rule, gcra->tried, amount, now);
		break;
	case COUNTER_WINDOW:
		counter_window_take(rule, window, amount, when, now);
		window->tried =
		    counter_bucket_untry(rule, window->tried, amount, now);
		break;
	case COUNTER_DISTINCT:
		/* Whoever was seen was seen. */
		break;
	}
}

bool
counter_see(
    const struct counter_rule *rule, void *record, uint64_t value, int64_t now)
{
	return (counter_distinct_see(rule, record, value, now));
}

void
counter_read(const struct counter_rule *rule, const void *record, int64_t now,
    struct counter_reading *out)
{
	switch (rule->algorithm) {
	case COUNTER_GCRA:
		counter_bucket_read(rule, gcra_of(record)->passed, now, out);
		out->tried =
		    counter_bucket_tried(rule, gcra_of(record)->tried, now);
		break;
	case COUNTER_WINDOW:
		counter_window_read(rule, window_of(record), now, out);
		out->tried =
		    counter_bucket_tried(rule, window_of(record)->tried, now);
		break;
	case COUNTER_DISTINCT:
		counter_distinct_read(rule, distinct_of(record), now, out);
		break;
	}
}

static int64_t
later(int64_t a, int64_t b)
{
	return (a > b ? a : b);
}

int64_t
counter_expires(const struct counter_rule *rule, const void *record)
{
	switch (rule->algorithm) {
	case COUNTER_GCRA:
		return (counter_bucket_expires(
		    later(gcra_of(record)->passed, gcra_of(record)->tried)));
	case COUNTER_WINDOW:
		return (later(counter_window_expires(window_of(record)),
		    counter_bucket_expires(window_of(record)->tried)));
	case COUNTER_DISTINCT:
		return (counter_distinct_expires(rule, distinct_of(record)));
	}
	return (0);
}
