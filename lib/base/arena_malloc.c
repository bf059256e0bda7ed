#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"

struct block {
	struct block *next;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct block *blocks;
	size_t used;
};

struct arena *
arena_new(void)
{
	struct arena *arena = arena_impl_malloc(sizeof(*arena));

	*arena = (struct arena){ 0 };
	return (arena);
}

void
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	for (struct block *block = arena->blocks; block != NULL;) {
		struct block *next = block->next;

		free(block);
		block = next;
	}
	free(arena);
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	size_t total = SIZE_MAX;

	if (size < SIZE_MAX - sizeof(struct block))
		total = size + sizeof(struct block);
	struct block *block = arena_impl_malloc(total);

	block->next = arena->blocks;
	arena->blocks = block;
	arena->used += size;
	return (memset(block->data, 0, size));
}

size_t
arena_size(const struct arena *arena)
{
	return (arena->used);
}
