/*
 * meter.h: what the daemon counts, for Prometheus; the families are in
 * meter_families.c.
 */
#ifndef QUOTAD_METER_H
#define QUOTAD_METER_H

#include <stdint.h>

#include "base/buf.h"
#include "ledger/ledger_frame.h"

struct meter;

/**
 * meter_new(void), meter_free(meter):
 * Counters that are all 0; NULL is harmless to free.
 */
struct meter *meter_new(void);
void meter_free(struct meter *meter);

/**
 * meter_request(meter, verb, result, us):
 * Count a request, its result, and the microseconds that it took.
 */
void meter_request(struct meter *meter, enum ledger_verb verb,
    enum ledger_result result, int64_t us);

enum meter_event {
	METER_LEASE_DIED,
	METER_RECOUNT,           /* one that was accepted */
	METER_RECOUNT_CORRECTED, /* and found another number than ours */
	METER_OVERTAKEN,         /* a unit that had to be decided anew */
	METER_STORE_AWAY,
	METER_WARNING, /* sent */
	METER_PEER_DENIED,
	METER_PEER_BROKEN, /* sent what is no frame, or did not read */
};

/**
 * meter_count(meter, event):
 * Count what happened.
 */
void meter_count(struct meter *meter, enum meter_event event);

struct meter_gauges {
	int64_t connections, leases, stale, holders, dirty, accounts;
};

/**
 * meter_set(meter, gauges):
 * Show how much there is.
 */
void meter_set(struct meter *meter, const struct meter_gauges *gauges);

/**
 * meter_print(meter, page):
 * Called in the metrics page's thread.
 */
void meter_print(const struct meter *meter, struct buf *page);

#endif
