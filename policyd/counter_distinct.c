#include "counter_impl.h"

static int64_t
second_of(int64_t now)
{
	int64_t second = now / 1000;

	return (second < 1            ? 1
		: second > UINT32_MAX ? (int64_t)UINT32_MAX
				      : second);
}

static bool
counts(const struct counter_rule *rule, uint32_t seen, int64_t now)
{
	return (seen != 0 &&
		(second_of(now) - (int64_t)seen) * 1000 < rule->period_ms);
}

static uint64_t
count_of(const struct counter_rule *rule, const struct counter_distinct *set,
    int64_t now)
{
	uint64_t count = 0;

	for (size_t i = 0; i < COUNTER_MAX_DISTINCT; i++)
		if (counts(rule, set->seen[i], now))
			count++;
	return (count);
}

/* A clock that was set back must not keep what was seen before for longer than
 * a period from now. */
static void
set_back(struct counter_distinct *set, int64_t now)
{
	uint32_t second = (uint32_t)second_of(now);

	for (size_t i = 0; i < COUNTER_MAX_DISTINCT; i++)
		if (set->seen[i] > second)
			set->seen[i] = second;
}

bool
counter_distinct_see(const struct counter_rule *rule,
    struct counter_distinct *set, uint64_t value, int64_t now)
{
	size_t at = 0;
	bool again;

	set_back(set, now);
	for (size_t i = 0; i < COUNTER_MAX_DISTINCT; i++) {
		if (set->seen[i] != 0 && set->values[i] == value) {
			at = i;
			break;
		}
		if (set->seen[i] < set->seen[at])
			at = i;
	}
	again = set->values[at] == value && counts(rule, set->seen[at], now);
	set->values[at] = value;
	set->seen[at] = (uint32_t)second_of(now);
	return (!again);
}

/* When the ${left}th of those that still count is forgotten, from the oldest
 * one; 0 when there are not so many. */
static int64_t
forgotten(const struct counter_rule *rule, const struct counter_distinct *set,
    int64_t now, uint64_t left)
{
	uint32_t at = 0;

	while (left-- > 0) {
		uint32_t next = UINT32_MAX;

		for (size_t i = 0; i < COUNTER_MAX_DISTINCT; i++)
			if (counts(rule, set->seen[i], now) &&
			    set->seen[i] > at && set->seen[i] < next)
				next = set->seen[i];
		if (next == UINT32_MAX)
			break;
		at = next;
	}
	return (at == 0 ? 0 : (int64_t)at * 1000 + rule->period_ms);
}

static int64_t
time_until(int64_t then, int64_t now)
{
	if (now < 0)
		now = 0;
	return (then > now ? then - now : 0);
}

void
counter_distinct_read(const struct counter_rule *rule,
    const struct counter_distinct *set, int64_t now,
    struct counter_reading *out)
{
	uint64_t used = count_of(rule, set, now);
	int64_t last = counter_distinct_expires(rule, set);
	uint64_t too_many;

	*out = (struct counter_reading){ .used = used,
		.tried = used,
		.left = COUNTER_UNLIMITED,
		.reset_ms = used > 0 ? time_until(last, now) : 0 };
	if (rule->rate == COUNTER_UNLIMITED)
		return;
	out->left = used < rule->rate ? rule->rate - used : 0;
	if (out->left > 0 || used == 0)
		return;
	too_many = used - rule->rate + 1;
	out->retry_ms = time_until(forgotten(rule, set, now, too_many), now);
}

int64_t
counter_distinct_expires(
    const struct counter_rule *rule, const struct counter_distinct *set)
{
	uint32_t last = 0;

	for (size_t i = 0; i < COUNTER_MAX_DISTINCT; i++)
		if (set->seen[i] > last)
			last = set->seen[i];
	return (last == 0 ? 0 : (int64_t)last * 1000 + rule->period_ms);
}
