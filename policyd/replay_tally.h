/*
 * replay_tally.h: what was done how often, by name.
 */
#ifndef POLICYD_REPLAY_TALLY_H
#define POLICYD_REPLAY_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* Names that are told apart; the rest counts as "(others)". */
#define REPLAY_TALLY_MAX ((size_t)200000)

enum replay_done {
	REPLAY_PASSED,
	REPLAY_ALARM, /* the admin would have been told */
	REPLAY_DEFERRED,
	REPLAY_HELD,
	REPLAY_REFUSED,
	REPLAY_WOULD, /* but for a shadow */
	REPLAY_DONE,
};

struct replay_row {
	struct span name;
	uint64_t counts[REPLAY_DONE];
};

struct replay_tally;

/**
 * replay_tally_new(void), replay_tally_free(tally):
 * Nothing is counted yet.
 */
struct replay_tally *replay_tally_new(void);
void replay_tally_free(struct replay_tally *tally);

/**
 * replay_tally_add(tally, name, what):
 * ${what} was done once more to, or by, ${name}.
 */
void replay_tally_add(
    struct replay_tally *tally, struct span name, enum replay_done what);

/**
 * replay_tally_worst(tally, count):
 * Return all rows, those first that most was done to which is not
 * REPLAY_PASSED, and how many there are in ${count}; valid until the next
 * replay_tally_add().
 */
const struct replay_row *replay_tally_worst(
    const struct replay_tally *tally, size_t *count);

/**
 * replay_tally_weight(row):
 * Return how often anything was done but to let pass.
 */
uint64_t replay_tally_weight(const struct replay_row *row);

#endif
