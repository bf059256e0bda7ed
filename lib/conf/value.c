#include "conf/value.h"

#include <inttypes.h>

/* Nineteen digits may pass INT64_MAX; no limit of ours needs so many. */
#define DIGITS_MAX 18

#define NAMES_MAX 2

struct unit {
	const char *names[NAMES_MAX]; /* the first one is printed */
	int64_t factor;
};

/* Largest first. */
static const struct unit sizes[] = {
	{ { "G", "g" }, (int64_t)1024 * 1024 * 1024 },
	{ { "M", "m" }, (int64_t)1024 * 1024 },
	{ { "k", "K" }, 1024 },
	{ { NULL }, 1 },
};

static const struct unit durations[] = {
	{ { "d" }, (int64_t)24 * 60 * 60 },
	{ { "h" }, (int64_t)60 * 60 },
	{ { "m" }, 60 },
	{ { "s" }, 1 },
	{ { NULL }, 1 },
};

static const struct unit milliseconds[] = {
	{ { "m" }, (int64_t)60 * 1000 },
	{ { "s" }, 1000 },
	{ { "ms" }, 1 },
	{ { NULL }, 1 },
};

/* The words that a boolean may be; even indexes are false. */
static const char *const booleans[] = { "no", "yes", "false", "true", "off",
	"on", NULL };

static const struct unit *
units_of(const struct conf_option *option)
{
	if (option->type == CONF_SIZE)
		return (sizes);
	return (option->type == CONF_MILLISECONDS ? milliseconds : durations);
}

static bool
is_time(const struct conf_option *option)
{
	return (
	    option->type == CONF_DURATION || option->type == CONF_MILLISECONDS);
}

static bool
has_name(const struct unit *unit, struct span text)
{
	for (size_t i = 0; i < NAMES_MAX && unit->names[i] != NULL; i++)
		if (span_is(text, unit->names[i]))
			return (true);
	return (false);
}

/* Return the index of ${text} in ${words}, or -1. */
static int
find_word(const char *const *words, struct span text)
{
	for (int i = 0; words[i] != NULL; i++)
		if (span_is_nocase(text, words[i]))
			return (i);
	return (-1);
}

static bool
read_integer(struct span text, int64_t *out)
{
	bool negative = span_take_byte(&text, '-');
	uint64_t value;

	if (!span_to_u64(text, DIGITS_MAX, &value))
		return (false);
	*out = negative ? -(int64_t)value : (int64_t)value;
	return (true);
}

static bool
read_with_unit(const struct conf_option *option, struct span text, int64_t *out)
{
	const struct unit *unit = units_of(option);
	struct span digits = span_take_while(&text, span_is_digit);
	uint64_t value;

	if (!span_to_u64(digits, DIGITS_MAX, &value))
		return (false);
	while (unit->names[0] != NULL && !has_name(unit, text))
		unit++;
	if (unit->names[0] == NULL && text.len > 0)
		return (false);
	/* Seconds are seldom what is meant where days are usual. */
	if (is_time(option) && text.len == 0 && value != 0)
		return (false);
	return (!__builtin_mul_overflow(
	    (int64_t)value, text.len > 0 ? unit->factor : 1, out));
}

static bool
in_range(const struct conf_option *option, int64_t value)
{
	return (option->min == option->max ||
		(value >= option->min && value <= option->max));
}

bool
value_number(const struct conf_option *option, struct span text, int64_t *out)
{
	switch (option->type) {
	case CONF_BOOL:
		*out = find_word(booleans, text);
		if (*out < 0)
			return (false);
		*out %= 2;
		return (true);
	case CONF_WORD:
		*out = find_word(option->words, text);
		return (*out >= 0);
	case CONF_INTEGER:
		return (read_integer(text, out) && in_range(option, *out));
	case CONF_SIZE:
	case CONF_DURATION:
	case CONF_MILLISECONDS:
		return (read_with_unit(option, text, out) &&
			in_range(option, *out));
	case CONF_STRING:
	case CONF_LIST:
	case CONF_SECTION:
		break;
	}
	return (false);
}

bool
value_needs_unit(
    const struct conf_option *option, struct span text, struct buf *buf)
{
	const char *units[sizeof(durations) / sizeof(durations[0])];
	size_t count = 0;
	uint64_t value;
	int64_t seconds;

	if (!is_time(option) || !span_to_u64(text, DIGITS_MAX, &value))
		return (false);
	for (const struct unit *unit = units_of(option); unit->names[0] != NULL;
	     unit++)
		if (!__builtin_mul_overflow(
			(int64_t)value, unit->factor, &seconds) &&
		    in_range(option, seconds))
			units[count++] = unit->names[0];
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_str(buf, i + 1 == count ? " or " : ", ");
		buf_printf(buf, "%" PRIu64 "%s", value, units[i]);
	}
	return (count > 0);
}

bool
value_is_text(const struct conf_option *option)
{
	return (option->type == CONF_STRING || option->type == CONF_LIST);
}

static void
add_range(struct buf *buf, const struct conf_option *option)
{
	if (option->min == option->max)
		return;
	buf_add_str(buf, " from ");
	value_print(buf, option, option->min);
	buf_add_str(buf, " to ");
	value_print(buf, option, option->max);
}

static void
add_words(struct buf *buf, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (i > 0)
			buf_add_str(buf, words[i + 1] == NULL ? " or " : ", ");
		buf_add_str(buf, words[i]);
	}
}

void
value_allowed(struct buf *buf, const struct conf_option *option)
{
	switch (option->type) {
	case CONF_BOOL:
		buf_add_str(buf, "yes or no");
		return;
	case CONF_WORD:
		add_words(buf, option->words);
		return;
	case CONF_INTEGER:
		buf_add_str(buf, "a whole number");
		break;
	case CONF_SIZE:
		buf_add_str(buf, "a size such as 512, 90k, 1M or 1G");
		break;
	case CONF_DURATION:
		buf_add_str(buf, "a duration such as 30s, 5m, 2h or 7d");
		break;
	case CONF_MILLISECONDS:
		buf_add_str(buf, "a duration such as 500ms, 2s or 1m");
		break;
	case CONF_STRING:
		buf_add_str(buf, "a string");
		return;
	case CONF_LIST:
		buf_add_str(buf, "a list such as {a, b}");
		return;
	case CONF_SECTION:
		buf_add_str(buf, "a section with a title and { }");
		return;
	}
	add_range(buf, option);
}

void
value_print(struct buf *buf, const struct conf_option *option, int64_t number)
{
	switch (option->type) {
	case CONF_BOOL:
		buf_add_str(buf, number != 0 ? "yes" : "no");
		return;
	case CONF_WORD:
		buf_add_str(buf, option->words[number]);
		return;
	case CONF_SIZE:
	case CONF_DURATION:
	case CONF_MILLISECONDS: {
		const struct unit *unit = units_of(option);

		while (unit->names[0] != NULL &&
		       (number == 0 || number % unit->factor != 0))
			unit++;
		buf_printf(buf, "%" PRId64, number / unit->factor);
		if (unit->names[0] != NULL)
			buf_add_str(buf, unit->names[0]);
		return;
	}
	case CONF_INTEGER:
	case CONF_STRING:
	case CONF_LIST:
	case CONF_SECTION:
		break;
	}
	buf_printf(buf, "%" PRId64, number);
}

void
value_quote(struct buf *buf, const char *string)
{
	buf_add_byte(buf, '"');
	for (struct span rest = span_str(string); rest.len > 0;
	     span_skip(&rest, 1)) {
		unsigned char byte = rest.data[0];

		if (byte == '"' || byte == '\\')
			buf_add_byte(buf, '\\');
		buf_add_byte(buf, byte);
	}
	buf_add_byte(buf, '"');
}
