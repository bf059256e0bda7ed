#include "behind_batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/arena_impl.h"
#include "behind.h"
#include "store/store.h"

/* How many stored records are looked at for whether they have expired: all of
 * a million within minutes. */
#define LOOKED_AT 2000

#define AT_A_TIME 32

struct entry {
	struct span name;
	const struct behind_queue_change *change;
	size_t number; /* the higher, the newer */
};

struct behind_batch {
	size_t count;
	struct entry entries[BEHIND_BATCH_MAX];
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

/* As the store sorts, so that one page of it after the other is changed, and
 * of one record the newest change last. */
static int
compare(const void *left, const void *right)
{
	const struct entry *a = left;
	const struct entry *b = right;
	size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;
	int order = memcmp(a->name.data, b->name.data, len);

	if (order != 0)
		return (order);
	if (a->name.len != b->name.len)
		return (a->name.len < b->name.len ? -1 : 1);
	return (a->number < b->number ? -1 : 1);
}

/* Keep the newest of each. */
static size_t
unique(struct entry *entries, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (i + 1 == count ||
		    !span_eq(entries[i].name, entries[i + 1].name))
			entries[kept++] = entries[i];
	}
	return (kept);
}

struct behind_queue_place
behind_batch_collect(
    struct behind_batch *batch, const struct behind_queue *queue)
{
	struct behind_queue_place place = behind_queue_start(queue);
	size_t count = 0;

	for (; count < BEHIND_BATCH_MAX; count++) {
		const struct behind_queue_change *change =
		    behind_queue_next(&place);

		if (change == NULL)
			break;
		batch->entries[count] = (struct entry){
			.name = behind_queue_name(change),
			.change = change,
			.number = count,
		};
	}
	qsort(batch->entries, count, sizeof(batch->entries[0]), compare);
	batch->count = unique(batch->entries, count);
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

/* From ${first} on; the texts of few at a time lie in memory. */
static int
write_some(const struct behind_batch *batch, size_t first, struct store *store)
{
	struct arena *arena = arena_new();
	int result = 0;

	for (size_t i = first;
	     i < first + AT_A_TIME && i < batch->count && result == 0; i++)
		result = write_change(batch->entries[i].change, store, arena);
	arena_free(arena);
	return (result);
}

int
behind_batch_write(
    const struct behind_batch *batch, struct store *store, int64_t now)
{
	int result = store_begin(store);

	for (size_t i = 0; i < batch->count && result == 0; i += AT_A_TIME)
		result = write_some(batch, i, store);
	if (result == 0)
		result = store_expire(store, now, LOOKED_AT);
	return (result == 0 ? store_commit(store) : -1);
}
