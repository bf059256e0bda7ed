#include "dkim/canon.h"

/* RFC 6376 3.4.2: a CRLF that white space follows is part of a fold. */
static size_t
blanks_length(struct span text)
{
	size_t len = 0;

	for (;;) {
		int byte = span_at(text, len);
		int third = span_at(text, len + 2);

		if (byte == ' ' || byte == '\t')
			len++;
		else if (byte == '\r' && span_at(text, len + 1) == '\n' &&
			 (third == ' ' || third == '\t'))
			len += 3;
		else
			return (len);
	}
}

/* Return the index of the first byte that begins blanks which must change,
 * and their number in ${blanks}: anything but one space inside. */
static size_t
find_change(struct span value, size_t *blanks)
{
	size_t at = 0;

	for (; at < value.len; at++) {
		if (value.data[at] > ' ')
			continue;
		*blanks = blanks_length(span_tail(value, at));
		bool is_space = *blanks == 1 && value.data[at] == ' ';

		if (*blanks > 0 && (!is_space || at + 1 == value.len))
			return (at);
	}
	*blanks = 0;
	return (at);
}

static void
lower_name(struct buf *out, struct span name)
{
	unsigned char lower[64];

	while (name.len > 0) {
		size_t len =
		    name.len < sizeof(lower) ? name.len : sizeof(lower);

		for (size_t i = 0; i < len; i++)
			lower[i] = span_lower(name.data[i]);
		buf_add(out, span_new(lower, len));
		span_skip(&name, len);
	}
}

static void
relaxed_header(struct buf *out, struct span name, struct span value)
{
	lower_name(out, name);
	buf_add_byte(out, ':');
	span_skip(&value, blanks_length(value));
	while (value.len > 0) {
		size_t blanks = 0;
		size_t at = find_change(value, &blanks);

		buf_add(out, span_head(value, at));
		span_skip(&value, at + blanks);
		if (blanks > 0 && value.len > 0)
			buf_add_byte(out, ' ');
	}
}

void
canon_header(
    struct buf *out, enum dkim_canon canon, const struct header_field *field)
{
	if (canon == DKIM_RELAXED) {
		relaxed_header(out, field->name, field->value);
		return;
	}
	/* RFC 6376 3.4.1: not a byte changes. */
	buf_add(out, field->raw_name);
	buf_add_byte(out, ':');
	buf_add(out, field->value);
}
