/*
 * store_sqlite_row.h: records to and from the columns of rows.
 */
#ifndef QUOTAD_STORE_SQLITE_ROW_H
#define QUOTAD_STORE_SQLITE_ROW_H

#include <sqlite3.h>

#include "record.h"

/* Parameters are bound, and columns taken, from ${index} on. */
struct store_sqlite_binder {
	sqlite3_stmt *to;
	int index;
};

struct store_sqlite_taker {
	sqlite3_stmt *from;
	int index;
};

/**
 * store_sqlite_put_text(binder, text), store_sqlite_put_number(binder, number),
 * store_sqlite_put_amount(binder, amount):
 * Bind the next parameter, or the next two; ${text} must last until the
 * statement has run.
 */
void store_sqlite_put_text(
    struct store_sqlite_binder *binder, const char *text);
void store_sqlite_put_number(
    struct store_sqlite_binder *binder, int64_t number);
void store_sqlite_put_amount(
    struct store_sqlite_binder *binder, struct ledger_amount amount);

/**
 * store_sqlite_take_number(taker):
 * Return the next column.
 */
int64_t store_sqlite_take_number(struct store_sqlite_taker *taker);

/**
 * store_sqlite_take_account(row, out), store_sqlite_take_holder(row, out),
 * store_sqlite_take_lease(row, out):
 * Read a whole row.
 */
void store_sqlite_take_account(sqlite3_stmt *row, struct record_account *out);
void store_sqlite_take_holder(sqlite3_stmt *row, struct record_holder *out);
void store_sqlite_take_lease(sqlite3_stmt *row, struct record_lease *out);

#endif
