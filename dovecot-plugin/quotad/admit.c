#include "admit.h"

static int64_t
first_set(int64_t first, int64_t second)
{
	int64_t limit = first != RECORD_UNSET ? first : second;

	return (limit > 0 ? limit : 0);
}

/* Dovecot has no word for "no limit" that we could tell from "not set". */
static int64_t
hard_limit(int64_t set, int64_t told, int64_t configured)
{
	return (first_set(set, told > 0 ? told : configured));
}

void
admit_limits(const struct record_account *account,
    const struct record_limits *configured, struct record_limits *out)
{
	const struct record_limits *set = &account->set;

	out->hard.bytes = hard_limit(
	    set->hard.bytes, account->told.bytes, configured->hard.bytes);
	out->hard.count = hard_limit(
	    set->hard.count, account->told.count, configured->hard.count);
	out->soft.bytes = first_set(set->soft.bytes, configured->soft.bytes);
	out->soft.count = first_set(set->soft.count, configured->soft.count);
	out->period_s = first_set(set->period_s, configured->period_s);
}

/* Whether ${used} is over ${limit}, 0 being none. */
static bool
is_over(int64_t used, int64_t limit)
{
	return (limit > 0 && used > limit);
}

/* As is_over(), for bytes and messages; ${extra} bytes are let through. */
static bool
has_no_room(struct ledger_amount used, struct ledger_amount more,
    struct ledger_amount limit, int64_t extra)
{
	int64_t bytes = limit.bytes;

	if (bytes > 0 && extra > 0)
		bytes = extra < INT64_MAX - bytes ? bytes + extra : INT64_MAX;
	record_add(&used, more, 1);
	return ((more.bytes > 0 && is_over(used.bytes, bytes)) ||
		(more.count > 0 && is_over(used.count, limit.count)));
}

static struct ledger_amount
taken(const struct record_account *account, bool with_stale)
{
	struct ledger_amount all = account->used;

	record_add(&all, account->held, 1);
	if (!with_stale)
		record_add(&all, account->stale, -1);
	return (all);
}

static bool
is_over_for_too_long(const struct record_account *account,
    const struct record_limits *limits, int64_t now)
{
	return (account->over_since != 0 && limits->period_s > 0 &&
		now - account->over_since >= limits->period_s);
}

enum ledger_result
admit(const struct record_account *account, const struct record_limits *limits,
    struct ledger_amount amount, int64_t extra, int64_t now)
{
	struct ledger_amount all = taken(account, true);

	if (amount.bytes <= 0 && amount.count <= 0)
		return (LEDGER_OK);
	if (has_no_room(all, amount, limits->hard, extra))
		return (has_no_room(
			    taken(account, false), amount, limits->hard, extra)
			    ? LEDGER_HARD
			    : LEDGER_UNCERTAIN);
	if (!has_no_room(all, amount, limits->soft, 0))
		return (LEDGER_OK);
	return (is_over_for_too_long(account, limits, now) ? LEDGER_SOFT_EXPIRED
							   : LEDGER_SOFT);
}

static int64_t
percent(int64_t used, int64_t limit)
{
	if (limit <= 0)
		return (ADMIT_NO_LIMIT);
	if (used <= 0)
		return (0);
	return (
	    used > INT64_MAX / 100 ? used / limit * 100 : used * 100 / limit);
}

int64_t
admit_percent(
    const struct record_account *account, const struct record_limits *limits)
{
	bool is_hard = limits->hard.bytes > 0 || limits->hard.count > 0;
	struct ledger_amount limit = is_hard ? limits->hard : limits->soft;
	int64_t bytes = percent(account->used.bytes, limit.bytes);
	int64_t count = percent(account->used.count, limit.count);

	return (bytes > count ? bytes : count);
}

int64_t
admit_over_since(const struct record_account *account,
    const struct record_limits *limits, int64_t now)
{
	bool over = is_over(account->used.bytes, limits->soft.bytes) ||
	            is_over(account->used.count, limits->soft.count);

	if (!over)
		return (0);
	return (account->over_since != 0 ? account->over_since : now);
}
