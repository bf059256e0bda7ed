/* How counters stand in the store. */
#include <inttypes.h>

#include "counter_impl.h"

#define MAX_DIGITS 19
#define MAX_NS                                                                 \
	(((uint64_t)COUNTER_IMPL_MAX_NOW * 1000000) + ((uint64_t)1 << 60))
/* Milliseconds; a limit's are 31 days at most. */
#define MAX_PERIOD ((uint64_t)1 << 32)
#define MAX_HEX 16

/* Read a number up to ${max}, and the ${end} behind it unless that is NUL. */
static bool
take_number(struct span *text, uint64_t max, char end, uint64_t *out)
{
	struct span digits = span_take_while(text, span_is_digit);

	return (span_to_u64(digits, MAX_DIGITS, out) && *out <= max &&
		(end == '\0' || span_take_byte(text, (unsigned char)end)));
}

static bool
take_word(struct span *text, const char *word)
{
	if (!span_starts(*text, word))
		return (false);
	span_skip(text, span_str(word).len);
	return (true);
}

static bool
take_field(
    struct span *text, const char *word, uint64_t max, char end, uint64_t *out)
{
	return (take_word(text, word) && take_number(text, max, end, out));
}

static bool
take_time(struct span *text, const char *word, char end, int64_t *out)
{
	uint64_t number;

	if (!take_field(text, word, MAX_NS, end, &number))
		return (false);
	*out = (int64_t)number;
	return (true);
}

static void
print_gcra(const void *record, struct buf *text)
{
	const struct counter_gcra *gcra = record;

	buf_printf(text, "passed=%" PRId64 " tried=%" PRId64, gcra->passed,
	    gcra->tried);
}

static bool
parse_gcra(struct span text, void *record)
{
	struct counter_gcra *gcra = record;

	return (take_time(&text, "passed=", ' ', &gcra->passed) &&
		take_time(&text, "tried=", '\0', &gcra->tried) &&
		text.len == 0);
}

static void
print_window(const void *record, struct buf *text)
{
	const struct counter_window *window = record;

	buf_printf(text,
	    "head=%" PRId64 " period=%" PRIu64 " tried=%" PRId64 " slots=",
	    window->head, window->period_ms, window->tried);
	for (size_t i = 0; i < COUNTER_IMPL_PLACES; i++)
		buf_printf(
		    text, "%s%" PRIu64, i == 0 ? "" : ",", window->slots[i]);
}

/* The products of a slot's number and its length stay within 63 bits. */
static bool
is_of_our_time(const struct counter_window *window)
{
	int64_t slot = (int64_t)window->period_ms / COUNTER_SLOTS + 1;

	return (window->period_ms > 0 &&
		window->head <= COUNTER_IMPL_MAX_NOW / slot * 2);
}

static bool
parse_window(struct span text, void *record)
{
	struct counter_window *window = record;

	if (!take_time(&text, "head=", ' ', &window->head) ||
	    !take_field(
		&text, "period=", MAX_PERIOD, ' ', &window->period_ms) ||
	    !is_of_our_time(window) ||
	    !take_time(&text, "tried=", ' ', &window->tried) ||
	    !take_word(&text, "slots="))
		return (false);
	for (size_t i = 0; i < COUNTER_IMPL_PLACES; i++) {
		if (i > 0 && !span_take_byte(&text, ','))
			return (false);
		if (!take_number(
			&text, COUNTER_IMPL_MAX_COUNT, '\0', &window->slots[i]))
			return (false);
	}
	return (text.len == 0);
}

static void
print_distinct(const void *record, struct buf *text)
{
	const struct counter_distinct *set = record;
	const char *between = "";

	for (size_t i = 0; i < COUNTER_MAX_DISTINCT; i++) {
		if (set->seen[i] == 0)
			continue;
		buf_printf(text, "%s%016" PRIx64 "@%" PRIu32, between,
		    set->values[i], set->seen[i]);
		between = " ";
	}
}

static bool
take_hex(struct span *text, uint64_t *out)
{
	struct span digits = span_take_while(text, span_is_hex);

	*out = 0;
	for (size_t i = 0; i < digits.len; i++)
		*out = *out << 4 | (uint64_t)span_hex_value(span_at(digits, i));
	return (digits.len == MAX_HEX);
}

static bool
parse_distinct(struct span text, void *record)
{
	struct counter_distinct *set = record;

	for (size_t i = 0; text.len > 0; i++) {
		uint64_t seen;

		if (i == COUNTER_MAX_DISTINCT ||
		    (i > 0 && !span_take_byte(&text, ' ')) ||
		    !take_hex(&text, &set->values[i]) ||
		    !span_take_byte(&text, '@') ||
		    !take_number(&text, UINT32_MAX, '\0', &seen) || seen == 0)
			return (false);
		set->seen[i] = (uint32_t)seen;
	}
	return (true);
}

static const struct table_codec codecs[] = {
	[COUNTER_GCRA] = { print_gcra, parse_gcra },
	[COUNTER_WINDOW] = { print_window, parse_window },
	[COUNTER_DISTINCT] = { print_distinct, parse_distinct },
};

const struct table_codec *
counter_codec_of(enum counter_algorithm algorithm)
{
	return (&codecs[algorithm]);
}
