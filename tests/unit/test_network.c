/* Addresses and networks, as written in configurations and by Postfix. */
#include "base/network.h"

#include "support/unit.h"

static const struct {
	const char *network;
	const char *address;
	int contains; /* -1: the network is refused */
} cases[] = {
	{ "192.0.2.0/24", "192.0.2.255", 1 },
	{ "192.0.2.0/24", "192.0.3.0", 0 },
	{ "192.0.2.7", "192.0.2.7", 1 },
	{ "192.0.2.7", "192.0.2.6", 0 },
	{ "0.0.0.0/0", "203.0.113.9", 1 },
	{ "0.0.0.0/0", "2001:db8::1", 0 },
	{ "::/0", "2001:db8::1", 1 },
	{ "::/0", "192.0.2.1", 0 },
	{ "2001:db8::/32", "[2001:db8:ffff::1]", 1 },
	{ "2001:db8::/32", "IPv6:2001:db9::1", 0 },
	{ "192.0.2.0/24", "::ffff:192.0.2.9", 1 },
	{ "::1/128", "::1", 1 },
	{ "192.0.2.1/24", "192.0.2.1", -1 },
	{ "192.0.2.0/33", "192.0.2.1", -1 },
	{ "192.0.2.0/", "192.0.2.1", -1 },
	{ "192.0.2/24", "192.0.2.1", -1 },
	{ "", "192.0.2.1", -1 },
	{ "mx.example", "192.0.2.1", -1 },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", "::1",
	    -1 },
};

static void
test_contains(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct network network;
		struct network_address address;

		assert_int_equal(
		    network_address_parse(cases[i].address, &address), 0);
		int parsed = network_parse(cases[i].network, &network);

		if (cases[i].contains < 0) {
			assert_int_equal(parsed, -1);
			continue;
		}
		assert_int_equal(parsed, 0);
		assert_int_equal(
		    network_contains(&network, &address), cases[i].contains);
	}
}

static void
test_no_address(void **state)
{
	struct network network;
	struct network_address address;

	(void)state;
	network_address_from(NULL, &address);
	assert_int_equal(network_parse("0.0.0.0/0", &network), 0);
	assert_false(network_contains(&network, &address));
	assert_int_equal(network_address_parse("[]", &address), -1);
	assert_int_equal(network_address_parse("[", &address), -1);
}

/* One family, its text and nothing else; what is mapped stays as written. */
static void
test_parse_as(void **state)
{
	struct network_address address;

	(void)state;
	assert_int_equal(
	    network_address_parse_as(AF_INET, "192.0.2.1", &address), 0);
	assert_int_equal(address.family, AF_INET);
	assert_int_equal(
	    network_address_parse_as(AF_INET6, "::ffff:192.0.2.1", &address),
	    0);
	assert_int_equal(address.family, AF_INET6);
	assert_int_equal(address.bytes[11], 0xff);
	assert_int_equal(
	    network_address_parse_as(AF_INET6, "192.0.2.1", &address), -1);
	assert_int_equal(address.family, AF_UNSPEC);
	assert_int_equal(
	    network_address_parse_as(AF_INET, "2001:db8::1", &address), -1);
	assert_int_equal(
	    network_address_parse_as(AF_INET6, "IPv6:::1", &address), -1);
	assert_int_equal(
	    network_address_parse_as(AF_INET6, "[::1]", &address), -1);
	assert_int_equal(
	    network_address_parse_as(AF_INET, "192.0.2.1 ", &address), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_parse_as),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
