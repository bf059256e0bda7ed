/*
 * dnsrelay.h: a lossy way to a DNS server: questions over UDP pass through here
 * and some of them are dropped; TCP passes whole.
 */
#ifndef SUPPORT_DNSRELAY_H
#define SUPPORT_DNSRELAY_H

#include <stdbool.h>
#include <stdint.h>

struct dnsrelay;

struct dnsrelay_counters {
	unsigned int asked;   /* questions over UDP */
	unsigned int dropped; /* of these */
	unsigned int tcp;     /* connections over TCP */
};

/**
 * dnsrelay_new(server, loss):
 * Return a relay to the DNS server at ${server}, "127.0.0.1@PORT", that drops
 * ${loss} of a thousand questions, by the same pseudo-random sequence in each
 * run.  Its thread starts at once.  Any failure ends the test program.
 */
struct dnsrelay *dnsrelay_new(const char *server, unsigned int loss);

/**
 * dnsrelay_free(relay):
 * Stop ${relay}.  NULL is harmless.
 */
void dnsrelay_free(struct dnsrelay *relay);

/**
 * dnsrelay_address(relay):
 * Return where to ask, "127.0.0.1@PORT".
 */
const char *dnsrelay_address(const struct dnsrelay *relay);

/**
 * dnsrelay_dropped(relay, name, since):
 * Say whether a question for ${name}, in lower case and without a final dot,
 * was dropped when clock_monotonic_ms() was ${since} or later.
 */
bool dnsrelay_dropped(struct dnsrelay *relay, const char *name, int64_t since);

/**
 * dnsrelay_counters(relay, out):
 * Store in ${out} what ${relay} has seen so far.
 */
void dnsrelay_counters(struct dnsrelay *relay, struct dnsrelay_counters *out);

#endif
