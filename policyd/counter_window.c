#include <string.h>

#include "counter_impl.h"

#define PLACES ((int64_t)COUNTER_IMPL_PLACES)

static int64_t
slot_ms(uint64_t period_ms)
{
	return ((int64_t)((period_ms + COUNTER_SLOTS - 1) / COUNTER_SLOTS));
}

static uint64_t *
slot_at(struct counter_window *window, int64_t number)
{
	return (&window->slots[(size_t)(number % PLACES)]);
}

static uint64_t
sum_of(const struct counter_window *window)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < COUNTER_IMPL_PLACES; i++)
		sum += window->slots[i];
	return (sum);
}

static void
put(uint64_t *slot, uint64_t amount)
{
	if (amount > COUNTER_IMPL_MAX_COUNT - *slot)
		amount = COUNTER_IMPL_MAX_COUNT - *slot;
	*slot += amount;
}

/* The period was configured anew: all that is counted came as late as it can
 * have come. */
static void
renumber(struct counter_window *window, const struct counter_rule *rule)
{
	uint64_t period = (uint64_t)rule->period_ms;
	uint64_t sum = sum_of(window);
	int64_t last;

	if (window->period_ms == period)
		return;
	last =
	    sum == 0 ? 0 : (window->head + 1) * slot_ms(window->period_ms) - 1;
	memset(window->slots, 0, sizeof(window->slots));
	window->period_ms = period;
	window->head = last / slot_ms(period);
	put(slot_at(window, window->head), sum);
}

/* The clock was set back by more than a period: all that is counted came as
 * long ago as it seemed then. */
static void
set_back(struct counter_window *window, int64_t number)
{
	struct counter_window old = *window;

	for (int64_t i = 0; i < PLACES; i++)
		*slot_at(window, number + PLACES - i) =
		    *slot_at(&old, old.head + PLACES - i);
	window->head = number;
}

void
counter_window_advance(
    const struct counter_rule *rule, struct counter_window *window, int64_t now)
{
	int64_t number;

	if (now < 0)
		now = 0;
	if (now > COUNTER_IMPL_MAX_NOW)
		now = COUNTER_IMPL_MAX_NOW;
	renumber(window, rule);
	number = now / slot_ms(window->period_ms);
	if (window->head - number > COUNTER_SLOTS)
		set_back(window, number);
	if (number - window->head >= PLACES) {
		memset(window->slots, 0, sizeof(window->slots));
		window->head = number;
	}
	while (window->head < number)
		*slot_at(window, ++window->head) = 0;
}

uint64_t
counter_window_sum(const struct counter_rule *rule,
    const struct counter_window *window, int64_t now)
{
	struct counter_window copy = *window;

	counter_window_advance(rule, &copy, now);
	return (sum_of(&copy));
}

void
counter_window_add(const struct counter_rule *rule,
    struct counter_window *window, uint64_t amount, int64_t now)
{
	counter_window_advance(rule, window, now);
	put(slot_at(window, window->head), amount);
}

void
counter_window_take(const struct counter_rule *rule,
    struct counter_window *window, uint64_t amount, int64_t when, int64_t now)
{
	int64_t oldest, number;

	counter_window_advance(rule, window, now);
	oldest = window->head - COUNTER_SLOTS;
	number = (when < 0 ? 0 : when) / slot_ms(window->period_ms);
	if (oldest < 0)
		oldest = 0;
	if (number > window->head)
		number = window->head;
	/* What is past its period is given back already.  While the clock was
	 * set back, it went into a later slot. */
	for (; number >= oldest && number <= window->head && amount > 0;
	     number++) {
		uint64_t *slot = slot_at(window, number);
		uint64_t part = amount < *slot ? amount : *slot;

		*slot -= part;
		amount -= part;
	}
}

/* When the slot ${number} does not count any more. */
static int64_t
leaves(const struct counter_window *window, int64_t number)
{
	return ((number + PLACES) * slot_ms(window->period_ms));
}

static int64_t
oldest_of(const struct counter_window *window)
{
	return (
	    window->head < COUNTER_SLOTS ? 0 : window->head - COUNTER_SLOTS);
}

/* When one more fits that does not now. */
static int64_t
when_free(const struct counter_rule *rule, struct counter_window *window,
    uint64_t used)
{
	int64_t number = oldest_of(window);

	for (; number < window->head; number++) {
		used -= *slot_at(window, number);
		if (used < rule->rate)
			break;
	}
	return (leaves(window, number));
}

static int64_t
time_until(int64_t then, int64_t now)
{
	if (now < 0)
		now = 0;
	return (then > now ? then - now : 0);
}

void
counter_window_read(const struct counter_rule *rule,
    const struct counter_window *window, int64_t now,
    struct counter_reading *out)
{
	struct counter_window copy = *window;

	*out = (struct counter_reading){ .left = COUNTER_UNLIMITED };
	counter_window_advance(rule, &copy, now);
	out->used = sum_of(&copy);
	out->reset_ms = time_until(counter_window_expires(&copy), now);
	if (rule->rate == COUNTER_UNLIMITED)
		return;
	out->left = out->used < rule->rate ? rule->rate - out->used : 0;
	if (out->left == 0)
		out->retry_ms =
		    time_until(when_free(rule, &copy, out->used), now);
}

int64_t
counter_window_expires(const struct counter_window *window)
{
	struct counter_window copy = *window;
	int64_t number = window->head;

	if (window->period_ms == 0 || sum_of(window) == 0)
		return (0);
	while (number > oldest_of(window) && *slot_at(&copy, number) == 0)
		number--;
	return (leaves(window, number));
}
