#include "watch_history.h"

#include <inttypes.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)
#define SLOTS_A_DAY (int32_t)(DAY_MS / WATCH_HISTORY_SLOT_MS)
#define DAYS_A_WEEK 7

/* No time before 1970, and none so far that sums overflow. */
#define LAST_SLOT (INT32_MAX / 2)

static int32_t
slot_of(int64_t now)
{
	int64_t slot = now / WATCH_HISTORY_SLOT_MS;

	if (slot < 0)
		return (0);
	return (slot > LAST_SLOT ? LAST_SLOT : (int32_t)slot);
}

static int32_t
day_of(int32_t slot)
{
	return (slot / SLOTS_A_DAY);
}

static uint16_t
saturate(uint64_t value)
{
	return (value > UINT16_MAX ? UINT16_MAX : (uint16_t)value);
}

static void
add(uint16_t *count, uint64_t more)
{
	*count = saturate(*count + (uint64_t)saturate(more));
}

static uint64_t
multiply(uint64_t a, uint64_t b)
{
	uint64_t product;

	return (__builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product);
}

static void
raise_to(uint16_t *peak, uint64_t value)
{
	if (value > *peak)
		*peak = saturate(value);
}

/* Forget in the ring of ${size} ${counts} what stood there before the places
 * after ${from} up to ${to}. */
static void
clear(uint16_t *counts, int32_t size, int32_t from, int32_t to)
{
	if (to - from > size)
		from = to - size;
	for (int32_t at = from + 1; at <= to; at++)
		counts[at % size] = 0;
}

/* The sum of the hour that ends with ${now}; a clock that went back a little
 * makes it no emptier. */
static uint64_t
sum(const uint16_t *counts, int32_t newest, int32_t now)
{
	uint64_t total = 0;

	if (newest - now > SLOTS_A_DAY)
		return (0);
	if (now < newest)
		now = newest;
	for (int32_t at = now - WATCH_HISTORY_SLOTS + 1; at <= newest; at++)
		if (at >= 0)
			total += counts[at % WATCH_HISTORY_SLOTS];
	return (total);
}

static int32_t
week_of(int32_t day)
{
	return (day / DAYS_A_WEEK);
}

/* The busiest hour of ${day} becomes history at ${today}. */
static void
settle(struct watch_history *history, uint16_t peak, int32_t day, int32_t today)
{
	if (day >= 0 && week_of(today) - week_of(day) < WATCH_HISTORY_WEEKS)
		raise_to(
		    &history->weeks[week_of(day) % WATCH_HISTORY_WEEKS], peak);
}

static void
move_to_day(struct watch_history *history, int32_t from, int32_t today)
{
	if (from == today)
		return;
	clear(
	    history->weeks, WATCH_HISTORY_WEEKS, week_of(from), week_of(today));
	settle(history, history->days[1], from - 1, today);
	if (today - from > 1)
		settle(history, history->days[0], from, today);
	history->days[1] = today - from > 1 ? 0 : history->days[0];
	history->days[0] = 0;
}

/* Make ${slot} the newest one.  A clock that went back a little stands still;
 * one that went back far was wrong before: what it said is void, but the
 * account is still an old one. */
static void
move_to(struct watch_history *history, int32_t slot)
{
	if (history->slot == 0 || history->slot - slot > SLOTS_A_DAY) {
		int32_t first = history->first_day;

		memset(history, 0, sizeof(*history));
		history->slot = slot;
		history->first_day =
		    first > 0 && first < day_of(slot) ? first : day_of(slot);
	}
	if (slot <= history->slot)
		return;
	clear(history->sent, WATCH_HISTORY_SLOTS, history->slot, slot);
	move_to_day(history, day_of(history->slot), day_of(slot));
	history->slot = slot;
}

static uint64_t
busiest(const struct watch_history *history)
{
	uint64_t most = 0;

	for (size_t i = 0; i < WATCH_HISTORY_WEEKS; i++)
		if (history->weeks[i] > most)
			most = history->weeks[i];
	return (most);
}

/* What is usual for a young account is not known: its first newsletter is no
 * alarm, but ten of them are.  An old one that was silent for weeks is
 * suspicious as soon as it passes the minimum. */
static uint64_t
threshold(
    const struct watch_history *history, uint64_t factor, uint64_t minimum)
{
	uint64_t most = busiest(history);
	bool young = day_of(history->slot) - history->first_day <
	             WATCH_HISTORY_YOUNG_DAYS;

	if (factor == 0)
		return (UINT64_MAX);
	if (young)
		return (multiply(factor, most > minimum ? most : minimum));
	most = multiply(factor, most);
	/* At the minimum it is a jump already. */
	if (minimum > 0 && most < minimum)
		return (minimum - 1);
	return (most);
}

void
watch_history_sent(struct watch_history *history, uint64_t factor,
    uint64_t minimum, uint64_t count, int64_t now)
{
	move_to(history, slot_of(now));
	add(&history->sent[history->slot % WATCH_HISTORY_SLOTS], count);

	uint64_t hour = sum(history->sent, history->slot, history->slot);
	uint64_t most = threshold(history, factor, minimum);

	raise_to(&history->days[0], hour < most ? hour : most);
}

uint64_t
watch_history_hour(const struct watch_history *history, int64_t now)
{
	return (sum(history->sent, history->slot, slot_of(now)));
}

uint64_t
watch_history_threshold(const struct watch_history *history, uint64_t factor,
    uint64_t minimum, int64_t now)
{
	struct watch_history moved = *history;

	move_to(&moved, slot_of(now));
	return (threshold(&moved, factor, minimum));
}

void
watch_history_delivered(struct watch_bounces *bounces, uint64_t delivered,
    uint64_t bounced, int64_t when)
{
	int32_t slot = slot_of(when);

	if (bounces->slot == 0 || bounces->slot - slot > SLOTS_A_DAY) {
		memset(bounces, 0, sizeof(*bounces));
		bounces->slot = slot;
	}
	if (bounces->slot - slot >= WATCH_HISTORY_SLOTS)
		return;
	if (slot > bounces->slot) {
		clear(bounces->delivered, WATCH_HISTORY_SLOTS, bounces->slot,
		    slot);
		clear(
		    bounces->bounced, WATCH_HISTORY_SLOTS, bounces->slot, slot);
		bounces->slot = slot;
	}
	add(&bounces->delivered[slot % WATCH_HISTORY_SLOTS], delivered);
	add(&bounces->bounced[slot % WATCH_HISTORY_SLOTS], bounced);
}

void
watch_history_outcomes(const struct watch_bounces *bounces, int64_t now,
    uint64_t *delivered, uint64_t *bounced)
{
	*delivered = sum(bounces->delivered, bounces->slot, slot_of(now));
	*bounced = sum(bounces->bounced, bounces->slot, slot_of(now));
}

int64_t
watch_history_expires(int64_t now)
{
	return ((day_of(slot_of(now)) + WATCH_HISTORY_KEEP_DAYS) * DAY_MS);
}

static void
print_counts(
    struct buf *text, const char *name, const uint16_t *counts, size_t count)
{
	buf_printf(text, " %s=", name);
	for (size_t i = 0; i < count; i++)
		buf_printf(
		    text, "%s%u", i == 0 ? "" : ",", (unsigned int)counts[i]);
}

static bool
take_word(struct span *text, const char *word)
{
	struct span wanted = span_str(word);

	if (!span_starts(*text, word))
		return (false);
	span_skip(text, wanted.len);
	return (true);
}

static bool
take_number(struct span *text, uint64_t most, uint64_t *out)
{
	struct span digits = span_take_while(text, span_is_digit);

	return (span_to_u64(digits, 10, out) && *out <= most);
}

static bool
take_time(struct span *text, const char *name, int32_t *out)
{
	uint64_t value;

	if (!take_word(text, name) || !span_take_byte(text, '=') ||
	    !take_number(text, LAST_SLOT, &value))
		return (false);
	*out = (int32_t)value;
	return (true);
}

static bool
take_counts(struct span *text, const char *name, uint16_t *counts, size_t count)
{
	uint64_t value;

	if (!take_word(text, name) || !span_take_byte(text, '='))
		return (false);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && !span_take_byte(text, ','))
			return (false);
		if (!take_number(text, UINT16_MAX, &value))
			return (false);
		counts[i] = (uint16_t)value;
	}
	return (true);
}

static void
print_history(const void *record, struct buf *text)
{
	const struct watch_history *history = record;

	buf_printf(text, "first_day=%" PRId32 " slot=%" PRId32,
	    history->first_day, history->slot);
	print_counts(text, "sent", history->sent, WATCH_HISTORY_SLOTS);
	print_counts(text, "days", history->days, 2);
	print_counts(text, "weeks", history->weeks, WATCH_HISTORY_WEEKS);
}

static bool
parse_history(struct span text, void *record)
{
	struct watch_history *history = record;

	return (
	    take_time(&text, "first_day", &history->first_day) &&
	    take_time(&text, " slot", &history->slot) &&
	    take_counts(&text, " sent", history->sent, WATCH_HISTORY_SLOTS) &&
	    take_counts(&text, " days", history->days, 2) &&
	    take_counts(&text, " weeks", history->weeks, WATCH_HISTORY_WEEKS) &&
	    text.len == 0);
}

static void
print_bounces(const void *record, struct buf *text)
{
	const struct watch_bounces *bounces = record;

	buf_printf(text, "slot=%" PRId32, bounces->slot);
	print_counts(
	    text, "delivered", bounces->delivered, WATCH_HISTORY_SLOTS);
	print_counts(text, "bounced", bounces->bounced, WATCH_HISTORY_SLOTS);
}

static bool
parse_bounces(struct span text, void *record)
{
	struct watch_bounces *bounces = record;

	return (take_time(&text, "slot", &bounces->slot) &&
		take_counts(&text, " delivered", bounces->delivered,
		    WATCH_HISTORY_SLOTS) &&
		take_counts(
		    &text, " bounced", bounces->bounced, WATCH_HISTORY_SLOTS) &&
		text.len == 0);
}

const struct table_codec watch_history_codec = { print_history, parse_history };
const struct table_codec watch_history_bounces_codec = { print_bounces,
	parse_bounces };
