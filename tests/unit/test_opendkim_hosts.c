/* Which clients are in OpenDKIM's sets of hosts. */
#include "opendkim_hosts.h"

#include <string.h>

#include "opendkim_listener.h"
#include "support/unit.h"

static const struct {
	enum opendkim_dataset_type type;
	bool in;
	const char *rows;
	const char *name;
	const char *address; /* NULL: a client without one */
} cases[] = {
	{ OPENDKIM_FILE, true, "192.0.2.1", NULL, "192.0.2.1" },
	{ OPENDKIM_FILE, false, "192.0.2.1", NULL, "192.0.2.2" },
	{ OPENDKIM_FILE, true, "[192.0.2.1]", NULL, "192.0.2.1" },
	{ OPENDKIM_FILE, true, "192.0.2.0/24", NULL, "192.0.2.200" },
	{ OPENDKIM_FILE, false, "192.0.2.0/24", NULL, "192.0.3.1" },
	{ OPENDKIM_FILE, true, "[192.0.2.0]/24", NULL, "192.0.2.9" },
	{ OPENDKIM_FILE, true, "0.0.0.0/0", NULL, "198.51.100.1" },
	/* More precise rows come first; of two alike, the one that says no. */
	{ OPENDKIM_FILE, false, "192.0.2.0/24\n!192.0.2.7", NULL, "192.0.2.7" },
	{ OPENDKIM_FILE, true, "!192.0.2.0/24\n192.0.2.7", NULL, "192.0.2.7" },
	{ OPENDKIM_FILE, false, "!192.0.2.0/28\n192.0.2.0/24", NULL,
	    "192.0.2.7" },
	{ OPENDKIM_FILE, false, "192.0.2.7\n!192.0.2.7", NULL, "192.0.2.7" },
	/* Text is compared: this is no network of OpenDKIM's. */
	{ OPENDKIM_FILE, false, "192.0.2.7/24", NULL, "192.0.2.7" },
	{ OPENDKIM_FILE, false, "192.0.2/24", NULL, "192.0.2.7" },
	{ OPENDKIM_FILE, true, "2001:db8::/32", NULL, "2001:db8::5" },
	{ OPENDKIM_FILE, true, "2001:DB8::/32", NULL, "2001:db8::5" },
	{ OPENDKIM_FILE, false, "2001:0db8::/32", NULL, "2001:db8::5" },
	{ OPENDKIM_FILE, false, "2001:db8::/32\n!2001:db8::/64", NULL,
	    "2001:db8::5" },
	{ OPENDKIM_FILE, true, "::1", NULL, "::1" },
	{ OPENDKIM_FILE, true, "127.0.0.1", NULL, NULL },
	{ OPENDKIM_FILE, true, "Mail.example.org", "mail.example.org",
	    "192.0.2.1" },
	{ OPENDKIM_FILE, true, ".example.org", "mail.example.org",
	    "192.0.2.1" },
	{ OPENDKIM_FILE, false, ".example.org", "example.org", "192.0.2.1" },
	{ OPENDKIM_FILE, false, "example.org", "mail.example.org",
	    "192.0.2.1" },
	{ OPENDKIM_FILE, false, ".example.org\n!bad.example.org",
	    "bad.example.org", "192.0.2.1" },
	/* A name that is out can be in by its address. */
	{ OPENDKIM_FILE, true, "!bad.example.org\n192.0.2.1", "bad.example.org",
	    "192.0.2.1" },
	{ OPENDKIM_FILE, false, "", "a.example", "192.0.2.1" },
	{ OPENDKIM_LIST, true, "192.0.2.0/24,localhost", "localhost",
	    "127.0.0.1" },
	{ OPENDKIM_REFILE, true, "192.0.2.*", NULL, "192.0.2.9" },
	{ OPENDKIM_REFILE, true, "192.0.2.0/24", NULL, "192.0.2.9" },
	{ OPENDKIM_REFILE, true, "mail*.example.org", "mail7.example.org",
	    "192.0.2.1" },
	/* It is like "!www.example.org", too. */
	{ OPENDKIM_REFILE, false, "*.example.org", "www.example.org",
	    "192.0.2.1" },
	{ OPENDKIM_REFILE, false, "*", NULL, "192.0.2.1" },
	/* A set of characters to OpenDKIM; what stands beside it counts. */
	{ OPENDKIM_REFILE, false, "[192.0.2.1]", NULL, "192.0.2.1" },
	{ OPENDKIM_REFILE, true, "[192.0.2.1]\n192.0.2.1", NULL, "192.0.2.1" },
	{ OPENDKIM_REFILE, false, "10.1.2.(3|4)", NULL, "10.1.2.3" },
};

static void
test_contain(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct listener listener = { 0 };
		struct opendkim_report report =
		    listener_report(&listener, arena);
		struct opendkim_dataset set = { .type = cases[i].type,
			.file = "t" };
		struct network_address address = { .family = AF_UNSPEC };

		opendkim_dataset_parse(
		    arena, span_str(cases[i].rows), 1, &report, &set);
		if (cases[i].address != NULL)
			assert_int_equal(
			    network_address_parse(cases[i].address, &address),
			    0);
		if (opendkim_hosts_contain(opendkim_hosts_new(&set, &report),
			cases[i].name, &address) != cases[i].in)
			fail_msg("case %zu: %s", i, cases[i].rows);
		arena_free(arena);
	}
}

static const struct {
	enum opendkim_dataset_type type;
	const char *row;
	const char *warning; /* NULL: none */
} rows[] = {
	{ OPENDKIM_FILE, "192.0.2.0/24", NULL },
	{ OPENDKIM_FILE, "!192.0.2.1", NULL },
	{ OPENDKIM_FILE, "localhost", NULL },
	{ OPENDKIM_FILE, ".example.org", NULL },
	{ OPENDKIM_FILE, "cafe.de", NULL },
	{ OPENDKIM_FILE, "2001:db8::/32", NULL },
	{ OPENDKIM_FILE, "[::1]", NULL },
	{ OPENDKIM_FILE, "10.1.2.3/8", "wants the first address" },
	{ OPENDKIM_FILE, "192.0.2/24", "wants an address of four numbers" },
	{ OPENDKIM_FILE, "2001:0DB8::1", "wants 2001:db8::1 there" },
	{ OPENDKIM_REFILE, "*.example.org", "takes clients out" },
	{ OPENDKIM_REFILE, "192.0.2.*", NULL },
	{ OPENDKIM_REFILE, "[10.9.9.9]", "is a regular expression" },
	{ OPENDKIM_REFILE, "10.1.2.(3|4)", "is a regular expression" },
	{ OPENDKIM_REFILE, "10.1.2.?", "is a regular expression" },
};

static void
test_warnings(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
		struct arena *arena = arena_new();
		struct listener listener = { 0 };
		struct opendkim_report report =
		    listener_report(&listener, arena);
		struct opendkim_dataset set = { .type = rows[i].type,
			.file = "t" };

		opendkim_dataset_parse(
		    arena, span_str(rows[i].row), 1, &report, &set);
		assert_non_null(opendkim_hosts_new(&set, &report));
		if (rows[i].warning == NULL && listener.warnings > 0)
			fail_msg("%s: %s", rows[i].row, listener.warning);
		if (rows[i].warning != NULL &&
		    (listener.warnings != 1 ||
			strstr(listener.warning, rows[i].warning) == NULL))
			fail_msg("%s: %s", rows[i].row,
			    listener.warnings == 0 ? "" : listener.warning);
		arena_free(arena);
	}
}

/* Without its exception a set would have more clients than OpenDKIM's. */
static void
test_exception(void **state)
{
	struct arena *arena = arena_new();
	struct listener listener = { 0 };
	struct opendkim_report report = listener_report(&listener, arena);
	struct opendkim_dataset set = { .type = OPENDKIM_REFILE, .file = "t" };

	(void)state;
	opendkim_dataset_parse(
	    arena, span_str("10.*\n!10.1.2.[34]\n"), 1, &report, &set);
	assert_null(opendkim_hosts_new(&set, &report));
	assert_int_equal(listener.errors, 1);
	assert_non_null(strstr(listener.error, "t:2: \"!10.1.2.[34]\" is a"));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_contain),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_exception) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
