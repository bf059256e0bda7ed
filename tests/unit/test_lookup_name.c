/* lookup_name.h: names of access networks and of mail servers. */
#include "lookup_name.h"

#include <string.h>

#include "support/unit.h"

static const struct {
	const char *client;
	const char *name;
	bool generic;
} cases[] = {
	/* The address, spelled in all ways. */
	{ "192.0.2.77", "192.0.2.77.isp.example.net", true },
	{ "192.0.2.77", "77.2.0.192.isp.example.net", true },
	{ "192.0.2.77", "host-192-0-2-77.example.net", true },
	{ "192.0.2.77", "h192-000-002-077.example.net", true },
	{ "192.0.2.77", "HOST-77-2-0-192.EXAMPLE.NET", true },
	{ "192.0.2.77", "ip192000002077.example.net", true },
	{ "192.0.2.77", "077002000192.example.net", true },
	{ "192.0.2.77", "c000024d.example.net", true },
	{ "192.0.2.77", "C0-00-02-4D.example.net", true },
	{ "192.0.2.77", "4d0200c0.example.net", true },
	{ "192.0.2.77", "3221226061.example.net", true },
	{ "192.0.2.77", "x-0-2-77.example.net", true },
	{ "192.0.2.77", "192-0-2.example.net", true },
	{ "192.0.2.77", "host-192-0-2-77.example.net.", true },
	{ "192.0.2.77", "vps-192-0-2-77.example.co.uk", true },
	{ "2001:db8::1:2:3", "2001-db8--1-2-3.example.net", true },
	{ "2001:db8:1:2:3:4:5:6", "x-2001-db8-1-2-3-4-5-6.example.net", true },
	{ "2001:db8:1:2:3:4:5:6", "3-4-5-6.example.net", true },
	{ "2001:db8:1:2:3:4:5:6",
	    "20010db8000100020003000400050006.example.net", true },
	{ "2001:db8:1:2:3:4:5:6", "node-0003000400050006.example.net", true },
	/* Words. */
	{ "192.0.2.77", "p5.dip0.example.net", true },
	{ "192.0.2.77", "dyn17.example.net", true },
	{ "192.0.2.77", "foo.adsl.example.net", true },
	{ "192.0.2.77", "a.pool9.example.net", true },
	{ "192.0.2.77", "dhcp.example.net", true },
	{ "192.0.2.77", "cable-5.example.net", true },
	{ "192.0.2.77", "ppp1234.example.net", true },
	{ "192.0.2.77", "1.mail.dynamic.example.net", true },
	/* Mail servers, whatever their numbers. */
	{ "192.0.2.77", "mail.example.net", false },
	{ "192.0.2.77", "mx1.example.net", false },
	{ "192.0.2.77", "smtp-192-0-2-77.example.net", false },
	{ "192.0.2.77", "a0-2-77.smtp-out.example.net", false },
	{ "192.0.2.77", "mail.dsl.example.net", false },
	{ "192.0.2.77", "mta-77.example.net", false },
	/* Others. */
	{ "192.0.2.77", "host77.example.net", false },
	{ "192.0.2.77", "a2-77.example.net", false },
	{ "192.0.2.77", "web1.example.net", false },
	{ "192.0.2.77", "liverpool.example.net", false },
	{ "192.0.2.77", "cablecar.example.net", false },
	{ "192.0.2.77", "198-51-100-7.example.net", false },
	{ "192.0.2.77", "www.dynamic.net", false },
	{ "192.0.2.77", "dsl.net", false },
	{ "192.0.2.77", "example.net", false },
	{ "192.0.2.77", "net", false },
	{ "2001:db8::1", "1.example.net", false },
	{ "2001:db8::1", "0000000000000001.example.net", false },
	/* No name, no address. */
	{ "192.0.2.77", "", false },
	{ "192.0.2.77", ".", false },
	{ "192.0.2.77", "..", false },
	{ "192.0.2.77", "unknown", false },
	{ "192.0.2.77", "\xff\xfe", false },
	{ "unknown", "host-192-0-2-77.example.net", false },
	{ "unknown", "dyn.example.net", true },
};

static void
test_generic(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct network_address client;

		(void)network_address_parse(cases[i].client, &client);
		if (lookup_name_is_generic(cases[i].name, &client) !=
		    cases[i].generic)
			fail_msg("%s %s", cases[i].client, cases[i].name);
	}
}

/* Every address is found in what a network makes of it. */
static void
test_all_octets(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (unsigned int i = 0; i < 256; i++) {
		struct network_address client = { .family = AF_INET,
			.bytes = { (unsigned char)i, (unsigned char)(i * 7),
			    (unsigned char)(255 - i),
			    (unsigned char)(i * 31) } };
		const unsigned char *b = client.bytes;

		assert_true(lookup_name_is_generic(
		    arena_printf(arena, "h%u-%u-%u-%u.example.net", b[0], b[1],
			b[2], b[3]),
		    &client));
		assert_true(lookup_name_is_generic(
		    arena_printf(arena, "%03u.%03u.%03u.%03u.example.net", b[3],
			b[2], b[1], b[0]),
		    &client));
		assert_true(lookup_name_is_generic(
		    arena_printf(arena, "x%02X%02X%02X%02X.example.net", b[0],
			b[1], b[2], b[3]),
		    &client));
	}
	arena_free(arena);
}

static void
test_full(void **state)
{
	(void)state;
	assert_true(lookup_name_is_full("mail.example.net"));
	assert_true(lookup_name_is_full("1.2.3.x4"));
	assert_false(lookup_name_is_full("localhost"));
	assert_false(lookup_name_is_full("192.0.2.1"));
	assert_false(lookup_name_is_full("host.123"));
	assert_false(lookup_name_is_full(""));
	assert_false(lookup_name_is_full("."));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_generic),
		cmocka_unit_test(test_all_octets),
		cmocka_unit_test(test_full),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
