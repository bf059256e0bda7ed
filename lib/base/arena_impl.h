/*
 * arena_impl.h: what arena.c shares with the two ways to lay out memory,
 * arena_chunks.c (every build) and arena_malloc.c (sanitizer builds, so that
 * the sanitizer sees each allocation's bounds).  CMake chooses one.
 */
#ifndef BASE_ARENA_IMPL_H
#define BASE_ARENA_IMPL_H

#include <stddef.h>

/**
 * arena_impl_malloc(size):
 * Return ${size} bytes of the heap, or end the process.
 */
void *arena_impl_malloc(size_t size);

#endif
