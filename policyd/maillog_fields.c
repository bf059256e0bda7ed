#include "maillog_fields.h"

#include "base/buf.h"
#include "base/log.h"

/* Each byte of a value takes six at most, \u00XX. */
#define VALUE_BYTES ((size_t)6 * LOG_VALUE_MAX)

static bool
is_name_byte(unsigned char byte)
{
	return (span_is_alnum(byte) || byte == '_');
}

static bool
is_word_byte(unsigned char byte)
{
	return (byte != ' ' && byte != '"' && !span_is_control(byte));
}

static bool
is_number_byte(unsigned char byte)
{
	return (span_is_alnum(byte) || byte == '-' || byte == '.');
}

/* \xHH, or \u00HH in JSON; anything else after a backslash is itself. */
static bool
take_escape(struct maillog_fields *fields, struct buf *out)
{
	struct span rest = fields->rest;
	bool coded =
	    fields->json ? span_starts(rest, "u00") : span_starts(rest, "x");
	int high;
	int low;

	if (!coded) {
		int byte = span_peek(rest);

		if (byte < 0)
			return (false);
		buf_add_byte(out, (unsigned char)byte);
		span_skip(&fields->rest, 1);
		return (true);
	}
	span_skip(&rest, fields->json ? 3 : 1);
	high = span_hex_value(span_at(rest, 0));
	low = span_hex_value(span_at(rest, 1));
	if (high < 0 || low < 0)
		return (false);
	buf_add_byte(out, (unsigned char)(high * 16 + low));
	span_skip(&rest, 2);
	fields->rest = rest;
	return (true);
}

/* What stands up to the next quote, after the first one. */
static bool
take_quoted(struct maillog_fields *fields, struct span *value)
{
	struct buf out;

	buf_init(&out, fields->arena, VALUE_BYTES);
	while (!span_take_byte(&fields->rest, '"')) {
		int byte = span_peek(fields->rest);

		if (byte < 0)
			return (false);
		span_skip(&fields->rest, 1);
		if (byte != '\\')
			buf_add_byte(&out, (unsigned char)byte);
		else if (!take_escape(fields, &out))
			return (false);
	}
	*value = buf_span(&out);
	return (!out.overflow);
}

static bool
take_value(struct maillog_fields *fields, span_class *class, struct span *value)
{
	if (span_take_byte(&fields->rest, '"'))
		return (take_quoted(fields, value));
	*value = span_take_while(&fields->rest, class);
	return (value->len > 0);
}

static bool
next_text(struct maillog_fields *fields, struct span *name, struct span *value)
{
	if (!span_take_byte(&fields->rest, ' '))
		return (false);
	*name = span_take_while(&fields->rest, is_name_byte);
	return (name->len > 0 && span_take_byte(&fields->rest, '=') &&
		take_value(fields, is_word_byte, value));
}

static bool
next_json(struct maillog_fields *fields, struct span *name, struct span *value)
{
	if (!span_take_byte(&fields->rest, ',') ||
	    !span_take_byte(&fields->rest, '"'))
		return (false);
	*name = span_take_while(&fields->rest, is_name_byte);
	return (name->len > 0 && span_take_byte(&fields->rest, '"') &&
		span_take_byte(&fields->rest, ':') &&
		take_value(fields, is_number_byte, value));
}

bool
maillog_fields_next(
    struct maillog_fields *fields, struct span *name, struct span *value)
{
	return (fields->json ? next_json(fields, name, value)
			     : next_text(fields, name, value));
}

bool
maillog_fields_begin(struct maillog_fields *fields, struct span text,
    const char *event, struct arena *arena)
{
	struct span level = SPAN_LITERAL("{\"level\":\"info\"");
	struct span name;
	struct span value;

	*fields = (struct maillog_fields){ .rest = text, .arena = arena };
	fields->json = span_eq(span_head(text, level.len), level);
	if (fields->json) {
		span_skip(&fields->rest, level.len);
		return (next_json(fields, &name, &value) &&
			span_is(name, "event") && span_is(value, event));
	}
	return (span_is(span_take_while(&fields->rest, is_name_byte), event));
}
