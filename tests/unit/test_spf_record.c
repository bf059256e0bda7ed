#include "support/unit.h"

#include "spf/record.h"

#include <string.h>

static const struct {
	const char *text;
	const char *error; /* a part of it; NULL: none */
} cases[] = {
	{ "v=spf1", NULL },
	{ "v=spf1 ", NULL },
	{ "V=SPF1  A  -ALL ", NULL },
	/* RFC 7208 5.1. */
	{ "v=spf1 all:x.org", "\"all:x.org\": nothing may follow" },
	{ "v=spf1 all/8", "nothing may follow" },
	{ "v=spf1 -all.", "no such mechanism" },
	{ "v=spf1 --all", "no such mechanism" },
	{ "v=spf1 -", "no such mechanism" },
	/* RFC 7208 5.3 and 5.4. */
	{ "v=spf1 a a:x.org a/0 a//0 a:x.org/32//128 mx:%{d}/24 mx//64", NULL },
	{ "v=spf1 a:foo:bar/baz.example.com", NULL },
	{ "v=spf1 a:", "its domain is empty" },
	{ "v=spf1 a/33", "prefix length" },
	{ "v=spf1 a//129", "prefix length" },
	{ "v=spf1 a:x.org/024", "prefix length" },
	{ "v=spf1 a:x.org/1234", "prefix length" },
	{ "v=spf1 a:x.org/99999999999999999999", "prefix length" },
	{ "v=spf1 a/24/64", "prefix length" },
	{ "v=spf1 mx:x.org/24/64", "prefix length" },
	{ "v=spf1 mx:x.org/24/32", "top-level name" },
	{ "v=spf1 mx:x.org/", "top-level name" },
	{ "v=spf1 a:museum", "no dot" },
	{ "v=spf1 a:museum.", "no dot" },
	{ "v=spf1 a:192.0.2.1", "top-level name" },
	{ "v=spf1 a:x.-org", "top-level name" },
	{ "v=spf1 a:x.org-", "top-level name" },
	{ "v=spf1 a:x..org.", NULL },
	{ "v=spf1 a:x.org..", "top-level name" },
	{ "v=spf1 a:%{d}org", "no dot" },
	{ "v=spf1 a:%{d.}", NULL },
	{ "v=spf1 a:x.%%", NULL },
	/* RFC 7208 5.2, 5.5 and 5.7. */
	{ "v=spf1 include:x.org exists:%{ir}.x.org ptr ptr:x.org", NULL },
	{ "v=spf1 include", "its domain is missing" },
	{ "v=spf1 include/24", "its domain is missing" },
	{ "v=spf1 include:x.org/24", "top-level name" },
	{ "v=spf1 exists:", "its domain is empty" },
	{ "v=spf1 ptr/0", "its domain is missing" },
	/* RFC 7208 5.6. */
	{ "v=spf1 ip4:192.0.2.1 ip4:192.0.2.1/0 ip6:::1 ip6:2001:DB8::/32",
	    NULL },
	{ "v=spf1 ip6:::ffff:192.0.2.1/128 ip6:::192.0.2.1", NULL },
	{ "v=spf1 ip4", "its address is missing" },
	{ "v=spf1 ip4:", "its address is wrong" },
	{ "v=spf1 ip4:192.0.2", "IPv4 address is wrong" },
	{ "v=spf1 ip4:192.0.2.01", "IPv4 address is wrong" },
	{ "v=spf1 ip4:192.0.2.1:25", "IPv4 address is wrong" },
	{ "v=spf1 ip4:[192.0.2.1]", "IPv4 address is wrong" },
	{ "v=spf1 ip4:2001:db8::1", "IPv4 address is wrong" },
	{ "v=spf1 ip4:192.0.2.1//32", "prefix length" },
	{ "v=spf1 ip4:192.0.2.1/", "prefix length" },
	{ "v=spf1 ip4:192.0.2.1/33", "prefix length" },
	{ "v=spf1 ip4:192.0.2.1/032", "prefix length" },
	{ "v=spf1 ip4:192.0.2.1/-1", "prefix length" },
	{ "v=spf1 ip6:192.0.2.1", "IPv6 address is wrong" },
	{ "v=spf1 ip6:IPv6:::1", "IPv6 address is wrong" },
	{ "v=spf1 ip6:fe80::1%eth0", "IPv6 address is wrong" },
	{ "v=spf1 ip6:::1/129", "prefix length" },
	/* RFC 7208 6. */
	{ "v=spf1 redirect=x.org exp=%{d} moo.cow-far_out=man:dog/cat a=",
	    NULL },
	{ "v=spf1 redirect=x.org redirect=x.org", "twice" },
	{ "v=spf1 exp=x.org EXP=x.org", "twice" },
	{ "v=spf1 redirect=", "its domain is empty" },
	{ "v=spf1 exp=x", "no dot" },
	{ "v=spf1 redirect:x.org", "no such mechanism" },
	{ "v=spf1 -redirect=x.org", "no such mechanism" },
	{ "v=spf1 moo:far=x", "no such mechanism" },
	{ "v=spf1 =x", "no such mechanism" },
	{ "v=spf1 8x=y", "no such mechanism" },
	{ "v=spf1 x=%", "not followed by" },
	{ "v=spf1 x=%{c}", "explanations only" },
	/* An error behind what would have matched. */
	{ "v=spf1 all moo", "\"moo\": there is no such mechanism" },
	/* RFC 7208 4.6.1: single spaces or more, nothing else. */
	{ "v=spf1 a\t-all", "not printable" },
	{ "v=spf1 a\r\n-all", "not printable" },
	{ "v=spf1 a:x.org\x7f", "not printable" },
	{ "v=spf1 a:\xc3\xb6.org", "\"a:??.org\": it has bytes" },
};

static void
test_grammar(void **state)
{
	struct arena *arena = arena_new();
	struct spf_record record;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct span text = span_str(cases[i].text);

		assert_true(spf_record_is(text));
		spf_record_parse(arena, text, &record);
		if ((record.error == NULL) != (cases[i].error == NULL) ||
		    (record.error != NULL &&
			strstr(record.error, cases[i].error) == NULL))
			fail_msg("%s: %s", cases[i].text,
			    record.error == NULL ? "no error" : record.error);
	}
	arena_free(arena);
}

/* RFC 7208 4.5. */
static void
test_version(void **state)
{
	(void)state;
	assert_true(spf_record_is(span_str("v=spf1")));
	assert_true(spf_record_is(span_str("V=sPf1 all")));
	assert_false(spf_record_is(span_str("v=spf10")));
	assert_false(spf_record_is(span_str("v=spf1\ta")));
	assert_false(spf_record_is(span_str(" v=spf1")));
	assert_false(spf_record_is(span_str("v=spf")));
	assert_false(spf_record_is(span_str("v=spf2.0/pra all")));
	assert_false(spf_record_is(span_str("")));
}

static void
test_fields(void **state)
{
	struct arena *arena = arena_new();
	struct spf_record record;

	(void)state;
	spf_record_parse(arena,
	    span_str("v=spf1 ?A:%{d}/24//64 ~ip6:2001:db8::/33 -mx ptr "
		     "redirect=r.org exp=e.org"),
	    &record);
	assert_null(record.error);
	assert_int_equal(record.count, 4);
	const struct spf_directive *a = &record.directives[0];

	assert_int_equal(a->result, SPF_NEUTRAL);
	assert_int_equal(a->mechanism, SPF_MECHANISM_A);
	assert_true(span_is(a->text, "?A:%{d}/24//64"));
	assert_true(span_is(a->domain_spec, "%{d}"));
	assert_int_equal(a->prefix4, 24);
	assert_int_equal(a->prefix6, 64);
	assert_int_equal(record.directives[1].result, SPF_SOFTFAIL);
	assert_int_equal(record.directives[1].network.address.family, AF_INET6);
	assert_int_equal(record.directives[1].network.prefix, 33);
	assert_int_equal(record.directives[2].result, SPF_FAIL);
	assert_int_equal(record.directives[2].prefix4, 32);
	assert_int_equal(record.directives[2].prefix6, 128);
	assert_int_equal(record.directives[3].result, SPF_PASS);
	assert_true(span_is(record.redirect, "r.org"));
	assert_true(span_is(record.exp, "e.org"));
	arena_free(arena);
}

/* RFC 7208 7.1: a NUL is no character of a term. */
static void
test_nul(void **state)
{
	static const char text[] = "v=spf1 ip4:192.0.2.1\0 -all";
	struct arena *arena = arena_new();
	struct spf_record record;

	(void)state;
	spf_record_parse(arena, span_new(text, sizeof(text) - 1), &record);
	assert_non_null(strstr(record.error, "not printable"));
	arena_free(arena);
}

static void
test_size(void **state)
{
	static char text[SPF_RECORD_MAX + 2];
	struct arena *arena = arena_new();
	struct spf_record record;

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, "v=spf1", 6);
	spf_record_parse(arena, span_new(text, SPF_RECORD_MAX), &record);
	assert_null(record.error);
	spf_record_parse(arena, span_new(text, SPF_RECORD_MAX + 1), &record);
	assert_non_null(strstr(record.error, "8193 bytes"));
	memset(&text[7], 'x', SPF_RECORD_MAX - 7);
	spf_record_parse(arena, span_new(text, SPF_RECORD_MAX), &record);
	assert_true(strlen(record.error) < SPF_RECORD_MAX_SHOWN + 100);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_size),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
