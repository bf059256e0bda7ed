/*
 * replay.h: what the daemon would have done with the mail in a log: each
 * message is put together from its lines, then asked about as Postfix would
 * have, at the log's times.
 */
#ifndef POLICYD_REPLAY_H
#define POLICYD_REPLAY_H

#include <stdint.h>

#include "base/span.h"
#include "config.h"
#include "replay_tally.h"

struct replay;

/* How long a message waits, in the log's time, for lines about all its
 * recipients. */
#define REPLAY_WAIT_MS ((int64_t)600 * 1000)
/* Messages that wait at most. */
#define REPLAY_MAX_WAITING ((size_t)50000)

struct replay_totals {
	uint64_t lines;
	uint64_t mails;
	uint64_t recipients;
	uint64_t refused; /* recipients that Postfix refused then */
	int64_t first_ms; /* time of the first event, or 0 */
	int64_t last_ms;
};

/**
 * replay_new(config, year), replay_free(replay):
 * ${config}, whose reference is taken, is changed so that nobody is told and
 * nothing is written.  ${year} is that of the log's first line.
 */
struct replay *replay_new(struct config *config, int year);
void replay_free(struct replay *replay);

/**
 * replay_line(replay, line), replay_end(replay):
 * Take the next line; there is none any more.
 */
void replay_line(struct replay *replay, struct span line);
void replay_end(struct replay *replay);

/**
 * replay_totals(replay), replay_rules(replay), replay_people(replay):
 * Return how much there was, and what would have been done, by rule and by
 * login or client.
 */
const struct replay_totals *replay_totals(const struct replay *replay);
const struct replay_tally *replay_rules(const struct replay *replay);
const struct replay_tally *replay_people(const struct replay *replay);

#endif
