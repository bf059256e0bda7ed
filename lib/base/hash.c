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

struct sip {
	uint64_t a, b, c, d;
};

static inline uint64_t
rotate(uint64_t value, int bits)
{
	return (value << bits | value >> (64 - bits));
}

/* By value and inline, so that it all stays in registers. */
static inline struct sip
sip_round(struct sip v)
{
	v.a += v.b;
	v.b = rotate(v.b, 13) ^ v.a;
	v.a = rotate(v.a, 32);
	v.c += v.d;
	v.d = rotate(v.d, 16) ^ v.c;
	v.a += v.d;
	v.d = rotate(v.d, 21) ^ v.a;
	v.c += v.b;
	v.b = rotate(v.b, 17) ^ v.c;
	v.c = rotate(v.c, 32);
	return (v);
}

static inline struct sip
sip_word(struct sip v, uint64_t word)
{
	v.d ^= word;
	v = sip_round(v);
	v.a ^= word;
	return (v);
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
	struct sip v = { key->words[0] ^ 0x736f6d6570736575ULL,
		key->words[1] ^ 0x646f72616e646f6dULL,
		key->words[0] ^ 0x6c7967656e657261ULL,
		key->words[1] ^ 0x7465646279746573ULL };
	uint64_t last = (uint64_t)bytes.len << 56;
	struct span word;
	uint64_t m = 0;

	while (span_take(&bytes, sizeof(m), &word)) {
		memcpy(&m, word.data, sizeof(m));
		v = sip_word(v, m);
	}
	for (size_t i = 0; i < bytes.len; i++)
		last |= (uint64_t)bytes.data[i] << (8 * i);
	v = sip_word(v, last);
	v.c ^= 0xff;
	v = sip_round(sip_round(sip_round(v)));
	return (v.a ^ v.b ^ v.c ^ v.d);
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
