/*
 * private_impl.h: what a private key is; for private.c and keypair.c.
 */
#ifndef DKIM_PRIVATE_IMPL_H
#define DKIM_PRIVATE_IMPL_H

#include <openssl/evp.h>

#include "dkim/key.h"

struct dkim_private {
	EVP_PKEY *key;
	enum dkim_algorithm algorithm;
	unsigned int bits;
};

/**
 * private_impl_new(key, error):
 * Return a private key that owns ${key}; NULL, with ${key} freed and a reason
 * that names the cure in ${error}, when it is none for DKIM.
 */
struct dkim_private *private_impl_new(EVP_PKEY *key, const char **error);

#endif
