/*
 * trace.h: how a decision was reached, step by step, for whoever asks.
 */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <stddef.h>

#include "base/arena.h"

/* Steps that are kept; more are counted only. */
#define TRACE_MAX_STEPS ((size_t)2000)

struct trace_step {
	const char *part;   /* "spf", "dkim", "dmarc", ...: constant */
	unsigned int depth; /* 0 is a step by itself, 1 belongs to the last 0 */
	const char *text;   /* strangers' bytes as they are: escape to print */
};

struct trace {
	struct arena *arena;
	struct trace_step *steps;
	size_t count;
	size_t dropped;
};

/**
 * trace_new(arena):
 * Return an empty trace that lives as long as ${arena}.
 */
struct trace *trace_new(struct arena *arena);

/**
 * trace_add(trace, part, depth, format, ...):
 * Append a step to ${trace}.  With NULL, as in a mail server, do nothing.
 */
void trace_add(struct trace *trace, const char *part, unsigned int depth,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
