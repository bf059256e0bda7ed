/*
 * arena.h: memory that lives as long as one message, request, command or
 * configuration, and is freed at once.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/compat.h"
#include "base/span.h"

struct arena;

/**
 * arena_new(void):
 * Return a new, empty arena.  Allocation succeeds or the process exits, here
 * and in every function below: callers bound the sizes that strangers choose.
 */
struct arena *arena_new(void);

/**
 * arena_free(arena):
 * Free ${arena} and everything allocated from it.  NULL is harmless.
 */
void arena_free(struct arena *arena);

/**
 * arena_alloc(arena, size):
 * Return ${size} zeroed bytes, aligned for any type, that live as long as
 * ${arena}.
 */
void *arena_alloc(struct arena *arena, size_t size);

/**
 * arena_array(arena, count, size):
 * As arena_alloc() for ${count} elements of ${size} bytes; a product that
 * overflows ends the process.
 */
void *arena_array(struct arena *arena, size_t count, size_t size);

/**
 * arena_grow(arena, old, old_size, new_size):
 * Return ${new_size} bytes that begin with the ${old_size} bytes at ${old};
 * the rest is zero.  ${old} may be NULL when ${old_size} is 0; it stays valid.
 */
void *arena_grow(
    struct arena *arena, const void *old, size_t old_size, size_t new_size);

/**
 * arena_room(arena, array, count, size):
 * Return ${array} with room for one more after its ${count} elements of ${size}
 * bytes: it doubles when it is full, at powers of two.  ${array} must have
 * grown so from NULL.
 */
void *arena_room(struct arena *arena, void *array, size_t count, size_t size);

/**
 * arena_dup(arena, bytes):
 * Return a copy of ${bytes}, followed by a NUL that is not counted.
 */
struct span arena_dup(struct arena *arena, struct span bytes);

/**
 * arena_str(arena, bytes):
 * Return ${bytes} as a C string.  It ends early at a NUL inside ${bytes}.
 */
char *arena_str(struct arena *arena, struct span bytes);

/**
 * arena_strdup(arena, string):
 * Return a copy of the C string ${string}.
 */
char *arena_strdup(struct arena *arena, const char *string);

/**
 * arena_printf(arena, format, ...), arena_vprintf(arena, format, ap):
 * Return the formatted text as a C string.
 */
char *arena_printf(struct arena *arena, const char *format, ...)
    COMPAT_PRINTF(2, 3);
char *arena_vprintf(struct arena *arena, const char *format, va_list ap)
    COMPAT_PRINTF(2, 0);

/**
 * arena_size(arena):
 * Return how many bytes ${arena} has handed out.
 */
size_t arena_size(const struct arena *arena);

#endif
