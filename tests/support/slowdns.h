/*
 * slowdns.h: a backend of the resolver that answers as another does, but late,
 * or for some names never.
 */
#ifndef SUPPORT_SLOWDNS_H
#define SUPPORT_SLOWDNS_H

#include <stdint.h>

#include "dns/dns_backend.h"

/* For a delay: no answer until the end. */
#define SLOWDNS_NEVER (-1)

struct slowdns_rule {
	const char *suffix; /* of the name */
	int delay_ms;
};

/**
 * slowdns_new(inner, rules):
 * Return a backend that asks ${inner}, which it owns, after the delay of the
 * first of ${rules} that fits, at once where none does.  Their end is one
 * without a suffix; they must outlive it.
 */
struct dns_backend *slowdns_new(
    struct dns_backend *inner, const struct slowdns_rule *rules);

#endif
