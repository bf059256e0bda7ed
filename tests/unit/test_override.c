/* Whose limits differ, and what goes before what. */
#include "override.h"

#include <string.h>

#include "support/unit.h"

#define NOW ((int64_t)1764134400000)
#define RATES(...)                                                             \
	(const struct override_rate[]){ __VA_ARGS__ },                         \
	    sizeof((const struct override_rate[]){ __VA_ARGS__ }) /            \
		sizeof(struct override_rate)

static const struct limit hour = { .name = "user-hour",
	.rule = { .rate = 300 } };
static const struct limit day = { .name = "user-day",
	.rule = { .rate = 1000 } };

static const char *const staff[] = { "Bob@Example.org", "example.net",
	"alice@example.org" };
static const char *const robots[] = { "bob@example.org" };

struct world {
	struct arena *arena;
	const struct overrides *overrides;
	struct table *table;
};

static int
set_up(void **state)
{
	static struct world world;
	const struct override_section sections[] = {
		{ "Alice@Example.ORG", RATES({ "user-hour", 500 },
					   { "user-day", COUNTER_UNLIMITED }) },
		{ "example.org", RATES({ "user-hour", 50 }) },
		{ "group:staff",
		    RATES({ "user-hour", 700 }, { "user-day", 7000 }) },
		{ "group:robots", RATES({ "user-day", 9 }) },
		{ "root", RATES({ "user-hour", 5 }) },
		/* What override_parse() did not take. */
		{ "broken", RATES({ NULL, 5 }) },
	};
	const struct override_group groups[] = {
		{ "staff", { staff, UNIT_COUNT(staff) } },
		{ "robots", { robots, UNIT_COUNT(robots) } },
	};

	world.arena = arena_new();
	world.overrides = overrides_new(sections, UNIT_COUNT(sections), groups,
	    UNIT_COUNT(groups), world.arena);
	world.table = override_table(NULL);
	*state = &world;
	return (0);
}

static int
tear_down(void **state)
{
	struct world *world = *state;

	table_free(world->table);
	arena_free(world->arena);
	return (0);
}

static const struct {
	const struct limit *limit;
	const char *user;
	const char *domain;
	uint64_t rate;
	const char *source;
} cases[] = {
	{ &hour, "", "", 300, "default" },
	{ &hour, "eve@example.com", "example.com", 300, "default" },
	{ &hour, "alice@example.org", "example.org", 500,
	    "user Alice@Example.ORG" },
	{ &hour, "ALICE@example.org", "EXAMPLE.org", 500,
	    "user Alice@Example.ORG" },
	{ &day, "alice@example.org", "example.org", COUNTER_UNLIMITED,
	    "user Alice@Example.ORG" },
	/* A domain goes before a group, also of a user. */
	{ &hour, "bob@example.org", "example.org", 50, "domain example.org" },
	/* The first group in the file. */
	{ &day, "bob@example.org", "example.org", 7000, "group staff" },
	{ &hour, "carol@example.net", "example.net", 700, "group staff" },
	{ &hour, "root", "", 5, "user root" },
	{ &hour, "broken", "", 300, "default" },
};

static void
test_order(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const char *source;

		assert_int_equal(override_rate(world->overrides, world->table,
				     cases[i].limit, span_str(cases[i].user),
				     span_str(cases[i].domain), &source),
		    cases[i].rate);
		assert_string_equal(source, cases[i].source);
	}
}

static void
set(struct table *table, const char *key, uint64_t rate)
{
	uint64_t *record = table_add(table, span_str(key), NOW);

	*record = rate;
	table_changed(table, record, TABLE_NEVER);
}

static void
expect(struct world *world, const char *user, const char *domain, uint64_t rate,
    const char *source)
{
	const char *from;

	assert_int_equal(override_rate(world->overrides, world->table, &hour,
			     span_str(user), span_str(domain), &from),
	    rate);
	assert_string_equal(from, source);
}

static void
test_by_hand(void **state)
{
	struct world *world = *state;

	set(world->table, "group:staff user-hour", 4);
	expect(world, "carol@example.net", "example.net", 4,
	    "group, by mailreeve-policyctl");
	expect(
	    world, "bob@example.org", "example.org", 50, "domain example.org");
	set(world->table, "example.org user-hour", 3);
	expect(world, "bob@example.org", "example.org", 3,
	    "domain, by mailreeve-policyctl");
	/* A user of either before a domain of either. */
	expect(world, "alice@example.org", "example.org", 500,
	    "user Alice@Example.ORG");
	set(world->table, "alice@example.org user-hour", COUNTER_UNLIMITED);
	expect(world, "alice@example.org", "example.org", COUNTER_UNLIMITED,
	    "user, by mailreeve-policyctl");
	assert_true(
	    table_remove(world->table, span_str("example.org user-hour")));
	expect(
	    world, "bob@example.org", "example.org", 50, "domain example.org");
}

static void
test_without_any(void **state)
{
	struct world *world = *state;
	const char *source;

	assert_int_equal(override_rate(NULL, NULL, &hour, span_str("a@b.c"),
			     span_str("b.c"), &source),
	    300);
	assert_string_equal(source, "default");
	assert_int_equal(
	    override_rate(overrides_new(NULL, 0, NULL, 0, world->arena),
		world->table, &hour, span_str("a@b.c"), span_str("b.c"),
		&source),
	    300);
}

/* A login of any length. */
static void
test_long_login(void **state)
{
	struct world *world = *state;
	char login[8192];
	const char *source;

	memset(login, 'a', sizeof(login));
	for (size_t len = 990; len < sizeof(login); len += 7)
		assert_int_equal(
		    override_rate(world->overrides, world->table, &hour,
			span_new(login, len), span_new(login, len), &source),
		    300);
}

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		const char *limit; /* NULL: an error */
		uint64_t rate;
	} texts[] = {
		{ "user-hour=500", "user-hour", 500 },
		{ " user-hour = 500 ", "user-hour", 500 },
		{ "user-hour=0", "user-hour", 0 },
		{ "user-hour=unlimited", "user-hour", COUNTER_UNLIMITED },
		{ "user-hour=Unlimited", "user-hour", COUNTER_UNLIMITED },
		{ "a b=1", "a b", 1 },
		{ "user-hour=1125899906842624", "user-hour", COUNTER_MAX_RATE },
		{ "user-hour=1125899906842625", NULL, 0 },
		{ "user-hour=99999999999999999999", NULL, 0 },
		{ "user-hour=-1", NULL, 0 },
		{ "user-hour=5k", NULL, 0 },
		{ "user-hour=", NULL, 0 },
		{ "user-hour", NULL, 0 },
		{ "=5", NULL, 0 },
		{ "", NULL, 0 },
	};
	struct world *world = *state;

	for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
		struct override_rate rate;
		const char *error = NULL;
		int result =
		    override_parse(texts[i].text, world->arena, &rate, &error);

		assert_int_equal(result, texts[i].limit == NULL ? -1 : 0);
		if (result == -1) {
			assert_non_null(error);
			continue;
		}
		assert_string_equal(rate.limit, texts[i].limit);
		assert_int_equal(rate.rate, texts[i].rate);
	}
}

static void
test_codec(void **state)
{
	struct world *world = *state;

	assert_true(table_load(world->table, span_str("x user-hour"),
	    span_str("unlimited"), TABLE_NEVER));
	expect(
	    world, "x", "", COUNTER_UNLIMITED, "user, by mailreeve-policyctl");
	assert_true(table_load(world->table, span_str("y user-hour"),
	    span_str("12"), TABLE_NEVER));
	expect(world, "y", "", 12, "user, by mailreeve-policyctl");
	assert_false(table_load(world->table, span_str("z user-hour"),
	    span_str("12x"), TABLE_NEVER));
	assert_false(table_load(world->table, span_str("z user-hour"),
	    span_str("9999999999999999"), TABLE_NEVER));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_by_hand, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_without_any, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_long_login, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_parse, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_codec, set_up, tear_down),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
