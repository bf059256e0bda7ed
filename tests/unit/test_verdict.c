/* What happens to a message, from the facts alone. */
#include "verdict.h"

#include <stdio.h>

#include "support/unit.h"

static const struct {
	struct verdict_facts facts;
	enum verdict_action action;
	const char *reply; /* NULL: none */
} cases[] = {
	{ { .limit = VERDICT_WITHIN_LIMITS }, VERDICT_NONE, NULL },
	{ { .limit = VERDICT_HEADER_BYTES,
	      .over_limit = VERDICT_OVER_LIMIT_REJECT },
	    VERDICT_REJECT, "552 5.3.4" },
	{ { .limit = VERDICT_HEADER_FIELDS,
	      .over_limit = VERDICT_OVER_LIMIT_REJECT },
	    VERDICT_REJECT, "552 5.3.4" },
	{ { .limit = VERDICT_HEADER_BYTES,
	      .over_limit = VERDICT_OVER_LIMIT_TEMPFAIL },
	    VERDICT_TEMPFAIL, "451 4.3.4" },
	{ { .trouble = true }, VERDICT_TEMPFAIL, "451 4.3.0" },
	/* Our own trouble never refuses for good. */
	{ { .trouble = true,
	      .limit = VERDICT_HEADER_BYTES,
	      .over_limit = VERDICT_OVER_LIMIT_REJECT },
	    VERDICT_TEMPFAIL, "451 4.3.0" },
};

static void
test_decide(void **state)
{
	(void)state;
	struct arena *arena = arena_new();

	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct verdict verdict = verdict_decide(&cases[i].facts, arena);
		char reply[32];

		assert_int_equal(verdict.action, cases[i].action);
		assert_non_null(verdict.reason);
		if (cases[i].reply == NULL) {
			assert_null(verdict.code);
			continue;
		}
		(void)snprintf(reply, sizeof(reply), "%s %s", verdict.code,
		    verdict.status);
		assert_string_equal(reply, cases[i].reply);
		assert_non_null(verdict.text);
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_decide) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
