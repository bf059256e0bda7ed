/*
 * dns_cache.h: the table behind a struct dns: questions with their answers, or
 * still without.  It knows nothing of threads: dns.c calls it under its lock.
 */
#ifndef DNS_DNS_CACHE_H
#define DNS_DNS_CACHE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/hash.h"
#include "base/list.h"
#include "dns/dns.h"

/* The type in two bytes, then a name in lower case without a final dot. */
#define DNS_CACHE_KEY_MAX 256

struct dns_cache {
	struct hash *table;
	struct list answered; /* the least recently used last */
	size_t bytes;
	size_t max_entries;
	size_t max_bytes;
	uint32_t max_ttl;
	uint64_t evicted;
};

struct dns_entry {
	struct hash_node node;
	struct list link;
	void *owner;               /* whose question it is, for dns_done */
	struct dns_domain *domain; /* while pending: where it counts */
	int64_t asked;             /* clock_monotonic_us(), for dns.c */
	bool pending;
	bool detached;           /* no longer in the table */
	size_t holds;            /* by threads that wait or copy */
	pthread_cond_t arrived;  /* broadcast when no longer pending */
	int64_t stored, expires; /* seconds since 1970 */
	struct dns_answer answer;
	size_t bytes;
	char key[]; /* ends with a NUL */
};

/**
 * dns_cache_init_condition(condition):
 * Make ${condition} one whose time-outs are by CLOCK_MONOTONIC.
 */
void dns_cache_init_condition(pthread_cond_t *condition);

/**
 * dns_cache_init(cache, options):
 * Make ${cache} an empty table within the limits of ${options}.
 */
void dns_cache_init(struct dns_cache *cache, const struct dns_options *options);

/**
 * dns_cache_done(cache):
 * Free all entries; none may be pending or held.
 */
void dns_cache_done(struct dns_cache *cache);

/**
 * dns_cache_find(cache, key, now):
 * Return the entry at ${key}, pending or good at ${now}, or NULL.
 */
struct dns_entry *dns_cache_find(
    struct dns_cache *cache, struct span key, int64_t now);

/**
 * dns_cache_add(cache, key, owner):
 * Add and return a pending entry for ${owner} at ${key}, where none may be.
 */
struct dns_entry *dns_cache_add(
    struct dns_cache *cache, struct span key, void *owner);

/**
 * dns_cache_fill(cache, entry, answer, now):
 * Give the pending ${entry} a copy of ${answer}, to be kept for its TTL from
 * ${now} on within the limits of dns.h, and wake who waits for it.  Others are
 * dropped for room; perhaps this one too.
 */
void dns_cache_fill(struct dns_cache *cache, struct dns_entry *entry,
    const struct dns_answer *answer, int64_t now);

/**
 * dns_cache_release(entry):
 * Give up one hold on ${entry}, which is freed if that was the last one and the
 * table has dropped it.
 */
void dns_cache_release(struct dns_entry *entry);

#endif
