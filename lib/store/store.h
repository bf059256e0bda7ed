/*
 * store.h: records that outlive the process: (kind, key) -> text, until a time;
 * in SQLite with write-ahead log, which an admin can read with sqlite3(1).
 *
 *	state(kind TEXT, key TEXT, value TEXT, expires INTEGER)
 *
 * user_version is the schema's; older ones migrate, newer ones and databases of
 * other programs are refused.  A store belongs to one thread at a time.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

#define STORE_SCHEMA 1

struct store;

/* One change. */
struct store_record {
	const char *kind;
	struct span key;
	struct span value; /* data NULL: remove it */
	int64_t expires;   /* milliseconds since 1970 */
};

/**
 * store_open(path, arena, error):
 * Open or make the store ${path}, mode 0640.  On failure (corrupt, read-only,
 * of a newer version) return NULL with the reason and its cure, allocated from
 * ${arena}, in ${error}.
 */
struct store *store_open(
    const char *path, struct arena *arena, const char **error);

/**
 * store_reopen(store):
 * Close the file and open what now stands at its path, after a failure: an
 * admin may have moved a damaged one away.  Return 0, or -1 with the reason in
 * store_error(); then all else fails until this succeeds.
 */
int store_reopen(struct store *store);

/**
 * store_close(store):
 * Close ${store}.  NULL is harmless.
 */
void store_close(struct store *store);

/**
 * store_begin(store), store_put(store, record), store_commit(store):
 * Write a batch: all of it, or nothing when one of them returns -1; then
 * store_error() has the reason and the batch is over.
 */
int store_begin(struct store *store);
int store_put(struct store *store, const struct store_record *record);
int store_commit(struct store *store);

/**
 * store_error(store):
 * Return why the last call failed, with the cure; valid until the next failure.
 */
const char *store_error(const struct store *store);

/* Takes a record that is read; its spans live until it returns. */
typedef void store_visit(void *cookie, const struct store_record *record);

/**
 * store_each(store, kind, now, visit, cookie):
 * Give each record of ${kind} that has not expired at ${now} to ${visit}.
 * Return 0, or -1 when the store cannot be read.
 */
int store_each(struct store *store, const char *kind, int64_t now,
    store_visit *visit, void *cookie);

/**
 * store_expire(store, now, count):
 * Look at the next ${count} records, in the order of their keys and then from
 * the first again, and delete those that have expired at ${now}; in a batch, as
 * a part of it.  Return 0 or -1.
 */
int store_expire(struct store *store, int64_t now, int count);

/**
 * store_created(store):
 * Return when the store was made, milliseconds since 1970.
 */
int64_t store_created(const struct store *store);

#endif
