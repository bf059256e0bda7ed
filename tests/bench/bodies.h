/*
 * bodies.h: the kinds of bodies that are hashed.
 */
#ifndef BENCH_BODIES_H
#define BENCH_BODIES_H

#include <stddef.h>

#include "base/span.h"

#define BODIES 4

/* libmilter hands out pieces of this size. */
#define BODIES_PIECE ((size_t)65535)

/* A body of one kind: lines that are repeated. */
struct bodies_kind {
	const char *name;
	const char *what; /* for people */
	const char *lines;
};

extern const struct bodies_kind bodies[BODIES];

/**
 * bodies_new(kind, bytes):
 * Return a body of ${kind} of so many ${bytes}, to be freed with bodies_free().
 */
struct span bodies_new(const struct bodies_kind *kind, size_t bytes);

/**
 * bodies_free(body):
 * Free ${body}.
 */
void bodies_free(struct span body);

/**
 * bodies_repeat(out, len, lines):
 * Fill ${out} of ${len} bytes with ${lines} again and again.
 */
void bodies_repeat(char *out, size_t len, const char *lines);

/**
 * bodies_seconds(void):
 * Return the CPU time of this process.
 */
double bodies_seconds(void);

#endif
