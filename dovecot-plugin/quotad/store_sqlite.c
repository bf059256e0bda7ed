/*
 * The ledger in a file that sqlite3(1) can read.  This process is its only
 * writer, in one thread: nobody can be faster, and records need no version.
 * What is saved between two flushes is one transaction.
 */
#include <string.h>

#include "record_shares.h"
#include "store_driver.h"
#include "store_sqlite.h"
#include "store_sqlite_row.h"

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
load_account(struct store_sqlite *sqlite, struct record_account *account)
{
	sqlite3_stmt *query = statement(sqlite, STORE_SQLITE_ACCOUNT);
	struct store_sqlite_binder binder = { query, 1 };
	int found;

	store_sqlite_put_text(&binder, account->key);
	found = find(sqlite, query);
	account->set.hard =
	    (struct ledger_amount){ RECORD_UNSET, RECORD_UNSET };
	account->set.soft = account->set.hard;
	account->set.period_s = RECORD_UNSET;
	if (found == 1) {
		store_sqlite_take_account(query, account);
		(void)sqlite3_reset(query);
	}
	return (found);
}

static int
load_holder(struct store_sqlite *sqlite, struct record_holder *holder)
{
	sqlite3_stmt *query = statement(sqlite, STORE_SQLITE_HOLDER);
	struct store_sqlite_binder binder = { query, 1 };
	int found;

	store_sqlite_put_text(&binder, holder->name);
	found = find(sqlite, query);
	if (found == 1) {
		store_sqlite_take_holder(query, holder);
		(void)sqlite3_reset(query);
	}
	return (found);
}

static int
load_lease(struct store_sqlite *sqlite, struct record_lease *lease)
{
	sqlite3_stmt *query = statement(sqlite, STORE_SQLITE_LEASE);
	struct store_sqlite_binder binder = { query, 1 };
	int found;

	store_sqlite_put_number(&binder, (int64_t)lease->id);
	found = find(sqlite, query);
	if (found == 1) {
		store_sqlite_take_lease(query, lease);
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

	if (begin(sqlite) != 0)
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

static int
save_account(struct store_sqlite *sqlite, const struct record_account *account)
{
	sqlite3_stmt *put = statement(sqlite, STORE_SQLITE_PUT_ACCOUNT);
	struct store_sqlite_binder binder = { put, 1 };

	store_sqlite_put_text(&binder, account->key);
	store_sqlite_put_amount(&binder, account->used);
	store_sqlite_put_amount(&binder, account->held);
	store_sqlite_put_amount(&binder, account->stale);
	store_sqlite_put_amount(&binder, account->told);
	store_sqlite_put_amount(&binder, account->set.hard);
	store_sqlite_put_amount(&binder, account->set.soft);
	store_sqlite_put_number(&binder, account->set.period_s);
	store_sqlite_put_number(&binder, account->over_since);
	store_sqlite_put_number(&binder, account->warned_at);
	store_sqlite_put_number(&binder, account->warned_percent);
	return (run(sqlite, put));
}

static int
remove_holder(struct store_sqlite *sqlite, const char *name)
{
	sqlite3_stmt *gone = statement(sqlite, STORE_SQLITE_NO_HOLDER);
	struct store_sqlite_binder binder = { gone, 1 };

	store_sqlite_put_text(&binder, name);
	return (run(sqlite, gone));
}

static int
save_holder(struct store_sqlite *sqlite, const struct record_holder *holder)
{
	sqlite3_stmt *put = statement(sqlite, STORE_SQLITE_PUT_HOLDER);
	struct store_sqlite_binder binder = { put, 1 };
	char shares[RECORD_SHARES_MAX];

	if (!holder->exists)
		return (remove_holder(sqlite, holder->name));
	(void)record_shares_print(holder->shares, holder->share_count, shares);
	store_sqlite_put_text(&binder, holder->name);
	store_sqlite_put_number(&binder, holder->counted);
	store_sqlite_put_number(&binder, holder->dirty);
	store_sqlite_put_number(&binder, (int64_t)holder->sequence);
	store_sqlite_put_number(&binder, holder->open);
	store_sqlite_put_number(&binder, holder->counted_at);
	store_sqlite_put_text(&binder, shares);
	return (run(sqlite, put));
}

static int
remove_lease(struct store_sqlite *sqlite, uint64_t id)
{
	sqlite3_stmt *gone = statement(sqlite, STORE_SQLITE_NO_LEASE);
	struct store_sqlite_binder binder = { gone, 1 };

	store_sqlite_put_number(&binder, (int64_t)id);
	return (run(sqlite, gone));
}

static int
save_lease(struct store_sqlite *sqlite, const struct record_lease *lease)
{
	sqlite3_stmt *put = statement(sqlite, STORE_SQLITE_PUT_LEASE);
	struct store_sqlite_binder binder = { put, 1 };
	char shares[RECORD_SHARES_MAX];

	if (!lease->exists)
		return (remove_lease(sqlite, lease->id));
	(void)record_shares_print(lease->shares, lease->share_count, shares);
	store_sqlite_put_number(&binder, (int64_t)lease->id);
	store_sqlite_put_text(&binder, lease->holder);
	store_sqlite_put_number(&binder, lease->stale);
	store_sqlite_put_number(&binder, lease->expires);
	store_sqlite_put_text(&binder, shares);
	return (run(sqlite, put));
}

static int
drop_stale(struct store_sqlite *sqlite, const char *holder)
{
	sqlite3_stmt *gone = statement(sqlite, STORE_SQLITE_NO_STALE);
	struct store_sqlite_binder binder = { gone, 1 };

	store_sqlite_put_text(&binder, holder);
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

		store_sqlite_take_lease(query, &lease);
		see(cookie, &lease);
	}
	return (found == 0 ? STORE_OK : STORE_AWAY);
}

static enum store_result
leases(struct store *store, const char *holder, bool stale,
    store_see_lease *see, void *cookie)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	struct store_sqlite_binder binder = { NULL, 1 };

	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	binder.to = statement(sqlite, STORE_SQLITE_LEASES);
	store_sqlite_put_text(&binder, holder);
	store_sqlite_put_number(&binder, stale);
	return (see_leases(sqlite, binder.to, see, cookie));
}

static enum store_result
due(struct store *store, int64_t now, size_t limit, store_see_lease *see,
    void *cookie)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	struct store_sqlite_binder binder = { NULL, 1 };

	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	binder.to = statement(sqlite, STORE_SQLITE_DUE);
	store_sqlite_put_number(&binder, now);
	store_sqlite_put_number(&binder, (int64_t)limit);
	return (see_leases(sqlite, binder.to, see, cookie));
}

static enum store_result
renew(struct store *store, const uint64_t *ids, size_t count, int64_t expires)
{
	struct store_sqlite *sqlite = sqlite_of(store);

	for (size_t i = 0; i < count; i++) {
		struct store_sqlite_binder binder = { NULL, 1 };

		if (begin(sqlite) != 0)
			return (STORE_AWAY);
		binder.to = statement(sqlite, STORE_SQLITE_RENEW);
		store_sqlite_put_number(&binder, (int64_t)ids[i]);
		store_sqlite_put_number(&binder, expires);
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

		store_sqlite_take_account(query, &account);
		see(cookie, &account);
	}
	return (found == 0 ? STORE_OK : STORE_AWAY);
}

static enum store_result
accounts(struct store *store, const char *prefix, const char *after,
    size_t limit, store_see_account *see, void *cookie)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	struct store_sqlite_binder binder = { NULL, 1 };

	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	binder.to = statement(sqlite, STORE_SQLITE_ACCOUNTS);
	store_sqlite_put_text(&binder, prefix);
	store_sqlite_put_text(&binder, after);
	store_sqlite_put_number(&binder, (int64_t)limit);
	return (see_accounts(sqlite, binder.to, see, cookie));
}

static enum store_result
top(struct store *store, const char *prefix, size_t limit,
    store_see_account *see, void *cookie)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	struct store_sqlite_binder binder = { NULL, 1 };

	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	binder.to = statement(sqlite, STORE_SQLITE_TOP);
	store_sqlite_put_text(&binder, prefix);
	store_sqlite_put_number(&binder, (int64_t)limit);
	return (see_accounts(sqlite, binder.to, see, cookie));
}

static enum store_result
holders(struct store *store, const char *prefix, const char *after, bool dirty,
    size_t limit, store_see_holder *see, void *cookie)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	struct store_sqlite_binder binder = { NULL, 1 };
	int found;

	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	binder.to = statement(sqlite, STORE_SQLITE_HOLDERS);
	store_sqlite_put_text(&binder, prefix);
	store_sqlite_put_text(&binder, after);
	store_sqlite_put_number(&binder, dirty);
	store_sqlite_put_number(&binder, (int64_t)limit);
	while ((found = find(sqlite, binder.to)) == 1) {
		struct record_holder holder = { .exists = true };

		store_sqlite_take_holder(binder.to, &holder);
		see(cookie, &holder);
	}
	return (found == 0 ? STORE_OK : STORE_AWAY);
}

static enum store_result
mark(struct store *store)
{
	struct store_sqlite *sqlite = sqlite_of(store);

	if (begin(sqlite) != 0 ||
	    run(sqlite, statement(sqlite, STORE_SQLITE_MARK)) != 0)
		return (STORE_AWAY);
	return (STORE_OK);
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
	struct store_sqlite_binder binder = { NULL, 1 };

	if (begin(sqlite) != 0)
		return (STORE_AWAY);
	binder.to =
	    statement(sqlite, binding->account_count == 0 ? STORE_SQLITE_UNBIND
							  : STORE_SQLITE_BIND);
	store_sqlite_put_number(&binder, binding->uid);
	store_sqlite_put_text(&binder, binding->holder);
	if (binding->account_count > 0) {
		print_accounts(binding, text);
		store_sqlite_put_text(&binder, text);
	}
	return (run(sqlite, binder.to) == 0 ? STORE_OK : STORE_AWAY);
}

static enum store_result
bound(struct store *store, uint32_t uid, const char *holder,
    struct record_binding *out)
{
	struct store_sqlite *sqlite = sqlite_of(store);
	struct store_sqlite_binder binder = { NULL, 1 };
	int found;

	*out = (struct record_binding){ .uid = uid };
	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	binder.to = statement(sqlite, STORE_SQLITE_BOUND);
	store_sqlite_put_number(&binder, uid);
	store_sqlite_put_text(&binder, holder);
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
	struct store_sqlite_taker taker = { NULL, 0 };

	*out = (struct store_totals){ 0 };
	if (store_sqlite_reopen(sqlite) != 0)
		return (STORE_AWAY);
	query = statement(sqlite, STORE_SQLITE_COUNT);
	if (find(sqlite, query) != 1)
		return (STORE_AWAY);
	taker.from = query;
	out->holders = store_sqlite_take_number(&taker);
	out->dirty = store_sqlite_take_number(&taker);
	out->accounts = store_sqlite_take_number(&taker);
	out->leases = store_sqlite_take_number(&taker);
	out->stale = store_sqlite_take_number(&taker);
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
