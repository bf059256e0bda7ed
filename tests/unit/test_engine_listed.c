/* Who is allowed or blocked by hand, and what he may not choose himself. */
#include "engine_impl.h"

#include "support/unit.h"

static void
list(struct engine *engine, const char *entry)
{
	(void)table_add(engine->listed, span_str(entry), 0);
}

static void
test_listed(void **state)
{
	static const struct {
		const char *login;
		const char *sender;
		const char *client;
		bool allowed;
		bool blocked;
	} cases[] = {
		{ "", "x@friend.example", "203.0.113.1", true, false },
		{ "", "x@sub.friend.example", "203.0.113.1", true, false },
		{ "", "x@notfriend.example", "203.0.113.1", false, false },
		{ "", "x@foe.example", "203.0.113.1", false, true },
		{ "", "x@example.com", "192.0.2.77", true, false },
		/* A login writes what it likes. */
		{ "ann@example.org", "x@friend.example", "203.0.113.1", false,
		    false },
		{ "ann@example.org", "boss@example.org", "203.0.113.1", false,
		    false },
		{ "ann@example.org", "x@foe.example", "203.0.113.1", false,
		    true },
		{ "ann@example.org", "x@example.com", "192.0.2.77", true,
		    false },
		{ "Robot@example.org", "", "203.0.113.1", true, false },
	};
	struct engine engine = { .listed = engine_listed_new(NULL) };
	const struct facts_rules rules = { .client_net_ipv4 = 24 };

	(void)state;
	list(&engine, "allow friend.example");
	list(&engine, "allow boss@example.org");
	list(&engine, "allow robot@example.org");
	list(&engine, "allow 192.0.2.0/24");
	list(&engine, "block foe.example");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *arena = arena_new();
		struct request request = { .state = REQUEST_STATE_RCPT };
		struct facts facts;

		request.attributes[REQUEST_SASL_USERNAME] =
		    span_str(cases[i].login);
		request.attributes[REQUEST_SENDER] = span_str(cases[i].sender);
		assert_int_equal(
		    network_address_parse(cases[i].client, &request.client), 0);
		facts_init(&facts, &request, &rules, arena);
		assert_int_equal(engine_is_listed(&engine, "allow", &facts),
		    cases[i].allowed);
		assert_int_equal(engine_is_listed(&engine, "block", &facts),
		    cases[i].blocked);
		arena_free(arena);
	}
	table_free(engine.listed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
