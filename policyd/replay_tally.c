#include "replay_tally.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"

struct entry {
	struct hash_node node;
	size_t row;
};

struct replay_tally {
	struct arena *arena;
	struct hash *hash;
	struct replay_row *rows;
	size_t count;
};

struct replay_tally *
replay_tally_new(void)
{
	struct arena *arena = arena_new();
	struct replay_tally *tally = arena_alloc(arena, sizeof(*tally));

	tally->arena = arena;
	tally->hash = hash_new();
	return (tally);
}

void
replay_tally_free(struct replay_tally *tally)
{
	if (tally == NULL)
		return;
	hash_free(tally->hash);
	arena_free(tally->arena);
}

/* UNSAFE: node is the first member of each entry. */
static struct entry *
find(const struct replay_tally *tally, struct span name)
{
	return ((struct entry *)(void *)hash_get(tally->hash, name));
}

void
replay_tally_add(
    struct replay_tally *tally, struct span name, enum replay_done what)
{
	if (find(tally, name) == NULL && tally->count >= REPLAY_TALLY_MAX)
		name = span_str("(others)");
	struct entry *entry = find(tally, name);

	if (entry == NULL) {
		entry = arena_alloc(tally->arena, sizeof(*entry));
		entry->node.key = arena_dup(tally->arena, name);
		entry->row = tally->count;
		hash_add(tally->hash, &entry->node);
		tally->rows = arena_room(tally->arena, tally->rows,
		    tally->count, sizeof(*tally->rows));
		tally->rows[tally->count++] =
		    (struct replay_row){ .name = entry->node.key };
	}
	tally->rows[entry->row].counts[what]++;
}

uint64_t
replay_tally_weight(const struct replay_row *row)
{
	uint64_t sum = 0;

	for (size_t i = REPLAY_PASSED + 1; i < REPLAY_DONE; i++)
		sum += row->counts[i];
	return (sum);
}

static int
worst_first(const void *a, const void *b)
{
	const struct replay_row *left = a;
	const struct replay_row *right = b;
	uint64_t of_left = replay_tally_weight(left);
	uint64_t of_right = replay_tally_weight(right);

	if (of_left != of_right)
		return (of_left > of_right ? -1 : 1);
	if (left->counts[REPLAY_PASSED] != right->counts[REPLAY_PASSED])
		return (
		    left->counts[REPLAY_PASSED] > right->counts[REPLAY_PASSED]
			? -1
			: 1);
	return (0);
}

const struct replay_row *
replay_tally_worst(const struct replay_tally *tally, size_t *count)
{
	struct replay_row *rows =
	    arena_array(tally->arena, tally->count + 1, sizeof(*rows));

	for (size_t i = 0; i < tally->count; i++)
		rows[i] = tally->rows[i];
	qsort(rows, tally->count, sizeof(*rows), worst_first);
	*count = tally->count;
	return (rows);
}
