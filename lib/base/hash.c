#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena_impl.h"

#define FIRST_BUCKETS 64

struct hash {
	struct hash_node **buckets;
	size_t bucket_count; /* a power of two */
	size_t count;
	struct hash_key key;
};

static inline uint64_t
rotate(uint64_t value, int bits)
{
	return (value << bits | value >> (64 - bits));
}

/* Inline, or its words would go through memory. */
static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

void
hash_key_init(struct hash_key *key)
{
	if (getrandom(key, sizeof(*key), 0) != (ssize_t)sizeof(*key))
		abort();
}

/* SipHash with one round a word and three at the end. */
uint64_t
hash_digest(const struct hash_key *key, struct span bytes)
{
	uint64_t v[4] = { key->words[0] ^ 0x736f6d6570736575ULL,
		key->words[1] ^ 0x646f72616e646f6dULL,
		key->words[0] ^ 0x6c7967656e657261ULL,
		key->words[1] ^ 0x7465646279746573ULL };
	uint64_t last = (uint64_t)bytes.len << 56;
	struct span word;

	while (span_take(&bytes, sizeof(uint64_t), &word)) {
		uint64_t m;

		memcpy(&m, word.data, sizeof(m));
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	for (size_t i = 0; i < bytes.len; i++)
		last |= (uint64_t)bytes.data[i] << (8 * i);
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return (v[0] ^ v[1] ^ v[2] ^ v[3]);
}

static struct hash_node **
bucket_of(const struct hash *hash, uint64_t value)
{
	return (&hash->buckets[value & (hash->bucket_count - 1)]);
}

static void
set_buckets(struct hash *hash, size_t count)
{
	size_t size = count * sizeof(struct hash_node *);

	hash->buckets = memset(arena_impl_malloc(size), 0, size);
	hash->bucket_count = count;
}

struct hash *
hash_new(void)
{
	struct hash *hash = arena_impl_malloc(sizeof(*hash));

	*hash = (struct hash){ 0 };
	hash_key_init(&hash->key);
	set_buckets(hash, FIRST_BUCKETS);
	return (hash);
}

void
hash_free(struct hash *hash)
{
	if (hash == NULL)
		return;
	free(hash->buckets);
	free(hash);
}

struct hash_node *
hash_get(const struct hash *hash, struct span key)
{
	uint64_t value = hash_digest(&hash->key, key);
	struct hash_node *node = *bucket_of(hash, value);

	while (
	    node != NULL && (node->digest != value || !span_eq(node->key, key)))
		node = node->next;
	return (node);
}

static void
link_node(struct hash *hash, struct hash_node *node)
{
	struct hash_node **bucket = bucket_of(hash, node->digest);

	node->next = *bucket;
	*bucket = node;
}

static void
grow(struct hash *hash)
{
	struct hash_node **old = hash->buckets;
	size_t old_count = hash->bucket_count;

	set_buckets(hash, old_count * 2);
	for (size_t i = 0; i < old_count; i++) {
		for (struct hash_node *node = old[i]; node != NULL;) {
			struct hash_node *next = node->next;

			link_node(hash, node);
			node = next;
		}
	}
	free(old);
}

void
hash_add(struct hash *hash, struct hash_node *node)
{
	if (hash->count >= hash->bucket_count)
		grow(hash);
	node->digest = hash_digest(&hash->key, node->key);
	link_node(hash, node);
	hash->count++;
}

void
hash_take(struct hash *hash, struct hash_node *node)
{
	struct hash_node **at = bucket_of(hash, node->digest);

	while (*at != node) {
		assert(*at != NULL);
		at = &(*at)->next;
	}
	*at = node->next;
	node->next = NULL;
	hash->count--;
}

size_t
hash_count(const struct hash *hash)
{
	return (hash->count);
}
