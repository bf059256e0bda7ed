/* known.h: who wrote to whom, and that nobody fills it for others. */
#include "known.h"

#include "support/unit.h"

#include <stdio.h>
#include <string.h>

#include "behind.h"

#define DAY ((int64_t)86400 * 1000)
#define START ((int64_t)1700000000 * 1000)

bool
behind_has_room(struct behind *behind)
{
	(void)behind;
	return (true);
}

void
behind_put(struct behind *behind, const char *kind, struct span key,
    const void *record, size_t size, const struct table_codec *codec,
    int64_t expires)
{
	unsigned int *count = (void *)behind;

	(void)kind;
	(void)key;
	(void)record;
	(void)size;
	(void)codec;
	(void)expires;
	(*count)++;
}

void
behind_remove(struct behind *behind, const char *kind, struct span key)
{
	(void)behind;
	(void)kind;
	(void)key;
}

static void
add(struct known *known, const char *user, const char *recipient, int64_t at)
{
	known_add(known, span_str(user), span_str(recipient), START + at);
}

static bool
wrote(struct known *known, const char *user, const char *recipient, int64_t at)
{
	return (known_wrote(
	    known, span_str(user), span_str(recipient), START + at));
}

static const struct {
	const char *user;
	const char *recipient;
	bool wrote;
} cases[] = {
	{ "ann", "bob@example.org", true },
	{ "ANN", "Bob@Example.ORG", true },
	{ "", "bob@example.org", true },
	{ "carl", "bob@example.org", false },
	{ "ann", "carl@example.org", false },
	{ "", "carl@example.org", false },
	/* An extension is another address. */
	{ "ann", "bob+x@example.org", false },
	/* BATV marks his address; the tag may have any form. */
	{ "ann", "prvs=1234abcdef=bob@example.org", true },
	{ "", "PRVS=x=bob@example.org", true },
	{ "ann", "prvs==bob@example.org", false },
	{ "ann", "prvs=bob@example.org", false },
	{ "ann", "prvs=a@b=bob@example.org", false },
	{ "ann", "prvs=1234=", false },
	/* The count of a user is nobody's correspondent. */
	{ "ann", "", false },
	{ "", "", false },
	{ "", "ann", false },
	/* A key has one blank. */
	{ "ann bob@example.org", "", false },
	{ "", "ann bob@example.org", false },
};

static void
test_wrote(void **state)
{
	struct known *known = known_new(NULL, 1000);

	(void)state;
	add(known, "Ann", "bob@EXAMPLE.org", 0);
	for (size_t i = 0; i < UNIT_COUNT(cases); i++)
		if (wrote(known, cases[i].user, cases[i].recipient, 1) !=
		    cases[i].wrote)
			fail_msg("%s %s", cases[i].user, cases[i].recipient);
	assert_non_null(known_table(known, "known"));
	assert_null(known_table(known, "greylist"));
	known_free(known);
	known_free(NULL);
}

static void
test_not_added(void **state)
{
	struct known *known = known_new(NULL, 1000);
	char much[1000];

	(void)state;
	memset(much, 'x', sizeof(much));
	add(known, "", "bob@example.org", 0);
	add(known, "ann", "", 0);
	add(known, "ann", "b b@example.org", 0);
	known_add(known, span_str("ann"), span_new(much, sizeof(much)), START);
	known_add(known, span_new(much, 321), span_str("bob"), START);
	known_add(known, span_str("ann"), span_new("a\0b", 3), START);
	assert_int_equal(table_count(known_table(known, "known")), 0);
	known_add(known, span_new(much, 320), span_new(much, 320), START);
	assert_true(known_wrote(
	    known, span_new(much, 320), span_new(much, 320), START));
	assert_false(known_wrote(
	    known, span_new(much, 320), span_new(much, 321), START));
	known_free(known);
}

static void
test_time(void **state)
{
	struct known *known = known_new(NULL, 1000);

	(void)state;
	add(known, "ann", "bob", 0);
	add(known, "ann", "carl", 0);
	assert_true(wrote(known, "ann", "bob", 400 * DAY - 1));
	assert_false(wrote(known, "ann", "bob", 400 * DAY));
	add(known, "ann", "bob", 300 * DAY);
	assert_true(wrote(known, "ann", "bob", 699 * DAY));
	assert_true(wrote(known, "", "bob", 699 * DAY));
	assert_false(wrote(known, "", "carl", 699 * DAY));
	/* A clock that was set back: known, and not for longer than that. */
	assert_true(wrote(known, "ann", "bob", -DAY));
	add(known, "ann", "bob", -DAY);
	assert_false(wrote(known, "ann", "bob", 399 * DAY));
	for (int i = 0; i < 10; i++)
		known_tick(known, START + 400 * DAY);
	assert_int_equal(table_count(known_table(known, "known")), 0);
	known_free(known);
}

/* A user who writes to everybody keeps whom he knew, as do the others. */
static void
test_flood(void **state)
{
	struct known *known = known_new(NULL, 20000);
	char address[32];

	(void)state;
	add(known, "ann", "bob", 0);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(address, sizeof(address), "friend%d", i);
		add(known, "carl", address, i);
	}
	add(known, "thief", "bob", DAY);
	for (int i = 1; i < 50000; i++) {
		(void)snprintf(address, sizeof(address), "stranger%d", i);
		add(known, "thief", address, DAY + i);
	}
	assert_int_equal(table_evicted(known_table(known, "known")), 0);
	assert_true(wrote(known, "ann", "bob", 2 * DAY));
	assert_true(wrote(known, "thief", "bob", 2 * DAY));
	assert_true(wrote(known, "carl", "friend999", 2 * DAY));
	assert_true(wrote(known, "thief", "stranger4999", 2 * DAY));
	assert_false(wrote(known, "thief", "stranger5000", 2 * DAY));
	assert_false(wrote(known, "", "stranger5000", 2 * DAY));
	/* 400 days / 5000 later there is room for one more. */
	add(known, "thief", "later", DAY + DAY / 25);
	add(known, "thief", "more", DAY + DAY / 25);
	assert_false(wrote(known, "thief", "more", 2 * DAY));
	add(known, "thief", "more", 2 * DAY);
	assert_true(wrote(known, "thief", "more", 2 * DAY));
	/* Whom he knows he still renews. */
	add(known, "thief", "bob", 300 * DAY);
	assert_true(wrote(known, "thief", "bob", 600 * DAY));
	known_free(known);
}

/* A correspondent in daily use is one write a day. */
static void
test_writes(void **state)
{
	unsigned int count = 0;
	struct known *known = known_new((struct behind *)(void *)&count, 1000);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		add(known, "ann", "bob", (int64_t)i * 1000);
		known_tick(known, START);
	}
	assert_int_equal(count, 3);
	add(known, "ann", "bob", DAY);
	known_tick(known, START);
	assert_int_equal(count, 5);
	known_free(known);
}

static void
test_malformed(void **state)
{
	static const char *const malformed[] = { "", "last=1",
		"last=1 count=", "last=1 count=2 x=3", "count=2 last=1" };
	struct known *known = known_new(NULL, 10);
	struct table *table = known_table(known, "known");

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(malformed); i++)
		assert_false(table_load(
		    table, span_str("a b"), span_str(malformed[i]), 1));
	assert_true(table_load(table, span_str("ann bob"),
	    span_str("last=1700000000000 count=2"), START + DAY));
	assert_true(wrote(known, "ann", "bob", 1));
	known_free(known);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrote),
		cmocka_unit_test(test_not_added),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_malformed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
