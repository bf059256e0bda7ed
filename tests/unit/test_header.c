#include "support/unit.h"

#include "mail/header.h"

#include <string.h>

#define MAX_FIELDS 4

struct parse_case {
	const char *text;
	size_t count;
	struct {
		const char *raw_name;
		const char *value;
	} fields[MAX_FIELDS];
	const char *body;
};

static const struct parse_case parse_cases[] = {
	{ "", 0, { { 0 } }, "" },
	{ "\r\n", 0, { { 0 } }, "" },
	{ "\nbody\r\n", 0, { { 0 } }, "body\r\n" },
	{ "A: b\r\n\r\nbody", 1, { { "A", " b" } }, "body" },
	{ "A: b\n\nbody\n", 1, { { "A", " b" } }, "body\n" },
	/* RFC 5322 3.5: a message without a body. */
	{ "A: b\r\n", 1, { { "A", " b" } }, "" },
	{ "A: b", 1, { { "A", " b" } }, "" },
	{ "A:b\r\n \tc\r\n\r\n", 1, { { "A", "b\r\n \tc" } }, "" },
	{ "A:b\n c\n\td\n\n", 1, { { "A", "b\r\n c\r\n\td" } }, "" },
	/* A line of blanks continues a field (RFC 5322 4.2). */
	{ "A: b\r\n \r\nB: c\r\n", 2, { { "A", " b\r\n " }, { "B", " c" } },
	    "" },
	/* RFC 5322 4.5: blanks before the colon. */
	{ "From \t: a\r\nfrom:b\r\n\r\nx", 2,
	    { { "From \t", " a" }, { "from", "b" } }, "x" },
	{ "A:\r\nB:\n\r\n", 2, { { "A", "" }, { "B", "" } }, "" },
	/* A lone CR stays, and ends no line. */
	{ "A: b\rB: c\r\n\r\n", 1, { { "A", " b\rB: c" } }, "" },
	{ "A: b\r\r\n\r\n", 1, { { "A", " b\r" } }, "" },
	{ "A: b\r\n\rbody", 1, { { "A", " b" } }, "\rbody" },
	/* What is no field ends the section. */
	{ "A: b\r\nno field\r\nC: d\r\n", 1, { { "A", " b" } },
	    "no field\r\nC: d\r\n" },
	{ " A: b\r\nC: d\r\n\r\n", 0, { { 0 } }, " A: b\r\nC: d\r\n\r\n" },
	{ ": b\r\n\r\n", 0, { { 0 } }, ": b\r\n\r\n" },
	{ "A b: c\r\n", 0, { { 0 } }, "A b: c\r\n" },
	{ "A\r\n : c\r\n", 0, { { 0 } }, "A\r\n : c\r\n" },
	{ "caf\xc3\xa9: c\r\n", 0, { { 0 } }, "caf\xc3\xa9: c\r\n" },
	{ "A\x7f: c\r\n", 0, { { 0 } }, "A\x7f: c\r\n" },
	{ "A\x01: c\r\n", 0, { { 0 } }, "A\x01: c\r\n" },
	/* RFC 6532 3.2: UTF-8 in values; and bytes that are none. */
	{ "A: \xc3\xa9\xff\r\n\r\n", 1, { { "A", " \xc3\xa9\xff" } }, "" },
	{ "!#$%&'*+.^_`{|}~\"\\(<>;: x\r\n", 1,
	    { { "!#$%&'*+.^_`{|}~\"\\(<>;", " x" } }, "" },
	{ "A: b: c\r\nA: d\r\nA: e\r\n\r\n", 3,
	    { { "A", " b: c" }, { "A", " d" }, { "A", " e" } }, "" },
};

static void
check_parse(const struct parse_case *wanted)
{
	struct arena *arena = arena_new();
	struct header_list list;
	size_t bytes = 0;

	header_list_init(&list, arena);
	struct span body = header_parse(&list, span_str(wanted->text));

	assert_int_equal(list.count, wanted->count);
	for (size_t i = 0; i < list.count; i++) {
		const struct header_field *field = &list.fields[i];
		const char *raw_name = wanted->fields[i].raw_name;

		assert_true(span_is(field->raw_name, raw_name));
		assert_int_equal(field->name.len, strcspn(raw_name, " \t"));
		assert_true(span_starts(
		    field->raw_name, arena_str(arena, field->name)));
		assert_true(span_is(field->value, wanted->fields[i].value));
		bytes += field->raw_name.len + field->value.len + 3;
	}
	assert_int_equal(list.bytes, bytes);
	assert_true(span_is(body, wanted->body));
	arena_free(arena);
}

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(parse_cases); i++)
		check_parse(&parse_cases[i]);
}

static void
test_nul_bytes(void **state)
{
	static const char text[] = "A: b\0c\r\n \0\r\nB\0: d\r\n\r\n";
	struct arena *arena = arena_new();
	struct header_list list;

	(void)state;
	header_list_init(&list, arena);
	struct span body =
	    header_parse(&list, span_new(text, sizeof(text) - 1));

	assert_int_equal(list.count, 1);
	assert_true(span_eq(list.fields[0].value, span_new(" b\0c\r\n \0", 8)));
	assert_true(span_eq(body, span_new("B\0: d\r\n\r\n", 9)));
	arena_free(arena);
}

static const struct {
	const char *name;
	const char *value;
	const char *kept_name;
	const char *kept_value;
} add_cases[] = {
	{ "A", " b", "A", " b" },
	{ "A", " b\r\n", "A", " b" },
	{ "A", " b\n\n\r\n", "A", " b" },
	{ "A \t", "b", "A", "b" },
	{ "A", "b\n c\r\n d", "A", "b\r\n c\r\n d" },
	{ "A", "b\r c\r", "A", "b\r c\r" },
	{ "A", "\n", "A", "" },
	{ "A", "\n b", "A", "\r\n b" },
	{ "", "", "", "" },
};

static void
test_add(void **state)
{
	struct arena *arena = arena_new();
	struct header_list list;

	(void)state;
	header_list_init(&list, arena);
	for (size_t i = 0; i < UNIT_COUNT(add_cases); i++) {
		header_list_add(&list, span_str(add_cases[i].name),
		    span_str(add_cases[i].value));
		const struct header_field *field = &list.fields[i];

		assert_true(span_is(field->name, add_cases[i].kept_name));
		assert_true(span_is(field->raw_name, add_cases[i].name));
		assert_true(span_is(field->value, add_cases[i].kept_value));
	}
	assert_int_equal(list.count, UNIT_COUNT(add_cases));
	arena_free(arena);
}

/* The list grows, and a field of a megabyte stays whole. */
static void
test_many_and_long(void **state)
{
	enum {
		COUNT = 10000,
		LONG = 1000000
	};
	struct arena *arena = arena_new();
	struct header_list list;
	char *value = arena_alloc(arena, LONG + 1);

	(void)state;
	memset(value, 'x', LONG);
	header_list_init(&list, arena);
	for (int i = 0; i < COUNT; i++)
		header_list_add(&list, span_str(arena_printf(arena, "X-%d", i)),
		    span_str("v"));
	header_list_add(&list, span_str("Long"), span_str(value));
	assert_int_equal(list.count, COUNT + 1);
	assert_true(span_is(list.fields[COUNT - 1].name, "X-9999"));
	assert_int_equal(header_find(&list, "long")->value.len, LONG);
	arena_free(arena);
}

static void
test_find_and_count(void **state)
{
	struct arena *arena = arena_new();
	struct header_list list;

	(void)state;
	header_list_init(&list, arena);
	assert_null(header_find(&list, "From"));
	(void)header_parse(
	    &list, span_str("To: x\r\nFROM : a\r\nfrom: b\r\nFromage: c\r\n"));
	assert_int_equal(header_count(&list, "From"), 2);
	assert_int_equal(header_count(&list, "Fro"), 0);
	assert_ptr_equal(header_find(&list, "From"), &list.fields[1]);
	arena_free(arena);
}

static const struct {
	const char *value;
	const char *unfolded;
} unfold_cases[] = {
	{ "", "" },
	{ " \t ", "" },
	{ " a", "a" },
	{ "\ta b\t", "a b" },
	{ " a\r\n b", "a b" },
	{ "\r\n a\r\n\t\r\n", "a" },
	{ "a\n\n b\rc", "a bc" },
};

static void
test_unfold(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(unfold_cases); i++) {
		struct span out =
		    header_unfold(arena, span_str(unfold_cases[i].value));

		assert_true(span_is(out, unfold_cases[i].unfolded));
		assert_string_equal(
		    (const char *)out.data, unfold_cases[i].unfolded);
	}
	arena_free(arena);
}

static const struct {
	const char *text;
	bool ends;
	const char *rest;
} cfws_cases[] = {
	{ "", true, "" },
	{ "a", true, "a" },
	{ " \t\r\n a (b)", true, "a (b)" },
	{ "(a)(b) (c)d", true, "d" },
	{ "(a(b(c)d)e)f", true, "f" },
	{ "(a\\)b)c", true, "c" },
	{ "(a\\(b)c", true, "c" },
	{ "(a\\\\)c", true, "c" },
	{ "(\")\"c)", true, "\"c)" },
	{ "(\r\n caf\xc3\xa9)x", true, "x" },
	{ ")", true, ")" },
	{ " (a", false, "(a" },
	{ "(a) (b(c)", false, "(b(c)" },
	{ "(a\\)", false, "(a\\)" },
	{ "(a\\", false, "(a\\" },
};

static void
test_skip_cfws(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cfws_cases); i++) {
		struct span cursor = span_str(cfws_cases[i].text);

		assert_int_equal(header_skip_cfws(&cursor), cfws_cases[i].ends);
		assert_true(span_is(cursor, cfws_cases[i].rest));
	}
}

/* Comments may nest as deep as the limit and no deeper. */
static void
test_comment_depth(void **state)
{
	char text[2 * (HEADER_MAX_COMMENT_DEPTH + 1)];

	(void)state;
	for (size_t depth = HEADER_MAX_COMMENT_DEPTH;
	     depth <= HEADER_MAX_COMMENT_DEPTH + 1; depth++) {
		memset(text, '(', depth);
		memset(text + depth, ')', depth);
		struct span cursor = span_new(text, 2 * depth);

		assert_int_equal(header_skip_cfws(&cursor),
		    depth <= HEADER_MAX_COMMENT_DEPTH);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_many_and_long),
		cmocka_unit_test(test_find_and_count),
		cmocka_unit_test(test_unfold),
		cmocka_unit_test(test_skip_cfws),
		cmocka_unit_test(test_comment_depth),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
