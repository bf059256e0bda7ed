#include "behind_batch.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/arena_impl.h"
#include "base/hash.h"
#include "behind.h"
#include "store/store.h"

/* How many stored records are looked at for whether they have expired: all of
 * a million within minutes. */
#define LOOKED_AT 2000

struct newest {
	struct hash_node node; /* first: hash_get() finds it */
	const struct behind_queue_change *change;
};

struct behind_batch {
	size_t count;
	struct newest newest[BEHIND_BATCH_MAX];
};

struct behind_batch *
behind_batch_new(void)
{
	struct behind_batch *batch = arena_impl_malloc(sizeof(*batch));

	batch->count = 0;
	return (batch);
}

void
behind_batch_free(struct behind_batch *batch)
{
	free(batch);
}

struct behind_queue_place
behind_batch_collect(
    struct behind_batch *batch, const struct behind_queue *queue)
{
	struct behind_queue_place place = behind_queue_start(queue);
	struct hash *hash = hash_new();

	batch->count = 0;
	for (size_t i = 0; i < BEHIND_BATCH_MAX; i++) {
		const struct behind_queue_change *change =
		    behind_queue_next(&place);
		struct newest *newest;

		if (change == NULL)
			break;
		newest = (void *)hash_get(hash, behind_queue_name(change));
		if (newest == NULL) {
			newest = &batch->newest[batch->count++];
			newest->node.key = behind_queue_name(change);
			hash_add(hash, &newest->node);
		}
		newest->change = change;
	}
	hash_free(hash);
	return (place);
}

size_t
behind_batch_count(const struct behind_batch *batch)
{
	return (batch->count);
}

static int
write_change(const struct behind_queue_change *change, struct store *store,
    struct arena *arena)
{
	struct span name = behind_queue_name(change);
	struct store_record record = { .kind = (const char *)name.data,
		.key = span_tail(name, change->kind_len),
		.expires = change->expires };
	struct buf text;

	buf_init(&text, arena, BEHIND_MAX_TEXT);
	if (change->codec != NULL) {
		change->codec->print(behind_queue_record(change), &text);
		assert(!text.overflow);
		record.value = text.len == 0 ? span_str("") : buf_span(&text);
	}
	return (store_put(store, &record));
}

int
behind_batch_write(
    const struct behind_batch *batch, struct store *store, int64_t now)
{
	int result = store_begin(store);

	for (size_t i = 0; i < batch->count && result == 0; i++) {
		struct arena *arena = arena_new();

		result = write_change(batch->newest[i].change, store, arena);
		arena_free(arena);
	}
	if (result == 0)
		result = store_expire(store, now, LOOKED_AT);
	return (result == 0 ? store_commit(store) : -1);
}
