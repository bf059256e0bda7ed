/* Which step of a limit is reached. */
#include "limit.h"

#include "support/unit.h"

static const struct limit limit = {
	.name = "user-hour",
	.rule = { .algorithm = COUNTER_WINDOW },
	.steps = { { 10, LIMIT_DEFER }, { 15, LIMIT_HOLD },
	    { 30, LIMIT_REJECT } },
	.step_count = 3,
};
static const struct limit networks = {
	.name = "user-networks",
	.rule = { .algorithm = COUNTER_DISTINCT },
	.steps = { { 10, LIMIT_ALARM }, { 30, LIMIT_LOCK } },
	.step_count = 2,
};
static const struct limit empty = { .name = "empty" };

static const struct {
	const struct limit *limit;
	uint64_t rate;
	uint64_t level;
	uint64_t amount;
	enum limit_action action;
} cases[] = {
	/* It does not fit, whatever was tried: a burst may be small. */
	{ &limit, 100, 0, 1, LIMIT_DEFER },
	{ &limit, 100, 100, 1, LIMIT_DEFER },
	{ &limit, 100, 148, 1, LIMIT_DEFER },
	{ &limit, 100, 149, 1, LIMIT_HOLD },
	{ &limit, 100, 298, 1, LIMIT_HOLD },
	{ &limit, 100, 299, 1, LIMIT_REJECT },
	{ &limit, 100, 300, 0, LIMIT_REJECT },
	{ &limit, 100, UINT64_MAX, 1, LIMIT_REJECT },
	{ &limit, 1, 0, 1, LIMIT_DEFER },
	{ &limit, 1, 1, 1, LIMIT_HOLD },
	{ &limit, 0, 0, 1, LIMIT_REJECT },
	{ &limit, COUNTER_MAX_RATE, COUNTER_MAX_RATE, 1, LIMIT_DEFER },
	{ &limit, COUNTER_UNLIMITED, UINT64_MAX, 1, LIMIT_PASS },
	{ &networks, 5, 0, 0, LIMIT_PASS },
	{ &networks, 5, 5, 0, LIMIT_PASS },
	{ &networks, 5, 6, 0, LIMIT_ALARM },
	{ &networks, 5, 14, 0, LIMIT_ALARM },
	{ &networks, 5, 15, 0, LIMIT_LOCK },
	{ &networks, 5, 14, 1, LIMIT_LOCK },
	{ &networks, 5, 64, 0, LIMIT_LOCK },
	{ &networks, COUNTER_UNLIMITED, 64, 0, LIMIT_PASS },
	{ &empty, 1, 5, 1, LIMIT_PASS },
};

static void
test_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const struct counter_reading reading = { .used = cases[i].level,
			.tried = cases[i].level };

		assert_int_equal(limit_step_at(cases[i].limit, cases[i].rate,
				     &reading, cases[i].amount),
		    cases[i].action);
	}
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(limit_action_name(LIMIT_PASS), "pass");
	assert_string_equal(limit_action_name(LIMIT_REJECT), "reject");
	assert_string_equal(
	    limit_unit_name(LIMIT_FIRST_RECIPIENTS), "first_recipients");
	assert_string_equal(limit_unit_name(LIMIT_MESSAGES), "messages");
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_steps),
		cmocka_unit_test(test_names) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
