#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"

/* The first chunk holds an ordinary message's parsed header. */
#define CHUNK_MIN ((size_t)8 * 1024)
#define CHUNK_MAX ((size_t)256 * 1024)

struct chunk {
	struct chunk *next;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct chunk *chunks;
	unsigned char *free; /* the first unused byte of the newest chunk */
	size_t left;         /* unused bytes there */
	size_t next_size;
	size_t used;
};

struct arena *
arena_new(void)
{
	struct arena *arena = arena_impl_malloc(sizeof(*arena));

	*arena = (struct arena){ .next_size = CHUNK_MIN };
	return (arena);
}

void
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	for (struct chunk *chunk = arena->chunks; chunk != NULL;) {
		struct chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	free(arena);
}

static struct chunk *
add_chunk(struct arena *arena, size_t size)
{
	if (size > SIZE_MAX - sizeof(struct chunk))
		size = SIZE_MAX - sizeof(struct chunk);
	struct chunk *chunk = arena_impl_malloc(sizeof(*chunk) + size);

	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return (chunk);
}

/* An allocation larger than half a chunk gets one of its own, so that it does
 * not waste what is left of the current one. */
void *
arena_alloc(struct arena *arena, size_t size)
{
	size_t align = alignof(max_align_t);
	/* Two allocations never share an address, even if empty. */
	size_t rounded = size == 0 ? align : (size + align - 1) / align * align;

	if (rounded < size)
		rounded = SIZE_MAX;
	arena->used += rounded;
	if (rounded > arena->next_size / 2)
		return (memset(add_chunk(arena, rounded)->data, 0, size));
	if (rounded > arena->left) {
		arena->free = add_chunk(arena, arena->next_size)->data;
		arena->left = arena->next_size;
		if (arena->next_size < CHUNK_MAX)
			arena->next_size *= 2;
	}
	void *memory = arena->free;

	arena->free += rounded; /* UNSAFE: rounded <= left was checked */
	arena->left -= rounded;
	return (memset(memory, 0, size));
}

size_t
arena_size(const struct arena *arena)
{
	return (arena->used);
}
