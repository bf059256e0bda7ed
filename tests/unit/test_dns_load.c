#include "dns/dns_load.h"

#include <stdio.h>

#include "dns/dns.h"
#include "support/unit.h"

static const struct {
	const char *name;
	const char *domain;
} cases[] = {
	{ "example", "example" },
	{ "example.com", "example.com" },
	{ "s._domainkey.mail.example.com", "example.com" },
	{ "s._domainkey.example.de", "example.de" },
	{ "a.b.example.co.uk", "example.co.uk" },
	{ "co.uk", "co.uk" },
	{ "a.ab.info", "ab.info" },
	{ "a.b.abcd.uk", "abcd.uk" },
	{ "4.3.2.1.in-addr.arpa", "2.1.in-addr.arpa" },
	{ "in-addr.arpa", "in-addr.arpa" },
	{ "f.e.d.c.8.b.d.0.1.0.0.2.ip6.arpa", "8.b.d.0.1.0.0.2.ip6.arpa" },
	{ "a.notin-addr.arpa", "notin-addr.arpa" },
};

static void
test_domain(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++)
		assert_string_equal(
		    dns_load_domain(cases[i].name), cases[i].domain);
}

/* Each domain has its share, and all have theirs together; the last places are
 * for domains that have none. */
static void
test_limits(void **state)
{
	static const size_t full = DNS_MAX_UNDER_WAY - DNS_KEPT_PLACES;
	struct dns_domain *domains[DNS_MAX_UNDER_WAY];
	struct dns_load load;
	char name[32];

	(void)state;
	dns_load_init(&load);
	for (size_t i = 0; i < DNS_MAX_UNDER_WAY; i++) {
		size_t owner = i < full ? i / DNS_MAX_OF_DOMAIN : i;

		(void)snprintf(
		    name, sizeof(name), "n%zu.d%zu.example", i, owner);
		domains[i] = dns_load_begin(&load, name);
		assert_non_null(domains[i]);
		if (i == DNS_MAX_OF_DOMAIN || i == full)
			assert_null(dns_load_begin(&load, "x.d0.example"));
		if (i >= full)
			assert_null(dns_load_begin(&load, name));
	}
	assert_null(dns_load_begin(&load, "other.example"));
	dns_load_end(&load, domains[0]);
	assert_null(dns_load_begin(&load, "x.d1.example"));
	assert_null(dns_load_begin(&load, "x.d0.example"));
	domains[0] = dns_load_begin(&load, "other.example");
	assert_non_null(domains[0]);
	for (size_t i = 0; i < DNS_MAX_UNDER_WAY; i++)
		dns_load_end(&load, domains[i]);
	assert_int_equal(hash_count(load.domains), 0);
	dns_load_done(&load);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_domain),
		cmocka_unit_test(test_limits),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
