#include "doctor_items.h"

static bool
is_separator(unsigned char byte)
{
	return (byte == ',' || span_is_space(byte));
}

static bool
is_within(unsigned char byte)
{
	return (!is_separator(byte));
}

/* How many bytes the group in braces has that ${text} begins with. */
static size_t
group_length(struct span text)
{
	size_t depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		int byte = span_at(text, i);

		if (byte == '{')
			depth++;
		else if (byte == '}' && --depth == 0)
			return (i + 1);
	}
	return (text.len);
}

bool
doctor_items_take(struct span *rest, struct span *item)
{
	(void)span_take_while(rest, is_separator);
	if (rest->len == 0)
		return (false);
	if (span_peek(*rest) == '{') {
		*item = span_head(*rest, group_length(*rest));
		span_skip(rest, item->len);
	} else {
		*item = span_take_while(rest, is_within);
	}
	return (true);
}

/* What is within the braces of ${item}, or ${item} without any. */
static struct span
inside(struct span item)
{
	if (!span_take_byte(&item, '{'))
		return (item);
	if (span_at(item, item.len - 1) == '}')
		item.len--;
	return (span_trim(item, span_is_space));
}

struct span
doctor_items_endpoint(struct span item)
{
	struct span rest = inside(item);
	struct span first;

	return (doctor_items_take(&rest, &first) ? first : span_str(""));
}

bool
doctor_items_option(struct span item, const char *name, struct span *value)
{
	struct span rest = inside(item);
	struct span option;

	if (span_peek(item) != '{' || !doctor_items_take(&rest, &option))
		return (false);
	while (doctor_items_take(&rest, &option)) {
		struct span pair = inside(option);
		struct span key;

		if (!span_take_until(&pair, '=', &key))
			continue;
		if (span_is(span_trim(key, span_is_space), name)) {
			*value = span_trim(pair, span_is_space);
			return (true);
		}
	}
	return (false);
}

bool
doctor_items_has(struct span list, struct span item)
{
	struct span next;

	while (doctor_items_take(&list, &next))
		if (span_eq(next, item))
			return (true);
	return (false);
}
