/*
 * iprev.h: whether a client's address has a name that leads back to it (RFC
 * 8601 3).
 */
#ifndef DNS_IPREV_H
#define DNS_IPREV_H

#include <stdint.h>

#include "base/arena.h"
#include "base/network.h"
#include "base/trace.h"
#include "dns/dns.h"

/* Names of one address that are tried. */
#define IPREV_MAX_NAMES 10

/* RFC 8601 2.7.3. */
enum iprev_result {
	IPREV_NONE, /* not asked */
	IPREV_PASS,
	IPREV_FAIL,
	IPREV_TEMPERROR,
	IPREV_PERMERROR, /* the address has no name */
};

/**
 * iprev_prefetch(dns, client):
 * Start asking ${dns} for the names of ${client}.  Never waits.
 */
void iprev_prefetch(struct dns *dns, const struct network_address *client);

/**
 * iprev_eval(dns, client, deadline, arena, trace):
 * Ask ${dns} for the names of ${client}, and whether one of them has its
 * address, until clock_monotonic_ms() is ${deadline} at most.
 */
enum iprev_result iprev_eval(struct dns *dns,
    const struct network_address *client, int64_t deadline, struct arena *arena,
    struct trace *trace);

/**
 * iprev_result_name(result):
 * Return the lower-case word.
 */
const char *iprev_result_name(enum iprev_result result);

#endif
