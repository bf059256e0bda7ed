#include "behind_queue.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"

#define CHUNK_BYTES ((size_t)64 * 1024)

struct behind_queue_chunk {
	struct behind_queue_chunk *next;
	size_t used;
	alignas(max_align_t) unsigned char data[CHUNK_BYTES];
};

void
behind_queue_free(struct behind_queue *queue)
{
	while (queue->first != NULL) {
		struct behind_queue_chunk *chunk = queue->first;

		queue->first = chunk->next;
		free(chunk);
	}
	*queue = (struct behind_queue){ 0 };
}

static struct behind_queue_chunk *
chunk_with_room(struct behind_queue *queue, size_t bytes)
{
	struct behind_queue_chunk *chunk = queue->last;

	if (chunk != NULL && bytes <= CHUNK_BYTES - chunk->used)
		return (chunk);
	chunk = arena_impl_malloc(sizeof(*chunk));
	chunk->next = NULL;
	chunk->used = 0;
	if (queue->last == NULL)
		queue->first = chunk;
	else
		queue->last->next = chunk;
	queue->last = chunk;
	return (chunk);
}

/* So that the change behind it, and its record, are aligned. */
static size_t
round_up(size_t size)
{
	return (
	    (size + sizeof(int64_t) - 1) / sizeof(int64_t) * sizeof(int64_t));
}

static void
copy(unsigned char *at, const struct behind_queue_change *change,
    const void *record, const char *kind, struct span key)
{
	memcpy(at, change, sizeof(*change));
	/* UNSAFE: behind_queue_put() counted all of it. */
	at += sizeof(*change);
	if (record != NULL)
		memcpy(at, record, change->record_size);
	at += change->record_size;
	memcpy(at, kind, change->kind_len);
	at += change->kind_len;
	if (key.len > 0)
		memcpy(at, key.data, key.len);
}

void
behind_queue_put(struct behind_queue *queue, const char *kind, struct span key,
    struct behind_queue_change *change, const void *record)
{
	size_t kind_len = strlen(kind) + 1;
	size_t bytes = round_up(
	    sizeof(*change) + change->record_size + kind_len + key.len);
	struct behind_queue_chunk *chunk;

	assert(bytes <= CHUNK_BYTES && key.len <= UINT16_MAX);
	change->bytes = (uint32_t)bytes;
	change->kind_len = (uint16_t)kind_len;
	change->key_len = (uint16_t)key.len;
	chunk = chunk_with_room(queue, bytes);
	copy(&chunk->data[chunk->used], change, record, kind, key);
	chunk->used += bytes;
	queue->bytes += bytes;
	queue->changes++;
}

size_t
behind_queue_drop(struct behind_queue *queue)
{
	size_t before = queue->changes;

	if (queue->first != queue->last)
		behind_queue_forget(queue,
		    (struct behind_queue_place){ queue->first->next, 0 });
	return (before - queue->changes);
}

void
behind_queue_move(struct behind_queue *from, struct behind_queue *to)
{
	if (from->first == NULL)
		return;
	assert(from->read == 0);
	if (to->last == NULL)
		to->first = from->first;
	else
		to->last->next = from->first;
	to->last = from->last;
	to->bytes += from->bytes;
	to->changes += from->changes;
	*from = (struct behind_queue){ 0 };
}

struct behind_queue_place
behind_queue_start(const struct behind_queue *queue)
{
	return ((struct behind_queue_place){ queue->first, queue->read });
}

const struct behind_queue_change *
behind_queue_next(struct behind_queue_place *place)
{
	const struct behind_queue_change *change;

	if (place->chunk == NULL)
		return (NULL);
	change = (const void *)&place->chunk->data[place->at];
	place->at += change->bytes;
	if (place->at == place->chunk->used)
		*place = (struct behind_queue_place){ place->chunk->next, 0 };
	return (change);
}

void
behind_queue_forget(struct behind_queue *queue, struct behind_queue_place place)
{
	struct behind_queue_place at = behind_queue_start(queue);

	while (at.chunk != place.chunk || at.at != place.at) {
		struct behind_queue_chunk *chunk = at.chunk;

		queue->bytes -= behind_queue_next(&at)->bytes;
		queue->changes--;
		if (at.chunk != chunk)
			free(chunk);
	}
	queue->first = place.chunk;
	queue->read = place.at;
	if (place.chunk == NULL)
		queue->last = NULL;
}

const void *
behind_queue_record(const struct behind_queue_change *change)
{
	/* UNSAFE: copy() put it right behind the change. */
	return (change + 1);
}

struct span
behind_queue_name(const struct behind_queue_change *change)
{
	/* UNSAFE: copy() put it behind the record. */
	return (
	    span_new((const unsigned char *)(change + 1) + change->record_size,
		(size_t)change->kind_len + change->key_len));
}
