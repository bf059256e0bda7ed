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

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_matches) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
