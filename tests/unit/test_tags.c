#include "support/unit.h"

#include "dkim/tags.h"

#include <stdio.h>
#include <string.h>

#define MAX 4

struct parse_case {
	const char *text;
	const char *error; /* a part of it, or NULL */
	size_t count;
	struct {
		const char *name, *value;
	} tags[MAX];
};

static const struct parse_case parse_cases[] = {
	{ "a=1", NULL, 1, { { "a", "1" } } },
	{ "a=1;", NULL, 1, { { "a", "1" } } },
	{ "a=1; ", NULL, 1, { { "a", "1" } } },
	{ " a = 1 ; b_2 = 2 ", NULL, 2, { { "a", "1" }, { "b_2", "2" } } },
	{ "a=1;\r\n\tb=2\r\n ;", NULL, 2, { { "a", "1" }, { "b", "2" } } },
	{ "a=x y\r\n z", NULL, 1, { { "a", "x y\r\n z" } } },
	{ "a=", NULL, 1, { { "a", "" } } },
	{ "a=;b= ", NULL, 2, { { "a", "" }, { "b", "" } } },
	{ "a=b=c==", NULL, 1, { { "a", "b=c==" } } },
	/* RFC 6376 3.2: names and values are case-sensitive. */
	{ "a=1; A=2", NULL, 2, { { "a", "1" }, { "A", "2" } } },
	{ "a=caf\xc3\xa9", NULL, 1, { { "a", "caf\xc3\xa9" } } },
	/* RFC 6376 3.2: a tag that occurs twice spoils the list. */
	{ "a=1; a=1", "twice", 0, { { 0 } } },
	{ "", "no tags", 0, { { 0 } } },
	{ " \r\n ", "no tags", 0, { { 0 } } },
	{ ";", "empty", 0, { { 0 } } },
	{ "a=1;;b=2", "empty", 0, { { 0 } } },
	{ "a=1; ;", "empty", 0, { { 0 } } },
	{ "a", "\"=\"", 0, { { 0 } } },
	{ "a=1; b", "\"=\"", 0, { { 0 } } },
	{ "=1", "name", 0, { { 0 } } },
	{ "1a=1", "name", 0, { { 0 } } },
	{ "a b=1", "name", 0, { { 0 } } },
	{ "a-b=1", "name", 0, { { 0 } } },
	{ "\xc3\xa9=1", "name", 0, { { 0 } } },
	{ "a=1\r\nb", "control", 0, { { 0 } } },
	{ "a=1\nb", "control", 0, { { 0 } } },
	{ "a=1\r", "control", 0, { { 0 } } },
	{ "a=\x01", "control", 0, { { 0 } } },
	{ "a=\x7f", "control", 0, { { 0 } } },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(parse_cases); i++) {
		const struct parse_case *wanted = &parse_cases[i];
		struct tag_list list;
		const char *error = tags_parse(span_str(wanted->text), &list);

		if (wanted->error != NULL) {
			assert_non_null(error);
			assert_non_null(strstr(error, wanted->error));
			continue;
		}
		assert_null(error);
		assert_int_equal(list.count, wanted->count);
		for (size_t j = 0; j < list.count; j++) {
			assert_true(
			    span_is(list.tags[j].name, wanted->tags[j].name));
			assert_true(
			    span_is(list.tags[j].value, wanted->tags[j].value));
		}
	}
}

/* RFC 6376 3.7 deletes b= with all white space around its value. */
static void
test_raw(void **state)
{
	struct tag_list list;

	(void)state;
	assert_null(tags_parse(span_str("a=1; b= \r\n x \r\n ; c=3"), &list));
	assert_true(span_is(tags_find(&list, "b")->raw, " \r\n x \r\n "));
	assert_null(tags_find(&list, "B"));
	assert_true(span_is(tags_value(&list, "c", "4"), "3"));
	assert_true(span_is(tags_value(&list, "d", "4"), "4"));
}

static void
test_limit(void **state)
{
	struct tag_list list;
	char text[(TAGS_MAX + 1) * 8];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < TAGS_MAX; i++)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "t%d=1;", i);
	assert_null(tags_parse(span_new(text, len), &list));
	assert_int_equal(list.count, TAGS_MAX);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "u=1");
	assert_string_equal(
	    tags_parse(span_new(text, len), &list), "too many tags");
}

static void
test_nul(void **state)
{
	struct tag_list list;

	(void)state;
	assert_non_null(tags_parse(span_new("a=1\0", 4), &list));
	assert_non_null(tags_parse(span_new("\0a=1", 4), &list));
	/* Not even where software that knows C strings finds a name. */
	assert_non_null(
	    tags_parse(span_new("s=x._domainkey.a.example.\0.b", 28), &list));
}

static const struct {
	const char *list, *item;
	bool found;
} item_cases[] = {
	{ "a:b", "b", true },
	{ "a : b", "A", true },
	{ " sha256\r\n : sha1 ", "sha256", true },
	{ "ab", "a", false },
	{ "", "a", false },
	{ "", "", true },
	{ "a:", "", true },
	{ "a", "", false },
	{ "*", "*", true },
};

static void
test_items(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(item_cases); i++)
		assert_int_equal(tags_has_item(span_str(item_cases[i].list),
				     item_cases[i].item),
		    item_cases[i].found);
}

static const struct {
	const char *text, *decoded;
} base64_cases[] = {
	{ "", "" },
	{ "Zg==", "f" },
	{ "Zg=", "f" },
	{ "Zg", "f" },
	{ "Zm8=", "fo" },
	{ "Zm9v", "foo" },
	{ "Zm9vYg==", "foob" },
	{ " Z m\r\n 9v\tYmE= ", "fooba" },
	{ "Zm9vYmFy", "foobar" },
	{ "+/+/", "\xfb\xff\xbf" },
	{ "Z", NULL },
	{ "Zm9vY", NULL },
	{ "Zg=g", NULL },
	{ "Zg===", NULL },
	{ "Z-9v", NULL },
	{ "Zm9v!", NULL },
	{ "Zm\xc3\xa9v", NULL },
};

static void
test_base64(void **state)
{
	struct arena *arena = arena_new();
	struct span out;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(base64_cases); i++) {
		bool good = tags_decode_base64(
		    arena, span_str(base64_cases[i].text), &out);

		assert_int_equal(good, base64_cases[i].decoded != NULL);
		if (good)
			assert_true(span_is(out, base64_cases[i].decoded));
	}
	for (size_t len = 0; len < 70; len++) {
		unsigned char bytes[70];

		for (size_t i = 0; i < len; i++)
			bytes[i] = (unsigned char)(i * 37 + len * 11);
		char *text = tags_encode_base64(arena, span_new(bytes, len));

		assert_int_equal(strlen(text), (len + 2) / 3 * 4);
		assert_true(tags_decode_base64(arena, span_str(text), &out));
		assert_true(span_eq(out, span_new(bytes, len)));
	}
	arena_free(arena);
}

static const struct {
	const char *text, *decoded;
} quoted_cases[] = {
	{ "", "" },
	{ "joe", "joe" },
	{ "j=6fe=3B", "joe;" },
	{ "j\r\n o e", "joe" },
	{ "=3D=c3=A9", "=\xc3\xa9" },
	{ "a=", NULL },
	{ "a=3", NULL },
	{ "a=3g", NULL },
};

static void
test_quoted(void **state)
{
	struct arena *arena = arena_new();
	struct span out;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(quoted_cases); i++) {
		bool good =
		    tags_unquote(arena, span_str(quoted_cases[i].text), &out);

		assert_int_equal(good, quoted_cases[i].decoded != NULL);
		if (good)
			assert_true(span_is(out, quoted_cases[i].decoded));
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_quoted),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
