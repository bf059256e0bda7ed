/*
 * fuzz_header.c: a header section keeps every byte, in the form of the wire.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "mail/header.h"

/* Line ends are CRLF, and what follows one is a blank. */
static void
check_value(struct span value)
{
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] != '\n')
			continue;
		int next = span_at(value, i + 1);

		FUZZ_CHECK(i > 0 && value.data[i - 1] == '\r');
		FUZZ_CHECK(next == ' ' || next == '\t');
	}
}

static void
check_unfold(struct arena *arena, struct span value)
{
	struct span text = header_unfold(arena, value);

	FUZZ_CHECK(span_find(text, '\r') == text.len);
	FUZZ_CHECK(span_find(text, '\n') == text.len);
	FUZZ_CHECK(span_trim(text, span_is_wsp).len == text.len);
	FUZZ_CHECK(text.data[text.len] == '\0');
}

static void
check_cfws(struct span value)
{
	struct span rest = value;
	bool ended = header_skip_cfws(&rest);

	FUZZ_CHECK(rest.len <= value.len);
	FUZZ_CHECK(span_eq(rest, span_tail(value, value.len - rest.len)));
	if (!ended)
		FUZZ_CHECK(span_peek(rest) == '(');
	else if (rest.len > 0)
		FUZZ_CHECK(!span_is_space(rest.data[0]) && rest.data[0] != '(');
}

/* Write ${list} as it stood on the wire. */
static struct span
rebuild(struct arena *arena, const struct header_list *list)
{
	struct buf wire;

	buf_init(&wire, arena, SIZE_MAX);
	for (size_t i = 0; i < list->count; i++) {
		buf_add(&wire, list->fields[i].raw_name);
		buf_add_byte(&wire, ':');
		buf_add(&wire, list->fields[i].value);
		buf_add_str(&wire, "\r\n");
	}
	FUZZ_CHECK(wire.len == list->bytes);
	return (buf_span(&wire));
}

/* What was written parses into the same fields. */
static void
check_again(struct arena *arena, const struct header_list *list)
{
	struct header_list again;

	header_list_init(&again, arena);
	struct span body = header_parse(&again, rebuild(arena, list));

	FUZZ_CHECK(body.len == 0);
	FUZZ_CHECK(again.count == list->count);
	FUZZ_CHECK(again.bytes == list->bytes);
	for (size_t i = 0; i < list->count; i++) {
		FUZZ_CHECK(span_eq(again.fields[i].name, list->fields[i].name));
		FUZZ_CHECK(
		    span_eq(again.fields[i].value, list->fields[i].value));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct span text = span_new(data, size);
	struct header_list list;

	header_list_init(&list, arena);
	struct span body = header_parse(&list, text);

	FUZZ_CHECK(body.len <= size);
	FUZZ_CHECK(span_eq(body, span_tail(text, size - body.len)));
	for (size_t i = 0; i < list.count; i++) {
		const struct header_field *field = &list.fields[i];

		FUZZ_CHECK(field->name.len > 0);
		FUZZ_CHECK(span_find(field->name, ':') == field->name.len);
		check_value(field->value);
		check_unfold(arena, field->value);
		check_cfws(field->value);
	}
	check_again(arena, &list);
	header_list_add(&list, span_head(text, 8), span_tail(text, 8));
	FUZZ_CHECK(rebuild(arena, &list).len == list.bytes);
	arena_free(arena);
	return (0);
}
