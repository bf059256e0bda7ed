#include "dkim/keycache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "base/hash.h"
#include "base/list.h"

struct entry {
	struct hash_node node; /* its key is text */
	struct list link;      /* in keycache.recent */
	struct dkim_key *key;
	unsigned char text[];
};

struct keycache {
	pthread_mutex_t lock; /* guards all below */
	size_t limit;
	struct hash *entries;
	struct list recent; /* most recently used first */
	struct keycache_counters counters;
};

static void *
allocate(size_t size)
{
	return (memset(arena_impl_malloc(size), 0, size));
}

struct keycache *
keycache_new(size_t entries)
{
	struct keycache *cache = allocate(sizeof(*cache));

	(void)pthread_mutex_init(&cache->lock, NULL);
	cache->limit = entries;
	cache->entries = hash_new();
	list_init(&cache->recent);
	return (cache);
}

static void
entry_drop(struct keycache *cache, struct entry *entry)
{
	hash_take(cache->entries, &entry->node);
	list_take(&entry->link);
	dkim_key_free(entry->key);
	free(entry);
}

void
keycache_free(struct keycache *cache)
{
	if (cache == NULL)
		return;
	for (struct list *link;
	     (link = list_take_first(&cache->recent)) != NULL;)
		entry_drop(cache, LIST_VALUE(link, struct entry, link));
	hash_free(cache->entries);
	(void)pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* Return a reference to the key of ${record}, or NULL.  Call with the lock. */
static struct dkim_key *
find(struct keycache *cache, struct span record)
{
	struct hash_node *node = hash_get(cache->entries, record);

	if (node == NULL)
		return (NULL);
	struct entry *entry = LIST_VALUE(node, struct entry, node);

	list_take(&entry->link);
	list_add_first(&cache->recent, &entry->link);
	cache->counters.hits++;
	return (dkim_key_ref(entry->key));
}

/* Remember ${key} unless another thread was faster.  Call with the lock. */
static void
remember(struct keycache *cache, struct span record, struct dkim_key *key)
{
	cache->counters.parsed++;
	if (cache->limit == 0 || hash_get(cache->entries, record) != NULL)
		return;
	if (hash_count(cache->entries) == cache->limit)
		entry_drop(
		    cache, LIST_VALUE(cache->recent.prev, struct entry, link));
	struct entry *entry = allocate(sizeof(*entry) + record.len);

	if (record.len > 0)
		memcpy(entry->text, record.data, record.len);
	entry->node.key = span_new(entry->text, record.len);
	entry->key = dkim_key_ref(key);
	hash_add(cache->entries, &entry->node);
	list_add_first(&cache->recent, &entry->link);
}

struct dkim_key *
keycache_get(struct keycache *cache, struct span record)
{
	/* A text that cannot be a key is not worth a place. */
	if (record.len > DKIM_KEY_MAX_RECORD)
		return (dkim_key_parse(record));
	(void)pthread_mutex_lock(&cache->lock);
	struct dkim_key *key = find(cache, record);

	(void)pthread_mutex_unlock(&cache->lock);
	if (key != NULL)
		return (key);
	key = dkim_key_parse(record);
	(void)pthread_mutex_lock(&cache->lock);
	remember(cache, record, key);
	(void)pthread_mutex_unlock(&cache->lock);
	return (key);
}

void
keycache_counters(struct keycache *cache, struct keycache_counters *out)
{
	(void)pthread_mutex_lock(&cache->lock);
	cache->counters.entries = hash_count(cache->entries);
	*out = cache->counters;
	(void)pthread_mutex_unlock(&cache->lock);
}
