/*
 * sign.h: DKIM-Signature fields for one message, all in one pass over its body.
 */
#ifndef DKIM_SIGN_H
#define DKIM_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "dkim/dkim.h"
#include "dkim/key.h"
#include "mail/header.h"

/* One signature to make. */
struct dkim_sign_key {
	const char *domain;   /* d=, lower-case A-labels */
	const char *selector; /* s= */
	const char *identity; /* i=, or NULL: none */
	const struct dkim_private *private;
};

struct dkim_sign_options {
	enum dkim_canon header_canon;
	enum dkim_canon body_canon;
	int64_t ttl; /* seconds from t= to x=; 0: no x= */
	/* Names to sign when present; NULL: dkim_sign_default_headers. */
	const char *const *headers;
	size_t header_count;
	/* Names signed once more than they occur, so that none can be added
	 * (RFC 6376 5.4.2); From always is.  NULL:
	 * dkim_sign_default_oversigned, and of these List- fields only where
	 * there is one. */
	const char *const *oversigned;
	size_t oversigned_count;
};

/* RFC 6376 5.4.1 and List-Unsubscribe, List-Unsubscribe-Post; end with NULL.
 * From is signed even if a list lacks it; Return-Path, Received,
 * DKIM-Signature, Authentication-Results, Delivered-To and X-Mailreeve- fields
 * never are. */
extern const char *const dkim_sign_default_headers[];
extern const char *const dkim_sign_default_oversigned[];

struct dkim_sign;

/**
 * dkim_sign_new(arena, options, headers, keys, count, clock):
 * Begin to sign the message with ${headers} with each of ${count} ${keys}; all
 * arguments must stay until dkim_sign_finish().  dkim_sign_free() must be
 * called for the result.
 */
struct dkim_sign *dkim_sign_new(struct arena *arena,
    const struct dkim_sign_options *options, const struct header_list *headers,
    const struct dkim_sign_key *keys, size_t count, const struct clock *clock);

/**
 * dkim_sign_refusal(sign):
 * Return why the message of ${sign} cannot be signed, in plain words, or NULL.
 * With a refusal only dkim_sign_free() may follow.
 */
const char *dkim_sign_refusal(const struct dkim_sign *sign);

/**
 * dkim_sign_names(sign, count):
 * Return the names in h= of the signatures, with their number in ${count}; they
 * live as long as the arena.
 */
const char *const *dkim_sign_names(const struct dkim_sign *sign, size_t *count);

/**
 * dkim_sign_body(sign, bytes):
 * The next part of the body, as bodyhash_add() takes it.
 */
void dkim_sign_body(struct dkim_sign *sign, struct span bytes);

/**
 * dkim_sign_finish(sign, values):
 * Store in ${values}[0 .. count-1] the bodies of the DKIM-Signature fields, one
 * for each key, folded with CRLF, without a final line end; they start with the
 * blank that follows the colon.  They live as long as the arena.  Return 0, or
 * -1 when OpenSSL fails.
 */
int dkim_sign_finish(struct dkim_sign *sign, const char **values);

/**
 * dkim_sign_free(sign):
 * Release what OpenSSL holds.  NULL is harmless.
 */
void dkim_sign_free(struct dkim_sign *sign);

#endif
