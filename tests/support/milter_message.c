#include "support/milter_message.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "support/milter_wire.h"

struct milter_message *
milter_message_new(struct arena *arena)
{
	struct milter_message *message = arena_alloc(arena, sizeof(*message));

	message->arena = arena;
	buf_init(&message->body, arena, MILTER_MESSAGE_MAX);
	return (message);
}

/* Make room for one more field at ${at}. */
static void
insert(struct milter_message *message, size_t at, struct milter_field field)
{
	if (message->count == message->size) {
		size_t size = message->size == 0 ? 32 : message->size * 2;

		message->fields = arena_grow(message->arena, message->fields,
		    message->size * sizeof(field), size * sizeof(field));
		message->size = size;
	}
	if (at > message->count)
		at = message->count;
	memmove(&message->fields[at + 1], &message->fields[at],
	    (message->count - at) * sizeof(field));
	message->fields[at] = field;
	message->count++;
}

static struct milter_field
copy_field(struct arena *arena, struct span name, struct span value)
{
	return ((struct milter_field){
	    .name = arena_dup(arena, name),
	    .value = arena_dup(arena, value),
	});
}

void
milter_message_add(
    struct milter_message *message, struct span name, struct span value)
{
	insert(
	    message, message->count, copy_field(message->arena, name, value));
}

void
milter_message_line(struct milter_message *message, struct span line)
{
	buf_add(&message->body, line);
	buf_add_str(&message->body, "\r\n");
}

static bool
is_ftext(unsigned char byte)
{
	return (byte > ' ' && byte != ':' && byte != 0x7f);
}

/* Say whether ${line} begins a field, and split it. */
static bool
take_field(struct span line, struct span *name, struct span *value)
{
	*name = span_take_while(&line, is_ftext);
	(void)span_take_while(&line, span_is_wsp);
	if (name->len == 0 || !span_take_byte(&line, ':'))
		return (false);
	*value = line;
	return (true);
}

void
milter_message_parse(struct milter_message *message, struct span text)
{
	struct span line;
	struct span name = { NULL, 0 };
	struct buf value;
	bool open = false;
	struct span rest = text;

	while (span_take_line(&text, &line)) {
		struct span next_name;
		struct span first;
		int byte = span_peek(line);

		if (open && (byte == ' ' || byte == '\t')) {
			buf_add_byte(&value, '\n');
			buf_add(&value, line);
			rest = text;
			continue;
		}
		if (open)
			milter_message_add(message, name, buf_span(&value));
		open = take_field(line, &next_name, &first);
		if (!open)
			break;
		name = next_name;
		buf_init(&value, message->arena, MILTER_MESSAGE_MAX);
		buf_add(&value, first);
		rest = text;
	}
	if (open)
		milter_message_add(message, name, buf_span(&value));
	/* The separator is not part of the body; any other line is. */
	if (!open && span_take_line(&rest, &line) && line.len > 0)
		milter_message_line(message, line);
	while (span_take_line(&rest, &line))
		milter_message_line(message, line);
}

struct milter_message *
milter_message_copy(struct arena *arena, const struct milter_message *message)
{
	struct milter_message *copy = milter_message_new(arena);

	for (size_t i = 0; i < message->count; i++)
		milter_message_add(
		    copy, message->fields[i].name, message->fields[i].value);
	buf_add(&copy->body, buf_span(&message->body));
	return (copy);
}

bool
milter_message_is_called(const struct milter_field *field, const char *name)
{
	return (span_is_nocase(span_trim_end(field->name, span_is_wsp), name));
}

size_t
milter_message_count(const struct milter_message *message, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < message->count; i++)
		count += milter_message_is_called(&message->fields[i], name);
	return (count);
}

char *
milter_message_unfold(struct arena *arena, const struct milter_field *field)
{
	struct span value = span_trim(field->value, span_is_space);
	struct buf out;

	buf_init(&out, arena, MILTER_MESSAGE_MAX);
	for (size_t i = 0; i < value.len; i++) {
		int byte = span_at(value, i);

		/* Blanks in a row, folds among them, count as one. */
		if (byte == '\0')
			buf_add_str(&out, "\\0");
		else if (!span_is_space((unsigned char)byte))
			buf_add_byte(&out, (unsigned char)byte);
		else if (!span_is_space(value.data[i - 1]))
			buf_add_byte(&out, ' ');
	}
	return (arena_strdup(arena, out.len > 0 ? buf_str(&out) : ""));
}

void
milter_message_print(const struct milter_message *message, struct buf *out)
{
	for (size_t i = 0; i < message->count; i++) {
		struct span value = message->fields[i].value;

		buf_add(out, message->fields[i].name);
		buf_add_byte(out, ':');
		for (size_t j = 0; j < value.len; j++) {
			int byte = span_at(value, j);

			if (byte == '\n' &&
			    (j == 0 || span_at(value, j - 1) != '\r'))
				buf_add_byte(out, '\r');
			buf_add_byte(out, (unsigned char)byte);
		}
		buf_add_str(out, "\r\n");
	}
	buf_add_str(out, "\r\n");
	buf_add(out, buf_span(&message->body));
}

/* Return the index of the ${nth} field called ${name}, or the count. */
static size_t
find_nth(const struct milter_message *message, struct span name, uint32_t nth)
{
	for (size_t i = 0; i < message->count; i++) {
		struct span called = message->fields[i].name;

		if (!span_ieq(span_trim_end(called, span_is_wsp), name))
			continue;
		if (nth-- == 1)
			return (i);
	}
	return (message->count);
}

/* Take name and value, the two strings that end ${data}, into ${field}. */
static bool
get_field(struct milter_message *message, struct span data, bool add_blank,
    struct milter_field *field)
{
	struct span name;
	struct span value;
	struct buf out;

	if (!milter_wire_get_string(&data, &name) || name.len == 0 ||
	    !milter_wire_get_string(&data, &value) || data.len != 0)
		return (false);
	buf_init(&out, message->arena, MILTER_MESSAGE_MAX);
	if (add_blank && value.len > 0)
		buf_add_byte(&out, ' ');
	buf_add(&out, value);
	*field = copy_field(message->arena, name, buf_span(&out));
	return (true);
}

static bool
edit_insert(struct milter_message *message, struct span data, bool add_blank)
{
	struct milter_field field;
	uint32_t index;

	if (!milter_wire_get_u32(&data, &index) ||
	    !get_field(message, data, add_blank, &field))
		return (false);
	insert(message, index, field);
	return (true);
}

static bool
edit_change(struct milter_message *message, struct span data, bool add_blank)
{
	struct milter_field field;
	uint32_t nth;
	size_t at;

	if (!milter_wire_get_u32(&data, &nth) ||
	    !get_field(message, data, add_blank, &field))
		return (false);
	at = find_nth(message, field.name, nth == 0 ? 1 : nth);
	if (field.value.len > 0 && at == message->count) {
		insert(message, at, field);
	} else if (field.value.len > 0) {
		message->fields[at] = field;
	} else if (at < message->count) {
		message->count--;
		memmove(&message->fields[at], &message->fields[at + 1],
		    (message->count - at) * sizeof(field));
	}
	return (true);
}

static bool
edit_add(struct milter_message *message, struct span data, bool add_blank)
{
	struct milter_field field;

	if (!get_field(message, data, add_blank, &field))
		return (false);
	insert(message, message->count, field);
	return (true);
}

static bool
edit_quarantine(struct milter_message *message, struct span data)
{
	struct span reason;

	if (!milter_wire_get_string(&data, &reason))
		return (false);
	message->quarantine = arena_str(message->arena, reason);
	return (true);
}

bool
milter_message_edit(struct milter_message *message, char command,
    struct span data, bool add_blank)
{
	message->edits++;
	switch (command) {
	case SMFIR_ADDHEADER:
		return (edit_add(message, data, add_blank));
	case SMFIR_INSHEADER:
		return (edit_insert(message, data, add_blank));
	case SMFIR_CHGHEADER:
		return (edit_change(message, data, add_blank));
	case SMFIR_QUARANTINE:
		return (edit_quarantine(message, data));
	case SMFIR_REPLBODY:
		if (!message->replaced)
			buf_cut(&message->body, 0);
		message->replaced = true;
		buf_add(&message->body, data);
		return (true);
	case SMFIR_ADDRCPT:
	case SMFIR_ADDRCPT_PAR:
	case SMFIR_DELRCPT:
	case SMFIR_CHGFROM:
		return (true);
	default:
		return (false);
	}
}
