/*
 * The ledger in a file that sqlite3(1) can read.  This process is its only
 * writer, in one thread: nobody can be faster, and records need no version.
 * What is saved between two flushes is one transaction.
 */
#include <string.h>

#include "record_shares.h"
#include "store_driver.h"
#include "store_sqlite.h"

static struct store_sqlite *
sqlite_of(struct store *store)
{
	return ((struct store_sqlite *)(void *)store);
}

/* The batch is over, with all that was in it. */
static enum store_result
fail(struct store_sqlite *sqlite)
{
	store_sqlite_explain(sqlite);
	if (sqlite3_get_autocommit(sqlite->db) == 0)
		(void)sqlite3_exec(sqlite->db, "ROLLBACK", NULL, NULL, NULL);
	if (sqlite->in_batch)
		sqlite->lost = true;
	sqlite->in_batch = false;
	return (STORE_AWAY);
}

static sqlite3_stmt *
statement(struct store_sqlite *sqlite, enum store_sqlite_statement which)
{
	return (sqlite->statements[which]);
}

/* Bind what follows from ${index} on. */
struct binder {
	sqlite3_stmt *to;
	int index;
};

static void
put_text(struct binder *binder, const char *text)
{
	(void)sqlite3_bind_text(
	    binder->to, binder->index++, text, -1, SQLITE_STATIC);
}

static void
put_number(struct binder *binder, int64_t number)
{
	(void)sqlite3_bind_int64(binder->to, binder->index++, number);
}

static void
put_amount(struct binder *binder, struct ledger_amount amount)
{
	put_number(binder, amount.bytes);
	put_number(binder, amount.count);
}

/* Take columns from ${index} on. */
struct taker {
	sqlite3_stmt *from;
	int index;
};

static void
take_text(struct taker *taker, char *out, size_t size)
{
	const unsigned char *text =
	    sqlite3_column_text(taker->from, taker->index);
	size_t len = (size_t)sqlite3_column_bytes(taker->from, taker->index++);

	if (text == NULL || len >= size)
		len = 0;
	memcpy(out, text, len);
	out[len] = '\0';
}

static int64_t
take_number(struct taker *taker)
{
	return (sqlite3_column_int64(taker->from, taker->index++));
}

static struct ledger_amount
take_amount(struct taker *taker)
{
	struct ledger_amount amount;

	amount.bytes = take_number(taker);
	amount.count = take_number(taker);
	return (amount);
}

/* Shares that somebody wrote by hand, and wrongly, are none. */
static size_t
take_shares(struct taker *taker, struct record_share *out)
{
	const unsigned char *text =
	    sqlite3_column_text(taker->from, taker->index);
	size_t len = (size_t)sqlite3_column_bytes(taker->from, taker->index++);
	size_t count;

	return (record_shares_parse(span_new(text, len), out, &count) == 0
		    ? count
		    : 0);
}

static void
take_account(sqlite3_stmt *row, struct record_account *out)
{
	struct taker taker = { row, 0 };

	take_text(&taker, out->key, sizeof(out->key));
	out->exists = true;
	out->used = take_amount(&taker);
	out->held = take_amount(&taker);
	out->stale = take_amount(&taker);
	out->told = take_amount(&taker);
	out->set.hard = take_amount(&taker);
	out->set.soft = take_amount(&taker);
	out->set.period_s = take_number(&taker);
	out->over_since = take_number(&taker);
	out->warned_at = take_number(&taker);
	out->warned_percent = take_number(&taker);
}

static void
take_holder(sqlite3_stmt *row, struct record_holder *out)
{
	struct taker taker = { row, 0 };

	take_text(&taker, out->name, sizeof(out->name));
	out->exists = true;
	out->counted = take_number(&taker) != 0;
	out->dirty = take_number(&taker) != 0;
	out->allows = take_number(&taker) != 0;
	out->sequence = (uint64_t)take_number(&taker);
	out->open = take_number(&taker);
	out->counted_at = take_number(&taker);
	out->share_count = take_shares(&taker, out->shares);
}

static void
take_lease(sqlite3_stmt *row, struct record_lease *out)
{
	struct taker taker = { row, 0 };

	out->id = (uint64_t)take_number(&taker);
	out->exists = true;
	take_text(&taker, out->holder, sizeof(out->holder));
	out->stale = take_number(&taker) != 0;
	out->expires = take_number(&taker);
	out->share_count = take_shares(&taker, out->shares);
}

/* Step to a row: 1 when there is one, 0 when not, -1 on failure.  Whoever has
 * read it resets the statement. */
static int
find(struct store_sqlite *sqlite, sqlite3_stmt *query)
{
	int code = sqlite3_step(query);

	if (code == SQLITE_ROW)
		return (1);
	(void)sqlite3_reset(query);
	if (code == SQLITE_DONE)
		return (0);
	(void)fail(sqlite);
	return (-1);
}

static int
load_account(struct store_sqlite *sqlite, struct record_account *account)
{
	sqlite3_stmt *query = statement(sqlite, STORE_SQLITE_ACCOUNT);
	struct binder binder = { query, 1 };
	int found;

	put_text(&binder, account->key);
	found = find(sqlite, query);
	account->set.hard =
	    (struct ledger_amount){ RECORD_UNSET, RECORD_UNSET };
	account->set.soft = account->set.hard;
	account->set.period_s = RECORD_UNSET;
	if (found == 1) {
		take_account(query, account);
		(void)sqlite3_reset(query);
	}
	return (found);
}

static int
load_holder(struct store_sqlite *sqlite, struct record_holder *holder)
{
	sqlite3_stmt *query = statement(sqlite, STORE_SQLITE_HOLDER);
	struct binder binder = { query, 1 };
	int found;

	put_text(&binder, holder->name);
	found = find(sqlite, query);
	if (found == 1) {
		take_holder(query, holder);
		(void)sqlite3_reset(query);
	}
	return (found);
}

static int
load_lease(struct store_sqlite *sqlite, struct record_lease *lease)
{
	sqlite3_stmt *query = statement(sqlite, STORE_SQLITE_LEASE);
	struct binder binder = { query, 1 };
	int found;

	put_number(&binder, (int64_t)lease->id);
	found = find(sqlite, query);
	if (found == 1) {
		take_lease(query, lease);
		(void)sqlite3_reset(query);
	}
	return (found);
}

static bool
fits_number(uint64_t number)
{
	return (number <= INT64_MAX);
}

static enum store_result
load(struct store *store, struct store_unit *unit)
{
	struct store_sqlite *sqlite = sqlite_of(store);

	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	if (unit->lease.id != 0 && fits_number(unit->lease.id)) {
		if (load_lease(sqlite, &unit->lease) < 0)
			return (STORE_AWAY);
		if (unit->holder.name[0] == '\0')
			(void)stpcpy(unit->holder.name, unit->lease.holder);
	}
	if (unit->holder.name[0] != '\0' &&
	    load_holder(sqlite, &unit->holder) < 0)
		return (STORE_AWAY);
	store_name_shares(unit);
	for (size_t i = 0; i < unit->account_count; i++)
		if (load_account(sqlite, &unit->accounts[i]) < 0)
			return (STORE_AWAY);
	return (STORE_OK);
}

/* Do what gives no rows. */
static int
run(struct store_sqlite *sqlite, sqlite3_stmt *command)
{
	int code = sqlite3_step(command);

	(void)sqlite3_reset(command);
	if (code == SQLITE_DONE)
		return (0);
	(void)fail(sqlite);
	return (-1);
}

static int
begin(struct store_sqlite *sqlite)
{
	if (store_sqlite_reopen(sqlite) != 0)
		return (-1);
	if (sqlite->in_batch)
		return (0);
	if (run(sqlite, statement(sqlite, STORE_SQLITE_BEGIN)) != 0)
		return (-1);
	sqlite->in_batch = true;
	return (0);
}

static int
save_account(struct store_sqlite *sqlite, const struct record_account *account)
{
	sqlite3_stmt *put = statement(sqlite, STORE_SQLITE_PUT_ACCOUNT);
	struct binder binder = { put, 1 };

	put_text(&binder, account->key);
	put_amount(&binder, account->used);
	put_amount(&binder, account->held);
	put_amount(&binder, account->stale);
	put_amount(&binder, account->told);
	put_amount(&binder, account->set.hard);
	put_amount(&binder, account->set.soft);
	put_number(&binder, account->set.period_s);
	put_number(&binder, account->over_since);
	put_number(&binder, account->warned_at);
	put_number(&binder, account->warned_percent);
	return (run(sqlite, put));
}

static int
remove_holder(struct store_sqlite *sqlite, const char *name)
{
	sqlite3_stmt *gone = statement(sqlite, STORE_SQLITE_NO_HOLDER);
	struct binder binder = { gone, 1 };

	put_text(&binder, name);
	return (run(sqlite, gone));
}

static int
save_holder(struct store_sqlite *sqlite, const struct record_holder *holder)
{
	sqlite3_stmt *put = statement(sqlite, STORE_SQLITE_PUT_HOLDER);
	struct binder binder = { put, 1 };
	char shares[RECORD_SHARES_MAX];

	if (!holder->exists)
		return (remove_holder(sqlite, holder->name));
	(void)record_shares_print(holder->shares, holder->share_count, shares);
	put_text(&binder, holder->name);
	put_number(&binder, holder->counted);
	put_number(&binder, holder->dirty);
	put_number(&binder, holder->allows);
	put_number(&binder, (int64_t)holder->sequence);
	put_number(&binder, holder->open);
	put_number(&binder, holder->counted_at);
	put_text(&binder, shares);
	return (run(sqlite, put));
}

static int
remove_lease(struct store_sqlite *sqlite, uint64_t id)
{
	sqlite3_stmt *gone = statement(sqlite, STORE_SQLITE_NO_LEASE);
	struct binder binder = { gone, 1 };

	put_number(&binder, (int64_t)id);
	return (run(sqlite, gone));
}

static int
save_lease(struct store_sqlite *sqlite, const struct record_lease *lease)
{
	sqlite3_stmt *put = statement(sqlite, STORE_SQLITE_PUT_LEASE);
	struct binder binder = { put, 1 };
	char shares[RECORD_SHARES_MAX];

	if (!lease->exists)
		return (remove_lease(sqlite, lease->id));
	(void)record_shares_print(lease->shares, lease->share_count, shares);
	put_number(&binder, (int64_t)lease->id);
	put_text(&binder, lease->holder);
	put_number(&binder, lease->stale);
	put_number(&binder, lease->expires);
	put_text(&binder, shares);
	return (run(sqlite, put));
}

static int
drop_stale(struct store_sqlite *sqlite, const char *holder)
{
	sqlite3_stmt *gone = statement(sqlite, STORE_SQLITE_NO_STALE);
	struct binder binder = { gone, 1 };

	put_text(&binder, holder);
	return (run(sqlite, gone));
}

static enum store_result
save(struct store *store, struct store_unit *unit)
{
	struct store_sqlite *sqlite = sqlite_of(store);

	if (begin(sqlite) != 0)
		return (STORE_AWAY);
	for (size_t i = 0; i < unit->account_count; i++)
		if (unit->save_account[i] &&
		    save_account(sqlite, &unit->accounts[i]) != 0)
			return (STORE_AWAY);
	if ((unit->save_holder && save_holder(sqlite, &unit->holder) != 0) ||
	    (unit->save_lease && save_lease(sqlite, &unit->lease) != 0) ||
	    (unit->drop_stale && drop_stale(sqlite, unit->holder.name) != 0))
		return (STORE_AWAY);
	return (STORE_OK);
}

static enum store_result
flush(struct store *store)
{
	struct store_sqlite *sqlite = sqlite_of(store);

	if (sqlite->lost) {
		sqlite->lost = false;
		if (sqlite->in_batch)
			(void)fail(sqlite);
		sqlite->lost = false;
		return (STORE_AWAY);
	}
	if (!sqlite->in_batch)
		return (STORE_OK);
	if (run(sqlite, statement(sqlite, STORE_SQLITE_COMMIT)) != 0) {
		sqlite->lost = false;
		return (STORE_AWAY);
	}
	sqlite->in_batch = false;
	return (STORE_OK);
}

static enum store_result
see_leases(struct store_sqlite *sqlite, sqlite3_stmt *query,
    store_see_lease *see, void *cookie)
{
	int found;

	while ((found = find(sqlite, query)) == 1) {
		struct record_lease lease = { 0 };

		take_lease(query, &lease);
		see(cookie, &lease);
	}
	return (found == 0 ? STORE_OK : STORE_AWAY);
}

static enum store_result
leases(struct store *store, const char *holder, bool stale,
    store_see_lease *see, void *cookie)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	struct binder binder = { NULL, 1 };

	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	binder.to = statement(sqlite, STORE_SQLITE_LEASES);
	put_text(&binder, holder);
	put_number(&binder, stale);
	return (see_leases(sqlite, binder.to, see, cookie));
}

static enum store_result
due(struct store *store, int64_t now, size_t limit, store_see_lease *see,
    void *cookie)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	struct binder binder = { NULL, 1 };

	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	binder.to = statement(sqlite, STORE_SQLITE_DUE);
	put_number(&binder, now);
	put_number(&binder, (int64_t)limit);
	return (see_leases(sqlite, binder.to, see, cookie));
}

static enum store_result
renew(struct store *store, const uint64_t *ids, size_t count, int64_t expires)
{
	struct store_sqlite *sqlite = sqlite_of(store);

	for (size_t i = 0; i < count; i++) {
		struct binder binder = { NULL, 1 };

		if (begin(sqlite) != 0)
			return (STORE_AWAY);
		binder.to = statement(sqlite, STORE_SQLITE_RENEW);
		put_number(&binder, (int64_t)ids[i]);
		put_number(&binder, expires);
		if (run(sqlite, binder.to) != 0)
			return (STORE_AWAY);
	}
	return (STORE_OK);
}

static enum store_result
see_accounts(struct store_sqlite *sqlite, sqlite3_stmt *query,
    store_see_account *see, void *cookie)
{
	int found;

	while ((found = find(sqlite, query)) == 1) {
		struct record_account account = { .exists = true };

		take_account(query, &account);
		see(cookie, &account);
	}
	return (found == 0 ? STORE_OK : STORE_AWAY);
}

static enum store_result
accounts(struct store *store, const char *prefix, const char *after,
    size_t limit, store_see_account *see, void *cookie)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	struct binder binder = { NULL, 1 };

	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	binder.to = statement(sqlite, STORE_SQLITE_ACCOUNTS);
	put_text(&binder, prefix);
	put_text(&binder, after);
	put_number(&binder, (int64_t)limit);
	return (see_accounts(sqlite, binder.to, see, cookie));
}

static enum store_result
top(struct store *store, const char *prefix, size_t limit,
    store_see_account *see, void *cookie)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	struct binder binder = { NULL, 1 };

	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	binder.to = statement(sqlite, STORE_SQLITE_TOP);
	put_text(&binder, prefix);
	put_number(&binder, (int64_t)limit);
	return (see_accounts(sqlite, binder.to, see, cookie));
}

static enum store_result
holders(struct store *store, const char *prefix, const char *after, bool dirty,
    size_t limit, store_see_holder *see, void *cookie)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	struct binder binder = { NULL, 1 };
	int found;

	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	binder.to = statement(sqlite, STORE_SQLITE_HOLDERS);
	put_text(&binder, prefix);
	put_text(&binder, after);
	put_number(&binder, dirty);
	put_number(&binder, (int64_t)limit);
	while ((found = find(sqlite, binder.to)) == 1) {
		struct record_holder holder = { .exists = true };

		take_holder(binder.to, &holder);
		see(cookie, &holder);
	}
	return (found == 0 ? STORE_OK : STORE_AWAY);
}

static enum store_result
mark(struct store *store, bool all)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	struct binder binder = { NULL, 1 };

	if (begin(sqlite) != 0)
		return (STORE_AWAY);
	binder.to = statement(sqlite, STORE_SQLITE_MARK);
	put_number(&binder, all);
	return (run(sqlite, binder.to) == 0 ? STORE_OK : STORE_AWAY);
}

/* A binding's accounts, one a line. */
static void
print_accounts(const struct record_binding *binding, char *out)
{
	out[0] = '\0';
	for (size_t i = 0; i < binding->account_count; i++) {
		out = stpcpy(out, binding->accounts[i]);
		out = stpcpy(out, "\n");
	}
}

static enum store_result
bind_user(struct store *store, const struct record_binding *binding)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	char text[RECORD_MAX_ACCOUNTS * (RECORD_MAX_NAME + 1) + 1];
	struct binder binder = { NULL, 1 };

	if (begin(sqlite) != 0)
		return (STORE_AWAY);
	binder.to =
	    statement(sqlite, binding->account_count == 0 ? STORE_SQLITE_UNBIND
							  : STORE_SQLITE_BIND);
	put_number(&binder, binding->uid);
	put_text(&binder, binding->holder);
	if (binding->account_count > 0) {
		print_accounts(binding, text);
		put_text(&binder, text);
	}
	return (run(sqlite, binder.to) == 0 ? STORE_OK : STORE_AWAY);
}

static enum store_result
bound(struct store *store, uint32_t uid, const char *holder,
    struct record_binding *out)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	struct binder binder = { NULL, 1 };
	int found;

	*out = (struct record_binding){ .uid = uid };
	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	binder.to = statement(sqlite, STORE_SQLITE_BOUND);
	put_number(&binder, uid);
	put_text(&binder, holder);
	found = find(sqlite, binder.to);
	if (found == 1) {
		const unsigned char *text = sqlite3_column_text(binder.to, 0);

		store_parse_accounts(
		    span_new(text, (size_t)sqlite3_column_bytes(binder.to, 0)),
		    out);
		(void)sqlite3_reset(binder.to);
	}
	return (found < 0 ? STORE_AWAY : STORE_OK);
}

static enum store_result
count(struct store *store, struct store_totals *out)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	sqlite3_stmt *query;
	struct taker taker = { NULL, 0 };

	*out = (struct store_totals){ 0 };
	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	query = statement(sqlite, STORE_SQLITE_COUNT);
	if (find(sqlite, query) != 1)
		return (STORE_AWAY);
	taker.from = query;
	out->holders = take_number(&taker);
	out->dirty = take_number(&taker);
	out->accounts = take_number(&taker);
	out->leases = take_number(&taker);
	out->stale = take_number(&taker);
	(void)sqlite3_reset(query);
	return (STORE_OK);
}

static const char *
error_of(const struct store *store)
{
	const struct store_sqlite *sqlite =
	    (const struct store_sqlite *)(const void *)store;

	return (sqlite->error);
}

static struct store *
open_store(const struct store_options *options, struct arena *arena,
    const char **error)
{
	struct store_sqlite *sqlite =
	    store_sqlite_open(options->where, arena, error);

	if (sqlite == NULL)
		return (NULL);
	sqlite->store.driver = &store_sqlite_driver;
	return (&sqlite->store);
}

static void
close_store(struct store *store)
{
	(void)flush(store);
	store_sqlite_close(sqlite_of(store));
}

const struct store_driver store_sqlite_driver = {
	.open = open_store,
	.close = close_store,
	.load = load,
	.save = save,
	.flush = flush,
	.leases = leases,
	.due = due,
	.renew = renew,
	.accounts = accounts,
	.top = top,
	.holders = holders,
	.mark = mark,
	.bind = bind_user,
	.bound = bound,
	.count = count,
	.error = error_of,
};
