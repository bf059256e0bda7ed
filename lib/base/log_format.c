#include "base/log_format.h"

#include <inttypes.h>

struct range {
	uint32_t first;
	uint32_t last;
};

/* The code points that may not reach a terminal or a log reader: C0 and C1
 * controls, what is invisible or changes direction or lines, surrogates,
 * private marks of annotations, language tags. */
static const struct range hidden[] = {
	{ 0x00, 0x1f },
	{ 0x7f, 0x9f },
	{ 0xad, 0xad },
	{ 0x61c, 0x61c },
	{ 0x180e, 0x180e },
	{ 0x200b, 0x200f },
	{ 0x2028, 0x202e },
	{ 0x2060, 0x206f },
	{ 0xd800, 0xdfff },
	{ 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb },
	{ 0xe0000, 0xe007f },
};

static bool
is_hidden(uint32_t code)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return (true);
	return (code > 0x10ffff);
}

size_t
log_format_utf8(struct span bytes)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int first = span_peek(bytes);
	size_t len = first < 0x80   ? 1
	             : first < 0xc2 ? 0
	             : first < 0xe0 ? 2
	             : first < 0xf0 ? 3
	             : first < 0xf5 ? 4
	                            : 0;

	if (first < 0 || len == 0 || bytes.len < len)
		return (0);
	uint32_t code =
	    len == 1 ? (uint32_t)first : (uint32_t)first & (0x7fU >> len);

	for (size_t i = 1; i < len; i++) {
		if ((bytes.data[i] & 0xc0) != 0x80)
			return (0);
		code = code << 6 | (bytes.data[i] & 0x3f);
	}
	return (code < least[len] || is_hidden(code) ? 0 : len);
}

static bool
needs_quotes(struct span text)
{
	bool quotes = text.len == 0;

	while (text.len > 0 && !quotes) {
		int byte = span_peek(text);
		size_t len = log_format_utf8(text);

		quotes = len == 0 || byte == ' ' || byte == '"' ||
		         byte == '=' || byte == '\\';
		span_skip(&text, len);
	}
	return (quotes);
}

static struct span
cut(struct span text)
{
	return (span_head(text, LOG_VALUE_MAX));
}

/* Append ${text} with `"' and `\' after a `\', and what is not printable as
 * \xHH or, for JSON, as if each byte were Latin-1. */
static void
add_escaped(struct buf *buf, struct span text, bool json)
{
	while (text.len > 0) {
		size_t len = log_format_utf8(text);
		int byte = span_peek(text);

		if (byte == '"' || byte == '\\')
			buf_add_byte(buf, '\\');
		if (len > 0)
			buf_add(buf, span_head(text, len));
		else
			buf_printf(buf, "\\%s%02X", json ? "u00" : "x",
			    (unsigned int)byte);
		span_skip(&text, len > 0 ? len : 1);
	}
}

void
log_format_printable(struct buf *buf, struct span text)
{
	while (text.len > 0) {
		size_t len = log_format_utf8(text);

		if (len > 0)
			buf_add(buf, span_head(text, len));
		else
			buf_printf(
			    buf, "\\x%02X", (unsigned int)span_peek(text));
		span_skip(&text, len > 0 ? len : 1);
	}
}

void
log_format_value(struct buf *buf, struct span text)
{
	add_escaped(buf, text, false);
}

void
log_format_text(struct buf *buf, const struct log_field *field)
{
	struct span text = cut(field->text);

	buf_add_byte(buf, ' ');
	buf_add_str(buf, field->key);
	buf_add_byte(buf, '=');
	if (field->is_number) {
		buf_printf(buf, "%" PRId64, field->number);
		return;
	}
	if (!needs_quotes(text)) {
		buf_add(buf, text);
		return;
	}
	buf_add_byte(buf, '"');
	log_format_value(buf, text);
	buf_add_byte(buf, '"');
}

void
log_format_json(struct buf *buf, const struct log_field *field)
{
	struct span text = cut(field->text);

	buf_add_str(buf, ",\"");
	buf_add_str(buf, field->key);
	buf_add_str(buf, "\":");
	if (field->is_number) {
		buf_printf(buf, "%" PRId64, field->number);
		return;
	}
	buf_add_byte(buf, '"');
	add_escaped(buf, text, true);
	buf_add_byte(buf, '"');
}
