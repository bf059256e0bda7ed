/*
 * program.h: another program, such as sendmail(1), run for a limited time.
 */
#ifndef DAEMON_PROGRAM_H
#define DAEMON_PROGRAM_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

struct program {
	char *const *arguments;   /* the first is its path; ended by NULL */
	char *const *environment; /* NAME=VALUE; ended by NULL */
	struct span input;        /* what it reads */
	struct buf *output;       /* what it prints, or NULL */
};

/**
 * program_run(arena, program, deadline):
 * Run it, without a shell, until ${deadline} of clock_monotonic_ms(), when it
 * is killed with all that it started.  Return NULL when it ended with status 0,
 * or what went wrong with what it said, allocated from ${arena}.  Blocking.
 */
const char *program_run(
    struct arena *arena, const struct program *program, int64_t deadline);

#endif
