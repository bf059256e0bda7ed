/*
 * verify.h: all DKIM signatures of one message (RFC 6376 6).
 */
#ifndef DKIM_VERIFY_H
#define DKIM_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "dkim/dkim.h"
#include "dkim/keycache.h"
#include "dns/dns.h"
#include "mail/header.h"

struct dkim_verify_options {
	size_t max_signatures;     /* verified; the others get DKIM_NEUTRAL */
	unsigned int min_rsa_bits; /* at least 1024 (RFC 8301 3.2) */
	bool accept_partial_body;  /* l= short of the body may pass, else policy
	                            */
	bool accept_expired;       /* x= in the past may pass, else policy */
	int64_t clock_skew;        /* seconds that t= may lie in the future */
};

struct dkim_verification {
	enum dkim_result result;
	const char *reason; /* why not pass, in plain words; NULL on pass */
	const char *domain; /* d= in lower-case A-labels; NULL if unreadable */
	const char *selector; /* s=, likewise */
	const char *identity; /* i=, or "@" and d= */
	const char *b;        /* the first 8 characters of b= (RFC 6008) */
	enum dkim_algorithm algorithm;
	unsigned int key_bits;
	bool testing; /* t=y in the key record */
	enum dns_security security;
};

struct dkim_verify;

/**
 * dkim_verify_new(arena, options, headers, from_domain, dns, keys, clock):
 * Begin to verify the message with ${headers}, which must stay: read its
 * DKIM-Signature fields, choose up to ${options}->max_signatures (those whose
 * d= is aligned with ${from_domain}, lower-case A-labels or NULL, come first)
 * and start asking ${dns} for their keys.  Never waits.  dkim_verify_free()
 * must be called for the result.
 */
struct dkim_verify *dkim_verify_new(struct arena *arena,
    const struct dkim_verify_options *options,
    const struct header_list *headers, const char *from_domain, struct dns *dns,
    struct keycache *keys, const struct clock *clock);

/**
 * dkim_verify_body(verify, bytes):
 * The next part of the body, as bodyhash_add() takes it.
 */
void dkim_verify_body(struct dkim_verify *verify, struct span bytes);

/**
 * dkim_verify_finish(verify, deadline, count):
 * The message has ended: wait for the keys until clock_monotonic_ms() is
 * ${deadline} at most, and return one verification for each DKIM-Signature
 * field, in message order, with their number in ${count} (0: dkim=none).  A key
 * that is known counts whatever ${deadline}.  They live as long as the arena.
 */
const struct dkim_verification *dkim_verify_finish(
    struct dkim_verify *verify, int64_t deadline, size_t *count);

/**
 * dkim_verify_dns_us(verify):
 * Return how long dkim_verify_finish() waited for keys, in microseconds.
 */
int64_t dkim_verify_dns_us(const struct dkim_verify *verify);

/**
 * dkim_verify_free(verify):
 * Release what OpenSSL holds.  NULL is harmless.
 */
void dkim_verify_free(struct dkim_verify *verify);

#endif
