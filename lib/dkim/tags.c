#include "dkim/tags.h"

/* RFC 6376 2.8: FWS is WSP, or a CRLF that WSP follows. */
static size_t
fws_length(struct span text)
{
	size_t len = 0;

	for (;;) {
		int byte = span_at(text, len);
		size_t line_end = 0;

		if (byte == '\r' && span_at(text, len + 1) == '\n') {
			line_end = 2;
			byte = span_at(text, len + 2);
		}
		if (byte != ' ' && byte != '\t')
			return (len);
		len += line_end + 1;
	}
}

static struct span
trim(struct span text)
{
	span_skip(&text, fws_length(text));
	/* Only whole folds were let in, so any CR or LF here is part of one. */
	return (span_trim_end(text, span_is_space));
}

/* tag-name = ALPHA *ALNUMPUNC */
static bool
is_name_byte(unsigned char byte)
{
	return (span_is_alnum(byte) || byte == '_');
}

static bool
is_name(struct span name)
{
	if (name.len == 0 || !span_is_alpha(name.data[0]))
		return (false);
	return (span_take_while(&name, is_name_byte).len > 0 && name.len == 0);
}

/* VALCHAR, white space that is folded properly, and UTF-8. */
static bool
is_value(struct span value)
{
	for (size_t i = 0; i < value.len;) {
		unsigned char byte = value.data[i];

		if (byte > ' ' && byte != 0x7f) {
			i++;
			continue;
		}
		size_t blanks = fws_length(span_tail(value, i));

		if (blanks == 0)
			return (false);
		i += blanks;
	}
	return (true);
}

static const char *
parse_one(struct span spec, struct tag_list *out)
{
	struct tag tag;

	if (!span_take_until(&spec, '=', &tag.name))
		return ("a tag has no \"=\"");
	tag.raw = spec;
	tag.name = trim(tag.name);
	tag.value = trim(spec);
	if (!is_name(tag.name))
		return ("a tag's name is malformed");
	if (!is_value(tag.raw))
		return ("a tag's value holds control characters");
	for (size_t i = 0; i < out->count; i++)
		if (span_eq(out->tags[i].name, tag.name))
			/* RFC 6376 3.2: a duplicate spoils the whole list. */
			return ("a tag occurs twice");
	if (out->count == TAGS_MAX)
		return ("too many tags");
	out->tags[out->count++] = tag;
	return (NULL);
}

const char *
tags_parse(struct span text, struct tag_list *out)
{
	struct span spec;

	out->count = 0;
	for (;;) {
		bool more = span_take_until(&text, ';', &spec);
		/* The last tag may end with `;', and blanks after it. */
		bool blank = fws_length(spec) == spec.len;

		if (!more && blank && out->count > 0)
			return (NULL);
		if (blank)
			return (out->count == 0 && !more ? "no tags"
							 : "an empty tag");
		const char *error = parse_one(spec, out);

		if (error != NULL)
			return (error);
		if (!more)
			return (NULL);
	}
}

const struct tag *
tags_find(const struct tag_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (span_is(list->tags[i].name, name))
			return (&list->tags[i]);
	return (NULL);
}

struct span
tags_value(const struct tag_list *list, const char *name, const char *fallback)
{
	const struct tag *tag = tags_find(list, name);

	return (tag != NULL ? tag->value : span_str(fallback));
}

bool
tags_take_item(struct span *cursor, bool *more, struct span *out)
{
	if (!*more)
		return (false);
	*more = span_take_until(cursor, ':', out);
	*out = trim(*out);
	return (true);
}

bool
tags_has_item(struct span list, const char *item)
{
	bool more = true;
	struct span found;

	while (tags_take_item(&list, &more, &found))
		if (span_is_nocase(found, item))
			return (true);
	return (false);
}

struct span
tags_unfold(struct arena *arena, struct span value)
{
	unsigned char *out = arena_alloc(arena, value.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < value.len; i++)
		if (!span_is_space(value.data[i]))
			out[len++] = value.data[i];
	return (span_new(out, len));
}

bool
tags_unquote(struct arena *arena, struct span value, struct span *out)
{
	unsigned char *text = arena_alloc(arena, value.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (span_is_space(value.data[i]))
			continue;
		if (value.data[i] != '=') {
			text[len++] = value.data[i];
			continue;
		}
		int high = span_hex_value(span_at(value, i + 1));
		int low = span_hex_value(span_at(value, i + 2));

		if (high < 0 || low < 0)
			return (false);
		text[len++] = (unsigned char)(high * 16 + low);
		i += 2;
	}
	*out = span_new(text, len);
	return (true);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789+/";

static int
base64_digit(unsigned char byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return (byte - 'A');
	if (byte >= 'a' && byte <= 'z')
		return (byte - 'a' + 26);
	if (byte >= '0' && byte <= '9')
		return (byte - '0' + 52);
	if (byte == '+')
		return (62);
	return (byte == '/' ? 63 : -1);
}

bool
tags_decode_base64(struct arena *arena, struct span value, struct span *out)
{
	unsigned char *bytes = arena_alloc(arena, value.len / 4 * 3 + 3);
	size_t len = 0, padding = 0, digits = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < value.len; i++) {
		int digit = base64_digit(value.data[i]);

		if (digit < 0) {
			if (value.data[i] == '=')
				padding++;
			else if (!span_is_space(value.data[i]))
				return (false);
			continue;
		}
		if (padding > 0)
			return (false);
		bits = bits << 6 | (uint32_t)digit;
		if (digits++ % 4 != 0)
			bytes[len++] =
			    (unsigned char)(bits >>
					    (6 - 2 * ((digits - 1) % 4)));
	}
	*out = span_new(bytes, len);
	return (padding <= 2 && digits % 4 != 1);
}

char *
tags_encode_base64(struct arena *arena, struct span bytes)
{
	char *text = arena_alloc(arena, (bytes.len + 2) / 3 * 4 + 1);
	size_t len = 0;

	for (size_t i = 0; i < bytes.len; i += 3) {
		int second = span_at(bytes, i + 1);
		int third = span_at(bytes, i + 2);
		uint32_t bits = (uint32_t)bytes.data[i] << 16 |
		                (uint32_t)(second < 0 ? 0 : second) << 8 |
		                (uint32_t)(third < 0 ? 0 : third);

		text[len++] = alphabet[bits >> 18];
		text[len++] = alphabet[bits >> 12 & 63];
		text[len++] =
		    (char)(second < 0 ? '=' : alphabet[bits >> 6 & 63]);
		text[len++] = (char)(third < 0 ? '=' : alphabet[bits & 63]);
	}
	return (text);
}
