/*
 * store_sqlite.h: the file itself: opened, made, locked, explained.
 */
#ifndef QUOTAD_STORE_SQLITE_H
#define QUOTAD_STORE_SQLITE_H

#include <sqlite3.h>

#include "store_driver.h"

#define STORE_SQLITE_SCHEMA 1

enum store_sqlite_statement {
	STORE_SQLITE_BEGIN,
	STORE_SQLITE_COMMIT,
	STORE_SQLITE_ACCOUNT,
	STORE_SQLITE_HOLDER,
	STORE_SQLITE_LEASE,
	STORE_SQLITE_PUT_ACCOUNT,
	STORE_SQLITE_PUT_HOLDER,
	STORE_SQLITE_PUT_LEASE,
	STORE_SQLITE_NO_HOLDER,
	STORE_SQLITE_NO_LEASE,
	STORE_SQLITE_NO_STALE,
	STORE_SQLITE_LEASES,
	STORE_SQLITE_DUE,
	STORE_SQLITE_RENEW,
	STORE_SQLITE_ACCOUNTS,
	STORE_SQLITE_TOP,
	STORE_SQLITE_HOLDERS,
	STORE_SQLITE_MARK,
	STORE_SQLITE_BIND,
	STORE_SQLITE_UNBIND,
	STORE_SQLITE_BOUND,
	STORE_SQLITE_COUNT,
	STORE_SQLITE_STATEMENTS,
};

struct store_sqlite {
	struct store store;
	char *path;
	int lock;    /* a descriptor, held as long as we live */
	sqlite3 *db; /* NULL: it could not be opened again */
	sqlite3_stmt *statements[STORE_SQLITE_STATEMENTS];
	bool in_batch; /* store_save() began what store_flush() ends */
	bool lost;     /* what the batch held */
	int64_t tried; /* clock_monotonic_ms() of the last attempt to open */
	struct arena *error_arena;
	const char *error;
};

/**
 * store_sqlite_open(path, arena, error), store_sqlite_close(sqlite):
 * Open or make the file ${path}, mode 0640, for us alone.  NULL with the reason
 * and its cure, allocated from ${arena}, in ${error}.
 */
struct store_sqlite *store_sqlite_open(
    const char *path, struct arena *arena, const char **error);
void store_sqlite_close(struct store_sqlite *sqlite);

/**
 * store_sqlite_reopen(sqlite):
 * Return 0 when the file is open; after a failure, try to open what stands at
 * its path now, once a second.
 */
int store_sqlite_reopen(struct store_sqlite *sqlite);

/**
 * store_sqlite_explain(sqlite):
 * Keep, as its error, what SQLite last said.  A file that is damaged or gone is
 * closed.
 */
void store_sqlite_explain(struct store_sqlite *sqlite);

#endif
