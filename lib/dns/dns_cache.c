#include "dns/dns_cache.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"

/* An answer with TTL 0 serves those who asked at the same time. */
#define MIN_TTL 1

static const struct dns_answer servfail = { .status = DNS_SERVFAIL };

static struct dns_entry *
entry_of(struct hash_node *node)
{
	return (LIST_VALUE(node, struct dns_entry, node));
}

static struct dns_entry *
entry_at(struct list *link)
{
	return (LIST_VALUE(link, struct dns_entry, link));
}

void
dns_cache_init(struct dns_cache *cache, const struct dns_options *options)
{
	*cache = (struct dns_cache){
		.table = hash_new(),
		.max_entries = options->cache_entries > 0
		                   ? options->cache_entries
		                   : DNS_CACHE_ENTRIES,
		.max_bytes = options->cache_bytes > 0 ? options->cache_bytes
		                                      : DNS_CACHE_BYTES,
		.max_ttl =
		    options->max_ttl > 0 ? options->max_ttl : DNS_MAX_TTL,
	};
	list_init(&cache->answered);
}

static void
free_entry(struct dns_entry *entry)
{
	(void)pthread_cond_destroy(&entry->arrived);
	free(entry->answer.rdata);
	free(entry);
}

/* Take ${entry} out of the table; it lives on while it is held. */
static void
drop(struct dns_cache *cache, struct dns_entry *entry)
{
	assert(!entry->pending);
	hash_take(cache->table, &entry->node);
	list_take(&entry->link);
	cache->bytes -= entry->bytes;
	entry->detached = true;
	if (entry->holds == 0)
		free_entry(entry);
}

void
dns_cache_done(struct dns_cache *cache)
{
	for (struct list *at = cache->answered.next; at != &cache->answered;) {
		struct list *next = at->next;

		drop(cache, entry_at(at));
		at = next;
	}
	assert(hash_count(cache->table) == 0);
	hash_free(cache->table);
}

/* A clock that was set back would keep an answer for too long. */
static bool
is_good(const struct dns_entry *entry, int64_t now)
{
	return (now >= entry->stored && now < entry->expires);
}

struct dns_entry *
dns_cache_find(struct dns_cache *cache, struct span key, int64_t now)
{
	struct hash_node *node = hash_get(cache->table, key);

	if (node == NULL)
		return (NULL);
	struct dns_entry *entry = entry_of(node);

	if (entry->pending)
		return (entry);
	if (!is_good(entry, now)) {
		drop(cache, entry);
		return (NULL);
	}
	list_take(&entry->link);
	list_add_first(&cache->answered, &entry->link);
	return (entry);
}

void
dns_cache_init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(condition, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

struct dns_entry *
dns_cache_add(struct dns_cache *cache, struct span key, void *owner)
{
	size_t size = sizeof(struct dns_entry) + key.len + 1;
	struct dns_entry *entry = arena_impl_malloc(size);

	memset(entry, 0, size);
	memcpy(entry->key, key.data, key.len);
	entry->node.key = span_new(entry->key, key.len);
	entry->owner = owner;
	entry->pending = true;
	entry->bytes = size;
	list_init(&entry->link);
	dns_cache_init_condition(&entry->arrived);
	hash_add(cache->table, &entry->node);
	cache->bytes += size;
	return (entry);
}

static size_t
rdata_bytes(const struct dns_answer *answer)
{
	size_t total = 0;

	for (size_t i = 0; i < answer->count; i++)
		total += answer->rdata[i].len;
	return (total);
}

static uint32_t
keep_for(const struct dns_cache *cache, const struct dns_answer *answer)
{
	uint32_t ttl = answer->ttl;

	switch (answer->status) {
	case DNS_OK:
		break;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		if (ttl > DNS_MAX_NEGATIVE_TTL)
			ttl = DNS_MAX_NEGATIVE_TTL;
		break;
	case DNS_SERVFAIL:
	case DNS_TIMEOUT:
		/* RFC 9520 3.2: failures are cached, whatever their cause. */
		return (DNS_FAILURE_TTL);
	}
	if (ttl > cache->max_ttl)
		ttl = cache->max_ttl;
	return (ttl < MIN_TTL ? MIN_TTL : ttl);
}

/* Copy the records of ${answer} into one block that ${entry} owns. */
static void
copy_records(struct dns_entry *entry, const struct dns_answer *answer)
{
	size_t spans = answer->count * sizeof(struct span);
	size_t bytes = rdata_bytes(answer);
	struct span *rdata = arena_impl_malloc(spans + bytes);
	/* UNSAFE: the records follow the spans in the same block. */
	unsigned char *at = (unsigned char *)rdata + spans;

	for (size_t i = 0; i < answer->count; i++) {
		size_t len = answer->rdata[i].len;

		rdata[i] = span_new(at, len);
		if (len > 0)
			memcpy(at, answer->rdata[i].data, len);
		/* UNSAFE: rdata_bytes() counted these. */
		at += len;
	}
	entry->answer.rdata = rdata;
	entry->answer.count = answer->count;
	entry->bytes += spans + bytes;
}

/* Drop the least recently used until both limits hold. */
static void
make_room(struct dns_cache *cache, int64_t now)
{
	for (struct list *at = cache->answered.prev; at != &cache->answered;) {
		struct list *before = at->prev;

		if (hash_count(cache->table) <= cache->max_entries &&
		    cache->bytes <= cache->max_bytes)
			return;
		if (is_good(entry_at(at), now))
			cache->evicted++;
		drop(cache, entry_at(at));
		at = before;
	}
}

void
dns_cache_fill(struct dns_cache *cache, struct dns_entry *entry,
    const struct dns_answer *answer, int64_t now)
{
	size_t before = entry->bytes;

	assert(entry->pending);
	if (answer->count > DNS_MAX_RECORDS ||
	    rdata_bytes(answer) > DNS_MAX_BYTES)
		answer = &servfail;
	entry->answer = (struct dns_answer){ .status = answer->status,
		.security = answer->security };
	entry->stored = now;
	entry->expires = now + keep_for(cache, answer);
	if (answer->status == DNS_OK)
		copy_records(entry, answer);
	cache->bytes += entry->bytes - before;
	entry->pending = false;
	list_add_first(&cache->answered, &entry->link);
	(void)pthread_cond_broadcast(&entry->arrived);
	make_room(cache, now);
}

void
dns_cache_release(struct dns_entry *entry)
{
	assert(entry->holds > 0);
	if (--entry->holds == 0 && entry->detached)
		free_entry(entry);
}
