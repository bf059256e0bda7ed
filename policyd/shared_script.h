/*
 * shared_script.h: the one script that charges in Redis or Valkey, what it is
 * given and what it answers.
 *
 * What a key holds is the text of the same counter in the store, so that the
 * arithmetic after the answer is counter.c's.  The clock is the server's: one
 * for all machines.
 */
#ifndef POLICYD_SHARED_SCRIPT_H
#define POLICYD_SHARED_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "shared.h"

/* A server's command. */
struct shared_script_command {
	int count;
	const char **words;
	size_t *lengths;
};

/**
 * shared_script_text(void):
 * Return the script.
 */
const char *shared_script_text(void);

/**
 * shared_script_command(how, script, charges, count, now, arena, out):
 * Store the command that runs the script in ${out}, allocated from ${arena}:
 * ${how} is EVAL with the text, or EVALSHA with the digest, in ${script}.  The
 * spans of ${charges} must live as long.
 */
void shared_script_command(const char *how, const char *script,
    const struct shared_charge *charges, size_t count, int64_t now,
    struct arena *arena, struct shared_script_command *out);

/**
 * shared_script_probe(void):
 * Return a charge that shows whether the server runs the script and may write,
 * and that counts under nobody's key.
 */
struct shared_charge shared_script_probe(void);

/**
 * shared_script_key(algorithm, limit, key, arena):
 * Return the name in the server of what counts under ${key}.
 */
struct span shared_script_key(enum counter_algorithm algorithm,
    const char *limit, struct span key, struct arena *arena);

/**
 * shared_script_answer(charge, fits, text, now):
 * Store the answer in ${charge}: whether it ${fits}, and from the ${text} that
 * the key holds at ${now} by the server's clock, the reading.  Return false
 * when that is malformed.
 */
bool shared_script_answer(
    struct shared_charge *charge, bool fits, struct span text, int64_t now);

#endif
