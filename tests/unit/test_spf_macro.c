#include "support/unit.h"

#include "spf/macro.h"

#include <string.h>
#include <strings.h>

static const char *
validated(void *cookie, const char *domain)
{
	(void)cookie;
	assert_string_equal(domain, "email.example.com");
	return ("mx.example.org");
}

/* RFC 7208 7.4. */
static struct spf_macro_values
example(const struct network_address *client)
{
	return ((struct spf_macro_values){ .local_part = "strong-bad",
	    .sender_domain = "email.example.com",
	    .domain = "email.example.com",
	    .client = client,
	    .helo = "mail.example.net",
	    .receiver = "mx.example.org",
	    .now = 1700000000,
	    .validated = validated });
}

static const struct {
	const char *text;
	bool v6;
	const char *domain;
} domains[] = {
	/* RFC 7208 7.4. */
	{ "%{s}", false, "strong-bad@email.example.com" },
	{ "%{o}", false, "email.example.com" },
	{ "%{d}", false, "email.example.com" },
	{ "%{d4}", false, "email.example.com" },
	{ "%{d3}", false, "email.example.com" },
	{ "%{d2}", false, "example.com" },
	{ "%{d1}", false, "com" },
	{ "%{dr}", false, "com.example.email" },
	{ "%{d2r}", false, "example.email" },
	{ "%{l}", false, "strong-bad" },
	{ "%{l-}", false, "strong.bad" },
	{ "%{lr}", false, "strong-bad" },
	{ "%{lr-}", false, "bad.strong" },
	{ "%{l1r-}", false, "strong" },
	{ "%{ir}.%{v}._spf.%{d2}", false,
	    "3.2.0.192.in-addr._spf.example.com" },
	{ "%{lr-}.lp._spf.%{d2}", false, "bad.strong.lp._spf.example.com" },
	{ "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", false,
	    "bad.strong.lp.3.2.0.192.in-addr._spf.example.com" },
	{ "%{d2}.trusted-domains.example.net", false,
	    "example.com.trusted-domains.example.net" },
	{ "%{ir}.%{v}._spf.%{d2}", true,
	    "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
	    "ip6._spf.example.com" },
	/* Other letters, capitals and literals. */
	{ "%{h}.%{p}", false, "mail.example.net.mx.example.org" },
	{ "%{D2}.%{DR}", false, "example.com.com.example.email" },
	{ "a%%b%_c%-d.e.", false, "a%b c%20d.e" },
	{ "%{S}.x", false, "strong-bad%40email.example.com.x" },
	/* More than one delimiter, and empty parts. */
	{ "%{s1.-}.x", false, "com.x" },
	{ "%{s.@}.x", false, NULL },
	{ "%{sr.-}.x", false, "com.example.bad@email.strong.x" },
	{ "%{l2rs=", false, NULL },
	{ "%{d999999999999999999999}", false, "email.example.com" },
};

static void
test_domain(void **state)
{
	struct arena *arena = arena_new();
	struct network_address v4;
	struct network_address v6;

	(void)state;
	assert_int_equal(network_address_parse("192.0.2.3", &v4), 0);
	assert_int_equal(network_address_parse("2001:db8::cb01", &v6), 0);
	for (size_t i = 0; i < UNIT_COUNT(domains); i++) {
		struct span text = span_str(domains[i].text);
		struct spf_macro_values values =
		    example(domains[i].v6 ? &v6 : &v4);
		const char *error = spf_macro_check(text, SPF_MACRO_STRING);

		assert_int_equal(error == NULL, domains[i].domain != NULL);
		if (error != NULL)
			continue;
		const char *got = spf_macro_domain(arena, text, &values);

		/* Hexadecimal digits may be of either case. */
		if (strcasecmp(got, domains[i].domain) != 0)
			fail_msg("%s: %s", domains[i].text, got);
	}
	arena_free(arena);
}

static const struct {
	const char *text;
	enum spf_macro_use use;
	const char *error; /* a part of it; NULL: none */
} checks[] = {
	{ "%{s}", SPF_MACRO_DOMAIN, NULL },
	{ "%{S10R.-+,/_=}", SPF_MACRO_DOMAIN, NULL },
	{ "%{d0}", SPF_MACRO_DOMAIN, "zero" },
	{ "%{d00}", SPF_MACRO_DOMAIN, "zero" },
	{ "%{d|}", SPF_MACRO_DOMAIN, "does not end" },
	{ "%{d", SPF_MACRO_DOMAIN, "does not end" },
	{ "%{", SPF_MACRO_DOMAIN, "does not end" },
	{ "%", SPF_MACRO_DOMAIN, "not followed" },
	{ "%(d)", SPF_MACRO_DOMAIN, "not followed" },
	{ "x.%x", SPF_MACRO_DOMAIN, "not followed" },
	{ "%{a}", SPF_MACRO_DOMAIN, "does not exist" },
	{ "%{}", SPF_MACRO_DOMAIN, "does not exist" },
	{ "%{dr2}", SPF_MACRO_DOMAIN, "does not end" },
	{ "%{c}", SPF_MACRO_DOMAIN, "explanations only" },
	{ "%{R}", SPF_MACRO_DOMAIN, "explanations only" },
	{ "%{t}", SPF_MACRO_STRING, "explanations only" },
	{ "%{c}%{R}%{t} at all", SPF_MACRO_TEXT, NULL },
	{ "a b.org", SPF_MACRO_DOMAIN, "bytes that are not allowed" },
	{ "a\tb", SPF_MACRO_TEXT, "bytes that are not allowed" },
	{ "\xc3\xb6", SPF_MACRO_TEXT, "bytes that are not allowed" },
	{ "", SPF_MACRO_TEXT, NULL },
	{ "", SPF_MACRO_STRING, NULL },
	{ "", SPF_MACRO_DOMAIN, "empty" },
};

static void
test_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(checks); i++) {
		const char *error =
		    spf_macro_check(span_str(checks[i].text), checks[i].use);

		if ((error == NULL) != (checks[i].error == NULL) ||
		    (error != NULL && strstr(error, checks[i].error) == NULL))
			fail_msg("%s: %s", checks[i].text,
			    error == NULL ? "no error" : error);
	}
}

static void
test_text(void **state)
{
	struct arena *arena = arena_new();
	struct network_address client;
	struct spf_macro_values values = example(&client);

	(void)state;
	assert_int_equal(network_address_parse("2001:db8::cb01", &client), 0);
	values.local_part = "~jack&jill=up-a_b3.c/\xc3\xb6";
	assert_string_equal(
	    spf_macro_text(arena,
		span_str("%{c} at %{t} by %{r}: ?l=%{L}, a dot."), &values),
	    "2001:db8::cb01 at 1700000000 by mx.example.org: "
	    "?l=~jack%26jill%3Dup-a_b3.c%2F%C3%B6, a dot.");
	arena_free(arena);
}

/* RFC 7208 7.3: 253 bytes at most, labels go at the left. */
static void
test_long(void **state)
{
	static char label[300];
	static char text[8000];
	struct arena *arena = arena_new();
	struct network_address client = { .family = AF_INET };
	struct spf_macro_values values = example(&client);

	(void)state;
	memset(label, 'x', sizeof(label) - 1);
	values.local_part = label;
	assert_string_equal(
	    spf_macro_domain(arena, span_str("a.%{l}.b.example.com"), &values),
	    "b.example.com");
	assert_string_equal(
	    spf_macro_domain(arena, span_str("%{l}"), &values), "");
	/* "a.", a label of 248 bytes, ".b" and more. */
	label[248] = '\0';
	const char *most =
	    spf_macro_domain(arena, span_str("a.%{l}.b"), &values);
	const char *more =
	    spf_macro_domain(arena, span_str("a.%{l}.bc"), &values);

	assert_int_equal(strlen(most), 252);
	assert_int_equal(strlen(more), 253);
	assert_string_equal(
	    spf_macro_domain(arena, span_str("a.%{l}.bcd"), &values),
	    arena_printf(arena, "%s.bcd", label));
	values.local_part = "0123456789.123456789";
	for (size_t i = 0; i < sizeof(text) - 8; i += 5)
		memcpy(&text[i], "%{s}.", 6);
	const char *name = spf_macro_domain(arena, span_str(text), &values);

	assert_int_equal(strlen(name), 245);
	assert_string_equal(strstr(name, "example.com.0123"),
	    "example.com.0123456789.123456789@email.example.com."
	    "0123456789.123456789@email.example.com."
	    "0123456789.123456789@email.example.com."
	    "0123456789.123456789@email.example.com."
	    "0123456789.123456789@email.example.com."
	    "0123456789.123456789@email.example.com");
	/* As text it is too long. */
	assert_null(spf_macro_text(arena, span_str(text), &values));
	arena_free(arena);
}

static void
test_has(void **state)
{
	(void)state;
	assert_true(spf_macro_has(span_str("x.%{Pr}"), 'p'));
	assert_false(spf_macro_has(span_str("p%%p.%{d}"), 'p'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_domain),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_has),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
