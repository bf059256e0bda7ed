/*
 * digest.h: SHA-256.  As with memory, it works or the process exits: OpenSSL
 * fails here only when memory runs out or its provider is missing.
 */
#ifndef DKIM_DIGEST_H
#define DKIM_DIGEST_H

#include <stdbool.h>

#include "base/span.h"

#define DIGEST_SIZE 32

struct digest;

/**
 * digest_new(void):
 * Return the digest of nothing yet.
 */
struct digest *digest_new(void);

/**
 * digest_free(digest):
 * Free ${digest}.  NULL is harmless.
 */
void digest_free(struct digest *digest);

/**
 * digest_add(digest, bytes):
 * Add ${bytes} to ${digest}.
 */
void digest_add(struct digest *digest, struct span bytes);

/**
 * digest_get(digest, hash):
 * Store the SHA-256 of all that was added in ${hash}; more may be added then.
 */
void digest_get(const struct digest *digest, unsigned char hash[DIGEST_SIZE]);

#endif
