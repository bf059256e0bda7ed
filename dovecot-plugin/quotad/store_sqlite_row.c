#include "store_sqlite_row.h"

#include <string.h>

#include "record_shares.h"

void
store_sqlite_put_text(struct store_sqlite_binder *binder, const char *text)
{
	(void)sqlite3_bind_text(
	    binder->to, binder->index++, text, -1, SQLITE_STATIC);
}

void
store_sqlite_put_number(struct store_sqlite_binder *binder, int64_t number)
{
	(void)sqlite3_bind_int64(binder->to, binder->index++, number);
}

void
store_sqlite_put_amount(
    struct store_sqlite_binder *binder, struct ledger_amount amount)
{
	store_sqlite_put_number(binder, amount.bytes);
	store_sqlite_put_number(binder, amount.count);
}

static void
take_text(struct store_sqlite_taker *taker, char *out, size_t size)
{
	const unsigned char *text =
	    sqlite3_column_text(taker->from, taker->index);
	size_t len = (size_t)sqlite3_column_bytes(taker->from, taker->index++);

	out[0] = '\0';
	if (text == NULL || len >= size)
		return;
	memcpy(out, text, len);
	out[len] = '\0';
}

int64_t
store_sqlite_take_number(struct store_sqlite_taker *taker)
{
	return (sqlite3_column_int64(taker->from, taker->index++));
}

static struct ledger_amount
take_amount(struct store_sqlite_taker *taker)
{
	struct ledger_amount amount;

	amount.bytes = store_sqlite_take_number(taker);
	amount.count = store_sqlite_take_number(taker);
	return (amount);
}

/* Shares that somebody wrote by hand, and wrongly, are none. */
static size_t
take_shares(struct store_sqlite_taker *taker, struct record_share *out)
{
	const unsigned char *text =
	    sqlite3_column_text(taker->from, taker->index);
	size_t len = (size_t)sqlite3_column_bytes(taker->from, taker->index++);
	size_t count;

	return (record_shares_parse(span_new(text, len), out, &count) == 0
		    ? count
		    : 0);
}

void
store_sqlite_take_account(sqlite3_stmt *row, struct record_account *out)
{
	struct store_sqlite_taker taker = { row, 0 };

	take_text(&taker, out->key, sizeof(out->key));
	out->exists = true;
	out->used = take_amount(&taker);
	out->held = take_amount(&taker);
	out->stale = take_amount(&taker);
	out->told = take_amount(&taker);
	out->set.hard = take_amount(&taker);
	out->set.soft = take_amount(&taker);
	out->set.period_s = store_sqlite_take_number(&taker);
	out->over_since = store_sqlite_take_number(&taker);
	out->warned_at = store_sqlite_take_number(&taker);
	out->warned_percent = store_sqlite_take_number(&taker);
}

void
store_sqlite_take_holder(sqlite3_stmt *row, struct record_holder *out)
{
	struct store_sqlite_taker taker = { row, 0 };

	take_text(&taker, out->name, sizeof(out->name));
	out->exists = true;
	out->counted = store_sqlite_take_number(&taker) != 0;
	out->dirty = store_sqlite_take_number(&taker) != 0;
	out->sequence = (uint64_t)store_sqlite_take_number(&taker);
	out->open = store_sqlite_take_number(&taker);
	out->counted_at = store_sqlite_take_number(&taker);
	out->share_count = take_shares(&taker, out->shares);
}

void
store_sqlite_take_lease(sqlite3_stmt *row, struct record_lease *out)
{
	struct store_sqlite_taker taker = { row, 0 };

	out->id = (uint64_t)store_sqlite_take_number(&taker);
	out->exists = true;
	take_text(&taker, out->holder, sizeof(out->holder));
	out->stale = store_sqlite_take_number(&taker) != 0;
	out->expires = store_sqlite_take_number(&taker);
	out->share_count = take_shares(&taker, out->shares);
}
