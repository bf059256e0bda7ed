/*
 * behind_queue.h: changes on their way to the store, in chunks: cheap to append
 * to, and handed over by a few pointers.
 */
#ifndef POLICYD_BEHIND_QUEUE_H
#define POLICYD_BEHIND_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "table.h"

/* A change, followed by the record, the kind with its NUL, and the key. */
struct behind_queue_change {
	const struct table_codec *codec; /* NULL: the record is gone */
	int64_t expires;
	uint32_t bytes; /* of all this */
	uint32_t record_size;
	uint16_t kind_len; /* with its NUL */
	uint16_t key_len;
};

struct behind_queue_chunk;

/* One that is all zero is empty. */
struct behind_queue {
	struct behind_queue_chunk *first;
	struct behind_queue_chunk *last;
	size_t read; /* bytes of the first chunk that are done with */
	size_t bytes;
	size_t changes;
};

/* A place between two changes. */
struct behind_queue_place {
	struct behind_queue_chunk *chunk; /* NULL: the end */
	size_t at;
};

/**
 * behind_queue_free(queue):
 * Empty ${queue}.
 */
void behind_queue_free(struct behind_queue *queue);

/**
 * behind_queue_put(queue, kind, key, change, record):
 * Append a copy of ${change}, whose codec, expires and record_size are set.
 * NULL ${record}: there is none.
 */
void behind_queue_put(struct behind_queue *queue, const char *kind,
    struct span key, struct behind_queue_change *change, const void *record);

/**
 * behind_queue_drop(queue):
 * Drop the oldest chunk, unless it is the only one.  Return how many changes
 * that were.
 */
size_t behind_queue_drop(struct behind_queue *queue);

/**
 * behind_queue_move(from, to):
 * Append all of ${from} to ${to}.
 */
void behind_queue_move(struct behind_queue *from, struct behind_queue *to);

/**
 * behind_queue_start(queue), behind_queue_next(place):
 * Return the place before the oldest change; step over the change behind
 * ${place} and return it, or NULL at the end.
 */
struct behind_queue_place behind_queue_start(const struct behind_queue *queue);
const struct behind_queue_change *behind_queue_next(
    struct behind_queue_place *place);

/**
 * behind_queue_forget(queue, place):
 * Drop all that stands before ${place}.
 */
void behind_queue_forget(
    struct behind_queue *queue, struct behind_queue_place place);

/**
 * behind_queue_record(change), behind_queue_name(change):
 * Return the record; the kind, a NUL and the key, which tell records apart.
 */
const void *behind_queue_record(const struct behind_queue_change *change);
struct span behind_queue_name(const struct behind_queue_change *change);

#endif
