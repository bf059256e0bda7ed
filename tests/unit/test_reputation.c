/* reputation.h: what is learned, how sure it is, and how it fades. */
#include "reputation.h"

#include <stdlib.h>
#include <string.h>

#include "behind.h"
#include "support/unit.h"

#define NOW ((int64_t)1800000000 * 1000)
#define DAY ((int64_t)86400 * 1000)
#define HOUR ((int64_t)3600 * 1000)
#define RECORDS ((size_t)1000)

static const struct span net = SPAN_LITERAL("192.0.2.0/24");
static const struct span domain = SPAN_LITERAL("example.com");
static const struct span nobody = { NULL, 0 };

/* Stands in for behind.c: what one table writes, another one loads. */
struct behind {
	struct reputation *other;
	size_t records;
};

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
	struct arena *arena = arena_new();
	struct buf text;

	(void)size;
	buf_init(&text, arena, 10000);
	codec->print(record, &text);
	if (!table_load(reputation_table(behind->other, kind), key,
		buf_span(&text), expires))
		fail_msg("not read again: %s", buf_str(&text));
	behind->records++;
	arena_free(arena);
}

void
behind_remove(struct behind *behind, const char *kind, struct span key)
{
	(void)behind;
	(void)kind;
	(void)key;
}

static void
learn(struct reputation *reputation, enum reputation_event event,
    unsigned int times, int64_t now)
{
	for (unsigned int i = 0; i < times; i++)
		reputation_learn(reputation, net, domain, event, now);
}

/* No history says nothing; little says little; much says much. */
static void
test_confidence(void **state)
{
	struct reputation *reputation = reputation_new(NULL, RECORDS);

	(void)state;
	assert_int_equal(reputation_network(reputation, net, NOW), 0);
	assert_int_equal(reputation_domain(reputation, domain, NOW), 0);
	learn(reputation, REPUTATION_SPAM, 1, NOW);
	assert_in_range(reputation_network(reputation, net, NOW), 0, 5);
	learn(reputation, REPUTATION_SPAM, 9, NOW);
	assert_in_range(reputation_network(reputation, net, NOW), 20, 50);
	learn(reputation, REPUTATION_SPAM, 90, NOW);
	assert_in_range(reputation_network(reputation, net, NOW), 90, 100);
	assert_int_equal(reputation_domain(reputation, domain, NOW),
	    reputation_network(reputation, net, NOW));
	reputation_free(reputation);
}

/* More against somebody never makes him better, and the bounds hold. */
static void
test_monotonous(void **state)
{
	struct reputation *bad = reputation_new(NULL, RECORDS);
	struct reputation *good = reputation_new(NULL, RECORDS);
	int before = 0;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		learn(bad, REPUTATION_SPAM, 1, NOW + i);
		learn(good, REPUTATION_ACCEPTED, 1, NOW + i);
		int now = reputation_network(bad, net, NOW + i);

		assert_in_range(now, before, 100);
		/* Good and bad are each other's mirror. */
		assert_int_equal(reputation_network(good, net, NOW + i), -now);
		before = now;
	}
	reputation_free(bad);
	reputation_free(good);
}

/* A million good messages do not pay for a hundred bad ones. */
static void
test_turning_bad(void **state)
{
	struct reputation *reputation = reputation_new(NULL, RECORDS);

	(void)state;
	learn(reputation, REPUTATION_ACCEPTED, 100000, NOW);
	assert_true(reputation_network(reputation, net, NOW) < -90);
	learn(reputation, REPUTATION_SPAM, 400, NOW + HOUR);
	assert_true(reputation_network(reputation, net, NOW + HOUR) > 40);
	reputation_free(reputation);
}

/* Half lives: seven days for networks, thirty for domains. */
static void
test_fading(void **state)
{
	struct reputation *reputation = reputation_new(NULL, RECORDS);
	struct reputation *half = reputation_new(NULL, RECORDS);
	int before = 100;

	(void)state;
	learn(reputation, REPUTATION_SPAM, 80, NOW);
	learn(half, REPUTATION_SPAM, 40, NOW);
	assert_in_range(reputation_network(reputation, net, NOW + 7 * DAY),
	    reputation_network(half, net, NOW) - 1,
	    reputation_network(half, net, NOW) + 1);
	assert_in_range(reputation_domain(reputation, domain, NOW + 30 * DAY),
	    reputation_domain(half, domain, NOW) - 1,
	    reputation_domain(half, domain, NOW) + 1);
	for (int64_t day = 0; day < 200; day++) {
		int now = reputation_network(reputation, net, NOW + day * DAY);

		assert_in_range(now, 0, before);
		before = now;
	}
	assert_int_equal(before, 0);
	/* Looking changed nothing, and time that goes back neither. */
	assert_true(reputation_network(reputation, net, NOW) > 90);
	assert_int_equal(reputation_network(reputation, net, NOW - 100 * DAY),
	    reputation_network(reputation, net, NOW));
	learn(reputation, REPUTATION_SPAM, 1, NOW - 100 * DAY);
	assert_true(reputation_network(reputation, net, NOW) > 90);
	reputation_free(reputation);
	reputation_free(half);
}

/* Greylisting says half as much as content. */
static void
test_events(void **state)
{
	struct reputation *full = reputation_new(NULL, RECORDS);
	struct reputation *half = reputation_new(NULL, RECORDS);

	(void)state;
	learn(full, REPUTATION_SPAM, 10, NOW);
	learn(half, REPUTATION_NEVER_RETRIED, 20, NOW);
	assert_int_equal(reputation_network(full, net, NOW),
	    reputation_network(half, net, NOW));
	learn(full, REPUTATION_ACCEPTED, 30, NOW);
	learn(half, REPUTATION_RETRIED, 60, NOW);
	assert_true(reputation_network(full, net, NOW) < 0);
	assert_int_equal(reputation_network(full, net, NOW),
	    reputation_network(half, net, NOW));
	/* No domain was authenticated. */
	reputation_learn(full, net, nobody, REPUTATION_SPAM, NOW);
	assert_int_equal(reputation_domain(full, nobody, NOW), 0);
	assert_int_equal(table_count(reputation_table(full, "domain")), 1);
	reputation_learn(full, nobody, nobody, REPUTATION_SPAM, NOW);
	assert_int_equal(table_count(reputation_table(full, "network")), 1);
	reputation_free(full);
	reputation_free(half);
}

static const struct {
	unsigned int known;
	unsigned int unknown;
	bool guesses;
} guesses[] = {
	{ 0, 0, false },
	{ 0, 1, false },
	{ 0, 9, false },
	{ 0, 10, true },
	{ 5, 5, false },
	{ 4, 6, true },
	{ 100, 90, false },
	{ 90, 101, true },
};

static void
test_guesses(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(guesses); i++) {
		struct reputation *reputation = reputation_new(NULL, RECORDS);

		learn(reputation, REPUTATION_KNOWN_RECIPIENT, guesses[i].known,
		    NOW);
		learn(reputation, REPUTATION_UNKNOWN_RECIPIENT,
		    guesses[i].unknown, NOW);
		if (reputation_guesses_recipients(reputation, net, NOW) !=
		    guesses[i].guesses)
			fail_msg("%u known, %u unknown", guesses[i].known,
			    guesses[i].unknown);
		/* That is of the hour, and nothing is learned by it. */
		assert_false(reputation_guesses_recipients(
		    reputation, net, NOW + 3 * HOUR));
		assert_int_equal(reputation_network(reputation, net, NOW), 0);
		assert_int_equal(reputation_domain(reputation, domain, NOW), 0);
		reputation_free(reputation);
	}
}

/* What stands in the store is taken as printed, or not at all. */
static void
test_store(void **state)
{
	static const char *const bad[] = { "", "good=1.0000",
		"good=1.0000 bad=1.0000 when=1 known=0.0000 unknown=0.0000",
		"good=nan bad=1.0000 when=1 known=0.0000 unknown=0.0000 when=1",
		"good=-1.0000 bad=1.0000 when=1 known=0.0000 unknown=0.0000 "
		"when=1",
		"good=1e9 bad=1.0000 when=1 known=0.0000 unknown=0.0000 when=1",
		"good=999.0000 bad=1.0000 when=1 known=0.0000 unknown=0.0000 "
		"when=1",
		"good=1.0000 bad=1.0000 when=-1 known=0.0000 unknown=0.0000 "
		"when=1",
		"good=1.0000 bad=1.0000 when=99999999999999999 known=0.0000 "
		"unknown=0.0000 when=1",
		"good=1.0000 bad=1.0000 when=1 known=0.0000 unknown=0.0000 "
		"when=1 more" };
	struct reputation *reputation = reputation_new(NULL, RECORDS);
	struct table *table = reputation_table(reputation, "network");

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(bad); i++)
		if (table_load(table, net, span_str(bad[i]), NOW + DAY))
			fail_msg("%s", bad[i]);
	assert_true(table_load(table, net,
	    span_str("good=0.5000 bad=80.0000 when=1800000000000 known=1.0000 "
		     "unknown=20.2500 when=1800000000000"),
	    NOW + DAY));
	assert_true(reputation_network(reputation, net, NOW) > 80);
	assert_true(reputation_guesses_recipients(reputation, net, NOW));
	assert_null(reputation_table(reputation, "other"));
	reputation_free(reputation);
}

static void
test_round_trip(void **state)
{
	struct behind behind = { reputation_new(NULL, RECORDS), 0 };
	struct reputation *reputation = reputation_new(&behind, RECORDS);

	(void)state;
	learn(reputation, REPUTATION_SPAM, 1000, NOW);
	learn(reputation, REPUTATION_ACCEPTED, 7, NOW + DAY);
	learn(reputation, REPUTATION_UNKNOWN_RECIPIENT, 1000, NOW + DAY);
	reputation_tick(reputation, NOW + DAY);
	assert_int_equal(behind.records, 2);
	for (int64_t day = 0; day < 60; day++) {
		int64_t now = NOW + day * DAY;

		assert_in_range(reputation_network(reputation, net, now) + 1000,
		    reputation_network(behind.other, net, now) + 999,
		    reputation_network(behind.other, net, now) + 1001);
		assert_in_range(
		    reputation_domain(reputation, domain, now) + 1000,
		    reputation_domain(behind.other, domain, now) + 999,
		    reputation_domain(behind.other, domain, now) + 1001);
	}
	assert_true(reputation_guesses_recipients(behind.other, net, NOW));
	reputation_free(reputation);
	reputation_free(behind.other);
}

/* Strangers come from many networks; whoever has most evidence stays. */
static void
test_bounded(void **state)
{
	struct reputation *reputation = reputation_new(NULL, RECORDS);
	struct table *table = reputation_table(reputation, "network");
	struct arena *arena = arena_new();

	(void)state;
	learn(reputation, REPUTATION_SPAM, 100, NOW);
	for (unsigned int i = 0; i < 20 * RECORDS; i++)
		reputation_learn(reputation,
		    span_str(arena_printf(
			arena, "2001:db8:%x:%x::/64", i / 256, i % 256)),
		    nobody, REPUTATION_NEVER_RETRIED, NOW + (int64_t)i * 1000);
	assert_true(table_count(table) < 4 * RECORDS);
	assert_true(reputation_network(reputation, net, NOW) > 90);
	for (int i = 0; i < 2000; i++)
		reputation_tick(reputation, NOW + 400 * DAY);
	assert_int_equal(table_count(table), 0);
	arena_free(arena);
	reputation_free(reputation);
	reputation_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_confidence),
		cmocka_unit_test(test_monotonous),
		cmocka_unit_test(test_turning_bad),
		cmocka_unit_test(test_fading),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_bounded),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
