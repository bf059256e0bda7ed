/* Which addresses a pattern means. */
#include "pattern.h"

#include "support/unit.h"

static const struct {
	const char *pattern;
	const char *address;
	int matches; /* -1: the pattern is refused */
} cases[] = {
	{ "*", "a@example.org", 1 },
	{ "*@*", "a@example.org", 1 },
	{ "example.org", "a@example.org", 1 },
	{ "EXAMPLE.org.", "a@example.org", 1 },
	{ "example.org", "a@sub.example.org", 0 },
	{ "example.org", "a@badexample.org", 0 },
	{ "*.example.org", "a@sub.example.org", 1 },
	{ "*.example.org", "a@b.sub.example.org", 1 },
	{ "*.example.org", "a@example.org", 0 },
	{ "*.example.org", "a@badexample.org", 0 },
	{ "*@example.org", "a@example.org", 1 },
	{ "a@example.org", "A@example.org", 1 },
	{ "a@example.org", "b@example.org", 0 },
	{ "a@example.org", "a@example.net", 0 },
	{ "a@*.example.org", "a@sub.example.org", 1 },
	{ "a@*.example.org", "b@sub.example.org", 0 },
	{ "a@b@example.org", "a@b@example.org", 1 },
	{ "b@example.org", "a@b@example.org", 0 },
	{ "b\xc3\xbc"
	  "cher.example",
	    "a@xn--bcher-kva.example", 1 },
	{ "example.org", "no-domain", 0 },
	{ "@example.org", "a@example.org", -1 },
	{ "a@", "a@example.org", -1 },
	{ "", "a@example.org", -1 },
	{ "*.", "a@example.org", -1 },
	{ "exa mple.org", "a@example.org", -1 },
};

/* Patterns of OpenDKIM's tables, where * is any text. */
static const struct {
	const char *pattern;
	const char *address;
	int matches; /* -1: the pattern is refused */
} wildcards[] = {
	{ "*", "a@example.org", 1 },
	{ "*@*", "a@example.org", 1 },
	{ "*@example.org", "a@example.org", 1 },
	{ "*@EXAMPLE.org", "a@example.org", 1 },
	{ "*@example.org", "a@sub.example.org", 0 },
	{ "*@*.example.org", "a@sub.example.org", 1 },
	{ "*@*.example.org", "a@b.sub.example.org", 1 },
	{ "*@*.example.org", "a@example.org", 0 },
	{ "*example.org", "a@badexample.org", 1 },
	{ "*@*example.org", "a@badexample.org", 1 },
	{ "*@*example.org", "a@example.net", 0 },
	{ "*@ex*.org", "a@example.org", 1 },
	{ "*@ex*.org", "a@example.com", 0 },
	{ "Ann@example.org", "aNN@example.org", 1 },
	{ "ann@example.org", "anna@example.org", 0 },
	{ "ann+*@example.org", "ann+x@example.org", 1 },
	{ "ann+*@example.org", "ann@example.org", 0 },
	{ "a*n*@example.org", "aXnYn@example.org", 1 },
	{ "a*n@example.org", "aXnYm@example.org", 0 },
	{ "ann@*", "ann@example.net", 1 },
	{ "ann@*", "bob@example.net", 0 },
	{ "*@b\xc3\xbc"
	  "cher.example",
	    "a@xn--bcher-kva.example", 1 },
	{ "example.org", "a@example.org", -1 },
	{ "@example.org", "a@example.org", -1 },
	{ "*@", "a@example.org", -1 },
	{ "*@exa mple.org", "a@example.org", -1 },
};

static void
test_wildcards(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(wildcards); i++) {
		struct arena *arena = arena_new();
		struct pattern pattern;
		int parsed = pattern_parse_wildcard(
		    arena, wildcards[i].pattern, &pattern);

		if (parsed != (wildcards[i].matches < 0 ? -1 : 0))
			fail_msg("case %zu: parsed %d", i, parsed);
		if (parsed == 0 &&
		    pattern_matches(&pattern, wildcards[i].address) !=
			(wildcards[i].matches == 1))
			fail_msg("case %zu: %s and %s", i, wildcards[i].pattern,
			    wildcards[i].address);
		arena_free(arena);
	}
}

static const struct {
	const char *text;
	const char *wildcard;
	bool like;
} texts[] = {
	{ "", "", true },
	{ "", "*", true },
	{ "", "a", false },
	{ "a", "", false },
	{ "abc", "ABC", true },
	{ "abc", "a*", true },
	{ "abc", "*c", true },
	{ "abc", "**", true },
	{ "abc", "a*b*c*", true },
	{ "abc", "a*d", false },
	{ "aab", "*ab", true },
	{ "aabx", "*ab", false },
	{ "mississippi", "*iss*ip*", true },
	{ "mississippi", "m*issp*", false },
};

static void
test_is_like(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(texts); i++)
		if (pattern_is_like(texts[i].text, texts[i].wildcard) !=
		    texts[i].like)
			fail_msg("case %zu: %s, %s", i, texts[i].text,
			    texts[i].wildcard);
}

static void
test_matches(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct pattern pattern;
		int parsed = pattern_parse(arena, cases[i].pattern, &pattern);

		if (parsed != (cases[i].matches < 0 ? -1 : 0))
			fail_msg("case %zu: parsed %d", i, parsed);
		if (parsed == 0 &&
		    pattern_matches(&pattern, cases[i].address) !=
			(cases[i].matches == 1))
			fail_msg("case %zu: %s and %s", i, cases[i].pattern,
			    cases[i].address);
		arena_free(arena);
	}
}

static void
test_expand(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(pattern_expand(arena, "a", "x.org", 9), "a");
	assert_string_equal(
	    pattern_expand(arena, "%a%@%", "x.org", 99), "x.orgax.org@x.org");
	assert_string_equal(
	    pattern_expand(arena, "a@%", "x.org", 7), "a@x.org");
	assert_null(pattern_expand(arena, "a@%", "x.org", 6));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_matches),
		cmocka_unit_test(test_wildcards),
		cmocka_unit_test(test_is_like), cmocka_unit_test(test_expand) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
