#include "dns/name.h"

#include <idn2.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* UTS 46 4: the marks that stand for a dot between labels, in UTF-8. */
static const char *const dots[] = { ".", "\xe3\x80\x82", "\xef\xbc\x8e",
	"\xef\xbd\xa1" };

/* Move the label before the first dot of ${cursor} into ${out} and drop both.
 * Return false when there was no dot. */
static bool
take_label(struct span *cursor, struct span *out)
{
	for (size_t at = 0; at < cursor->len; at++) {
		struct span rest = span_tail(*cursor, at);

		/* Nearly all bytes are such. */
		if (cursor->data[at] != '.' && !span_is_8bit(cursor->data[at]))
			continue;
		for (size_t i = 0; i < sizeof(dots) / sizeof(dots[0]); i++) {
			if (!span_starts(rest, dots[i]))
				continue;
			*out = span_head(*cursor, at);
			span_skip(cursor, at + strlen(dots[i]));
			return (true);
		}
	}
	*out = *cursor;
	span_skip(cursor, cursor->len);
	return (false);
}

static bool
has_8bit(struct span label)
{
	for (size_t i = 0; i < label.len; i++)
		if (span_is_8bit(label.data[i]))
			return (true);
	return (false);
}

/* RFC 5890 2.3.1: letters, digits and hyphens, no hyphen at either end; and
 * underscores (RFC 8552). */
static bool
is_label(struct span label)
{
	if (label.len == 0 || label.len > NAME_MAX_LABEL)
		return (false);
	if (label.data[0] == '-' || label.data[label.len - 1] == '-')
		return (false);
	for (size_t i = 0; i < label.len; i++) {
		unsigned char byte = label.data[i];

		if (!span_is_alnum(byte) && byte != '-' && byte != '_')
			return (false);
	}
	return (true);
}

/* RFC 5891 5.4: whether ${ascii} is an A-label that may be looked up.  The
 * mapping of UTS 46 lets pass a few symbols that IDNA forbids. */
static bool
is_valid_idna(const char *ascii)
{
	uint8_t *again = NULL;
	int ret = idn2_lookup_u8((const uint8_t *)ascii, &again, IDN2_NO_TR46);

	idn2_free(again);
	return (ret == IDN2_OK);
}

/* Append ${label}, which holds bytes that are not ASCII, as an A-label.  An
 * underscore is no part of one (RFC 5890 2.3.2.1).  IDN2_USE_STD3_ASCII_RULES
 * would leave it out in silence, so we look for it ourselves. */
static bool
add_u_label(struct buf *out, struct arena *arena, struct span label)
{
	const int flags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;
	char *ascii = NULL;

	/* The library reads a C string and would miss what follows a NUL. */
	if (span_find(label, '\0') < label.len)
		return (false);
	if (idn2_to_ascii_8z(arena_str(arena, label), &ascii, flags) != IDN2_OK)
		return (false);
	struct span result = span_str(ascii);
	bool valid = is_label(result) && is_valid_idna(ascii) &&
	             span_find(result, '_') == result.len;

	if (valid)
		buf_add(out, result);
	idn2_free(ascii);
	return (valid);
}

/* An A-label of the input is taken as it is (RFC 5891 5.3): the DNS knows it by
 * its letters whether or not it decodes. */
static bool
add_label(struct buf *out, struct arena *arena, struct span label)
{
	if (has_8bit(label))
		return (add_u_label(out, arena, label));
	if (!is_label(label))
		return (false);
	for (size_t i = 0; i < label.len; i++)
		buf_add_byte(out, span_lower(label.data[i]));
	return (true);
}

char *
name_to_ascii(struct arena *arena, struct span name)
{
	struct buf out;
	bool more = true;

	if (name.len == 0 || name.len > NAME_MAX_INPUT)
		return (NULL);
	buf_init(&out, arena, NAME_MAX_BYTES);
	while (more) {
		struct span label;

		more = take_label(&name, &label);
		if (out.len > 0)
			buf_add_byte(&out, '.');
		/* What is too long by now stays so: the rest would only cost.
		 */
		if (!add_label(&out, arena, label) || out.overflow)
			return (NULL);
		/* A final dot ends an absolute name. */
		if (name.len == 0)
			break;
	}
	return (arena_str(arena, buf_span(&out)));
}

bool
name_is_within(const char *name, const char *parent)
{
	struct span child = span_str(name);
	struct span above = span_str(parent);

	if (above.len == 0 || !span_ends_nocase(child, above))
		return (false);
	return (child.len == above.len ||
		span_at(child, child.len - above.len - 1) == '.');
}
