/*
 * slabs.h: memory for very many small things of a few sizes: without a header
 * each, named by 32 bits instead of a pointer, given back when a whole slab is
 * empty.
 */
#ifndef POLICYD_SLABS_H
#define POLICYD_SLABS_H

#include <stddef.h>
#include <stdint.h>

/* The largest thing, in bytes: several of them fill a slab. */
#define SLABS_MAX_SIZE ((size_t)8192)

struct slabs;

/**
 * slabs_new(void):
 * Return slabs that hold nothing.
 */
struct slabs *slabs_new(void);

/**
 * slabs_free(slabs):
 * Free ${slabs} with all they hold.  NULL is harmless.
 */
void slabs_free(struct slabs *slabs);

/**
 * slabs_add(slabs, size):
 * Return the name, never 0, of ${size} new bytes, aligned for an int64_t; what
 * they hold is undefined.
 */
uint32_t slabs_add(struct slabs *slabs, size_t size);

/**
 * slabs_take(slabs, name):
 * Give back what slabs_add() called ${name}.
 */
void slabs_take(struct slabs *slabs, uint32_t name);

/**
 * slabs_at(slabs, name):
 * Return the bytes called ${name}.
 */
void *slabs_at(const struct slabs *slabs, uint32_t name);

/**
 * slabs_bytes(slabs):
 * Return how much memory ${slabs} hold.
 */
size_t slabs_bytes(const struct slabs *slabs);

#endif
