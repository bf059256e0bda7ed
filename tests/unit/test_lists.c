/* lists.h: RFC 5782. */
#include "lists.h"

#include <string.h>

#include "dns/name.h"
#include "support/unit.h"

static const struct {
	const char *text;
	int ret;
	struct list_code code;
} codes[] = {
	{ "127.0.0.2=6", 0, { { 127, 0, 0, 2 }, { 127, 0, 0, 2 }, 6 } },
	{ "127.0.0.4-7=-3", 0, { { 127, 0, 0, 4 }, { 127, 0, 0, 7 }, -3 } },
	{ "127.0.*.2=1", 0, { { 127, 0, 0, 2 }, { 127, 0, 255, 2 }, 1 } },
	{ "127.1-2.3-4.5-6=0", 0, { { 127, 1, 3, 5 }, { 127, 2, 4, 6 }, 0 } },
	{ "127.*.*.*=1000", 0,
	    { { 127, 0, 0, 0 }, { 127, 255, 255, 255 }, 1000 } },
	{ "127.0.0.2=-1000", 0, { { 127, 0, 0, 2 }, { 127, 0, 0, 2 }, -1000 } },
	/* Never a listing. */
	{ "126.0.0.2=6", -1, { { 0 } } },
	{ "*.0.0.2=6", -1, { { 0 } } },
	{ "126-127.0.0.2=6", -1, { { 0 } } },
	{ "127.255.255.254=6", -1, { { 0 } } },
	{ "127.255.255.*=6", -1, { { 0 } } },
	/* No code. */
	{ "", -1, { { 0 } } },
	{ "=", -1, { { 0 } } },
	{ "127.0.0.2", -1, { { 0 } } },
	{ "127.0.0.2=", -1, { { 0 } } },
	{ "127.0.0.2=-", -1, { { 0 } } },
	{ "127.0.0.2=--1", -1, { { 0 } } },
	{ "127.0.0.2=+1", -1, { { 0 } } },
	{ "127.0.0.2=1001", -1, { { 0 } } },
	{ "127.0.0.2=99999999999999999999", -1, { { 0 } } },
	{ "127.0.0.2= 6", -1, { { 0 } } },
	{ "127.0.0=6", -1, { { 0 } } },
	{ "127.0.0.2.3=6", -1, { { 0 } } },
	{ "127.0.0.2.=6", -1, { { 0 } } },
	{ "127..0.2=6", -1, { { 0 } } },
	{ "127.0.0.256=6", -1, { { 0 } } },
	{ "127.0.0.7-4=6", -1, { { 0 } } },
	{ "127.0.0.-4=6", -1, { { 0 } } },
	{ "127.0.0.4-=6", -1, { { 0 } } },
	{ "127.0.0.4-5-6=6", -1, { { 0 } } },
	{ "127.0.0.**=6", -1, { { 0 } } },
	{ "127.0.0.0x2=6", -1, { { 0 } } },
};

static void
test_codes(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(codes); i++) {
		struct list_code code;

		if (list_code_parse(codes[i].text, &code) != codes[i].ret)
			fail_msg("%s", codes[i].text);
		if (codes[i].ret == 0 &&
		    memcmp(&code, &codes[i].code, sizeof(code)) != 0)
			fail_msg("%s is another one", codes[i].text);
	}
}

static const struct dns_list *
find(const char *zone)
{
	size_t count;
	const struct dns_list *lists = lists_default(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(lists[i].zone, zone) == 0)
			return (&lists[i]);
	fail_msg("no %s", zone);
	return (NULL);
}

static const struct {
	const char *zone;
	unsigned char answer[4];
	bool weighs;
	int weight;
	enum list_refusal refusal;
} weights[] = {
	{ "zen.spamhaus.org", { 127, 0, 0, 2 }, true, 6, LIST_ANSWERS },
	{ "zen.spamhaus.org", { 127, 0, 0, 3 }, true, 6, LIST_ANSWERS },
	{ "zen.spamhaus.org", { 127, 0, 0, 4 }, true, 6, LIST_ANSWERS },
	{ "zen.spamhaus.org", { 127, 0, 0, 9 }, true, 6, LIST_ANSWERS },
	{ "zen.spamhaus.org", { 127, 0, 0, 10 }, true, 3, LIST_ANSWERS },
	{ "zen.spamhaus.org", { 127, 0, 0, 11 }, true, 3, LIST_ANSWERS },
	{ "zen.spamhaus.org", { 127, 0, 0, 8 }, false, 0, LIST_ANSWERS },
	{ "zen.spamhaus.org", { 127, 255, 255, 252 }, false, 0, LIST_REFUSES },
	{ "zen.spamhaus.org", { 127, 255, 255, 254 }, false, 0, LIST_REFUSES },
	{ "zen.spamhaus.org", { 127, 255, 255, 255 }, false, 0, LIST_REFUSES },
	{ "zen.spamhaus.org", { 93, 184, 216, 34 }, false, 0, LIST_ASTRAY },
	{ "zen.spamhaus.org", { 0, 0, 0, 0 }, false, 0, LIST_ASTRAY },
	{ "dbl.spamhaus.org", { 127, 0, 1, 2 }, true, 5, LIST_ANSWERS },
	{ "dbl.spamhaus.org", { 127, 0, 1, 99 }, true, 5, LIST_ANSWERS },
	{ "dbl.spamhaus.org", { 127, 0, 1, 102 }, true, 2, LIST_ANSWERS },
	{ "dbl.spamhaus.org", { 127, 0, 1, 106 }, true, 2, LIST_ANSWERS },
	/* "No IP queries". */
	{ "dbl.spamhaus.org", { 127, 0, 1, 255 }, false, 0, LIST_ANSWERS },
	{ "bl.spamcop.net", { 127, 0, 0, 2 }, true, 4, LIST_ANSWERS },
	{ "psbl.surriel.com", { 127, 0, 0, 2 }, true, 3, LIST_ANSWERS },
	{ "list.dnswl.org", { 127, 0, 5, 0 }, false, 0, LIST_ANSWERS },
	{ "list.dnswl.org", { 127, 0, 5, 1 }, true, -1, LIST_ANSWERS },
	{ "list.dnswl.org", { 127, 0, 15, 2 }, true, -4, LIST_ANSWERS },
	{ "list.dnswl.org", { 127, 0, 11, 3 }, true, -6, LIST_ANSWERS },
	{ "list.dnswl.org", { 127, 0, 0, 255 }, false, 0, LIST_REFUSES },
};

static void
test_weights(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(weights); i++) {
		int weight = 0;
		bool weighs = list_weigh(
		    find(weights[i].zone), weights[i].answer, &weight);

		if (weighs != weights[i].weighs ||
		    weight != weights[i].weight ||
		    (!weighs &&
			list_refusal(weights[i].answer) != weights[i].refusal))
			fail_msg(
			    "%s %u", weights[i].zone, weights[i].answer[3]);
	}
}

/* A code for all of 127/8 still does not make a refusal a listing. */
static void
test_refusal_never_weighs(void **state)
{
	struct dns_list list = { .zone = "list.example", .code_count = 1 };
	const unsigned char refusal[4] = { 127, 255, 255, 254 };
	const unsigned char listing[4] = { 127, 255, 254, 254 };
	int weight = 0;

	(void)state;
	assert_int_equal(list_code_parse("127.*.*.*=9", &list.codes[0]), 0);
	assert_false(list_weigh(&list, refusal, &weight));
	assert_true(list_weigh(&list, listing, &weight));
	assert_int_equal(weight, 9);
	/* A list may mean something by dnswl.org's refusal. */
	const unsigned char last[4] = { 127, 0, 0, 255 };

	assert_true(list_weigh(&list, last, &weight));
}

static const struct {
	const char *client;
	const char *name;
} addresses[] = {
	/* RFC 5782 2.1, 2.4. */
	{ "192.0.2.99", "99.2.0.192.bad.example.com" },
	{ "2001:db8:1:2:3:4:567:89ab",
	    "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2"
	    ".bad.example.com" },
	{ "::ffff:192.0.2.99", "99.2.0.192.bad.example.com" },
	{ "0.0.0.0", "0.0.0.0.bad.example.com" },
	{ "unknown", NULL },
};

static void
test_address_names(void **state)
{
	const struct dns_list list = { .zone = "bad.example.com" };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(addresses); i++) {
		struct network_address client;

		(void)network_address_parse(addresses[i].client, &client);
		const char *name = list_name(arena, &list, &client);

		if (addresses[i].name == NULL)
			assert_null(name);
		else
			assert_string_equal(name, addresses[i].name);
	}
	arena_free(arena);
}

#define LABEL "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc"
#define LONG LABEL "." LABEL "." LABEL "."

static const struct {
	const char *domain;
	const char *name;
} domains[] = {
	{ "Example.NET", "example.net.bad.example.com" },
	{ "example.net.", "example.net.bad.example.com" },
	{ "b\xc3\xbc"
	  "cher.example",
	    "xn--bcher-kva.example.bad.example.com" },
	{ LONG "abc", LONG "abc.bad.example.com" },
	{ LONG "abcdefghijabcdefghijabcdefghijabcdefghijabcde", LONG
	    "abcdefghijabcdefghijabcdefghijabcdefghijabcde.bad.example.com" },
	/* One byte too many beside the zone. */
	{ LONG "abcdefghijabcdefghijabcdefghijabcdefghijabcdef", NULL },
	{ LONG LABEL, NULL },
	{ LABEL "x.example", NULL },
	{ "", NULL },
	{ ".", NULL },
	{ "a..b", NULL },
	{ ".example", NULL },
	{ "a b.example", NULL },
	{ "a\nb.example", NULL },
	{ "*.example", NULL },
	{ "\xff.example", NULL },
};

static void
test_domain_names(void **state)
{
	const struct dns_list list = { .zone = "bad.example.com" };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(domains); i++) {
		const char *name =
		    list_name_of(arena, &list, domains[i].domain);

		if ((name == NULL) != (domains[i].name == NULL))
			fail_msg("%s", domains[i].domain);
		if (name != NULL)
			assert_string_equal(name, domains[i].name);
	}
	arena_free(arena);
}

/* What we ship can be asked and tested, and is not dead. */
static void
test_defaults(void **state)
{
	struct arena *arena = arena_new();
	size_t count;
	const struct dns_list *lists = lists_default(&count);

	(void)state;
	assert_in_range(count, 1, LIST_MAX);
	for (size_t i = 0; i < count; i++) {
		assert_non_null(name_to_ascii(arena, span_str(lists[i].zone)));
		assert_null(strstr(lists[i].zone, "sorbs"));
		assert_true(lists[i].subjects != 0);
		assert_true(lists[i].code_count > 0);
		assert_non_null(lists[i].group);
		assert_non_null(lists[i].must_be_listed);
		assert_non_null(lists[i].must_not_be_listed);
		assert_false(lists[i].shadow);
	}
	assert_string_equal(
	    find("zen.spamhaus.org")->group, find("dbl.spamhaus.org")->group);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_refusal_never_weighs),
		cmocka_unit_test(test_address_names),
		cmocka_unit_test(test_domain_names),
		cmocka_unit_test(test_defaults),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
