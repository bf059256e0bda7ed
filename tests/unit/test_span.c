/* span.h: no function steps past the end, whatever it is asked. */
#include "support/unit.h"

#include <ctype.h>
#include <string.h>

#include "base/span.h"

#define S(text) span_str(text)

static void
spans_compare(void **state)
{
	(void)state;
	assert_true(span_eq(S("ab"), S("ab")));
	assert_false(span_eq(S("ab"), S("aB")));
	assert_false(span_eq(S("ab"), S("abc")));
	assert_true(span_eq(span_new(NULL, 0), S("")));
	assert_true(span_ieq(S("aB[\x80"), S("Ab[\x80")));
	assert_false(span_ieq(S("["), S("{"))); /* 0x20 apart, no letters */
	assert_false(span_ieq(S("\xc3\xa4"), S("\xc3\x84")));
	assert_true(span_is(S("x"), "x"));
	assert_false(span_is(span_new("x\0y", 3), "x"));
	assert_true(span_is_nocase(S("MiXed"), "mixed"));
	assert_true(span_starts(S("abc"), "ab"));
	assert_true(span_starts(S("abc"), ""));
	assert_true(span_starts(span_new(NULL, 0), ""));
	assert_false(span_starts(S("a"), "ab"));
	assert_true(span_ends_nocase(S("x.ORG"), S(".org")));
	assert_true(span_ends_nocase(S("x"), S("")));
	assert_false(span_ends_nocase(S("org"), S(".org")));
	assert_int_equal(span_str(NULL).len, 0);
}

static void
bytes_are_looked_at(void **state)
{
	static const struct span constant = SPAN_LITERAL("a\0b");

	(void)state;
	assert_int_equal(constant.len, 3);
	assert_int_equal(span_find(S("abca"), 'c'), 2);
	assert_int_equal(span_find(S("abca"), 'x'), 4);
	assert_int_equal(span_find(span_new(NULL, 0), 'x'), 0);
	assert_int_equal(span_find(constant, 'b'), 2);
	assert_int_equal(span_peek(S("")), -1);
	assert_int_equal(span_peek(S("\xff")), 0xff);
	assert_int_equal(span_at(S("ab"), 1), 'b');
	assert_int_equal(span_at(S("ab"), 2), -1);
	assert_int_equal(span_at(S("ab"), SIZE_MAX), -1);
}

struct cut_case {
	size_t at;
	const char *head;
	const char *tail;
};

static void
heads_and_tails_stay_inside(void **state)
{
	static const struct cut_case cases[] = {
		{ 0, "", "abc" },
		{ 1, "a", "bc" },
		{ 3, "abc", "" },
		{ 4, "abc", "" },
		{ SIZE_MAX, "abc", "" },
	};
	struct span span;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		assert_true(
		    span_is(span_head(S("abc"), cases[i].at), cases[i].head));
		assert_true(
		    span_is(span_tail(S("abc"), cases[i].at), cases[i].tail));
		span = S("abc");
		span_skip(&span, cases[i].at);
		assert_true(span_is(span, cases[i].tail));
	}
	assert_int_equal(span_tail(span_new(NULL, 0), 1).len, 0);
	assert_int_equal(span_head(span_new(NULL, 0), 1).len, 0);
}

static void
a_cursor_takes(void **state)
{
	struct span cursor = S("abc");
	struct span out = S("untouched");

	(void)state;
	assert_false(span_take(&cursor, 4, &out));
	assert_true(span_is(out, "untouched"));
	assert_true(span_is(cursor, "abc"));
	assert_true(span_take(&cursor, 2, &out));
	assert_true(span_is(out, "ab"));
	assert_false(span_take_byte(&cursor, 'x'));
	assert_true(span_take_byte(&cursor, 'c'));
	assert_false(span_take_byte(&cursor, 'c'));
	assert_true(span_take(&cursor, 0, &out));
	assert_int_equal(out.len, 0);

	cursor = S("12ab");
	assert_true(span_is(span_take_while(&cursor, span_is_digit), "12"));
	assert_int_equal(span_take_while(&cursor, span_is_digit).len, 0);
	assert_true(span_is(span_take_while(&cursor, span_is_alpha), "ab"));
	assert_int_equal(span_take_while(&cursor, span_is_alpha).len, 0);

	cursor = S("a;b");
	assert_true(span_take_until(&cursor, ';', &out));
	assert_true(span_is(out, "a"));
	assert_false(span_take_until(&cursor, ';', &out));
	assert_true(span_is(out, "b"));
	assert_false(span_take_until(&cursor, ';', &out));
	assert_int_equal(out.len, 0);
}

static void
lines_end_with_lf_or_crlf(void **state)
{
	struct span cursor = S("a\r\n\n\r\nb\rc\n\r");
	static const char *const lines[] = { "a", "", "", "b\rc", "\r" };
	struct span line;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(lines); i++) {
		assert_true(span_take_line(&cursor, &line));
		assert_true(span_is(line, lines[i]));
	}
	assert_false(span_take_line(&cursor, &line));
}

static void
blanks_are_trimmed(void **state)
{
	(void)state;
	assert_true(span_is(span_trim(S(" \ta b\t "), span_is_wsp), "a b"));
	assert_true(span_is(span_trim_end(S(" a "), span_is_wsp), " a"));
	assert_int_equal(span_trim(S("  "), span_is_wsp).len, 0);
	assert_int_equal(span_trim(span_new(NULL, 0), span_is_wsp).len, 0);
}

struct number_case {
	const char *text;
	size_t max_digits;
	bool ok;
	uint64_t value;
};

static void
numbers_are_bounded(void **state)
{
	static const struct number_case cases[] = {
		{ "0", 1, true, 0 },
		{ "007", 3, true, 7 },
		{ "18446744073709551615", 20, true, UINT64_MAX },
		{ "18446744073709551616", 20, false, 0 },
		{ "99999999999999999999", 20, false, 0 },
		{ "1000", 3, false, 0 },
		{ "", 3, false, 0 },
		{ "-1", 3, false, 0 },
		{ "+1", 3, false, 0 },
		{ " 1", 3, false, 0 },
		{ "1a", 3, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		uint64_t value = 12345;

		assert_int_equal(
		    span_to_u64(S(cases[i].text), cases[i].max_digits, &value),
		    cases[i].ok);
		assert_true(value == (cases[i].ok ? cases[i].value : 12345));
	}
}

/* The members of each class, told by the C locale's own idea where it has
 * one, so that no byte of the 256 is forgotten. */
static void
classes_are_ascii(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		unsigned char byte = (unsigned char)i;
		bool digit = i >= '0' && i <= '9';
		bool upper = i >= 'A' && i <= 'Z';
		bool lower = i >= 'a' && i <= 'z';

		assert_int_equal(span_is_digit(byte), digit);
		assert_int_equal(span_is_alpha(byte), upper || lower);
		assert_int_equal(span_is_alnum(byte), digit || upper || lower);
		assert_int_equal(span_is_wsp(byte), i == ' ' || i == '\t');
		assert_int_equal(span_is_space(byte),
		    i == ' ' || i == '\t' || i == '\r' || i == '\n');
		assert_int_equal(span_is_hex(byte),
		    digit || (i >= 'a' && i <= 'f') || (i >= 'A' && i <= 'F'));
		assert_int_equal(span_is_8bit(byte), i >= 128);
		assert_int_equal(span_is_control(byte), i < 32 || i == 127);
		assert_int_equal(span_lower(byte), upper ? i + 32 : i);
	}
}

static void
hex_digits_have_values(void **state)
{
	static const char digits[] = "0123456789abcdef";

	(void)state;
	for (int i = 0; i < 16; i++) {
		assert_int_equal(span_hex_value(digits[i]), i);
		assert_int_equal(span_hex_value(toupper(digits[i])), i);
	}
	assert_int_equal(span_hex_value('g'), -1);
	assert_int_equal(span_hex_value('/'), -1);
	assert_int_equal(span_hex_value(0xff), -1);
	assert_int_equal(span_hex_value(-1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_compare),
		cmocka_unit_test(bytes_are_looked_at),
		cmocka_unit_test(heads_and_tails_stay_inside),
		cmocka_unit_test(a_cursor_takes),
		cmocka_unit_test(lines_end_with_lf_or_crlf),
		cmocka_unit_test(blanks_are_trimmed),
		cmocka_unit_test(numbers_are_bounded),
		cmocka_unit_test(classes_are_ascii),
		cmocka_unit_test(hex_digits_have_values),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
