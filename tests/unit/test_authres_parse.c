#include "support/unit.h"

#include "mail/authres.h"

#include <string.h>

#include "base/buf.h"

struct parse_case {
	const char *text;
	const char *wanted; /* what was read, one word a mark; NULL: refused */
};

/* Write what was read in a form of its own: id|method=result(comment)
 * [reason]ptype.property=value,...|... */
static const char *
flatten(struct arena *arena, const struct authres *authres)
{
	struct buf out;

	buf_init(&out, arena, SIZE_MAX);
	buf_add_str(&out, authres->authserv_id);
	for (size_t i = 0; i < authres->count; i++) {
		const struct authres_result *result = &authres->results[i];

		buf_printf(&out, "|%s=%s", result->method, result->result);
		if (result->comment != NULL)
			buf_printf(&out, "(%s)", result->comment);
		if (result->reason != NULL)
			buf_printf(&out, "[%s]", result->reason);
		for (size_t j = 0; j < result->property_count; j++)
			buf_printf(&out, ",%s.%s=%s",
			    result->properties[j].ptype,
			    result->properties[j].property,
			    result->properties[j].value);
	}
	return (buf_str(&out));
}

static const struct parse_case cases[] = {
	{ "a.example; none", "a.example" },
	{ " a.example ; NONE (nothing done)", "a.example" },
	{ "a.example 1; none", "a.example" },
	{ "(x) a.example (y) 1 (z) ; (w) none", "a.example" },
	{ "\"a.example\" 1;none", "a.example" },
	{ "\"a example\\\"\"; none", "a example\"" },
	{ "m\xc3\xbcx.example; none", "m\xc3\xbcx.example" },
	{ "a; spf=pass", "a|spf=pass" },
	{ "a;spf=pass;dkim=fail", "a|spf=pass|dkim=fail" },
	{ "a; SPF=Pass SMTP.MailFrom=B.Example",
	    "a|spf=pass,smtp.mailfrom=B.Example" },
	{ "a; dkim=pass (good (very)) header.d=b.example",
	    "a|dkim=pass(good (very)),header.d=b.example" },
	{ "a; dkim=pass(good)header.d=b", "a|dkim=pass(good),header.d=b" },
	{ "a; dkim=pass () (x)", "a|dkim=pass()" },
	{ "a; dkim=pass (a\\)b)", "a|dkim=pass(a)b)" },
	{ "a; dkim (x) / (x) 1 (x) = (x) pass (y) reason (x) = (x) \"r s\" (x) "
	  "header (x) . (x) d (x) = (x) b (x)",
	    "a|dkim=pass(y)[r s],header.d=b" },
	{ "a; dkim/2=pass", "a|dkim/2=pass" },
	{ "a; dkim=fail reason=bad header.d=b", "a|dkim=fail[bad],header.d=b" },
	{ "a; dkim=fail reason=\"b \\\"c\\\\\" header.d=b",
	    "a|dkim=fail[b \"c\\],header.d=b" },
	{ "a; dkim=fail reason=\"\"", "a|dkim=fail[]" },
	{ "a; x=y reason.z=w", "a|x=y,reason.z=w" },
	{ "a; none=pass", "a|none=pass" },
	{ "a; x-tls=pass smtp.remote-ip=192.0.2.1 policy.d-n=\"2001:db8::1\"",
	    "a|x-tls=pass,smtp.remote-ip=192.0.2.1,policy.d-n=2001:db8::1" },
	/* Each form of a pvalue. */
	{ "a; b=c d.e=f@g.example", "a|b=c,d.e=f@g.example" },
	{ "a; b=c d.e=@g.example", "a|b=c,d.e=@g.example" },
	{ "a; b=c d.e=SRS0=x/y=z@g.example", "a|b=c,d.e=SRS0=x/y=z@g.example" },
	{ "a; b=c d.e=\"f g\"@h.example i.j=k",
	    "a|b=c,d.e=\"f g\"@h.example,i.j=k" },
	{ "a; b=c d.e=\"f\r\n g\"@h.example", "a|b=c,d.e=\"f g\"@h.example" },
	{ "a; b=c d.e=\"f;g(h\"", "a|b=c,d.e=f;g(h" },
	{ "a; b=c d.e=\"f\"g.h=i", "a|b=c,d.e=f,g.h=i" },
	{ "a; b=c d.e=\"\"", "a|b=c,d.e=" },
	{ "a; b=c d.e=\xc3\xbc@\xc3\xbc.example",
	    "a|b=c,d.e=\xc3\xbc@\xc3\xbc.example" },
	{ "a;\r\n\tb=c\r\n\td.e=f;\r\n\tg=h\r\n ", "a|b=c,d.e=f|g=h" },
	/* What RFC 8601 2.2 does not have. */
	{ "", NULL },
	{ "a", NULL },
	{ "a;", NULL },
	{ "a 1", NULL },
	{ "a b; none", NULL },
	{ "a 2; none", NULL },
	{ "a 0; none", NULL },
	{ "a 1x; none", NULL },
	{ "a 9999999999; none", NULL },
	{ "\"a\"1; none", NULL },
	{ "a/b; none", NULL },
	{ "; none", NULL },
	{ "dkim=pass", NULL },
	{ "a; none; none", NULL },
	{ "a; none; b=c", NULL },
	{ "a; b=c; none", NULL },
	{ "a; b=c;", NULL },
	{ "a; b=c; ; d=e", NULL },
	{ "a; b", NULL },
	{ "a; b=", NULL },
	{ "a; =c", NULL },
	{ "a; b-=c", NULL },
	{ "a; b=c-", NULL },
	{ "a; b_c=d", NULL },
	{ "a; b/=c", NULL },
	{ "a; b/0=c", NULL },
	{ "a; b/x=c", NULL },
	{ "a; b=c d", NULL },
	{ "a; b=c d=e", NULL },
	{ "a; b=c d.=e", NULL },
	{ "a; b=c .d=e", NULL },
	{ "a; b=c d.e", NULL },
	{ "a; b=c d.e=", NULL },
	{ "a; b=c d.e=f/g", NULL },
	{ "a; b=c d.e=f@", NULL },
	{ "a; b=c d.e=f@g@h", NULL },
	{ "a; b=c d.e=f..g@h", NULL },
	{ "a; b=c d.e=f@g..h", NULL },
	{ "a; b=c d.e=\"f", NULL },
	{ "a; b=c reason=d reason=e", NULL },
	{ "a; b=c d.e=f reason=g", NULL },
	{ "a; b=c reason=\"d\"e.f=g", NULL },
	{ "a; b=c reason=", NULL },
	{ "a; b=c (d", NULL },
	{ "(a", NULL },
	{ "a (b; none", NULL },
	{ "\"a; none", NULL },
	{ "a; b=c d.e=\"\xff\"", NULL },
	{ "a; b=c d.e=\"\x01\"", NULL },
	{ "a; b=c\r\nd.e=f", NULL },
	{ "a; b=c\n d.e=f", NULL },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct authres authres;
		int result =
		    authres_parse(arena, span_str(cases[i].text), &authres);

		if (result != (cases[i].wanted == NULL ? -1 : 0))
			print_error("%s: %d\n", cases[i].text, result);
		assert_int_equal(result, cases[i].wanted == NULL ? -1 : 0);
		if (result == 0)
			assert_string_equal(
			    flatten(arena, &authres), cases[i].wanted);
		arena_free(arena);
	}
}

static void
test_nul(void **state)
{
	static const char text[] = "a; b=c d.e=\"f\0g\"";
	struct arena *arena = arena_new();
	struct authres authres;

	(void)state;
	assert_int_equal(
	    authres_parse(arena, span_new(text, sizeof(text) - 1), &authres),
	    -1);
	arena_free(arena);
}

/* Return "a" with ${count} times ${unit}, parsed. */
static int
parse_many(const char *prefix, const char *unit, size_t count)
{
	struct arena *arena = arena_new();
	struct authres authres;
	struct buf text;

	buf_init(&text, arena, SIZE_MAX);
	buf_add_str(&text, prefix);
	for (size_t i = 0; i < count; i++)
		buf_add_str(&text, unit);
	int result = authres_parse(arena, buf_span(&text), &authres);

	arena_free(arena);
	return (result);
}

static const struct {
	const char *prefix;
	const char *unit;
	size_t limit;
} limits[] = {
	{ "a", "; b=c", AUTHRES_MAX_RESULTS },
	{ "a; b=c", " d.e=f", AUTHRES_MAX_PROPERTIES },
};

static void
test_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(limits); i++) {
		assert_int_equal(parse_many(limits[i].prefix, limits[i].unit,
				     limits[i].limit),
		    0);
		assert_int_equal(parse_many(limits[i].prefix, limits[i].unit,
				     limits[i].limit + 1),
		    -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_limits),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
