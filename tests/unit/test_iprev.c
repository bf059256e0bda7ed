/* iprev.h: RFC 8601 3. */
#include "support/unit.h"

#include <string.h>

#include "base/clock.h"
#include "dns/iprev.h"
#include "support/dkim.h"

static const char zone[] =
    "1.2.0.192.in-addr.arpa. 300 IN PTR mail.example.com.\n"
    "mail.example.com. 300 IN A 192.0.2.1\n"
    /* Of several names one that leads back is enough. */
    "2.2.0.192.in-addr.arpa. 300 IN PTR liar.example.com.\n"
    "2.2.0.192.in-addr.arpa. 300 IN PTR two.example.com.\n"
    "liar.example.com. 300 IN A 198.51.100.7\n"
    "two.example.com. 300 IN A 198.51.100.7\n"
    "two.example.com. 300 IN A 192.0.2.2\n"
    "3.2.0.192.in-addr.arpa. 300 IN PTR liar.example.com.\n"
    "4.2.0.192.in-addr.arpa. 300 IN PTR nowhere.example.com.\n"
    /* An address of the other family is no answer. */
    "5.2.0.192.in-addr.arpa. 300 IN PTR six.example.com.\n"
    "six.example.com. 300 IN AAAA 2001:db8::1\n"
    "; @servfail 6.2.0.192.in-addr.arpa\n"
    "; @timeout 7.2.0.192.in-addr.arpa\n"
    "8.2.0.192.in-addr.arpa. 300 IN PTR broken.example.com.\n"
    "; @servfail broken.example.com\n"
    /* What is known to lead back counts beside what cannot be asked. */
    "9.2.0.192.in-addr.arpa. 300 IN PTR broken.example.com.\n"
    "9.2.0.192.in-addr.arpa. 300 IN PTR nine.example.com.\n"
    "nine.example.com. 300 IN A 192.0.2.9\n"
    /* A dot inside a label, which would make it another name. */
    "10.2.0.192.in-addr.arpa. 300 IN PTR mail\\.example.com.\n"
    "mail.example.com. 300 IN A 192.0.2.10\n"
    /* Names after the tenth are not looked at. */
    "11.2.0.192.in-addr.arpa. 300 IN PTR n1.example.com.\n"
    "11.2.0.192.in-addr.arpa. 300 IN PTR n2.example.com.\n"
    "11.2.0.192.in-addr.arpa. 300 IN PTR n3.example.com.\n"
    "11.2.0.192.in-addr.arpa. 300 IN PTR n4.example.com.\n"
    "11.2.0.192.in-addr.arpa. 300 IN PTR n5.example.com.\n"
    "11.2.0.192.in-addr.arpa. 300 IN PTR n6.example.com.\n"
    "11.2.0.192.in-addr.arpa. 300 IN PTR n7.example.com.\n"
    "11.2.0.192.in-addr.arpa. 300 IN PTR n8.example.com.\n"
    "11.2.0.192.in-addr.arpa. 300 IN PTR n9.example.com.\n"
    "11.2.0.192.in-addr.arpa. 300 IN PTR n10.example.com.\n"
    "11.2.0.192.in-addr.arpa. 300 IN PTR n11.example.com.\n"
    "n11.example.com. 300 IN A 192.0.2.11\n"
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa."
    " 300 IN PTR six.example.com.\n"
    "a.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa."
    " 300 IN PTR six.example.com.\n";

static const struct {
	const char *client;
	enum iprev_result result;
} cases[] = {
	{ "192.0.2.1", IPREV_PASS },
	{ "192.0.2.2", IPREV_PASS },
	{ "192.0.2.3", IPREV_FAIL },
	{ "192.0.2.4", IPREV_FAIL },
	{ "192.0.2.5", IPREV_FAIL },
	{ "192.0.2.6", IPREV_TEMPERROR },
	{ "192.0.2.7", IPREV_TEMPERROR },
	{ "192.0.2.8", IPREV_TEMPERROR },
	{ "192.0.2.9", IPREV_PASS },
	{ "192.0.2.10", IPREV_FAIL },
	{ "192.0.2.11", IPREV_FAIL },
	{ "192.0.2.99", IPREV_PERMERROR },
	{ "2001:db8::1", IPREV_PASS },
	{ "2001:db8::fa", IPREV_FAIL },
	{ "2001:db8::2", IPREV_PERMERROR },
	/* IPv4-mapped is IPv4. */
	{ "::ffff:192.0.2.1", IPREV_PASS },
};

static void
test_cases(void **state)
{
	struct arena *arena = arena_new();
	struct dns *dns = support_dns(arena, zone);

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct network_address client;
		enum iprev_result result;

		assert_int_equal(
		    network_address_parse(cases[i].client, &client), 0);
		iprev_prefetch(dns, &client);
		result = iprev_eval(
		    dns, &client, clock_monotonic_ms() + 200, arena, NULL);
		if (result != cases[i].result)
			fail_msg("%s: %s", cases[i].client,
			    iprev_result_name(result));
	}
	dns_free(dns);
	arena_free(arena);
}

/* A client without an address asks nothing. */
static void
test_no_address(void **state)
{
	struct arena *arena = arena_new();
	struct dns *dns = support_dns(arena, zone);
	const struct network_address client = { 0 };
	struct dns_counters counters;

	(void)state;
	iprev_prefetch(dns, &client);
	assert_int_equal(
	    iprev_eval(dns, &client, clock_monotonic_ms() + 200, arena, NULL),
	    IPREV_NONE);
	dns_counters(dns, &counters);
	assert_int_equal(counters.started, 0);
	dns_free(dns);
	arena_free(arena);
}

/* At most one question for the names and ten for their addresses. */
static void
test_bounded(void **state)
{
	struct arena *arena = arena_new();
	struct dns *dns = support_dns(arena, zone);
	struct network_address client;
	struct dns_counters counters;

	(void)state;
	assert_int_equal(network_address_parse("192.0.2.11", &client), 0);
	(void)iprev_eval(dns, &client, clock_monotonic_ms() + 200, arena, NULL);
	dns_counters(dns, &counters);
	assert_int_equal(counters.started, 1 + IPREV_MAX_NAMES);
	dns_free(dns);
	arena_free(arena);
}

/* The steps that mailreeve-explain shows. */
static void
test_trace(void **state)
{
	struct arena *arena = arena_new();
	struct dns *dns = support_dns(arena, zone);
	struct trace *trace = trace_new(arena);
	struct network_address client;

	(void)state;
	assert_int_equal(network_address_parse("192.0.2.2", &client), 0);
	(void)iprev_eval(
	    dns, &client, clock_monotonic_ms() + 200, arena, trace);
	assert_int_equal(trace->count, 4);
	assert_string_equal(
	    trace->steps[1].text, "liar.example.com does not have the address");
	assert_string_equal(
	    trace->steps[2].text, "two.example.com has the address");
	assert_string_equal(trace->steps[3].text, "iprev=pass");
	dns_free(dns);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_trace),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
