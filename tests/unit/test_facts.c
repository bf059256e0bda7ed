/* What follows from a request without asking anybody. */
#include "facts.h"

#include "mail/orgdomain.h"
#include "support/unit.h"

static const struct {
	enum request_attribute from;
	enum facts_derived derived;
	const char *value;
	const char *expected;
} cases[] = {
	/* Domains. */
	{ REQUEST_SENDER, FACTS_SENDER_DOMAIN, "Ann@Mail.Example.ORG",
	    "mail.example.org" },
	{ REQUEST_SENDER, FACTS_SENDER_DOMAIN, "", "" },
	{ REQUEST_SENDER, FACTS_SENDER_DOMAIN, "ann", "" },
	{ REQUEST_SENDER, FACTS_SENDER_DOMAIN, "ann@", "" },
	{ REQUEST_SENDER, FACTS_SENDER_DOMAIN, "@example.org", "example.org" },
	{ REQUEST_SENDER, FACTS_SENDER_DOMAIN, "a@b@example.org",
	    "example.org" },
	{ REQUEST_SENDER, FACTS_SENDER_DOMAIN, "ann@example.org.",
	    "example.org" },
	{ REQUEST_SENDER, FACTS_SENDER_DOMAIN, "ann@.", "" },
	{ REQUEST_SENDER, FACTS_SENDER_DOMAIN,
	    "ann@b\xc3\xbc"
	    "cher.example",
	    "xn--bcher-kva.example" },
	{ REQUEST_SENDER, FACTS_SENDER_DOMAIN, "ann@\xff.Example",
	    "\xff.example" },
	{ REQUEST_SENDER, FACTS_SENDER_DOMAIN, "ann@[192.0.2.1]",
	    "[192.0.2.1]" },
	{ REQUEST_RECIPIENT, FACTS_RECIPIENT_DOMAIN, "Bob@Example.NET",
	    "example.net" },
	{ REQUEST_SASL_USERNAME, FACTS_SASL_DOMAIN, "Ann@Example.org",
	    "example.org" },
	{ REQUEST_SASL_USERNAME, FACTS_SASL_DOMAIN, "ann", "" },
	/* Mailboxes. */
	{ REQUEST_SENDER, FACTS_SENDER_MAILBOX, "Ann+News@Example.ORG",
	    "ann@example.org" },
	{ REQUEST_SENDER, FACTS_SENDER_MAILBOX, "ann+a+b@example.org",
	    "ann@example.org" },
	{ REQUEST_SENDER, FACTS_SENDER_MAILBOX, "+ann@example.org",
	    "+ann@example.org" },
	{ REQUEST_SENDER, FACTS_SENDER_MAILBOX, "+ann+x@example.org",
	    "+ann@example.org" },
	{ REQUEST_SENDER, FACTS_SENDER_MAILBOX, "", "" },
	{ REQUEST_SENDER, FACTS_SENDER_MAILBOX, "Ann+x", "ann" },
	{ REQUEST_RECIPIENT, FACTS_RECIPIENT_MAILBOX, "Bob+x@Example.org.",
	    "bob@example.org" },
	{ REQUEST_RECIPIENT, FACTS_RECIPIENT_MAILBOX, "bob+", "bob" },
	/* Organizations. */
	{ REQUEST_SENDER, FACTS_SENDER_ORG, "ann@a.b.example.co.uk",
	    "example.co.uk" },
	{ REQUEST_SENDER, FACTS_SENDER_ORG, "ann@com", "com" },
	{ REQUEST_SENDER, FACTS_SENDER_ORG, "", "" },
	/* No database. */
	{ REQUEST_SENDER, FACTS_ASN, "", "" },
	{ REQUEST_SENDER, FACTS_COUNTRY, "", "" },
};

static void
test_derive(void **state)
{
	struct arena *arena = arena_new();
	const char *error;
	struct orgdomain *suffixes = orgdomain_new(NULL, arena, &error);
	struct facts_rules rules = { .client_net_ipv4 = 24,
		.client_net_ipv6 = 64,
		.recipient_delimiter = '+',
		.suffixes = suffixes };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct request request = { 0 };
		struct facts facts;

		request.attributes[cases[i].from] = span_str(cases[i].value);
		facts_init(&facts, &request, &rules, arena);
		struct span found = facts_get(&facts, cases[i].derived);

		if (!span_is(found, cases[i].expected))
			fail_msg("%zu: %s: %s", i, cases[i].value,
			    arena_str(arena, found));
		assert_ptr_equal(
		    facts_get(&facts, cases[i].derived).data, found.data);
	}
	orgdomain_free(suffixes);
	arena_free(arena);
}

static const struct {
	const char *client;
	unsigned int ipv4;
	unsigned int ipv6;
	const char *net;
} nets[] = {
	{ "192.0.2.77", 24, 64, "192.0.2.0/24" },
	{ "192.0.2.77", 32, 64, "192.0.2.77/32" },
	{ "192.0.2.77", 33, 64, "192.0.2.77/32" },
	{ "192.0.2.77", 27, 64, "192.0.2.64/27" },
	{ "192.0.2.77", 0, 64, "0.0.0.0/0" },
	{ "2001:db8:1:2:3:4:5:6", 24, 64, "2001:db8:1:2::/64" },
	{ "2001:db8:1:2:3:4:5:6", 24, 128, "2001:db8:1:2:3:4:5:6/128" },
	{ "2001:db8:1:2:3:4:5:6", 24, 44, "2001:db8::/44" },
	{ "::ffff:192.0.2.77", 24, 64, "192.0.2.0/24" },
	{ "unknown", 24, 64, "" },
};

static void
test_net(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(nets); i++) {
		struct facts_rules rules = { .client_net_ipv4 = nets[i].ipv4,
			.client_net_ipv6 = nets[i].ipv6 };
		struct request request = { 0 };
		struct facts facts;

		(void)network_address_parse(nets[i].client, &request.client);
		facts_init(&facts, &request, &rules, arena);
		if (!span_is(facts_get(&facts, FACTS_CLIENT_NET), nets[i].net))
			fail_msg("%s", nets[i].client);
	}
	arena_free(arena);
}

static void
test_delimiter(void **state)
{
	struct arena *arena = arena_new();
	struct facts_rules rules = { .recipient_delimiter = '\0' };
	struct request request = { 0 };
	struct facts facts;

	(void)state;
	request.attributes[REQUEST_SENDER] = span_str("a+b-c@example.org");
	facts_init(&facts, &request, &rules, arena);
	assert_true(span_is(
	    facts_get(&facts, FACTS_SENDER_MAILBOX), "a+b-c@example.org"));
	rules.recipient_delimiter = '-';
	facts_init(&facts, &request, &rules, arena);
	assert_true(span_is(
	    facts_get(&facts, FACTS_SENDER_MAILBOX), "a+b@example.org"));
	arena_free(arena);
}

static void
test_names(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < FACTS_DERIVED; i++)
		assert_int_equal(facts_derived_find(span_str(facts_derived_name(
				     (enum facts_derived)i))),
		    i);
	assert_int_equal(facts_derived_find(span_str("sender")), FACTS_DERIVED);
	assert_int_equal(facts_derived_find(span_str("")), FACTS_DERIVED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_derive),
		cmocka_unit_test(test_net), cmocka_unit_test(test_delimiter),
		cmocka_unit_test(test_names) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
