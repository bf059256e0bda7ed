#include "command_print.h"

#include "admit.h"

static json_t *
amount(struct ledger_amount amount)
{
	return (json_pack("{s:I, s:I}", "bytes", (json_int_t)amount.bytes,
	    "messages", (json_int_t)amount.count));
}

/* Who says so. */
static const char *
source(int64_t set, int64_t told, int64_t configured)
{
	if (set != RECORD_UNSET)
		return ("set");
	if (told > 0)
		return ("dovecot");
	return (configured != RECORD_UNSET ? "file" : "none");
}

static json_t *
limit(int64_t value, const char *from)
{
	return (json_pack(
	    "{s:I, s:s}", "limit", (json_int_t)value, "source", from));
}

static json_t *
limits_of(const struct record_account *account,
    const struct record_limits *configured)
{
	const struct record_limits *set = &account->set;
	struct record_limits now;

	admit_limits(account, configured, &now);
	return (json_pack("{s:o, s:o, s:o, s:o, s:I}", "storage",
	    limit(now.hard.bytes, source(set->hard.bytes, account->told.bytes,
				      configured->hard.bytes)),
	    "messages",
	    limit(now.hard.count, source(set->hard.count, account->told.count,
				      configured->hard.count)),
	    "soft_storage",
	    limit(now.soft.bytes,
		source(set->soft.bytes, 0, configured->soft.bytes)),
	    "soft_messages",
	    limit(now.soft.count,
		source(set->soft.count, 0, configured->soft.count)),
	    "period", (json_int_t)now.period_s));
}

json_t *
command_print_account(const struct record_account *account,
    const struct record_limits *configured)
{
	struct record_limits now;

	admit_limits(account, configured, &now);
	return (json_pack("{s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:I}", "account",
	    account->key, "used", amount(account->used), "held",
	    amount(account->held), "stale", amount(account->stale), "limits",
	    limits_of(account, configured), "percent",
	    (json_int_t)admit_percent(account, &now), "over_since",
	    (json_int_t)account->over_since, "warned_at",
	    (json_int_t)account->warned_at));
}

static json_t *
shares(const struct record_holder *holder)
{
	json_t *list = json_array();

	for (size_t i = 0; i < holder->share_count; i++)
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:I, s:I}", "account",
			holder->shares[i].account, "bytes",
			(json_int_t)holder->shares[i].used.bytes, "messages",
			(json_int_t)holder->shares[i].used.count));
	return (list);
}

json_t *
command_print_holder(const struct record_holder *holder)
{
	return (json_pack("{s:s, s:b, s:b, s:I, s:I, s:I, s:o}", "holder",
	    holder->name, "counted", holder->counted, "dirty", holder->dirty,
	    "leases", (json_int_t)holder->open, "sequence",
	    (json_int_t)holder->sequence, "counted_at",
	    (json_int_t)holder->counted_at, "shares", shares(holder)));
}

json_t *
command_print_status(const struct store_totals *totals, const char *store)
{
	return (json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "store", store,
	    "holders", (json_int_t)totals->holders, "dirty",
	    (json_int_t)totals->dirty, "accounts", (json_int_t)totals->accounts,
	    "leases", (json_int_t)totals->leases, "stale",
	    (json_int_t)totals->stale));
}
