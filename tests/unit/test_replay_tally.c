/* What was done how often, worst first. */
#include "replay_tally.h"

#include <stdio.h>

#include "support/unit.h"

static void
test_order(void **state)
{
	struct replay_tally *tally = replay_tally_new();
	size_t count;

	(void)state;
	for (int i = 0; i < 5; i++)
		replay_tally_add(tally, span_str("good"), REPLAY_PASSED);
	replay_tally_add(tally, span_str("bad"), REPLAY_DEFERRED);
	replay_tally_add(tally, span_str("worse"), REPLAY_WOULD);
	replay_tally_add(tally, span_str("worse"), REPLAY_REFUSED);
	const struct replay_row *rows = replay_tally_worst(tally, &count);

	assert_int_equal(count, 3);
	assert_true(span_is(rows[0].name, "worse"));
	assert_int_equal(rows[0].counts[REPLAY_REFUSED], 1);
	assert_true(span_is(rows[1].name, "bad"));
	assert_true(span_is(rows[2].name, "good"));
	assert_int_equal(rows[2].counts[REPLAY_PASSED], 5);
	replay_tally_free(tally);
}

/* A log of strangers does not take all memory. */
static void
test_bound(void **state)
{
	struct replay_tally *tally = replay_tally_new();
	size_t count;
	char name[20];

	(void)state;
	for (size_t i = 0; i < REPLAY_TALLY_MAX + 50; i++)
		replay_tally_add(tally,
		    span_new(
			name, (size_t)snprintf(name, sizeof(name), "%zu", i)),
		    REPLAY_PASSED);
	for (size_t i = 0; i < 2; i++)
		replay_tally_add(tally, span_str("another"), REPLAY_REFUSED);
	const struct replay_row *rows = replay_tally_worst(tally, &count);

	assert_int_equal(count, REPLAY_TALLY_MAX + 1);
	assert_true(span_is(rows[0].name, "(others)"));
	assert_int_equal(rows[0].counts[REPLAY_PASSED], 50);
	assert_int_equal(rows[0].counts[REPLAY_REFUSED], 2);
	replay_tally_free(tally);
	replay_tally_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bound),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
