/*
 * behind.h: writes behind what tables tell it, in a thread of its own, to the
 * store: at least once a second, all of it at the end.  A store that fails is
 * reported, and what was not written is kept up to BEHIND_MAX_BYTES, then
 * dropped: the daemon goes on from memory.
 */
#ifndef POLICYD_BEHIND_H
#define POLICYD_BEHIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/span.h"
#include "table.h"

#define BEHIND_MAX_BYTES ((size_t)64 * 1024 * 1024)
/* Milliseconds between two writes, and, while the store fails, between two
 * tries at first and at last. */
#define BEHIND_INTERVAL_MS 600
#define BEHIND_MAX_RETRY_MS 30000
/* Of a record as text. */
#define BEHIND_MAX_TEXT ((size_t)64 * 1024)

struct behind;
struct store;

struct behind_counters {
	uint64_t written; /* records; what changed twice between is one */
	uint64_t dropped; /* for want of room while the store failed */
	uint64_t failures;
	uint64_t waiting; /* records */
	bool failing;
};

/**
 * behind_new(store, log):
 * Return a behind of ${store}, which it closes at the end; it writes nothing
 * until behind_start(), so that ${store} can be read first.  NULL ${store}:
 * nothing is kept, and nothing reported.
 */
struct behind *behind_new(struct store *store, const struct log *log);

/**
 * behind_start(behind):
 * Start the thread; from now on it alone uses the store.
 */
void behind_start(struct behind *behind);

/**
 * behind_has_room(behind):
 * Say whether so little waits that more is welcome.  It is taken in any case;
 * but a table keeps its changes at no cost, and the last of each record only.
 */
bool behind_has_room(struct behind *behind);

/**
 * behind_put(behind, kind, key, record, size, codec, expires):
 * Copy a changed record; it is printed with ${codec} in the other thread.
 * Never waits for the disk.
 */
void behind_put(struct behind *behind, const char *kind, struct span key,
    const void *record, size_t size, const struct table_codec *codec,
    int64_t expires);

/**
 * behind_remove(behind, kind, key):
 * The record is gone.
 */
void behind_remove(struct behind *behind, const char *kind, struct span key);

/**
 * behind_now(behind, now):
 * It is ${now}, milliseconds since 1970: what has expired may be deleted from
 * the store, a little with each write.  Until this is called, the system's
 * clock is asked.
 */
void behind_now(struct behind *behind, int64_t now);

/**
 * behind_counters(behind, out):
 * Store what it did in ${out}.
 */
void behind_counters(struct behind *behind, struct behind_counters *out);

/**
 * behind_free(behind):
 * Write all there is, end the thread.  Return 0, or -1 when something could not
 * be written.  NULL is harmless.
 */
int behind_free(struct behind *behind);

#endif
