#include "support/unit.h"

#include "dkim/bodyhash.h"

#include <openssl/evp.h>
#include <string.h>

#include "dkim/tags.h"

static const struct {
	const char *body;
	enum dkim_canon canon;
	uint64_t limit;
	const char *hash;
	uint64_t length;
} cases[] = {
	/* RFC 6376 3.4.3, 3.4.4. */
	{ "", DKIM_SIMPLE, BODYHASH_NO_LIMIT,
	    "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=", 2 },
	{ "", DKIM_RELAXED, BODYHASH_NO_LIMIT,
	    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", 0 },
	/* RFC 6376 A.2. */
	{ "Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n",
	    DKIM_SIMPLE, BODYHASH_NO_LIMIT,
	    "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=", 54 },
	/* RFC 8463 A.2. */
	{ "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.",
	    DKIM_RELAXED, BODYHASH_NO_LIMIT,
	    "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=", 54 },
	{ "x", DKIM_SIMPLE, 0,
	    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", 3 },
	{ "\r\nx\r\n", DKIM_SIMPLE, 2,
	    "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=", 5 },
	/* A limit behind the end. */
	{ "", DKIM_SIMPLE, 1000,
	    "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=", 2 },
};

static void
test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct bodyhash *set = bodyhash_new(arena);
		int number = bodyhash_want(set, cases[i].canon, cases[i].limit);
		unsigned char hash[BODYHASH_SIZE];
		uint64_t length;

		bodyhash_add(set, span_str(cases[i].body));
		bodyhash_finish(set);
		bodyhash_get(set, number, &length, hash);
		assert_string_equal(
		    tags_encode_base64(arena, span_new(hash, sizeof(hash))),
		    cases[i].hash);
		assert_int_equal(length, cases[i].length);
		bodyhash_free(set);
		arena_free(arena);
	}
	bodyhash_free(NULL);
}

static void
test_same_wish(void **state)
{
	struct arena *arena = arena_new();
	struct bodyhash *set = bodyhash_new(arena);

	(void)state;
	int first = bodyhash_want(set, DKIM_SIMPLE, 7);
	int second = bodyhash_want(set, DKIM_RELAXED, 7);
	int third = bodyhash_want(set, DKIM_SIMPLE, 8);

	assert_int_not_equal(first, second);
	assert_int_not_equal(first, third);
	assert_int_equal(bodyhash_want(set, DKIM_SIMPLE, 7), first);
	assert_int_equal(bodyhash_want(set, DKIM_RELAXED, 7), second);
	bodyhash_finish(set);
	bodyhash_free(set);
	arena_free(arena);
}

/* Every limit gives the hash of just so many bytes, whatever the pieces. */
static void
test_limits(void **state)
{
	enum {
		LENGTH = 3000
	};
	unsigned char body[LENGTH] = { 0 };
	struct span text = span_new(body, LENGTH);

	(void)state;
	for (size_t i = 0; i < LENGTH; i++)
		body[i] = (unsigned char)('a' + i % 23);
	for (size_t piece = 1; piece < LENGTH; piece = piece * 3 + 1) {
		struct arena *arena = arena_new();
		struct bodyhash *set = bodyhash_new(arena);
		int numbers[LENGTH / 100];

		/* In an order that is neither up nor down. */
		for (size_t i = 0; i < LENGTH / 100; i++)
			numbers[i] = bodyhash_want(
			    set, DKIM_RELAXED, i * 7 % 30 * 100 + 7);
		for (struct span rest = text; rest.len > 0;
		     span_skip(&rest, piece))
			bodyhash_add(set, span_head(rest, piece));
		bodyhash_finish(set);
		for (size_t i = 0; i < LENGTH / 100; i++) {
			unsigned char hash[BODYHASH_SIZE],
			    wanted[BODYHASH_SIZE];
			uint64_t length;

			bodyhash_get(set, numbers[i], &length, hash);
			assert_int_equal(length, LENGTH + 2);
			assert_int_equal(EVP_Digest(body, i * 7 % 30 * 100 + 7,
					     wanted, NULL, EVP_sha256(), NULL),
			    1);
			assert_memory_equal(hash, wanted, sizeof(hash));
		}
		bodyhash_free(set);
		arena_free(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_same_wish),
		cmocka_unit_test(test_limits),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
