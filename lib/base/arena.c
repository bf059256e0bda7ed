#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"

static void
die(const char *why)
{
	(void)fprintf(stderr, "mailreeve: %s\n", why);
	exit(EXIT_FAILURE);
}

void *
arena_impl_malloc(size_t size)
{
	void *memory = malloc(size);

	if (memory == NULL)
		die("out of memory");
	return (memory);
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		die("allocation size overflows");
	return (arena_alloc(arena, total));
}

void *
arena_grow(
    struct arena *arena, const void *old, size_t old_size, size_t new_size)
{
	void *grown = arena_alloc(arena, new_size);

	if (old_size > 0)
		memcpy(grown, old, old_size < new_size ? old_size : new_size);
	return (grown);
}

void *
arena_room(struct arena *arena, void *array, size_t count, size_t size)
{
	if ((count & (count - 1)) != 0)
		return (array);
	void *grown = arena_array(arena, count == 0 ? 1 : 2 * count, size);

	if (count > 0)
		memcpy(grown, array, count * size);
	return (grown);
}

struct span
arena_dup(struct arena *arena, struct span bytes)
{
	if (bytes.len == SIZE_MAX)
		die("allocation size overflows");
	char *copy = arena_alloc(arena, bytes.len + 1);

	if (bytes.len > 0)
		memcpy(copy, bytes.data, bytes.len);
	return (span_new(copy, bytes.len));
}

char *
arena_str(struct arena *arena, struct span bytes)
{
	/* The copy was made here, so that it may be changed. */
	return ((char *)(uintptr_t)arena_dup(arena, bytes).data);
}

char *
arena_strdup(struct arena *arena, const char *string)
{
	return (arena_str(arena, span_str(string)));
}

char *
arena_vprintf(struct arena *arena, const char *format, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	int len = vsnprintf(NULL, 0, format, again);

	va_end(again);
	if (len < 0)
		die("cannot format a string");
	char *text = arena_alloc(arena, (size_t)len + 1);

	(void)vsnprintf(text, (size_t)len + 1, format, ap);
	return (text);
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	char *text = arena_vprintf(arena, format, ap);

	va_end(ap);
	return (text);
}
