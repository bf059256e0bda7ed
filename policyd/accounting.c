#include "accounting.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "accounting_impl.h"
#include "base/arena_impl.h"

/* Buckets that a tick sweeps in each table, and records that it writes behind:
 * no tick takes long.  Of what is left each request writes some. */
#define SWEEP ((size_t)512)
#define FLUSH ((size_t)1024)
#define KIND_PREFIX "limit "
#define MAX_KIND ((size_t)64)

/* Whether ${charge} is given back when the message is: whoever was a recipient
 * is one that the user wrote to, and is not charged a second time. */
static bool
goes_back(const struct accounting *accounting, const struct charge *charge)
{
	const struct accounting_home *home =
	    accounting_home(accounting, charge->limit);

	return (home == NULL || home->unit != LIMIT_FIRST_RECIPIENTS);
}

static void
give_back_message(struct accounting *accounting,
    struct transaction *transaction, const struct charge *charges, size_t count,
    int64_t now)
{
	struct charge *back = arena_impl_malloc((count + 1) * sizeof(*back));
	size_t back_count = 0;

	for (size_t i = 0; i < count; i++)
		if (goes_back(accounting, &charges[i]))
			back[back_count++] = charges[i];
	if (back_count > 0)
		accounting_give_back(
		    accounting, transaction, back, back_count, now);
	free(back);
}

/* Aborted: without END-OF-MESSAGE, or before it. */
static void
ended(void *cookie, struct transaction *transaction,
    const struct charge *charges, size_t count, int64_t now)
{
	struct accounting *accounting = cookie;
	bool had_refunds = false;

	for (size_t i = 0; i < count; i++)
		had_refunds |= charges[i].refunds && !charges[i].refused;
	if (!had_refunds)
		return;
	if (!accounting->stopping)
		accounting_end_missed(accounting, transaction, now);
	if (!accounting_commits_at_rcpt(accounting))
		give_back_message(accounting, transaction, charges, count, now);
}

struct accounting *
accounting_new(const struct accounting_options *options)
{
	struct accounting *accounting = arena_impl_malloc(sizeof(*accounting));

	*accounting = (struct accounting){
		.options = *options,
		.overrides = override_table(options->behind),
		.accounts = accounting_account_table(options->behind),
		.wired = accounting_end_table(options->behind),
		.transactions =
		    transactions_new(options->hold_ms, ended, accounting),
	};
	hash_key_init(&accounting->hash_key);
	return (accounting);
}

void
accounting_free(struct accounting *accounting)
{
	if (accounting == NULL)
		return;
	transactions_free(accounting->transactions);
	for (size_t i = 0; i < accounting->home_count; i++) {
		table_free(accounting->homes[i]->table);
		free(accounting->homes[i]->name);
		free(accounting->homes[i]);
	}
	free(accounting->homes);
	table_free(accounting->overrides);
	table_free(accounting->accounts);
	table_free(accounting->wired);
	free(accounting);
}

void
accounting_stop(struct accounting *accounting, int64_t now)
{
	accounting->stopping = true;
	transactions_abort(accounting->transactions, now);
}

struct accounting_home *
accounting_home(const struct accounting *accounting, const char *name)
{
	for (size_t i = 0; i < accounting->home_count; i++) {
		struct accounting_home *home = accounting->homes[i];

		if (home->name == name || strcmp(home->name, name) == 0)
			return (home);
	}
	return (NULL);
}

static struct accounting_home *
add_home(struct accounting *accounting, const char *name)
{
	struct accounting_home *home = arena_impl_malloc(sizeof(*home));
	size_t size = strlen(name) + 1;
	size_t count = accounting->home_count;
	struct accounting_home **more =
	    arena_impl_malloc((count + 1) * sizeof(void *));

	*home = (struct accounting_home){ .name = arena_impl_malloc(size) };
	memcpy(home->name, name, size);
	if (count > 0)
		memcpy(more, accounting->homes, count * sizeof(void *));
	free(accounting->homes);
	accounting->homes = more;
	more[accounting->home_count++] = home;
	return (home);
}

static void
settle_in(struct accounting *accounting, struct accounting_home *home,
    const struct limit *limit, size_t max_keys)
{
	char kind[MAX_KIND + 1] = KIND_PREFIX;
	const struct table_options options = { .kind = kind,
		.record_size = counter_size(limit->rule.algorithm),
		.max_records = max_keys,
		.codec = counter_codec(limit->rule.algorithm) };

	(void)strncat(kind, limit->name, MAX_KIND - strlen(KIND_PREFIX));
	home->algorithm = limit->rule.algorithm;
	home->unit = limit->unit;
	home->table = table_new(&options, accounting->options.behind);
}

/* What is there counts something else. */
static void
restart(struct accounting *accounting, struct accounting_home *home,
    const struct limit *limit)
{
	log_warning(accounting->options.log, "limit_restarted",
	    LOG_TEXT("limit", limit->name),
	    LOG_TEXT("reason", home->unit != limit->unit ? "another unit"
							 : "another algorithm"),
	    LOG_NUMBER("keys", table_count(home->table)));
	table_free(home->table);
	home->table = NULL;
}

static bool
is_among(
    const struct accounting_rules *rules, const struct accounting_home *home)
{
	for (size_t i = 0; i < rules->limit_count; i++)
		if (strcmp(rules->limits[i].name, home->name) == 0)
			return (true);
	return (false);
}

static void
bind_rules(struct accounting *accounting, const struct accounting_rules *rules)
{
	assert(rules->limit_count <= LIMIT_MAX);
	accounting->bound = rules;
	for (size_t i = 0; i < rules->limit_count; i++)
		accounting->bound_homes[i] =
		    accounting_home(accounting, rules->limits[i].name);
}

void
accounting_follow_rules(
    struct accounting *accounting, const struct accounting_rules *rules)
{
	for (size_t i = 0; i < rules->limit_count; i++) {
		const struct limit *limit = &rules->limits[i];
		struct accounting_home *home =
		    accounting_home(accounting, limit->name);

		if (home == NULL)
			home = add_home(accounting, limit->name);
		if (home->table != NULL &&
		    (home->algorithm != limit->rule.algorithm ||
			home->unit != limit->unit))
			restart(accounting, home, limit);
		if (home->table == NULL)
			settle_in(accounting, home, limit, rules->max_keys);
	}
	for (size_t i = 0; i < accounting->home_count; i++) {
		struct accounting_home *home = accounting->homes[i];

		if (home->table != NULL && !is_among(rules, home)) {
			table_free(home->table);
			home->table = NULL;
		}
	}
	bind_rules(accounting, rules);
	accounting->learns = false;
	for (size_t i = 0; i < rules->limit_count; i++)
		accounting->learns |= rules->limits[i].new_accounts;
}

struct accounting_home *const *
accounting_homes(
    struct accounting *accounting, const struct accounting_rules *rules)
{
	/* A request that came before a reload. */
	if (accounting->bound != rules)
		bind_rules(accounting, rules);
	return (accounting->bound_homes);
}

static void
refund(struct accounting *accounting, const struct charge *charge, int64_t now)
{
	struct accounting_home *home =
	    accounting_home(accounting, charge->limit);
	void *record;

	if (home == NULL || home->table == NULL ||
	    home->algorithm != charge->rule.algorithm)
		return;
	record = table_get(home->table, charge->key);
	if (record == NULL)
		return;
	counter_refund(
	    &charge->rule, record, charge->amount, charge->when, now);
	table_changed(
	    home->table, record, counter_expires(&charge->rule, record));
}

bool
accounting_is_counted(const struct charge *charge)
{
	return (!charge->refused && !charge->pending);
}

static void
refund_all(struct accounting *accounting, const struct charge *charges,
    size_t count, bool all, int64_t now)
{
	struct charge *merged = arena_impl_malloc(count * sizeof(*merged));

	count = accounting_merge(charges, count, merged);
	for (size_t i = 0; i < count; i++)
		if (all || merged[i].refunds)
			refund(accounting, &merged[i], now);
	accounting_shared_refund(accounting, merged, count, all, now);
	free(merged);
}

void
accounting_correct(void *cookie, struct transaction *transaction,
    const struct charge *charges, size_t count, int64_t now)
{
	(void)transaction;
	refund_all(cookie, charges, count, true, now);
}

void
accounting_give_back(void *cookie, struct transaction *transaction,
    const struct charge *charges, size_t count, int64_t now)
{
	(void)transaction;
	refund_all(cookie, charges, count, false, now);
}

void
accounting_refused(struct accounting *accounting,
    struct transaction *transaction, struct span recipient, int64_t now)
{
	uint64_t hash = accounting_claims_recipient(accounting, recipient);

	if (transaction == NULL || recipient.len == 0)
		return;
	transaction_uncharge(
	    transaction, hash, accounting_give_back, accounting, now);
	/* Without any recipient there is no message. */
	if (transaction_note(transaction)->passed == 0)
		transaction_uncharge(
		    transaction, 0, accounting_give_back, accounting, now);
}

struct transactions *
accounting_transactions(struct accounting *accounting)
{
	return (accounting->transactions);
}

static size_t
tick_table(struct table *table, int64_t now)
{
	table_sweep(table, now, SWEEP);
	return (table_flush(table, FLUSH));
}

void
accounting_tick(struct accounting *accounting, int64_t now)
{
	transactions_sweep(accounting->transactions, now);
	for (size_t i = 0; i < accounting->home_count; i++) {
		struct accounting_home *home = accounting->homes[i];

		if (home->table != NULL)
			home->unwritten = tick_table(home->table, now);
	}
	if (!accounting->learns)
		accounting_account_unlearn(accounting);
	(void)tick_table(accounting->overrides, now);
	(void)tick_table(accounting->accounts, now);
	(void)tick_table(accounting->wired, now);
}

struct table *
accounting_table(struct accounting *accounting, const char *limit)
{
	struct accounting_home *home = accounting_home(accounting, limit);

	return (home == NULL ? NULL : home->table);
}

struct table *
accounting_overrides(struct accounting *accounting)
{
	return (accounting->overrides);
}

struct table *
accounting_accounts(struct accounting *accounting)
{
	return (accounting->accounts);
}

struct table *
accounting_wired(struct accounting *accounting)
{
	return (accounting->wired);
}
