#include "support/unit.h"

#include "mail/encoded_word.h"

static const struct {
	const char *text;
	bool harmless;
} cases[] = {
	{ "", true },
	{ "plain = text ? @", true },
	{ "=?utf-8?q?J=C3=BCrg_Lee?=", true },
	{ "x=?us-ascii?Q?x?=x", true },
	{ "=?UTF-8?B?SsO8cmc=?=", true },
	{ "=?utf-8?b?SsO8cmc?= =?koi8-r?q?=C1?=", true },
	{ "=?iso-8859-1?q?=FC?=, =?windows-1252?b?/A==?=", true },
	{ "=?utf-8?q?"
	  "?=",
	    true },
	{ "=?utf-8?q?=C3?= =?utf-8?q?=BC?=", true },
	/* What comes out. */
	{ "=?utf-8?q?a@b?=", false },
	{ "=?utf-8?q?a=40b?=", false },
	{ "=?utf-8?b?YUBi?=", false },
	{ "=?iso-8859-15?b?YUBi?=", false },
	{ "=?utf-8?q?=ef=bc=a0?=", false },
	{ "=?utf-8?q?=EF=B9=AB?=", false },
	{ "=?utf-8?q?=EF=BC?= x =?utf-8?q?=A0?=", false },
	{ "=?utf-8?q?=C1=80?=", false },
	{ "=?utf-8?q?=C3?=", false },
	{ "=?utf-8?q?=00?=", false },
	{ "=?utf-8?b?AAAA?=", false },
	{ "=?utf-8?q?=3D=3F?=", false },
	/* Words that are none, or that not everybody decodes alike. */
	{ "=?", false },
	{ "=?utf-8", false },
	{ "=?utf-8?q?x", false },
	{ "=?utf-8?q?x?", false },
	{ "=?utf-8?q?x?x=", false },
	{ "=?utf-8?q?a?b?=", false },
	{ "=?utf-8?q?=4?=", false },
	{ "=?utf-8?q?=4g?=", false },
	{ "=?utf-8?b?YU Bi?=", false },
	{ "=?utf-8?b?YQ===?=", false },
	{ "=?utf-8?b?Y=UB?=", false },
	{ "=?utf-8?x?x?=", false },
	{ "=?utf-8*en?q?x?=", false },
	{ "=?utf-7?q?x?=", false },
	{ "=?gb2312?q?x?=", false },
	{ "=?iso-8859-?q?x?=", false },
	{ "=?iso-8859-123?q?x?=", false },
	{ "=??q?x?=", false },
};

static void
test_harmless(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		bool harmless =
		    encoded_word_all_harmless(arena, span_str(cases[i].text));

		if (harmless != cases[i].harmless)
			print_error("%s\n", cases[i].text);
		assert_int_equal(harmless, cases[i].harmless);
		arena_free(arena);
	}
}

static void
test_at(void **state)
{
	(void)state;
	assert_false(encoded_word_has_at(span_str("")));
	assert_false(encoded_word_has_at(span_str("a \xef\xbc\xa1 \xef\xbc")));
	assert_true(encoded_word_has_at(span_str("a@")));
	assert_true(encoded_word_has_at(span_str("a\xef\xbc\xa0")));
	assert_true(encoded_word_has_at(span_str("\xef\xb9\xab"
						 "b")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_harmless),
		cmocka_unit_test(test_at),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
