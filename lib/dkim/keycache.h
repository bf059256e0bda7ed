/*
 * keycache.h: public keys, parsed once per TTL (parsing one costs five times as
 * much as verifying with it).  Safe to use from many threads.
 */
#ifndef DKIM_KEYCACHE_H
#define DKIM_KEYCACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/span.h"
#include "dkim/key.h"

struct keycache;

struct keycache_counters {
	uint64_t hits;
	uint64_t parsed;
	uint64_t entries;
};

/**
 * keycache_new(entries):
 * Return an empty cache of at most ${entries} keys.
 */
struct keycache *keycache_new(size_t entries);

/**
 * keycache_free(cache):
 * Free ${cache}.  NULL is harmless.
 */
void keycache_free(struct keycache *cache);

/**
 * keycache_get(cache, record):
 * Return the parsed form of the key record ${record} (a TXT's text), from
 * ${cache} when it was parsed before.  Since the text itself is the key of the
 * cache, a changed record is never confused with an old one; what DNS forgets
 * is dropped as least recently used.  The caller owns one reference and gives
 * it back with dkim_key_free().
 */
struct dkim_key *keycache_get(struct keycache *cache, struct span record);

/**
 * keycache_counters(cache, out):
 * Store the counters of ${cache} in ${out}.
 */
void keycache_counters(struct keycache *cache, struct keycache_counters *out);

#endif
