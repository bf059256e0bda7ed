#include "support/unit.h"

#include "mail/header.h"
#include "mail/lexeme.h"

#include <string.h>

struct utf8_case {
	const char *text;
	bool valid;
};

static const struct utf8_case utf8_cases[] = {
	{ "", true },
	{ "plain", true },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\xa7", true },
	{ "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", true },
	{ "\x80", false },
	{ "\xc3", false },
	{ "\xc3x", false },
	{ "\xe2\x82", false },
	{ "\xe2\x82x", false },
	{ "\xc0\xaf", false },         /* overlong */
	{ "\xe0\x80\xaf", false },     /* overlong */
	{ "\xf0\x80\x80\xaf", false }, /* overlong */
	{ "\xed\xa0\x80", false },     /* a surrogate */
	{ "\xf4\x90\x80\x80", false }, /* above U+10FFFF */
	{ "\xff", false },
};

static void
test_utf8(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(utf8_cases); i++)
		assert_int_equal(lexeme_is_utf8(span_str(utf8_cases[i].text)),
		    utf8_cases[i].valid);
}

static const struct {
	const char *text;
	bool dot_atom;
	bool domain;
} dotted_cases[] = {
	{ "a", true, true },
	{ "a.b", true, true },
	{ "a-b._c", true, true },
	{ "a'b", true, false },
	{ "\xc3\xa9.x", true, true },
	{ "", false, false },
	{ ".", false, false },
	{ "a.", false, false },
	{ ".a", false, false },
	{ "a..b", false, false },
	{ "a b", false, false },
	{ "a@b", false, false },
};

static void
test_dotted(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(dotted_cases); i++) {
		struct span text = span_str(dotted_cases[i].text);

		assert_int_equal(
		    lexeme_is_dot_atom(text), dotted_cases[i].dot_atom);
		assert_int_equal(
		    lexeme_is_domain(text), dotted_cases[i].domain);
	}
}

static const struct {
	const char *text;
	bool has;
} control_cases[] = {
	{ "", false },
	{ "a\tb", false },
	{ "a\r\n b\r\n\tc", false },
	{ "a\r\nb", true },
	{ "a\r\n", true },
	{ "a\n b", true },
	{ "a\r b", true },
	{ "a\x7f", true },
	{ "a\x01", true },
};

static void
test_controls(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(control_cases); i++)
		assert_int_equal(
		    lexeme_has_controls(span_str(control_cases[i].text)),
		    control_cases[i].has);
	assert_true(lexeme_has_controls(span_new("a\0b", 3)));
}

static const struct {
	const char *text;
	const char *content; /* NULL: none */
	const char *rest;
} quoted_cases[] = {
	{ "\"\"", "", "" },
	{ "\"a b\"c", "a b", "c" },
	{ "\"a\\\"b\\\\\"", "a\"b\\", "" },
	{ "\"a\r\n b\"", "a b", "" },
	{ "\"a\\\r\n b\"", "a b", "" },
	{ "a", NULL, "a" },
	{ "", NULL, "" },
	{ "\"a", NULL, "\"a" },
	{ "\"a\\\"", NULL, "\"a\\\"" },
	{ "\"a\\", NULL, "\"a\\" },
};

static void
test_quoted(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(quoted_cases); i++) {
		struct span cursor = span_str(quoted_cases[i].text);
		struct span content;
		bool taken = lexeme_take_quoted(arena, &cursor, &content);

		assert_int_equal(taken, quoted_cases[i].content != NULL);
		if (taken)
			assert_true(span_is(content, quoted_cases[i].content));
		assert_true(span_is(cursor, quoted_cases[i].rest));
	}
	arena_free(arena);
}

static const struct {
	const char *cfws;
	const char *comment; /* NULL: none */
} comment_cases[] = {
	{ "", NULL },
	{ " \r\n ", NULL },
	{ "()", "" },
	{ " (a b) (c)", "a b" },
	{ "(a(b)c)", "a(b)c" },
	{ "(a\\)b\\\\)", "a)b\\" },
	{ "(a\r\n b)", "a b" },
	{ "(a\\\r\n b)", "a b" },
};

static void
test_comment(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(comment_cases); i++) {
		const char *wanted = comment_cases[i].comment;
		const char *got =
		    lexeme_comment(arena, span_str(comment_cases[i].cfws));

		if (wanted == NULL)
			assert_null(got);
		else
			assert_string_equal(got, wanted);
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_dotted),
		cmocka_unit_test(test_controls),
		cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_comment),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
