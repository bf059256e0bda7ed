#include "base/clock.h"

#include <time.h>

const struct clock clock_system = { .fixed = -1 };

int64_t
clock_now(const struct clock *clock)
{
	return (clock->fixed >= 0 ? clock->fixed : (int64_t)time(NULL));
}

int64_t
clock_monotonic_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

int64_t
clock_monotonic_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}
