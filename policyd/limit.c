#include "limit.h"

static const char *const action_names[] = {
	[LIMIT_PASS] = "pass",
	[LIMIT_ALARM] = "alarm",
	[LIMIT_DEFER] = "defer",
	[LIMIT_HOLD] = "hold",
	[LIMIT_LOCK] = "lock",
	[LIMIT_REJECT] = "reject",
};

static const char *const unit_names[] = {
	[LIMIT_MESSAGES] = "messages",
	[LIMIT_RECIPIENTS] = "recipients",
	[LIMIT_BYTES] = "bytes",
	[LIMIT_CLIENT_NETWORKS] = "client_networks",
	[LIMIT_COUNTRIES] = "countries",
	[LIMIT_FIRST_RECIPIENTS] = "first_recipients",
};

/* Whether ${level} is so many tenths of ${rate}. */
static bool
reaches(uint64_t level, uint64_t tenths, uint64_t rate)
{
	return (
	    (unsigned __int128)level * 10 >= (unsigned __int128)tenths * rate);
}

enum limit_action
limit_step_at(const struct limit *limit, uint64_t rate,
    const struct counter_reading *reading, uint64_t amount)
{
	bool is_distinct = limit->rule.algorithm == COUNTER_DISTINCT;
	uint64_t level = is_distinct ? reading->used : reading->tried;
	size_t step = 0;

	if (rate == COUNTER_UNLIMITED || limit->step_count == 0)
		return (LIMIT_PASS);
	level = amount > UINT64_MAX - level ? UINT64_MAX : level + amount;
	if (is_distinct && level <= rate)
		return (LIMIT_PASS);
	while (step + 1 < limit->step_count &&
	       reaches(level, limit->steps[step + 1].tenths, rate))
		step++;
	return (limit->steps[step].action);
}

const char *
limit_action_name(enum limit_action action)
{
	return (action_names[action]);
}

const char *
limit_unit_name(enum limit_unit unit)
{
	return (unit_names[unit]);
}
