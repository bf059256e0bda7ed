/*
 * table.h: what is remembered, by key: bounded, in memory, written behind.
 *
 * All records of a table have one size.  Each has a time at which it is worth
 * nothing any more.  A full table drops the one of a sample that is worth least
 * for the longest, so that nobody gets rid of his own debt by adding keys.  A
 * table belongs to one thread; hash keys are strangers' (SipHash).
 */
#ifndef POLICYD_TABLE_H
#define POLICYD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* Longer keys are told apart by so many bytes of theirs. */
#define TABLE_MAX_KEY ((size_t)1024)
/* The most records, and the largest one. */
#define TABLE_MAX_RECORDS ((size_t)1 << 30)
#define TABLE_MAX_RECORD ((size_t)6144)
/* No end to what a record is worth. */
#define TABLE_NEVER INT64_MAX

struct table;
struct behind;

/* How a record stands in the store: as text, so that a person can read it.
 * Both are called in other threads too and touch nothing else. */
struct table_codec {
	void (*print)(const void *record, struct buf *text);
	bool (*parse)(struct span text, void *record); /* false: not of ours */
};

struct table_options {
	const char *kind; /* the name in the store, at most 64 bytes; copied */
	size_t record_size; /* bytes */
	size_t max_records; /* at least one, and at most TABLE_MAX_RECORDS */
	const struct table_codec *codec; /* must outlive the table */
};

/**
 * table_new(options, behind):
 * Return an empty table; what changes is given to ${behind}, which must outlive
 * it, or to nobody when that is NULL.
 */
struct table *table_new(
    const struct table_options *options, struct behind *behind);

/**
 * table_free(table):
 * Free ${table}; what was not yet written is given to its behind first.  NULL
 * is harmless.
 */
void table_free(struct table *table);

/**
 * table_get(table, key):
 * Return the record at ${key}, or NULL.  It stays where it is until the next
 * table_add(), table_remove() or table_sweep().
 */
void *table_get(struct table *table, struct span key);

/**
 * table_add(table, key, now):
 * Return the record at ${key}, a zeroed one if there is none yet; in a full
 * table another one goes.
 */
void *table_add(struct table *table, struct span key, int64_t now);

/**
 * table_changed(table, record, expires):
 * ${record} of ${table} was changed and is worth something until ${expires},
 * milliseconds since 1970: write it soon.
 */
void table_changed(struct table *table, void *record, int64_t expires);

/**
 * table_remove(table, key):
 * Forget what is at ${key}.  Return false when nothing was.
 */
bool table_remove(struct table *table, struct span key);

/**
 * table_sweep(table, now, count):
 * Drop what is worth nothing at ${now} among the next ${count} places, of which
 * there are about as many as there were ever records.
 */
void table_sweep(struct table *table, int64_t now, size_t count);

/**
 * table_flush(table, count):
 * Give up to ${count} changed records to the behind, if it has room.  Return
 * how many are left.
 */
size_t table_flush(struct table *table, size_t count);

/**
 * table_load(table, key, text, expires):
 * Take a record as it stood in the store, without writing it again; one that
 * was changed since is newer and stays.  Return false when it is malformed.
 */
bool table_load(
    struct table *table, struct span key, struct span text, int64_t expires);

/* table_each() gives every record to such a function; false stops it. */
typedef bool table_visit(
    void *cookie, struct span key, void *record, int64_t expires);

/**
 * table_each(table, visit, cookie):
 * Give each record to ${visit}, which must not add or remove any.
 */
void table_each(struct table *table, table_visit *visit, void *cookie);

/**
 * table_walk(table, place, count, visit, cookie):
 * Give the records of the next ${count} buckets, of about one record each, from
 * *${place} on, 0 at first, to ${visit}, which must not add or remove any.
 * Return false at the end.  What is added or removed between two calls may be
 * seen or not; a record that is there all the time is seen, at times twice.
 */
bool table_walk(struct table *table, size_t *place, size_t count,
    table_visit *visit, void *cookie);

/**
 * table_count(table), table_evicted(table), table_kind(table),
 * table_bytes(table):
 * Return the number of records; how many went for room while they were still
 * worth something; the name in the store; the memory that it all takes.
 */
size_t table_count(const struct table *table);
uint64_t table_evicted(const struct table *table);
const char *table_kind(const struct table *table);
size_t table_bytes(const struct table *table);

#endif
