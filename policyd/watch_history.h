/*
 * watch_history.h: what an account did so far: recipients in the last hour, the
 * busiest hour of each of the last weeks, and what became of its mail.  Small
 * records, arithmetic only.
 *
 * Today and yesterday are no history yet: who stole an account at 23:50 has not
 * made it a busy one by midnight.  And what is odd becomes history only up to
 * what would just not have been odd.
 */
#ifndef POLICYD_WATCH_HISTORY_H
#define POLICYD_WATCH_HISTORY_H

#include <stdint.h>

#include "table.h"

/* The last hour in slots of ten minutes. */
#define WATCH_HISTORY_SLOT_MS 600000
#define WATCH_HISTORY_SLOTS 6
#define WATCH_HISTORY_WEEKS 5
/* How long an account is young: what is usual for it is not known. */
#define WATCH_HISTORY_YOUNG_DAYS 7
/* After so long without mail an account is forgotten. */
#define WATCH_HISTORY_KEEP_DAYS 180

/* A zeroed one is of an account that was never seen.  Counts end at 65535. */
struct watch_history {
	int32_t first_day; /* since 1970 */
	int32_t slot;      /* the newest one, since 1970 */
	uint16_t sent[WATCH_HISTORY_SLOTS];
	uint16_t days[2];                    /* busiest hour today, yesterday */
	uint16_t weeks[WATCH_HISTORY_WEEKS]; /* before that, by week modulo */
};

struct watch_bounces {
	int32_t slot;
	uint16_t delivered[WATCH_HISTORY_SLOTS];
	uint16_t bounced[WATCH_HISTORY_SLOTS];
};

extern const struct table_codec watch_history_codec;
extern const struct table_codec watch_history_bounces_codec;

/**
 * watch_history_sent(history, factor, minimum, count, now):
 * ${count} recipients more.  ${factor} and ${minimum} are those of struct
 * watch_rules.
 */
void watch_history_sent(struct watch_history *history, uint64_t factor,
    uint64_t minimum, uint64_t count, int64_t now);

/**
 * watch_history_hour(history, now):
 * Return the recipients in the last hour.
 */
uint64_t watch_history_hour(const struct watch_history *history, int64_t now);

/**
 * watch_history_threshold(history, factor, minimum, now):
 * Return how many recipients an hour may have before it is a jump.
 */
uint64_t watch_history_threshold(const struct watch_history *history,
    uint64_t factor, uint64_t minimum, int64_t now);

/**
 * watch_history_delivered(bounces, delivered, bounced, when):
 * What became of so many recipients at ${when}; what is older than an hour
 * before the newest is no matter.
 */
void watch_history_delivered(struct watch_bounces *bounces, uint64_t delivered,
    uint64_t bounced, int64_t when);

/**
 * watch_history_outcomes(bounces, now, delivered, bounced):
 * Store the sums of the last hour.
 */
void watch_history_outcomes(const struct watch_bounces *bounces, int64_t now,
    uint64_t *delivered, uint64_t *bounced);

/**
 * watch_history_expires(now):
 * Return until when a record that changed at ${now} is worth something.
 */
int64_t watch_history_expires(int64_t now);

#endif
