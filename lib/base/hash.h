/*
 * hash.h: a table from byte strings to pointers.  Strangers choose keys, so the
 * hash is SipHash-1-3 under a key of this process.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct hash;

/* One entry; embed it in the value.  Fields belong to hash.c but for key. */
struct hash_node {
	struct hash_node *next;
	uint64_t digest;
	struct span key; /* its bytes must live as long as the entry */
};

/* What makes digests of one process, or table, unknown to strangers. */
struct hash_key {
	uint64_t words[2];
};

/**
 * hash_key_init(key):
 * Make ${key} a random one.
 */
void hash_key_init(struct hash_key *key);

/**
 * hash_digest(key, bytes):
 * Return the SipHash-1-3 of ${bytes} under ${key}.
 */
uint64_t hash_digest(const struct hash_key *key, struct span bytes);

/**
 * hash_new(void):
 * Return a new, empty table that grows as needed.
 */
struct hash *hash_new(void);

/**
 * hash_free(hash):
 * Free ${hash}; the entries are the caller's.  NULL is harmless.
 */
void hash_free(struct hash *hash);

/**
 * hash_get(hash, key):
 * Return the entry at ${key}, or NULL.
 */
struct hash_node *hash_get(const struct hash *hash, struct span key);

/**
 * hash_add(hash, node):
 * Add ${node} under ${node}->key, which must not be in ${hash} yet.
 */
void hash_add(struct hash *hash, struct hash_node *node);

/**
 * hash_take(hash, node):
 * Remove ${node}, which must be in ${hash}.
 */
void hash_take(struct hash *hash, struct hash_node *node);

/**
 * hash_count(hash):
 * Return the number of entries.
 */
size_t hash_count(const struct hash *hash);

#endif
