#include "ledger_text.h"

#include <string.h>

const char *
ledger_text_size(int64_t bytes, struct arena *arena)
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB" };
	double size = (double)bytes;
	size_t unit = 0;

	while (size >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		size /= 1024;
		unit++;
	}
	return (arena_printf(
	    arena, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]));
}

/* "7 days", or "36 hours": the largest unit that tells it whole. */
static const char *
period_text(int64_t seconds, struct arena *arena)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" },
		{ 1, "second" } };
	size_t i = 0;

	while (seconds % units[i].seconds != 0)
		i++;
	int64_t number = seconds / units[i].seconds;

	return (arena_printf(arena, "%lld %s%s", (long long)number,
	    units[i].name, number == 1 ? "" : "s"));
}

/* "domain/a.example" is "domain a.example"; a user's is his mailbox. */
static const char *
account_name(const char *key, struct arena *arena)
{
	const char *slash = strchr(key, '/');

	if (slash == NULL)
		return (key);
	if (strncmp(key, "user/", 5) == 0)
		return (arena_printf(arena, "mailbox %s", slash + 1));
	return (
	    arena_printf(arena, "%.*s %s", (int)(slash - key), key, slash + 1));
}

/* Whether it is the messages, and not the bytes, that are too many. */
static bool
is_by_count(const struct record_account *account, struct ledger_amount amount,
    struct ledger_amount limit)
{
	struct ledger_amount all = account->used;

	record_add(&all, account->held, 1);
	record_add(&all, amount, 1);
	return (
	    limit.bytes == 0 || (limit.count > 0 && all.count > limit.count));
}

static const char *
limit_name(const struct record_account *account, struct ledger_amount amount,
    struct ledger_amount limit, struct arena *arena)
{
	if (is_by_count(account, amount, limit))
		return (arena_printf(
		    arena, "%lld messages", (long long)limit.count));
	return (ledger_text_size(limit.bytes, arena));
}

const char *
ledger_text(const struct record_account *account,
    const struct record_limits *limits, struct ledger_amount amount,
    enum ledger_result result, struct arena *arena)
{
	const char *name = account_name(account->key, arena);

	if (result == LEDGER_HARD)
		return (arena_printf(arena, "%s is full: it may hold %s", name,
		    limit_name(account, amount, limits->hard, arena)));
	if (result == LEDGER_SOFT_EXPIRED)
		return (
		    arena_printf(arena, "%s has been over %s for more than %s",
			name, limit_name(account, amount, limits->soft, arena),
			period_text(limits->period_s, arena)));
	if (result == LEDGER_SOFT)
		return (arena_printf(arena, "%s is over %s", name,
		    limit_name(account, amount, limits->soft, arena)));
	if (result == LEDGER_UNCERTAIN)
		return (arena_printf(
		    arena, "%s is being counted; come again later", name));
	return ("");
}
