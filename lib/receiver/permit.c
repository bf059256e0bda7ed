#include "receiver/permit.h"

#include <string.h>

#include "base/buf.h"
#include "dns/name.h"
#include "receiver/receiver.h"

/* A field that has a tag twice means the first or the last of them, whichever
 * the library takes. */
#define EACH 2
#define NAMES_OF_FIELD ((size_t)EACH * EACH)

/* Both tags of a field, as often as they stand there. */
struct tags_of {
	struct span selector[EACH]; /* the first, the last; NULL: none */
	struct span domain[EACH];
};

/* As the C library has it, and libopendkim with it. */
static bool
is_blank(unsigned char byte)
{
	return (span_is_space(byte) || byte == '\v' || byte == '\f');
}

/* libopendkim drops blanks wherever they are. */
static struct span
without_blanks(struct arena *arena, struct span text)
{
	struct buf out;

	buf_init(&out, arena, text.len);
	for (size_t i = 0; i < text.len; i++)
		if (!is_blank(text.data[i]))
			buf_add_byte(&out, text.data[i]);
	return (buf_span(&out));
}

static void
note(struct span pair[EACH], struct span value)
{
	size_t at = pair[0].len == 0 ? 0 : 1;

	if (value.len > 0)
		pair[at] = value;
}

static void
read_tags(struct arena *arena, struct span field, struct tags_of *out)
{
	struct span piece, name;

	*out = (struct tags_of){ 0 };
	/* To a library in C the field ends at a NUL. */
	(void)span_take_until(&field, '\0', &piece);
	field = piece;
	while (field.len > 0) {
		(void)span_take_until(&field, ';', &piece);
		(void)span_take_until(&piece, '=', &name);
		name = without_blanks(arena, name);
		if (span_is(name, "s"))
			note(out->selector, without_blanks(arena, piece));
		else if (span_is(name, "d"))
			note(out->domain, without_blanks(arena, piece));
	}
}

static void
add_name(struct permit *permit, struct arena *arena, struct span selector,
    struct span domain)
{
	const char *s = name_to_ascii(arena, selector);
	const char *d = name_to_ascii(arena, domain);

	if (s == NULL || d == NULL)
		return;
	const char *name = name_to_ascii(
	    arena, span_str(arena_printf(arena, "%s._domainkey.%s", s, d)));

	if (name != NULL)
		permit->names[permit->count++] = name;
}

static void
add_field(struct permit *permit, struct arena *arena, struct span field)
{
	struct tags_of tags;

	read_tags(arena, field, &tags);
	for (size_t s = 0; s < EACH; s++)
		for (size_t d = 0; d < EACH; d++)
			add_name(
			    permit, arena, tags.selector[s], tags.domain[d]);
}

void
permit_find(
    struct arena *arena, const struct header_list *headers, struct permit *out)
{
	size_t fields = header_count(headers, "DKIM-Signature");

	if (fields > RECEIVER_MAX_SIGNATURES)
		fields = RECEIVER_MAX_SIGNATURES;
	*out = (struct permit){ .names =
				    arena_array(arena, fields * NAMES_OF_FIELD,
					sizeof(*out->names)) };
	for (size_t i = 0; i < headers->count && fields > 0; i++)
		if (span_is_nocase(headers->fields[i].name, "DKIM-Signature")) {
			add_field(out, arena, headers->fields[i].value);
			fields--;
		}
}

const char *
permit_name(const struct permit *permit, struct arena *arena, const char *name)
{
	const char *ascii = name_to_ascii(arena, span_str(name));

	if (ascii == NULL)
		return (NULL);
	for (size_t i = 0; i < permit->count; i++)
		if (strcmp(permit->names[i], ascii) == 0)
			return (permit->names[i]);
	return (NULL);
}
