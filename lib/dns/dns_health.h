/*
 * dns_health.h: tell the operator when nothing answers any more.
 */
#ifndef DNS_DNS_HEALTH_H
#define DNS_DNS_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

/* So many failures without an answer between them are our resolver's doing, not
 * a stranger's zone. */
#define DNS_HEALTH_FAILURES 20
/* The warning comes again after this long, in milliseconds. */
#define DNS_HEALTH_AGAIN_MS 60000

/* Starts as { 0 }; one thread uses it. */
struct dns_health {
	uint64_t failures; /* since the last answer */
	int64_t again;     /* clock_monotonic_ms() of the next warning */
};

/**
 * dns_health_note(health, failed, now, log):
 * A question ended at ${now}, clock_monotonic_ms(), without an answer if
 * ${failed}.  Write a warning dns_trouble to ${log} when too many did in a row.
 */
void dns_health_note(
    struct dns_health *health, bool failed, int64_t now, const struct log *log);

#endif
