/* hash.h: a table that any bytes may be keys of. */
#include "support/unit.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/hash.h"

#define ENTRIES 5000

struct entry {
	struct hash_node node;
	size_t number;
};

static struct entry *
fill(struct hash *hash, struct arena *arena)
{
	struct entry *entries = arena_array(arena, ENTRIES, sizeof(*entries));

	for (size_t i = 0; i < ENTRIES; i++) {
		entries[i].number = i;
		entries[i].node.key =
		    span_str(arena_printf(arena, "key %zu of many", i));
		hash_add(hash, &entries[i].node);
	}
	return (entries);
}

static size_t
number_at(const struct hash *hash, struct arena *arena, size_t i)
{
	struct hash_node *node =
	    hash_get(hash, span_str(arena_printf(arena, "key %zu of many", i)));

	/* The node is the entry's first member. */
	return (node == NULL ? SIZE_MAX : ((struct entry *)node)->number);
}

static void
entries_are_found_and_taken(void **state)
{
	struct arena *arena = arena_new();
	struct hash *hash = hash_new();
	struct entry *entries = fill(hash, arena);

	(void)state;
	assert_int_equal(hash_count(hash), ENTRIES);
	for (size_t i = 0; i < ENTRIES; i++)
		assert_int_equal(number_at(hash, arena, i), i);
	assert_int_equal(number_at(hash, arena, ENTRIES), SIZE_MAX);
	for (size_t i = 0; i < ENTRIES; i += 2)
		hash_take(hash, &entries[i].node);
	assert_int_equal(hash_count(hash), ENTRIES / 2);
	for (size_t i = 0; i < ENTRIES; i++)
		assert_int_equal(
		    number_at(hash, arena, i), i % 2 == 0 ? SIZE_MAX : i);
	hash_add(hash, &entries[0].node);
	assert_int_equal(number_at(hash, arena, 0), 0);
	hash_free(hash);
	arena_free(arena);
}

static void
keys_are_any_bytes(void **state)
{
	static const char bytes[] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	struct hash *hash = hash_new();
	struct hash_node nodes[sizeof(bytes)];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(nodes); i++) {
		assert_null(hash_get(hash, span_new(bytes, i)));
		nodes[i].key = span_new(bytes, i);
		hash_add(hash, &nodes[i]);
	}
	for (size_t i = 0; i < UNIT_COUNT(nodes); i++)
		assert_ptr_equal(hash_get(hash, span_new(bytes, i)), &nodes[i]);
	assert_ptr_equal(hash_get(hash, span_new(NULL, 0)), &nodes[0]);
	assert_null(hash_get(hash, span_str("a")));
	hash_free(hash);
	hash_free(NULL);
}

/* A stranger who knows one process's collisions knows nothing of the next. */
static void
each_table_has_its_own_key(void **state)
{
	struct hash *one = hash_new();
	struct hash *two = hash_new();
	struct hash_node a = { .key = span_str("same") };
	struct hash_node b = { .key = span_str("same") };

	(void)state;
	hash_add(one, &a);
	hash_add(two, &b);
	assert_true(a.digest != b.digest);
	hash_free(one);
	hash_free(two);
}

/* As others compute it: the SipHash-1-3 of nothing under 00 01 .. 0f. */
static void
digest_is_siphash(void **state)
{
	static const struct hash_key key = { { 0x0706050403020100,
	    0x0f0e0d0c0b0a0908 } };

	(void)state;
	assert_true(
	    hash_digest(&key, span_str("")) == UINT64_C(0xabac0158050fc4dc));
	assert_true(hash_digest(&key, span_str("12345678")) !=
		    hash_digest(&key, span_str("1234567")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_found_and_taken),
		cmocka_unit_test(keys_are_any_bytes),
		cmocka_unit_test(each_table_has_its_own_key),
		cmocka_unit_test(digest_is_siphash),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
