#include "mail/header.h"

#include <string.h>

#include "mail/crlf.h"

#define FIRST_FIELDS 32

void
header_list_init(struct header_list *list, struct arena *arena)
{
	*list = (struct header_list){ .arena = arena };
}

/* RFC 5322 2.2: graphic ASCII but the colon. */
static bool
is_name_byte(unsigned char byte)
{
	return (byte > ' ' && byte < 0x7f && byte != ':');
}

static struct span
without_line_ends(struct span value)
{
	while (value.len > 0 && value.data[value.len - 1] == '\n') {
		value.len--;
		if (value.len > 0 && value.data[value.len - 1] == '\r')
			value.len--;
	}
	return (value);
}

static struct header_field *
new_field(struct header_list *list)
{
	if (list->count == list->size) {
		size_t size = list->size == 0 ? FIRST_FIELDS : list->size * 2;
		size_t unit = sizeof(*list->fields);
		struct header_field *fields =
		    arena_array(list->arena, size, unit);

		if (list->count > 0)
			memcpy(fields, list->fields, list->count * unit);
		list->fields = fields;
		list->size = size;
	}
	return (&list->fields[list->count++]);
}

void
header_list_add(struct header_list *list, struct span name, struct span value)
{
	struct header_field *field = new_field(list);

	field->raw_name = arena_dup(list->arena, name);
	field->name = span_trim_end(field->raw_name, span_is_wsp);
	field->value = crlf_from_lf(
	    list->arena, arena_dup(list->arena, without_line_ends(value)));
	list->bytes += field->raw_name.len + 1 + field->value.len + 2;
}

/* Take the lines that continue a field: each starts with a blank. */
static void
skip_continuations(struct span *text)
{
	struct span line;
	int first = span_peek(*text);

	while (first >= 0 && span_is_wsp((unsigned char)first) &&
	       span_take_line(text, &line))
		first = span_peek(*text);
}

/* Move one whole field from ${text} into ${list}.  Return false, and take
 * nothing, when the next line does not start one. */
static bool
take_field(struct header_list *list, struct span *text)
{
	struct span rest = *text;
	struct span raw_name, line;

	if (span_take_while(&rest, is_name_byte).len == 0)
		return (false);
	/* RFC 5322 4.5: blanks before the colon are obsolete syntax. */
	(void)span_take_while(&rest, span_is_wsp);
	raw_name = span_head(*text, text->len - rest.len);
	if (!span_take_byte(&rest, ':'))
		return (false);
	struct span value = rest;

	(void)!span_take_line(&rest, &line);
	skip_continuations(&rest);
	header_list_add(list, raw_name, span_head(value, value.len - rest.len));
	*text = rest;
	return (true);
}

struct span
header_parse(struct header_list *list, struct span text)
{
	while (take_field(list, &text))
		continue;
	/* RFC 5322 2.1: an empty line parts header and body. */
	if (span_starts(text, "\r\n"))
		span_skip(&text, 2);
	else
		(void)span_take_byte(&text, '\n');
	return (text);
}

size_t
header_count(const struct header_list *list, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (span_is_nocase(list->fields[i].name, name))
			count++;
	return (count);
}

const struct header_field *
header_find(const struct header_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (span_is_nocase(list->fields[i].name, name))
			return (&list->fields[i]);
	return (NULL);
}

struct span
header_unfold(struct arena *arena, struct span value)
{
	unsigned char *copy = arena_alloc(arena, value.len + 1);
	size_t len = 0;

	/* UNSAFE: copy is as long as value. */
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] != '\r' && value.data[i] != '\n')
			copy[len++] = value.data[i];
	struct span unfolded = span_trim(span_new(copy, len), span_is_wsp);

	/* UNSAFE: the end of the trimmed text lies inside copy. */
	copy[(size_t)(unfolded.data - copy) + unfolded.len] = '\0';
	return (unfolded);
}

/* Drop the comment that ${cursor} begins with. */
static bool
skip_comment(struct span *cursor)
{
	size_t depth = 0;
	size_t at = 0;

	do {
		switch (span_at(*cursor, at++)) {
		case '(':
			if (++depth > HEADER_MAX_COMMENT_DEPTH)
				return (false);
			break;
		case ')':
			depth--;
			break;
		case '\\':
			at++;
			break;
		case -1:
			return (false);
		default:
			break;
		}
	} while (depth > 0);
	span_skip(cursor, at);
	return (true);
}

bool
header_skip_cfws(struct span *cursor)
{
	for (;;) {
		(void)span_take_while(cursor, span_is_space);
		if (span_peek(*cursor) != '(')
			return (true);
		if (!skip_comment(cursor))
			return (false);
	}
}
