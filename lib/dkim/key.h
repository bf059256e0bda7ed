/*
 * key.h: public keys from key records (RFC 6376 3.6.1, RFC 8463 4) and private
 * keys from PEM files.
 */
#ifndef DKIM_KEY_H
#define DKIM_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "dkim/dkim.h"

/* A key record longer than this is a permerror; an RSA key of 8192 bits needs
 * about 1500 bytes. */
#define DKIM_KEY_MAX_RECORD 4096
#define DKIM_KEY_MAX_BITS 8192

enum dkim_key_type {
	DKIM_KEY_RSA,
	DKIM_KEY_ED25519,
	DKIM_KEY_UNKNOWN,
};

/* A parsed key record; immutable and counted. */
struct dkim_key;

/* What a record says, whether or not its key can be used. */
struct dkim_key_info {
	const char *error; /* why the record cannot be used, or NULL */
	bool revoked;      /* p= is empty */
	enum dkim_key_type type;
	unsigned int bits;
	bool testing;      /* t=y */
	bool strict;       /* t=s: i= must not be in a subdomain */
	bool for_email;    /* s= allows email */
	bool allow_sha1;   /* h= allows it, or is absent */
	bool allow_sha256; /* likewise */
	const char *notes; /* n=, or NULL */
};

/**
 * dkim_key_parse(record):
 * Return ${record} parsed, with one reference.  A broken one gives a key whose
 * info has an error.
 */
struct dkim_key *dkim_key_parse(struct span record);

/**
 * dkim_key_ref(key):
 * Return ${key} with one more reference.
 */
struct dkim_key *dkim_key_ref(struct dkim_key *key);

/**
 * dkim_key_free(key):
 * Give back one reference.  NULL is harmless.
 */
void dkim_key_free(struct dkim_key *key);

/**
 * dkim_key_info(key):
 * Return what the record of ${key} says; lives as long as the reference.
 */
const struct dkim_key_info *dkim_key_info(const struct dkim_key *key);

/**
 * dkim_key_check(key, hash, signature):
 * Say whether ${signature} is ${key}'s over the SHA-256 ${hash} of 32 bytes:
 * RSA with PKCS #1 v1.5, or Ed25519 over the hash (RFC 8463 3).  ${key} must
 * have no error and not be revoked.
 */
bool dkim_key_check(const struct dkim_key *key, const unsigned char hash[32],
    struct span signature);

/* A private key; immutable, used by many threads at once. */
struct dkim_private;

/**
 * dkim_private_load(fd, arena, error):
 * Read the unencrypted PEM file open at ${fd} to its end: an RSA or Ed25519
 * private key.  Return NULL with a reason that names the cure, allocated from
 * ${arena}, in ${error}.
 */
struct dkim_private *dkim_private_load(
    int fd, struct arena *arena, const char **error);

/**
 * dkim_private_free(key):
 * Wipe and free ${key}.  NULL is harmless.
 */
void dkim_private_free(struct dkim_private *key);

/**
 * dkim_private_algorithm(key), dkim_private_bits(key):
 * Return what ${key} signs with, and its size.
 */
enum dkim_algorithm dkim_private_algorithm(const struct dkim_private *key);
unsigned int dkim_private_bits(const struct dkim_private *key);

/**
 * dkim_private_public(key, arena):
 * Return p= of the key record that belongs to ${key}, in base64.
 */
char *dkim_private_public(const struct dkim_private *key, struct arena *arena);

/**
 * dkim_private_sign(key, arena, hash, out):
 * Sign the SHA-256 ${hash}; store the signature's bytes in ${out}.  Return 0,
 * or -1 when OpenSSL fails.
 */
int dkim_private_sign(const struct dkim_private *key, struct arena *arena,
    const unsigned char hash[32], struct span *out);

#endif
