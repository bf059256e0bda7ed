/* clock.h: a clock stands still when told to, and runs otherwise. */
#include "support/unit.h"

#include <time.h>

#include "base/clock.h"

static void
a_fixed_clock_stands_still(void **state)
{
	const struct clock clock = { .fixed = 1700000000 };
	const struct clock epoch = { .fixed = 0 };

	(void)state;
	assert_int_equal(clock_now(&clock), 1700000000);
	assert_int_equal(clock_now(&epoch), 0);
}

static void
the_system_clock_is_the_systems(void **state)
{
	int64_t before = time(NULL);
	int64_t now = clock_now(&clock_system);

	(void)state;
	/* time() may lag the finer clocks by a tick, never by a second. */
	assert_in_range(now, before, (int64_t)time(NULL) + 1);
}

static void
monotonic_time_grows_in_milliseconds(void **state)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	int64_t before = clock_monotonic_ms();

	(void)state;
	assert_int_equal(nanosleep(&pause, NULL), 0);
	assert_in_range(clock_monotonic_ms() - before, 20, 20000);
}

static void
microseconds_are_of_the_same_clock(void **state)
{
	const struct timespec pause = { .tv_nsec = 3000000 };
	int64_t ms = clock_monotonic_ms();
	int64_t us = clock_monotonic_us();

	(void)state;
	assert_in_range(us / 1000 - ms, 0, 20000);
	assert_int_equal(nanosleep(&pause, NULL), 0);
	assert_in_range(clock_monotonic_us() - us, 3000, 20000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fixed_clock_stands_still),
		cmocka_unit_test(the_system_clock_is_the_systems),
		cmocka_unit_test(monotonic_time_grows_in_milliseconds),
		cmocka_unit_test(microseconds_are_of_the_same_clock),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
