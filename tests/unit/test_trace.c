/* The steps of a decision, kept up to a limit. */
#include "base/trace.h"

#include "support/unit.h"

static void
test_steps(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	struct trace *trace = trace_new(arena);

	trace_add(trace, "spf", 1, "look-up %d of %s", 3, "ten");
	assert_int_equal(trace->count, 1);
	assert_string_equal(trace->steps[0].part, "spf");
	assert_int_equal(trace->steps[0].depth, 1);
	assert_string_equal(trace->steps[0].text, "look-up 3 of ten");
	arena_free(arena);
}

static void
test_limit(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	struct trace *trace = trace_new(arena);

	for (size_t i = 0; i < TRACE_MAX_STEPS + 7; i++)
		trace_add(trace, "spf", 0, "step");
	assert_int_equal(trace->count, TRACE_MAX_STEPS);
	assert_int_equal(trace->dropped, 7);
	arena_free(arena);
}

/* As in a mail server. */
static void
test_nobody_asks(void **state)
{
	(void)state;
	trace_add(NULL, "spf", 0, "%s", "step");
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_steps),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_nobody_asks) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
