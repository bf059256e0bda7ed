/*
 * dns_unbound.h: answers from the DNS itself, through libunbound.
 */
#ifndef DNS_DNS_UNBOUND_H
#define DNS_DNS_UNBOUND_H

#include "base/log.h"
#include "dns/dns_backend.h"

/* A question without an answer for this long is given up, so that silent
 * servers do not use up DNS_MAX_UNDER_WAY. */
#define DNS_UNBOUND_PATIENCE_MS 15000

struct dns_unbound_options {
	/* Resolvers to ask, as "192.0.2.1", "192.0.2.1@5353", "2001:db8::1@53".
	 * count 0 with system false: ask the root servers ourselves.  Such a
	 * resolver may also be an authoritative server on this host. */
	const char *const *resolvers;
	size_t resolver_count;
	bool system;              /* without resolvers: /etc/resolv.conf's */
	const char *root_hints;   /* a file of root servers, NULL: the world's;
	                           * they may stand on this host */
	const char *trust_anchor; /* a file of DS or DNSKEY records, or NULL:
	                           * no validation */
	int patience_ms;          /* 0: DNS_UNBOUND_PATIENCE_MS */
	const struct log *log;    /* must outlive the backend */
};

/**
 * dns_unbound_is_resolver(text):
 * Say whether ${text} is a resolver as struct dns_unbound_options lists them.
 */
bool dns_unbound_is_resolver(const char *text);

/**
 * dns_unbound_new(options, error, arena):
 * Return a backend: one libunbound context and one thread that delivers its
 * answers, with all signals blocked.  Threads do not survive fork(): become a
 * daemon first.  ${options} but for the log are copied.
 *
 * DNS_TIMEOUT comes only from our own patience: libunbound tells its time-outs
 * as DNS_SERVFAIL.  When libunbound itself breaks down everything is
 * DNS_SERVFAIL until the thread has made a new context, a second later if it
 * can.  Events: dns_broken, dns_restored, dns_failed, dns_bogus.
 *
 * On failure return NULL and store the reason, allocated from
 * ${arena}, in ${error}.
 */
struct dns_backend *dns_unbound_new(const struct dns_unbound_options *options,
    struct arena *arena, const char **error);

#endif
