/* expression.h: Perl's expressions, and an end to those that run wild. */
#include "expression.h"

#include "support/unit.h"

#include <string.h>

#include "base/clock.h"

static const struct {
	const char *text;
	const char *subject;
	bool meets;
} cases[] = {
	{ "^ms-smtp.*\\.rr\\.com$", "ms-smtp-01.tampabay.RR.com", true },
	{ "^ms-smtp.*\\.rr\\.com$", "ms-smtp-01.tampabay.rr.com.x", false },
	{ "^(?:smtp\\w*|postfix)[0-9]+-g[0-9]+\\.free\\.fr$",
	    "smtp4-g21.free.fr", true },
	{ "^.*?.server.arvato-systems.de$", "x1.server.arvato-systems.de",
	    true },
	{ "a", "", false },
	{ "^$", "", true },
	{ "(?<=x)y(?!z)", "xya", true },
	{ "(?<=x)y(?!z)", "xyz", false },
	{ "^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false },
	{ "\\xe9", "\xe9", true },
	/* Names are bytes. */
	{ "^.$", "\xc3\xa9", false },
};

static void
test_meets(void **state)
{
	struct expression_match *match = expression_match_new();
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const char *error = NULL;
		struct expression *expression =
		    expression_new(span_str(cases[i].text), arena, &error);

		if (expression == NULL)
			fail_msg("%s: %s", cases[i].text, error);
		if (expression_meets(expression, match,
			span_str(cases[i].subject)) != cases[i].meets)
			fail_msg("%s %s", cases[i].text, cases[i].subject);
		expression_free(expression);
	}
	expression_match_free(match);
	expression_match_free(NULL);
	arena_free(arena);
}

static const char *const refused[] = {
	"(",
	"[a",
	"a**",
	"(?{ print 1 })",
	"(??{ $x })",
	"(*UTF)a",
	"\\C",
	"\\p{L", /* and no end */
	"*a",
};

static void
test_refused(void **state)
{
	struct arena *arena = arena_new();
	char much[EXPRESSION_MAX + 1];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(refused); i++) {
		const char *error = NULL;

		if (expression_new(span_str(refused[i]), arena, &error) != NULL)
			fail_msg("%s", refused[i]);
		assert_non_null(error);
	}
	const char *error = NULL;

	memset(much, 'a', sizeof(much));
	assert_null(
	    expression_new(span_new(much, sizeof(much)), arena, &error));
	assert_non_null(error);
	expression_free(NULL);
	arena_free(arena);
}

/* The worst that can be written costs milliseconds, and meets nobody. */
static void
test_wild(void **state)
{
	static const char *const wild[] = { "^(a+)+$", "(a|aa)+$",
		"(.*)*(.*)*(.*)*(.*)*b$", "(x+x+)+y",
		"(?:(?:a{1,100}){1,100})b" };
	struct expression_match *match = expression_match_new();
	struct arena *arena = arena_new();
	char subject[EXPRESSION_MAX_SUBJECT + 1];

	(void)state;
	memset(subject, 'a', sizeof(subject));
	subject[EXPRESSION_MAX_SUBJECT - 1] = 'c';
	for (size_t i = 0; i < UNIT_COUNT(wild); i++) {
		const char *error = NULL;
		struct expression *expression =
		    expression_new(span_str(wild[i]), arena, &error);
		int64_t begin = clock_monotonic_ms();

		assert_non_null(expression);
		assert_false(expression_meets(expression, match,
		    span_new(subject, EXPRESSION_MAX_SUBJECT)));
		/* Sanitizers and neighbours are slow. */
		assert_true(clock_monotonic_ms() - begin < 1000);
		expression_free(expression);
	}
	const char *error = NULL;
	struct expression *any = expression_new(span_str("a"), arena, &error);

	assert_true(expression_meets(
	    any, match, span_new(subject, EXPRESSION_MAX_SUBJECT)));
	assert_false(
	    expression_meets(any, match, span_new(subject, sizeof(subject))));
	expression_free(any);
	expression_match_free(match);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meets),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_wild),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
