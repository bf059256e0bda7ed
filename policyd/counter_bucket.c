#include "counter_impl.h"

#define NS_PER_MS ((int64_t)1000000)
/* The longest way that a bucket is ahead of its time: 36 years. */
#define MAX_AHEAD ((int64_t)1 << 60)
/* A unit that takes at least so long, in nanoseconds, is rounded up to whole
 * ones, a millionth at most: then any sum of units is exact. */
#define EXACT_UNIT NS_PER_MS

static int64_t
ns_of(int64_t now)
{
	if (now < 0)
		now = 0;
	if (now > COUNTER_IMPL_MAX_NOW)
		now = COUNTER_IMPL_MAX_NOW;
	return (now * NS_PER_MS);
}

static uint64_t
period_ns(const struct counter_rule *rule)
{
	return ((uint64_t)rule->period_ms * (uint64_t)NS_PER_MS);
}

/* Nanoseconds that one takes, rounded up; of no rate at all, a period. */
static uint64_t
unit_of(const struct counter_rule *rule)
{
	uint64_t period = period_ns(rule);

	return (rule->rate == 0 ? period : (period - 1) / rule->rate + 1);
}

static int64_t
bounded(unsigned __int128 ns)
{
	return (ns > (unsigned __int128)MAX_AHEAD ? MAX_AHEAD : (int64_t)ns);
}

/* Nanoseconds that ${amount} takes. */
static int64_t
cost_of(const struct counter_rule *rule, uint64_t amount)
{
	uint64_t unit = unit_of(rule);

	if (unit >= EXACT_UNIT || amount == 0 || rule->rate == 0)
		return (bounded((unsigned __int128)amount * unit));
	return (bounded(
	    ((unsigned __int128)amount * period_ns(rule) - 1) / rule->rate +
	    1));
}

/* How much passes within ${ns}. */
static uint64_t
amount_in(const struct counter_rule *rule, int64_t ns, bool round_up)
{
	uint64_t unit = unit_of(rule);

	if (unit >= EXACT_UNIT)
		return (((uint64_t)ns + (round_up ? unit - 1 : 0)) / unit);
	return (
	    (uint64_t)((unsigned __int128)ns * rule->rate / period_ns(rule)));
}

/* How far the bucket may be ahead: the burst. */
static int64_t
tolerance_of(const struct counter_rule *rule)
{
	uint64_t burst = rule->burst == 0 ? rule->rate : rule->burst;
	int64_t unit = (int64_t)unit_of(rule);
	int64_t rounding = 0;

	/* Each of a burst of single ones was rounded up. */
	if (unit < EXACT_UNIT)
		rounding =
		    burst < (uint64_t)unit / 2 ? (int64_t)burst : unit / 2;
	return (cost_of(rule, burst) + rounding);
}

static int64_t
between(int64_t ahead, int64_t most)
{
	return (ahead < 0 ? 0 : ahead > most ? most : ahead);
}

/* A debt past a whole period is forgiven; a clock that was set back must not
 * make one. */
static int64_t
most_ahead(const struct counter_rule *rule)
{
	return (
	    between(tolerance_of(rule) + (int64_t)period_ns(rule), MAX_AHEAD));
}

static int64_t
ahead_of(const struct counter_rule *rule, int64_t empty, int64_t now)
{
	return (between(empty - ns_of(now), most_ahead(rule)));
}

int64_t
counter_bucket_hold(const struct counter_rule *rule, int64_t empty, int64_t now)
{
	int64_t at = ns_of(now);

	if (rule->rate == COUNTER_UNLIMITED || empty <= at)
		return (empty);
	return (at + ahead_of(rule, empty, now));
}

bool
counter_bucket_fits(const struct counter_rule *rule, int64_t empty,
    uint64_t amount, int64_t now)
{
	if (rule->rate == COUNTER_UNLIMITED || amount == 0)
		return (true);
	if (rule->rate == 0)
		return (false);
	return (ahead_of(rule, empty, now) + cost_of(rule, amount) <=
		tolerance_of(rule));
}

int64_t
counter_bucket_add(const struct counter_rule *rule, int64_t empty,
    uint64_t amount, int64_t now)
{
	int64_t ahead;

	if (rule->rate == COUNTER_UNLIMITED || amount == 0)
		return (empty);
	ahead = ahead_of(rule, empty, now) + cost_of(rule, amount);
	return (ns_of(now) + between(ahead, most_ahead(rule)));
}

/* Without what went in, the bucket would have been empty for at most as long as
 * it was in: so much of it may have drained, and is not there to be taken. */
int64_t
counter_bucket_take(const struct counter_rule *rule, int64_t empty,
    uint64_t amount, int64_t when, int64_t now)
{
	int64_t at = ns_of(now);
	int64_t cost;

	if (rule->rate == COUNTER_UNLIMITED || empty <= at)
		return (empty);
	cost = between(cost_of(rule, amount), most_ahead(rule));
	cost -= between(at - ns_of(when), cost);
	return (at + between(ahead_of(rule, empty, now) - cost, MAX_AHEAD));
}

static uint64_t
most_of(const struct counter_rule *rule)
{
	uint64_t tenths = rule->most_tenths < 10 ? 10 : rule->most_tenths;
	unsigned __int128 most =
	    ((unsigned __int128)rule->rate * tenths + 9) / 10;

	return (most > COUNTER_IMPL_MAX_COUNT ? COUNTER_IMPL_MAX_COUNT
					      : (uint64_t)most);
}

/* As most_ahead(), of what was tried. */
static int64_t
most_tried(const struct counter_rule *rule)
{
	return (cost_of(rule, rule->rate == 0 ? 1 : most_of(rule)));
}

int64_t
counter_bucket_try(const struct counter_rule *rule, int64_t empty,
    uint64_t amount, int64_t now)
{
	int64_t most = most_tried(rule);
	int64_t ahead = between(empty - ns_of(now), most);

	if (rule->rate == COUNTER_UNLIMITED)
		return (empty);
	return (ns_of(now) + between(ahead + cost_of(rule, amount), most));
}

int64_t
counter_bucket_untry(const struct counter_rule *rule, int64_t empty,
    uint64_t amount, int64_t now)
{
	int64_t at = ns_of(now);
	int64_t most = most_tried(rule);

	if (rule->rate == COUNTER_UNLIMITED || empty <= at)
		return (empty);
	return (at + between(between(empty - at, most) - cost_of(rule, amount),
			 most));
}

uint64_t
counter_bucket_tried(
    const struct counter_rule *rule, int64_t empty, int64_t now)
{
	int64_t ahead = between(empty - ns_of(now), most_tried(rule));

	return (
	    rule->rate == COUNTER_UNLIMITED ? 0 : amount_in(rule, ahead, true));
}

static int64_t
ms_of(int64_t ns)
{
	return ((ns + NS_PER_MS - 1) / NS_PER_MS);
}

void
counter_bucket_read(const struct counter_rule *rule, int64_t empty, int64_t now,
    struct counter_reading *out)
{
	int64_t ahead, free_ns, missing;

	*out = (struct counter_reading){ .left = COUNTER_UNLIMITED };
	if (rule->rate == COUNTER_UNLIMITED)
		return;
	ahead = ahead_of(rule, empty, now);
	free_ns = rule->rate == 0 ? 0 : tolerance_of(rule) - ahead;
	out->used = amount_in(rule, ahead, true);
	out->left = free_ns <= 0 ? 0 : amount_in(rule, free_ns, false);
	out->reset_ms = ms_of(ahead);
	missing = cost_of(rule, 1) - free_ns;
	out->retry_ms = missing <= 0 ? 0 : ms_of(missing);
}

int64_t
counter_bucket_expires(int64_t empty)
{
	return (empty <= 0 ? 0 : (empty - 1) / NS_PER_MS + 1);
}
