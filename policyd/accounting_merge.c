/* Charges that are given back together. */
#include "accounting_impl.h"

/* How many of the last results may be of the same bucket: a mail meets few
 * limits, and the recipients of one key come one after another. */
#define LOOK_BACK ((size_t)16)

static bool
is_same_rule(const struct counter_rule *a, const struct counter_rule *b)
{
	return (a->algorithm == b->algorithm && a->rate == b->rate &&
		a->period_ms == b->period_ms && a->burst == b->burst &&
		a->most_tenths == b->most_tenths);
}

/* The slots of a window want to know when each was taken. */
static bool
is_same_bucket(const struct charge *a, const struct charge *b)
{
	return (a->rule.algorithm == COUNTER_GCRA && a->limit == b->limit &&
		a->refunds == b->refunds && a->shared == b->shared &&
		a->attempted == b->attempted &&
		is_same_rule(&a->rule, &b->rule) && span_eq(a->key, b->key));
}

static void
join(struct charge *charge, const struct charge *more)
{
	uint64_t room = UINT64_MAX - charge->amount;

	charge->amount += more->amount < room ? more->amount : room;
	if (more->when < charge->when)
		charge->when = more->when;
}

size_t
accounting_merge(const struct charge *charges, size_t count, struct charge *out)
{
	size_t merged = 0;

	for (size_t i = 0; i < count; i++) {
		size_t first = merged > LOOK_BACK ? merged - LOOK_BACK : 0;
		size_t at = merged;

		if (!accounting_is_counted(&charges[i]))
			continue;
		while (at > first && !is_same_bucket(&out[at - 1], &charges[i]))
			at--;
		if (at > first)
			join(&out[at - 1], &charges[i]);
		else
			out[merged++] = charges[i];
	}
	return (merged);
}
