#include "base/span.h"

#include <string.h>
#include <strings.h>

struct span
span_new(const void *data, size_t len)
{
	return ((struct span){ data, len });
}

struct span
span_str(const char *string)
{
	return (span_new(string, string == NULL ? 0 : strlen(string)));
}

bool
span_eq(struct span a, struct span b)
{
	return (a.len == b.len &&
		(a.len == 0 || memcmp(a.data, b.data, a.len) == 0));
}

bool
span_ieq(struct span a, struct span b)
{
	if (a.len != b.len)
		return (false);
	for (size_t i = 0; i < a.len; i++)
		if (span_lower(a.data[i]) != span_lower(b.data[i]))
			return (false);
	return (true);
}

bool
span_is(struct span a, const char *string)
{
	return (span_eq(a, span_str(string)));
}

bool
span_is_nocase(struct span a, const char *string)
{
	return (span_ieq(a, span_str(string)));
}

bool
span_starts(struct span span, const char *prefix)
{
	struct span wanted = span_str(prefix);

	return (span_eq(span_head(span, wanted.len), wanted));
}

bool
span_ends_nocase(struct span span, struct span suffix)
{
	return (span.len >= suffix.len &&
		span_ieq(span_tail(span, span.len - suffix.len), suffix));
}

size_t
span_find(struct span span, unsigned char byte)
{
	if (span.len == 0)
		return (0);
	const unsigned char *found = memchr(span.data, byte, span.len);

	return (found == NULL ? span.len : (size_t)(found - span.data));
}

int
span_peek(struct span span)
{
	return (span_at(span, 0));
}

int
span_at(struct span span, size_t index)
{
	return (index < span.len ? span.data[index] : -1);
}

struct span
span_head(struct span span, size_t len)
{
	return (span_new(span.data, len < span.len ? len : span.len));
}

struct span
span_tail(struct span span, size_t from)
{
	if (from == 0)
		return (span);
	if (from > span.len)
		from = span.len;
	if (span.data == NULL)
		return (span);
	/* UNSAFE: from is at most len. */
	return (span_new(span.data + from, span.len - from));
}

void
span_skip(struct span *cursor, size_t count)
{
	*cursor = span_tail(*cursor, count);
}

bool
span_take(struct span *cursor, size_t count, struct span *out)
{
	if (count > cursor->len)
		return (false);
	*out = span_head(*cursor, count);
	span_skip(cursor, count);
	return (true);
}

bool
span_take_byte(struct span *cursor, unsigned char byte)
{
	if (span_peek(*cursor) != byte)
		return (false);
	span_skip(cursor, 1);
	return (true);
}

struct span
span_take_while(struct span *cursor, span_class *class)
{
	size_t len = 0;

	while (len < cursor->len && class(cursor->data[len]))
		len++;
	struct span taken = span_head(*cursor, len);

	span_skip(cursor, len);
	return (taken);
}

bool
span_take_until(struct span *cursor, unsigned char byte, struct span *out)
{
	size_t at = span_find(*cursor, byte);
	bool found = at < cursor->len;

	*out = span_head(*cursor, at);
	span_skip(cursor, at + (found ? 1 : 0));
	return (found);
}

bool
span_take_line(struct span *cursor, struct span *out)
{
	if (cursor->len == 0)
		return (false);
	if (span_take_until(cursor, '\n', out) && out->len > 0 &&
	    out->data[out->len - 1] == '\r')
		out->len--;
	return (true);
}

struct span
span_trim_end(struct span span, span_class *class)
{
	while (span.len > 0 && class(span.data[span.len - 1]))
		span.len--;
	return (span);
}

struct span
span_trim(struct span span, span_class *class)
{
	(void)span_take_while(&span, class);
	return (span_trim_end(span, class));
}

bool
span_to_u64(struct span span, size_t max_digits, uint64_t *out)
{
	uint64_t value = 0;

	if (span.len == 0 || span.len > max_digits)
		return (false);
	for (size_t i = 0; i < span.len; i++) {
		if (!span_is_digit(span.data[i]))
			return (false);
		uint64_t digit = (uint64_t)(span.data[i] - '0');

		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return (false);
	}
	*out = value;
	return (true);
}

unsigned char
span_lower(unsigned char byte)
{
	return (byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
}

bool
span_is_digit(unsigned char byte)
{
	return (byte >= '0' && byte <= '9');
}

bool
span_is_alpha(unsigned char byte)
{
	unsigned char lower = span_lower(byte);

	return (lower >= 'a' && lower <= 'z');
}

bool
span_is_alnum(unsigned char byte)
{
	return (span_is_alpha(byte) || span_is_digit(byte));
}

bool
span_is_wsp(unsigned char byte)
{
	return (byte == ' ' || byte == '\t');
}

bool
span_is_space(unsigned char byte)
{
	return (span_is_wsp(byte) || byte == '\r' || byte == '\n');
}

bool
span_is_hex(unsigned char byte)
{
	unsigned char lower = span_lower(byte);

	return (span_is_digit(byte) || (lower >= 'a' && lower <= 'f'));
}

int
span_hex_value(int byte)
{
	if (byte < 0 || !span_is_hex((unsigned char)byte))
		return (-1);
	return (span_is_digit((unsigned char)byte)
		    ? byte - '0'
		    : span_lower((unsigned char)byte) - 'a' + 10);
}

bool
span_is_8bit(unsigned char byte)
{
	return (byte > 0x7f);
}

bool
span_is_control(unsigned char byte)
{
	return (byte < 0x20 || byte == 0x7f);
}
