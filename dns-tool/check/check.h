/*
 * check.h: what all probes of a check share, and the probes themselves.  Each
 * looks at one side of the server in a thread of its own, asks and connects
 * until the deadline at most, and adds what it finds, also what is right.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "check/finding.h"
#include "config.h"
#include "dns/dns.h"
#include "local/server.h"
#include "receiver/receiver.h"
#include "records/record.h"

struct check {
	const struct config_settings *settings;
	const struct server *server;
	const struct record_list *expected;
	struct dns *dns;
	struct receiver *spf2[2]; /* for an IPv4 and an IPv6 address; each of
	                           * these NULL: it cannot be asked */
	struct receiver *opendkim;
	int64_t now;      /* seconds since 1970 */
	int64_t deadline; /* clock_monotonic_ms() */
	bool zone_file;   /* answers come from a file: there are no name
	                   * servers to ask */
};

typedef void check_probe(
    const struct check *check, struct finding_list *findings);

struct probe {
	const char *name; /* for --only */
	check_probe *run;
	const char *help;
};

/* In the order of the report; ends without a name. */
extern const struct probe probes[];

/* Each is in the file whose name it begins with. */
check_probe published_probe, dnssec_probe, mx_probe, ptr_probe, spf_probe,
    dkim_probe, dmarc_probe, mta_sts_probe, caa_probe, bimi_probe, ports_probe,
    tlsa_probe, closed_probe, relay_probe, outgoing_probe, lists_probe,
    timekeeping_probe, as_receiver_probe;

#endif
