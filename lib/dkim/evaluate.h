/*
 * evaluate.h: what one signature is worth, once its key and the hashes are
 * known.  Decides only: no I/O, no clock.
 */
#ifndef DKIM_EVALUATE_H
#define DKIM_EVALUATE_H

#include <stdint.h>

#include "dkim/dkim.h"
#include "dkim/key.h"
#include "dkim/signature.h"
#include "dkim/verify.h"

/* RFC 8301 3.2: shorter RSA keys are never accepted. */
#define EVALUATE_MIN_RSA_BITS 1024

/* What the message itself yields for one signature. */
struct evaluate_facts {
	const struct signature *signature;
	const unsigned char *header_hash; /* 32 bytes */
	const unsigned char *body_hash;   /* 32 bytes, of l= bytes at most */
	uint64_t body_length;             /* of the whole canonicalized body */
	size_t from_fields;               /* in the message */
	int64_t now;
};

/**
 * evaluate(options, facts, key, reason):
 * Return the result of one signature with ${key}, and in ${reason} why it is
 * not pass, or NULL.
 */
enum dkim_result evaluate(const struct dkim_verify_options *options,
    const struct evaluate_facts *facts, const struct dkim_key *key,
    const char **reason);

#endif
