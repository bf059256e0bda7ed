/* Which limits there are for whom, and what they do past their steps. */
#include "accounting.h"

#include "accounting_world.h"
#include "geo.h"
#include "support/files.h"
#include "support/mmdb.h"

#define USER "${sasl_username}"
#define ALICE "alice@example.org"

static void
test_steps(void **state)
{
	struct world *world = *state;
	struct limit *limit =
	    world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 10);
	enum limit_action action = LIMIT_PASS;

	world_step(limit, 20, LIMIT_HOLD);
	world_step(limit, 30, LIMIT_REJECT);
	world_begin(world);
	for (int i = 1; i <= 40; i++) {
		char recipient[32];

		(void)snprintf(
		    recipient, sizeof(recipient), "%d@example.com", i);
		action = world_rcpt(world, 1, "a.1", recipient);
		assert_int_equal(action, i <= 10  ? LIMIT_PASS
					 : i < 20 ? LIMIT_DEFER
					 : i < 30 ? LIMIT_HOLD
						  : LIMIT_REJECT);
		/* Again, from another list: not tried again. */
		assert_int_equal(
		    world_rcpt(world, 2, "a.1", recipient), action);
	}
	assert_int_equal(world_used(world, "recipients"), 10);
}

/* Held mail arrives; what was refused of it is not counted. */
static void
test_held_mail(void **state)
{
	struct world *world = *state;
	struct limit *limit =
	    world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 2);

	limit->steps[0].action = LIMIT_HOLD;
	world_begin(world);
	(void)world_rcpt(world, 1, "a.1", "a@b.c");
	(void)world_rcpt(world, 1, "a.1", "b@b.c");
	assert_int_equal(world_rcpt(world, 1, "a.1", "c@b.c"), LIMIT_HOLD);
	assert_int_equal(world_data(world, 1, "a.1", 3), LIMIT_PASS);
	assert_int_equal(world_end(world, 1, "a.1", 3), LIMIT_PASS);
	(void)world_rcpt(world, 1, "a.2", "a@b.c");
	assert_int_equal(world_used(world, "recipients"), 2);
}

static void
test_alarm_passes(void **state)
{
	struct world *world = *state;
	struct limit *limit =
	    world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 2);

	limit->steps[0].action = LIMIT_ALARM;
	world_step(limit, 20, LIMIT_REJECT);
	world_begin(world);
	(void)world_rcpt(world, 1, "a.1", "a@b.c");
	(void)world_rcpt(world, 1, "a.1", "b@b.c");
	assert_int_equal(world_rcpt(world, 1, "a.1", "c@b.c"), LIMIT_ALARM);
	assert_int_equal(world_used(world, "recipients"), 3);
	assert_int_equal(world_rcpt(world, 1, "a.1", "d@b.c"), LIMIT_REJECT);
	assert_int_equal(world_used(world, "recipients"), 3);
}

static void
test_shadow(void **state)
{
	struct world *world = *state;
	struct limit *limit =
	    world_limit(world, "shadow", USER, LIMIT_RECIPIENTS, 2);

	limit->shadow = true;
	world_step(limit, 50, LIMIT_REJECT);
	(void)world_limit(world, "real", USER, LIMIT_RECIPIENTS, 4);
	world_begin(world);
	(void)world_rcpt(world, 1, "a.1", "a@b.c");
	(void)world_rcpt(world, 1, "a.1", "b@b.c");
	assert_int_equal(world_rcpt(world, 1, "a.1", "c@b.c"), LIMIT_PASS);
	assert_null(world->outcome.strongest);
	assert_int_equal(world->outcome.count, 1);
	assert_true(world->outcome.findings[0].shadow);
	assert_int_equal(world->outcome.findings[0].action, LIMIT_DEFER);
	assert_int_equal(world_used(world, "shadow"), 2);
	assert_int_equal(world_used(world, "real"), 3);
	(void)world_rcpt(world, 1, "a.1", "d@b.c");
	assert_int_equal(world_rcpt(world, 1, "a.1", "e@b.c"), LIMIT_DEFER);
	assert_int_equal(world->outcome.count, 2);
	assert_string_equal(world->outcome.strongest->limit->name, "real");
	assert_int_equal(world_read(world, "shadow", ALICE).tried, 5);
}

static void
test_distinct(void **state)
{
	static const char *const clients[] = { "192.0.2.1", "192.0.2.99",
		"198.51.100.1", "203.0.113.1", "2001:db8::1", "2001:db8:1::1",
		"2001:db8:2::1" };
	static const enum limit_action actions[] = { LIMIT_PASS, LIMIT_PASS,
		LIMIT_PASS, LIMIT_ALARM, LIMIT_HOLD, LIMIT_HOLD, LIMIT_HOLD };
	struct world *world = *state;
	struct limit *limit =
	    world_limit(world, "networks", USER, LIMIT_CLIENT_NETWORKS, 2);

	limit->rule.algorithm = COUNTER_DISTINCT;
	limit->steps[0].action = LIMIT_ALARM;
	world_step(limit, 20, LIMIT_HOLD);
	(void)world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 100);
	world_begin(world);
	for (size_t i = 0; i < UNIT_COUNT(clients); i++) {
		char instance[16];

		(void)snprintf(instance, sizeof(instance), "%zu", i);
		world->client = clients[i];
		assert_int_equal(
		    world_rcpt(world, 1, instance, "bob@example.com"),
		    actions[i]);
	}
	/* Only of users. */
	world->login = "";
	assert_int_equal(
	    world_rcpt(world, 9, "b.1", "bob@example.com"), LIMIT_PASS);
	world->login = ALICE;
	world->now += HOUR;
	assert_int_equal(
	    world_rcpt(world, 1, "c.1", "bob@example.com"), LIMIT_PASS);
}

/* What a login from ${clients}, one after the other, meets where two different
 * values of ${unit} are too many. */
static void
meets(struct world *world, enum limit_unit unit, const char *const clients[],
    const enum limit_action actions[], size_t count)
{
	struct limit *limit = world_limit(world, "values", USER, unit, 1);

	limit->rule.algorithm = COUNTER_DISTINCT;
	limit->steps[0].action = LIMIT_ALARM;
	world_begin(world);
	for (size_t i = 0; i < count; i++) {
		char instance[24];

		(void)snprintf(instance, sizeof(instance), "%zu", i);
		world->client = clients[i];
		assert_int_equal(
		    world_rcpt(world, 1, instance, "bob@example.com"),
		    actions[i]);
	}
}

static const char *const from[] = { "192.0.2.1", "192.0.2.2", "198.51.100.1",
	"2001:db8::1", "203.0.113.1" };

/* Whoever sends as ours through a big provider comes from all of its hosts. */
static void
test_pool(void **state)
{
	static const enum limit_action actions[] = { LIMIT_PASS, LIMIT_PASS,
		LIMIT_PASS, LIMIT_PASS, LIMIT_ALARM };
	static const char *const texts[] = { "192.0.2.0/24", "198.51.100.0/24",
		"2001:db8::/32" };
	struct network networks[UNIT_COUNT(texts)];
	const struct facts_pool pool = { "pool big", networks,
		UNIT_COUNT(networks) };
	struct world *world = *state;

	for (size_t i = 0; i < UNIT_COUNT(texts); i++)
		assert_int_equal(network_parse(texts[i], &networks[i]), 0);
	world->facts_rules.pools = &pool;
	world->facts_rules.pool_count = 1;
	meets(world, LIMIT_CLIENT_NETWORKS, from, actions, UNIT_COUNT(from));
}

/* Two countries, one that no database knows, and one of a pool, which is none.
 */
static void
test_countries(void **state)
{
	static const enum limit_action actions[] = { LIMIT_PASS, LIMIT_PASS,
		LIMIT_PASS, LIMIT_ALARM, LIMIT_PASS };
	static const struct mmdb_network countries[] = {
		{ "192.0.2.0/24", "NL", 0 },
		{ "198.51.100.0/24", "DE", 0 },
		{ "2001:db8::/32", "CH", 0 },
	};
	struct world *world = *state;
	struct network network;
	const struct facts_pool pool = { "pool big", &network, 1 };
	char *folder = files_folder(world->arena, "countries");
	const char *path = arena_printf(world->arena, "%s/country", folder);
	const char *error = NULL;

	assert_int_equal(network_parse("198.51.100.0/24", &network), 0);
	assert_int_equal(mmdb_write(path, "GeoLite2-Country", countries,
			     UNIT_COUNT(countries)),
	    0);
	struct geo *geo = geo_new(path, NULL, world->arena, &error);

	assert_non_null(geo);
	world->facts_rules.geo = geo;
	world->facts_rules.pools = &pool;
	world->facts_rules.pool_count = 1;
	meets(world, LIMIT_COUNTRIES, from, actions, UNIT_COUNT(from));
	world->facts_rules.geo = NULL;
	geo_free(geo);
	files_remove(folder);
}

static void
test_first_recipients(void **state)
{
	struct world *world = *state;

	(void)world_limit(world, "first", USER, LIMIT_FIRST_RECIPIENTS, 2);
	world_begin(world);
	assert_int_equal(world_rcpt(world, 1, "a.1", "a@b.c"), LIMIT_PASS);
	assert_true(world->outcome.first_recipient);
	world->known = true;
	(void)world_rcpt(world, 1, "a.1", "b@b.c");
	assert_false(world->outcome.first_recipient);
	assert_int_equal(world_used(world, "first"), 1);
	world->known = false;
	assert_int_equal(world_rcpt(world, 1, "a.1", "c@b.c"), LIMIT_PASS);
	assert_int_equal(world_rcpt(world, 1, "a.1", "d@b.c"), LIMIT_DEFER);
	(void)world_end(world, 1, "a.1", 3);
	assert_int_equal(world_used(world, "first"), 2);
}

/* Whoever gives up before END-OF-MESSAGE has told us whom he knows: they do not
 * become free of charge by that. */
static void
test_first_recipients_given_up(void **state)
{
	struct world *world = *state;

	(void)world_limit(world, "first", USER, LIMIT_FIRST_RECIPIENTS, 2);
	(void)world_limit(world, "all", USER, LIMIT_RECIPIENTS, 100);
	world_begin(world);
	(void)world_rcpt(world, 1, "a.1", "a@b.c");
	(void)world_rcpt(world, 1, "a.1", "b@b.c");
	world->known = true;
	(void)world_rcpt(world, 1, "a.2", "a@b.c");
	assert_int_equal(world_used(world, "first"), 2);
	assert_int_equal(world_used(world, "all"), 1);
	world->known = false;
	assert_int_equal(world_rcpt(world, 1, "a.2", "c@b.c"), LIMIT_DEFER);
}

static void
test_exempt(void **state)
{
	static const char *const users[] = { "robot@example.org",
		"example.net" };
	static const struct {
		const char *login;
		const char *client;
		uint64_t used;
	} cases[] = {
		{ "robot@example.org", "203.0.113.1", 0 },
		{ "ROBOT@example.org", "203.0.113.1", 0 },
		{ "anybody@example.net", "203.0.113.1", 0 },
		{ "alice@example.org", "192.0.2.5", 0 },
		{ "alice@example.org", "203.0.113.1", 1 },
		{ "net", "203.0.113.1", 1 },
		{ "a@not-example.net", "203.0.113.1", 1 },
	};
	struct world *world = *state;
	struct network network;

	assert_int_equal(network_parse("192.0.2.0/24", &network), 0);
	world->rules.exempt_networks = &network;
	world->rules.exempt_network_count = 1;
	world->rules.exempt_users =
	    (struct conf_list){ users, UNIT_COUNT(users) };
	(void)world_limit(world, "all", "all", LIMIT_RECIPIENTS, 100);
	world_begin(world);
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		world->login = cases[i].login;
		world->client = cases[i].client;
		(void)world_rcpt(world, 1, "a.1", "bob@example.com");
		assert_int_equal(
		    world_read(world, "all", "all").used, cases[i].used);
		(void)world_rcpt(world, 1, "", "bob@example.com");
		(void)transactions_follow(
		    accounting_transactions(world->accounting), 1,
		    span_str("x"), world->now);
	}
}

/* Only where it is meant to be: direction and policy_context. */
static void
test_where_it_applies(void **state)
{
	static const char *const contexts[] = { "submission" };
	struct world *world = *state;
	struct limit *limit;

	limit = world_limit(world, "out", "all", LIMIT_RECIPIENTS, 100);
	limit->direction = LIMIT_OUTBOUND;
	limit = world_limit(world, "in", "all", LIMIT_RECIPIENTS, 100);
	limit->direction = LIMIT_INBOUND;
	limit = world_limit(world, "context", "all", LIMIT_RECIPIENTS, 100);
	limit->contexts = (struct conf_list){ contexts, 1 };
	world_begin(world);
	(void)world_rcpt(world, 1, "a.1", "bob@example.com");
	assert_int_equal(world_read(world, "out", "all").used, 1);
	assert_int_equal(world_read(world, "in", "all").used, 0);
	assert_int_equal(world_read(world, "context", "all").used, 0);
	world->context = "submission";
	world->login = "";
	(void)world_rcpt(world, 2, "a.2", "bob@example.com");
	assert_int_equal(world_read(world, "out", "all").used, 1);
	assert_int_equal(world_read(world, "in", "all").used, 1);
	assert_int_equal(world_read(world, "context", "all").used, 1);
	/* Other states, and no instance, count nothing. */
	(void)world_ask(world, 3, REQUEST_STATE_MAIL, "a.3", "", 0);
	(void)world_ask(
	    world, 3, REQUEST_STATE_VRFY, "a.3", "bob@example.com", 0);
	(void)world_rcpt(world, 3, "", "bob@example.com");
	assert_int_equal(world_read(world, "in", "all").used, 1);
}

static void
test_overrides(void **state)
{
	static const struct override_rate rates[] = { { "recipients", 3 } };
	const struct override_section sections[] = { { "example.org", rates,
	    1 } };
	struct world *world = *state;
	uint64_t *rate;

	(void)world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 1);
	world->rules.overrides =
	    overrides_new(sections, 1, NULL, 0, world->arena);
	world_begin(world);
	(void)world_rcpt(world, 1, "a.1", "a@b.c");
	(void)world_rcpt(world, 1, "a.1", "b@b.c");
	assert_int_equal(world_rcpt(world, 1, "a.1", "c@b.c"), LIMIT_PASS);
	assert_int_equal(world_rcpt(world, 1, "a.1", "d@b.c"), LIMIT_DEFER);
	assert_int_equal(world->outcome.strongest->rate, 3);
	assert_string_equal(
	    world->outcome.strongest->source, "domain example.org");
	rate = table_add(accounting_overrides(world->accounting),
	    span_str(ALICE " recipients"), NOW);
	*rate = COUNTER_UNLIMITED;
	assert_int_equal(world_rcpt(world, 1, "a.1", "d@b.c"), LIMIT_PASS);
	assert_int_equal(world_used(world, "recipients"), 4);
}

static void
test_new_accounts(void **state)
{
	static const struct override_rate rates[] = { { "recipients", 9 } };
	const struct override_section sections[] = { { "vip@example.org", rates,
	    1 } };
	struct world *world = *state;

	world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 10)
	    ->new_accounts = true;
	world->rules.overrides =
	    overrides_new(sections, 1, NULL, 0, world->arena);
	world_begin(world);
	/* Whoever is seen in the first week was there before. */
	(void)world_rcpt(world, 1, "a.0", "a@b.c");
	world->now += 6 * DAY;
	(void)world_rcpt(world, 1, "a.1", "a@b.c");
	world->now += 2 * DAY;
	for (int i = 0; i < 5; i++) {
		char recipient[32];

		(void)snprintf(recipient, sizeof(recipient), "%d@b.c", i);
		assert_int_equal(
		    world_rcpt(world, 1, "a.2", recipient), LIMIT_PASS);
	}
	world->login = "New@example.org";
	(void)world_rcpt(world, 1, "a.3", "a@b.c");
	assert_int_equal(world_rcpt(world, 1, "a.3", "b@b.c"), LIMIT_PASS);
	assert_int_equal(world_rcpt(world, 1, "a.3", "c@b.c"), LIMIT_DEFER);
	assert_int_equal(world->outcome.strongest->rate, 2);
	assert_string_equal(world->outcome.strongest->source, "new account");
	world->login = "vip@example.org";
	for (int i = 0; i < 9; i++) {
		char recipient[32];

		(void)snprintf(recipient, sizeof(recipient), "%d@b.c", i);
		assert_int_equal(
		    world_rcpt(world, 1, "a.4", recipient), LIMIT_PASS);
	}
	world->login = "new@example.org";
	world->now += 7 * DAY;
	for (int i = 0; i < 5; i++) {
		char recipient[32];

		(void)snprintf(recipient, sizeof(recipient), "%d@b.c", i);
		assert_int_equal(
		    world_rcpt(world, 1, "a.5", recipient), LIMIT_PASS);
	}
}

/* A clock that was years ahead for a minute makes nobody new for years. */
static void
test_new_in_years_to_come(void **state)
{
	struct world *world = *state;

	world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 10)
	    ->new_accounts = true;
	world_begin(world);
	world->login = "first@example.org";
	(void)world_rcpt(world, 1, "a.1", "a@b.c");
	world->login = "late@example.org";
	world->now += 2000 * DAY;
	(void)world_rcpt(world, 1, "a.2", "a@b.c");
	/* An hour does not matter. */
	world->now -= HOUR;
	(void)world_rcpt(world, 1, "a.3", "a@b.c");
	(void)world_rcpt(world, 1, "a.3", "b@b.c");
	assert_int_equal(world_rcpt(world, 1, "a.3", "c@b.c"), LIMIT_DEFER);
	world->now -= 1900 * DAY;
	assert_int_equal(world_rcpt(world, 1, "a.4", "a@b.c"), LIMIT_PASS);
	assert_int_equal(world_rcpt(world, 1, "a.4", "b@b.c"), LIMIT_PASS);
	assert_int_equal(world_rcpt(world, 1, "a.4", "c@b.c"), LIMIT_PASS);
}

/* Where no limit asks, nobody is remembered; when one asks from now on, nobody
 * is new for a week. */
static void
test_learning_begins(void **state)
{
	struct world *world = *state;
	struct limit *limit =
	    world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 5);
	struct table *accounts;

	world_begin(world);
	accounts = accounting_accounts(world->accounting);
	world->now += 30 * DAY;
	(void)world_rcpt(world, 1, "a.1", "a@b.c");
	assert_int_equal(table_count(accounts), 0);
	limit->new_accounts = true;
	accounting_follow_rules(world->accounting, &world->rules);
	(void)world_rcpt(world, 1, "a.2", "a@b.c");
	assert_int_equal(table_count(accounts), 2);
	assert_int_equal(world_rcpt(world, 1, "a.2", "b@b.c"), LIMIT_PASS);
	/* A week without, in which nobody was remembered. */
	limit->new_accounts = false;
	accounting_follow_rules(world->accounting, &world->rules);
	accounting_tick(world->accounting, world->now);
	assert_int_equal(table_count(accounts), 1);
	world->now += 30 * DAY;
	limit->new_accounts = true;
	accounting_follow_rules(world->accounting, &world->rules);
	world->login = "bob@example.org";
	(void)world_rcpt(world, 1, "a.3", "a@b.c");
	assert_int_equal(world_rcpt(world, 1, "a.3", "b@b.c"), LIMIT_PASS);
	world->now += 8 * DAY;
	world->login = "carol@example.org";
	(void)world_rcpt(world, 1, "a.4", "a@b.c");
	assert_int_equal(world_rcpt(world, 1, "a.4", "b@b.c"), LIMIT_DEFER);
}

/* Other keys, as many as one likes, do not reset a full counter. */
static void
test_eviction(void **state)
{
	struct world *world = *state;
	char login[32] = "mallory@example.org";

	(void)world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 3);
	world->rules.max_keys = 200;
	world_begin(world);
	world->login = login;
	for (int i = 0; i < 6; i++) {
		(void)snprintf(login, sizeof(login), "mallory@example.org");
		(void)world_rcpt(world, 1, "a.1",
		    (const char *[]){
			"a@b", "b@b", "c@b", "d@b", "e@b", "f@b" }[i]);
	}
	world->now += 10 * MINUTE;
	(void)world_end(world, 1, "a.1", 3);
	assert_int_equal(world_rcpt(world, 1, "a.2", "a@b.c"), LIMIT_DEFER);
	/* What others try is worth less, for not as long. */
	for (int i = 0; i < 20000; i++) {
		char instance[32];

		(void)snprintf(login, sizeof(login), "x%d@example.org", i);
		(void)snprintf(instance, sizeof(instance), "b.%d", i);
		(void)world_rcpt(world, 2, instance, "a@b.c");
	}
	(void)snprintf(login, sizeof(login), "mallory@example.org");
	assert_int_equal(world_rcpt(world, 1, "a.3", "a@b.c"), LIMIT_DEFER);
}

static void
test_explain(void **state)
{
	struct world *world = *state;
	struct limit *networks;
	struct accounting_outcome outcome;
	struct request request;
	struct facts facts;
	struct trace *trace = trace_new(world->arena);

	(void)world_limit(world, "recipients", USER, LIMIT_RECIPIENTS, 1);
	networks =
	    world_limit(world, "networks", USER, LIMIT_CLIENT_NETWORKS, 0);
	networks->rule.algorithm = COUNTER_DISTINCT;
	world_limit(world, "in", "all", LIMIT_RECIPIENTS, 1)->direction =
	    LIMIT_INBOUND;
	world_begin(world);
	world_request(world, REQUEST_STATE_RCPT, "a.1", "a@b.c", 0, &request);
	facts_init(&facts, &request, &world->facts_rules, world->arena);
	facts.outbound = true;
	facts.now = world->now;
	accounting_explain(
	    world->accounting, &world->rules, &facts, trace, &outcome);
	assert_int_equal(outcome.action, LIMIT_DEFER);
	assert_int_equal(outcome.count, 1);
	assert_string_equal(outcome.strongest->limit->name, "networks");
	assert_int_equal(world_used(world, "recipients"), 0);
	assert_int_equal(world_used(world, "networks"), 0);
	assert_int_equal(
	    table_count(accounting_accounts(world->accounting)), 0);
	assert_true(trace->count >= 8);
	assert_string_equal(trace->steps[0].text, "\"recipients\" applies");
	assert_string_equal(trace->steps[1].text, "key: alice@example.org");
	assert_string_equal(
	    trace->steps[2].text, "rate: 1 recipients in 3600 s (default)");
	assert_string_equal(trace->steps[3].text, "used: 0, tried: 0");
	assert_string_equal(trace->steps[8].text, "\"in\" does not apply");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_steps),
		WORLD_TEST(test_held_mail),
		WORLD_TEST(test_alarm_passes),
		WORLD_TEST(test_shadow),
		WORLD_TEST(test_distinct),
		WORLD_TEST(test_pool),
		WORLD_TEST(test_countries),
		WORLD_TEST(test_first_recipients),
		WORLD_TEST(test_first_recipients_given_up),
		WORLD_TEST(test_exempt),
		WORLD_TEST(test_where_it_applies),
		WORLD_TEST(test_overrides),
		WORLD_TEST(test_new_accounts),
		WORLD_TEST(test_new_in_years_to_come),
		WORLD_TEST(test_learning_begins),
		WORLD_TEST(test_eviction),
		WORLD_TEST(test_explain),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
