/*
 * dns_backend.h: what a source of answers offers to the cache.
 */
#ifndef DNS_DNS_BACKEND_H
#define DNS_DNS_BACKEND_H

#include "dns/dns.h"

/**
 * dns_done(cookie, answer):
 * Called exactly once for each question started, from any thread, perhaps
 * before start() returns.  ${answer} and what it points to are valid during the
 * call only.
 */
typedef void dns_done(void *cookie, const struct dns_answer *answer);

struct dns_backend {
	/* Start asking for ${type} at ${name} (lower case, no final dot) and
	 * return at once; ${done} gets the answer. */
	void (*start)(struct dns_backend *backend, const char *name,
	    enum dns_type type, dns_done *done, void *cookie);
	/* Answer what is under way with DNS_SERVFAIL, then free ${backend}. */
	void (*free)(struct dns_backend *backend);
};

#endif
