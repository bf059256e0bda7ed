#include "support/unit.h"

#include "mail/authres.h"

#include <string.h>

struct value_case {
	const char *value;
	const char *printed; /* NULL: left out */
	const char *parsed;  /* as authres_parse() reads it back; NULL: value */
};

static const struct value_case value_cases[] = {
	{ "b.example", "b.example", NULL },
	{ "rsa-sha256", "rsa-sha256", NULL },
	{ "192.0.2.1", "192.0.2.1", NULL },
	{ "2001:db8::1", "\"2001:db8::1\"", NULL },
	{ "AbC/d+e=", "\"AbC/d+e=\"", NULL },
	{ "@b.example", "@b.example", NULL },
	{ "a@b.example", "a@b.example", NULL },
	{ "a+b.c-d@e.example", "a+b.c-d@e.example", NULL },
	/* Somebody looks for "dmarc=pass" anywhere. */
	{ "a+b=c.d@e.example", "@e.example", "@e.example" },
	{ "\xc3\xbc@\xc3\xbc.example", "\xc3\xbc@\xc3\xbc.example", NULL },
	{ "", "\"\"", NULL },
	{ "a b", "\"a b\"", NULL },
	{ "a@b@c", "@c", "@c" },
	{ "a@b..c", NULL, NULL },
	{ "a..b@c", "@c", "@c" },
	{ "a@", NULL, NULL },
	{ "\"a b\"@c", "@c", "@c" },
	/* Injections: quotes, comments, line ends, results, NUL's relatives. */
	{ "b.example'a.evil.example", NULL, NULL },
	{ "a@b.example(.evil.example", NULL, NULL },
	{ "a@b.example'@any.evil.example", "@any.evil.example",
	    "@any.evil.example" },
	{ "\"a@b.example\"@evil.example", "@evil.example", "@evil.example" },
	{ "@b.example,@x:'a@evil.example", "@evil.example", "@evil.example" },
	{ "dmarc=pass@evil.example", "@evil.example", "@evil.example" },
	{ "SPF=Pass@evil.example", "@evil.example", "@evil.example" },
	{ "dmarc=pass", NULL, NULL },
	{ "a; dkim=pass header.d=b", NULL, NULL },
	{ "a\"; dkim=pass", NULL, NULL },
	{ "a\\\"; dkim=pass", NULL, NULL },
	{ "a\\", NULL, NULL },
	{ "a)(b", NULL, NULL },
	{ "a<b", NULL, NULL },
	{ "=", "\"=\"", NULL },
	{ "a\r\nX: y", "\"a??X: y\"", "a??X: y" },
	{ "a\x01\x7f\t", "\"a???\"", "a???" },
	{ "a\xff\xc3", "\"a??\"", "a??" },
	/* Bidirectional and C1 controls turn text around. */
	{ "a\xe2\x80\xae", "\"a???\"", "a???" },
	{ "a\xc2\x85z", "\"a??z\"", "a??z" },
};

static void
check_value(const struct value_case *wanted)
{
	struct arena *arena = arena_new();
	struct authres_property property = { "header", "d", wanted->value };
	struct authres_result result = { "dkim", "pass", NULL, NULL, &property,
		1 };
	const struct authres authres = { "a.example", &result, 1 };
	char *line = arena_printf(arena, "a.example;\r\n\tdkim=pass%s%s",
	    wanted->printed == NULL ? "" : " header.d=",
	    wanted->printed == NULL ? "" : wanted->printed);
	struct authres back;

	assert_string_equal(authres_print(arena, &authres), line);
	assert_int_equal(authres_parse(arena, span_str(line), &back), 0);
	assert_int_equal(back.count, 1);
	assert_int_equal(
	    back.results[0].property_count, wanted->printed == NULL ? 0 : 1);
	if (wanted->printed != NULL)
		assert_string_equal(back.results[0].properties[0].value,
		    wanted->parsed == NULL ? wanted->value : wanted->parsed);
	arena_free(arena);
}

static void
test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(value_cases); i++)
		check_value(&value_cases[i]);
}

static const struct {
	struct authres_result result;
	const char *printed; /* after "a.example;\r\n\t" */
} result_cases[] = {
	{ { "dkim", "none", NULL, NULL, NULL, 0 }, "dkim=none" },
	{ { "dkim", "fail", "why", NULL, NULL, 0 }, "dkim=fail (why)" },
	{ { "dkim", "fail", "a (b) \\ ;", NULL, NULL, 0 },
	    "dkim=fail (a [b] / ,)" },
	{ { "dkim", "fail", ") dkim=pass (", NULL, NULL, 0 },
	    "dkim=fail (] dkim=pass [)" },
	{ { "dkim", "fail", "a\r\n\r\nb", NULL, NULL, 0 },
	    "dkim=fail (a????b)" },
	{ { "dkim", "fail", "", "", NULL, 0 }, "dkim=fail () reason=\"\"" },
	{ { "dkim", "fail", NULL, "bad", NULL, 0 }, "dkim=fail reason=bad" },
	{ { "dkim", "fail", NULL, "a@b.example", NULL, 0 },
	    "dkim=fail reason=\"a@b.example\"" },
	{ { "dkim", "fail", NULL, "bad \"one\"", NULL, 0 },
	    "dkim=fail reason=\"bad 'one'\"" },
	{ { "dkim", "fail", NULL, "\\\"; dmarc=pass (`", NULL, 0 },
	    "dkim=fail reason=\"/', dmarc:pass ['\"" },
	{ { "dkim/2", "pass", NULL, NULL, NULL, 0 }, "dkim/2=pass" },
	{ { "dkim/1", "pass", NULL, NULL, NULL, 0 }, "dkim=pass" },
	{ { "dkim/x", "pass", NULL, NULL, NULL, 0 }, "dkim=pass" },
	{ { "DKIM", "Pass", NULL, NULL, NULL, 0 }, "dkim=pass" },
	/* Words are ours; what else gets there cannot do harm. */
	{ { "d;k=i m", "pa(ss-", NULL, NULL, NULL, 0 }, "dkim=pass" },
	{ { "", "\r\n", NULL, NULL, NULL, 0 }, "unknown=unknown" },
};

static void
test_results(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(result_cases); i++) {
		struct arena *arena = arena_new();
		struct authres_result result = result_cases[i].result;
		const struct authres authres = { "a.example", &result, 1 };
		char *line = arena_printf(
		    arena, "a.example;\r\n\t%s", result_cases[i].printed);
		struct authres back;

		assert_string_equal(authres_print(arena, &authres), line);
		assert_int_equal(
		    authres_parse(arena, span_str(line), &back), 0);
		assert_int_equal(back.count, 1);
		arena_free(arena);
	}
}

static const struct {
	const char *authserv_id;
	const char *printed;
} none_cases[] = {
	{ "a.example", "a.example; none" },
	{ "m\xc3\xbcx.example", "m\xc3\xbcx.example; none" },
	{ "a example", "\"a example\"; none" },
	{ "a; none", "\"a; none\"; none" },
	{ "a\r\nb", "\"a??b\"; none" },
	{ "", "\"\"; none" },
};

static void
test_none(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(none_cases); i++) {
		const struct authres authres = { none_cases[i].authserv_id,
			NULL, 0 };
		const char *printed = authres_print(arena, &authres);
		struct authres back;

		assert_string_equal(printed, none_cases[i].printed);
		assert_int_equal(
		    authres_parse(arena, span_str(printed), &back), 0);
		assert_int_equal(back.count, 0);
	}
	arena_free(arena);
}

/* Each result starts a line, and so does what would pass column 78. */
static void
test_folding(void **state)
{
	struct authres_property properties[] = {
		{ "header", "d", "a-rather-long-name.example" },
		{ "header", "i", "@a-rather-long-name.example" },
		{ "header", "s", "s1" },
	};
	struct authres_result results[] = {
		{ "dkim", "pass", "2048-bit key", NULL, properties, 3 },
		{ "spf", "none", NULL, NULL, NULL, 0 },
	};
	const struct authres authres = { "mx.example", results, 2 };
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(authres_print(arena, &authres),
	    "mx.example;\r\n"
	    "\tdkim=pass (2048-bit key) header.d=a-rather-long-name.example\r\n"
	    "\theader.i=@a-rather-long-name.example header.s=s1;\r\n"
	    "\tspf=none");
	arena_free(arena);
}

/* A long comment is cut, at a character; a property with a long value goes,
 * for half a name is another name; no line is longer than RFC 5322 2.1.1
 * allows. */
static void
test_long(void **state)
{
	struct arena *arena = arena_new();
	char *most = arena_alloc(arena, AUTHRES_MAX_VALUE + 1);
	char *more = arena_alloc(arena, AUTHRES_MAX_VALUE + 3);
	char *wide = arena_alloc(arena, AUTHRES_MAX_VALUE + 3);
	struct authres_property properties[] = {
		{ "header", "i", more },
		{ "header", "d", most },
	};
	struct authres_result result = { "dkim", "fail", wide, more, properties,
		2 };
	const struct authres authres = { "a.example", &result, 1 };
	struct authres back;

	(void)state;
	memset(most, '?', AUTHRES_MAX_VALUE);
	memset(more, '\\', AUTHRES_MAX_VALUE + 2);
	for (size_t i = 0; i < AUTHRES_MAX_VALUE + 2; i++)
		wide[i] = "\xc3\xbc"[i % 2];
	char *printed = authres_print(arena, &authres);

	assert_int_equal(authres_parse(arena, span_str(printed), &back), 0);
	assert_int_equal(back.results[0].property_count, 1);
	assert_string_equal(back.results[0].properties[0].value, most);
	assert_int_equal(strlen(back.results[0].comment), 399);
	assert_string_equal(back.results[0].comment + 394, "\xc3\xbc...");
	assert_int_equal(strlen(back.results[0].reason), AUTHRES_MAX_VALUE);
	for (char *line = strtok(printed, "\r\n"); line != NULL;
	     line = strtok(NULL, "\r\n"))
		assert_true(strlen(line) <= 998);
	arena_free(arena);
}

/* Beyond the limits nothing is printed, so that it can be read back. */
static void
test_many(void **state)
{
	static struct authres_property properties[AUTHRES_MAX_PROPERTIES + 1];
	static struct authres_result results[AUTHRES_MAX_RESULTS + 1];
	const struct authres authres = { "a.example", results,
		UNIT_COUNT(results) };
	struct arena *arena = arena_new();
	struct authres back;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(properties); i++)
		properties[i] = (struct authres_property){ "header", "d", "b" };
	for (size_t i = 0; i < UNIT_COUNT(results); i++)
		results[i] = (struct authres_result){ "dkim", "pass", NULL,
			NULL, properties, UNIT_COUNT(properties) };
	const char *printed = authres_print(arena, &authres);

	assert_int_equal(authres_parse(arena, span_str(printed), &back), 0);
	assert_int_equal(back.count, AUTHRES_MAX_RESULTS);
	assert_int_equal(
	    back.results[0].property_count, AUTHRES_MAX_PROPERTIES);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_many),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
