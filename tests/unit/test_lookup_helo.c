/* lookup_helo.h: RFC 5321 4.1.1.1, 4.1.3. */
#include "lookup_helo.h"

#include "support/dkim.h"
#include "support/unit.h"

static const char *const names[] = { "mx.example.org", "example.org.", NULL };

static const struct {
	const char *helo;
	enum lookup_helo result;
	const char *name;
} cases[] = {
	{ "mail.example.com", LOOKUP_HELO_GOOD, "mail.example.com" },
	{ "MAIL.Example.COM", LOOKUP_HELO_GOOD, "mail.example.com" },
	{ "mail.example.com.", LOOKUP_HELO_GOOD, "mail.example.com" },
	{ "a_b.example.com", LOOKUP_HELO_GOOD, "a_b.example.com" },
	{ "xn--bcher-kva.example", LOOKUP_HELO_GOOD, "xn--bcher-kva.example" },
	{ "[192.0.2.1]", LOOKUP_HELO_LITERAL, NULL },
	{ "[IPv6:2001:db8::1]", LOOKUP_HELO_LITERAL, NULL },
	{ "192.0.2.1", LOOKUP_HELO_ADDRESS, NULL },
	{ "2001:db8::1", LOOKUP_HELO_ADDRESS, NULL },
	{ "mx.example.org", LOOKUP_HELO_OURS, NULL },
	{ "MX.EXAMPLE.ORG.", LOOKUP_HELO_OURS, NULL },
	{ "example.org", LOOKUP_HELO_OURS, NULL },
	{ "[198.51.100.1]", LOOKUP_HELO_OURS, NULL },
	{ "198.51.100.1", LOOKUP_HELO_OURS, NULL },
	{ "other.example.org", LOOKUP_HELO_GOOD, "other.example.org" },
	{ "localhost", LOOKUP_HELO_NO_DOT, NULL },
	{ "WIN-7QH", LOOKUP_HELO_NO_DOT, NULL },
	{ "1234", LOOKUP_HELO_NO_DOT, NULL },
	{ "", LOOKUP_HELO_INVALID, NULL },
	{ ".", LOOKUP_HELO_INVALID, NULL },
	{ "..", LOOKUP_HELO_INVALID, NULL },
	{ "a..b", LOOKUP_HELO_INVALID, NULL },
	{ "[", LOOKUP_HELO_INVALID, NULL },
	{ "[]", LOOKUP_HELO_INVALID, NULL },
	{ "[192.0.2.1", LOOKUP_HELO_INVALID, NULL },
	{ "[192.0.2.256]", LOOKUP_HELO_INVALID, NULL },
	{ "192.0.2", LOOKUP_HELO_INVALID, NULL },
	{ "192.0.2.256", LOOKUP_HELO_INVALID, NULL },
	{ "192.0.2.1.", LOOKUP_HELO_INVALID, NULL },
	{ "a b.example", LOOKUP_HELO_INVALID, NULL },
	{ "a\r\nb.example", LOOKUP_HELO_INVALID, NULL },
	{ "a\tb.example", LOOKUP_HELO_INVALID, NULL },
	{ "b\xc3\xbc"
	  "cher.example",
	    LOOKUP_HELO_INVALID, NULL },
	{ "\xff.example", LOOKUP_HELO_INVALID, NULL },
	{ "-a.example", LOOKUP_HELO_INVALID, NULL },
	{ "user@example.com", LOOKUP_HELO_INVALID, NULL },
};

static void
test_classify(void **state)
{
	struct arena *arena = arena_new();
	struct lookup_helo_ours ours = { .names = names };

	(void)state;
	assert_int_equal(
	    network_address_parse("198.51.100.1", &ours.address), 0);
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const char *name;
		enum lookup_helo result = lookup_helo_classify(
		    span_str(cases[i].helo), &ours, arena, &name);

		if (result != cases[i].result ||
		    (name == NULL) != (cases[i].name == NULL))
			fail_msg("\"%s\": %d", cases[i].helo, (int)result);
		if (name != NULL)
			assert_string_equal(name, cases[i].name);
	}
	arena_free(arena);
}

/* Not told who we are, nothing is ours; not even an address that is none. */
static void
test_nobody(void **state)
{
	struct arena *arena = arena_new();
	const struct lookup_helo_ours ours = { .names = NULL };
	const char *name;

	(void)state;
	assert_int_equal(lookup_helo_classify(
			     span_str("mx.example.org"), &ours, arena, &name),
	    LOOKUP_HELO_GOOD);
	assert_int_equal(
	    lookup_helo_classify(span_str("[192.0.2.1]"), &ours, arena, &name),
	    LOOKUP_HELO_LITERAL);
	arena_free(arena);
}

static const char zone[] = "a.example. 300 IN A 192.0.2.1\n"
			   "aaaa.example. 300 IN AAAA 2001:db8::1\n"
			   "mx.example. 300 IN MX 1 a.example.\n"
			   "txt.example. 300 IN TXT \"x\"\n"
			   "; @servfail broken.example\n"
			   "; @timeout slow.example\n"
			   "; @servfail half.example AAAA\n"
			   "half.example. 300 IN A 192.0.2.1\n";

static const struct {
	const char *name;
	enum lookup_helo result;
} resolved[] = {
	{ "a.example", LOOKUP_HELO_GOOD },
	{ "aaaa.example", LOOKUP_HELO_GOOD },
	{ "mx.example", LOOKUP_HELO_GOOD },
	{ "half.example", LOOKUP_HELO_GOOD },
	{ "txt.example", LOOKUP_HELO_UNRESOLVED },
	{ "nowhere.example", LOOKUP_HELO_UNRESOLVED },
	{ "broken.example", LOOKUP_HELO_UNKNOWN },
	{ "slow.example", LOOKUP_HELO_UNKNOWN },
};

static void
test_resolve(void **state)
{
	struct arena *arena = arena_new();
	struct dns *dns = support_dns(arena, zone);

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(resolved); i++) {
		struct lookup_ask ask;
		struct lookup_helo_questions questions;

		lookup_ask_init(&ask, dns, arena);
		lookup_helo_ask(resolved[i].name, &ask, &questions);
		lookup_ask_wait(&ask, clock_monotonic_ms() + 2000);
		if (lookup_helo_read(&ask, &questions) != resolved[i].result)
			fail_msg("%s", resolved[i].name);
	}
	dns_free(dns);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classify),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_resolve),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
