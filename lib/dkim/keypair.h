/*
 * keypair.h: new private keys, and the key records that belong to them.
 */
#ifndef DKIM_KEYPAIR_H
#define DKIM_KEYPAIR_H

#include "base/arena.h"
#include "dkim/key.h"

/**
 * keypair_new(algorithm, bits):
 * Return a fresh private key for ${algorithm}, DKIM_RSA_SHA256 with ${bits} or
 * DKIM_ED25519_SHA256, that the caller frees; or NULL when OpenSSL fails.
 */
struct dkim_private *keypair_new(
    enum dkim_algorithm algorithm, unsigned int bits);

/**
 * keypair_pem(key, arena):
 * Return ${key} in PEM form, as dkim_private_load() reads it, for the caller to
 * wipe; or NULL when OpenSSL fails.
 */
char *keypair_pem(const struct dkim_private *key, struct arena *arena);

/**
 * keypair_record(key, arena):
 * Return the key record of ${key} (RFC 6376 3.6.1, RFC 8463 4); or NULL when
 * OpenSSL fails.
 */
char *keypair_record(const struct dkim_private *key, struct arena *arena);

#endif
