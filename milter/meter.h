/*
 * meter.h: what the milter counts.  The functions may be called from any
 * thread and neither lock nor allocate.
 */
#ifndef MILTER_METER_H
#define MILTER_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "dkim/keycache.h"
#include "dns/dns.h"
#include "mail.h"
#include "outcome.h"

struct meter;

/* What others count, read when somebody wants to know. */
struct meter_state {
	struct dns_counters dns;
	struct keycache_counters keys;
	struct service_load load;
	uint64_t errors; /* in the log */
	uint64_t warnings;
	uint64_t signing_keys;
};

/**
 * meter_new(void):
 * Return a meter at 0.
 */
struct meter *meter_new(void);

/**
 * meter_free(meter):
 * Free ${meter}.  NULL is harmless.
 */
void meter_free(struct meter *meter);

/**
 * meter_message(meter, mail, outcome, us):
 * ${mail} got ${outcome}, ${us} microseconds after its end.
 */
void meter_message(struct meter *meter, const struct mail *mail,
    const struct outcome *outcome, int64_t us);

/**
 * meter_aborted(meter, stage):
 * The client left a message when it had come to ${stage}.
 */
void meter_aborted(struct meter *meter, enum mail_stage stage);

/**
 * meter_stopping(meter), meter_not_applied(meter), meter_odd(meter),
 * meter_reload(meter, loaded):
 * A message was put off because we stop, or because libmilter would not carry
 * out its outcome; something connected and did not negotiate; the
 * configuration was loaded again, or refused.
 */
void meter_stopping(struct meter *meter);
void meter_not_applied(struct meter *meter);
void meter_odd(struct meter *meter);
void meter_reload(struct meter *meter, bool loaded);

/**
 * meter_dns(meter, status, us):
 * A dns_observer().
 */
void meter_dns(void *meter, enum dns_status status, int64_t us);

/**
 * meter_print(meter, state, page):
 * Append the metrics of ${meter} and ${state} to ${page}; of threads that do
 * so at once each may print what the other has just read.
 */
void meter_print(
    struct meter *meter, const struct meter_state *state, struct buf *page);

#endif
