#include "spf/macro.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "dns/name.h"

/* Of a name that grows, only the end counts: when it gets longer than the
 * first, the second is kept. */
#define LONG_NAME ((size_t)8192)
#define KEPT_NAME ((size_t)512)

/* More than any name has parts. */
#define ALL_PARTS ((size_t)1000)

/* A piece of a text: some bytes as they are, or a macro. */
struct piece {
	struct span literal;  /* of bytes; what %%, %_ or %- stand for */
	bool is_expand;       /* RFC 7208 7.1: macro-expand */
	unsigned char letter; /* small; 0: literal */
	bool escapes;         /* it was a capital */
	bool reverses;
	size_t parts;
	struct span delimiters;
};

static const struct span letters = SPAN_LITERAL("slodiphv");
static const struct span text_letters = SPAN_LITERAL("crt");
static const struct span dot = SPAN_LITERAL(".");

/* RFC 7208 7.1: macro-literal. */
static bool
is_literal(unsigned char byte)
{
	return (byte > ' ' && byte < 0x7f && byte != '%');
}

static bool
is_text_literal(unsigned char byte)
{
	return (byte == ' ' || is_literal(byte));
}

static bool
is_delimiter(unsigned char byte)
{
	return (byte != '\0' && strchr(".-+,/_=", byte) != NULL);
}

static bool
has(struct span bytes, int byte)
{
	return (byte >= 0 && span_find(bytes, (unsigned char)byte) < bytes.len);
}

/* Read digits of any number; what is over ALL_PARTS is as good. */
static const char *
take_parts(struct span *cursor, struct piece *piece)
{
	struct span digits = span_take_while(cursor, span_is_digit);

	piece->parts = digits.len == 0 ? ALL_PARTS : 0;
	for (size_t i = 0; i < digits.len && piece->parts < ALL_PARTS; i++)
		piece->parts =
		    piece->parts * 10 + (size_t)(digits.data[i] - '0');
	/* RFC 7208 7.1: DIGIT must not be zero. */
	return (piece->parts == 0 ? "a macro takes zero parts" : NULL);
}

/* Behind "%{". */
static const char *
take_macro(struct span *cursor, enum spf_macro_use use, struct piece *piece)
{
	int letter = span_peek(*cursor);
	unsigned char small = span_lower((unsigned char)letter);

	if (letter < 0)
		return ("a macro does not end");
	/* RFC 7208 7.2: c, r and t only in explanations. */
	if (use != SPF_MACRO_TEXT && has(text_letters, small))
		return ("the macros c, r and t are for explanations only");
	if (!has(letters, small) && !has(text_letters, small))
		return ("it has a macro that does not exist");
	piece->letter = small;
	piece->escapes = small != letter;
	span_skip(cursor, 1);
	const char *error = take_parts(cursor, piece);

	if (error != NULL)
		return (error);
	piece->reverses =
	    span_take_byte(cursor, 'r') || span_take_byte(cursor, 'R');
	piece->delimiters = span_take_while(cursor, is_delimiter);
	if (piece->delimiters.len == 0)
		piece->delimiters = dot;
	return (span_take_byte(cursor, '}') ? NULL : "a macro does not end");
}

/* Behind "%". */
static const char *
take_expand(struct span *cursor, enum spf_macro_use use, struct piece *piece)
{
	piece->is_expand = true;
	if (span_take_byte(cursor, '{'))
		return (take_macro(cursor, use, piece));
	if (span_take_byte(cursor, '%'))
		piece->literal = span_str("%");
	else if (span_take_byte(cursor, '_'))
		piece->literal = span_str(" ");
	else if (span_take_byte(cursor, '-'))
		piece->literal = span_str("%20");
	else
		return ("a % is not followed by one of { % _ -");
	return (NULL);
}

/* Move the first piece of ${cursor}, which is not empty, into ${piece}; return
 * NULL or what is wrong. */
static const char *
take_piece(struct span *cursor, enum spf_macro_use use, struct piece *piece)
{
	*piece = (struct piece){ .letter = 0 };
	if (span_take_byte(cursor, '%'))
		return (take_expand(cursor, use, piece));
	piece->literal = span_take_while(
	    cursor, use == SPF_MACRO_TEXT ? is_text_literal : is_literal);
	return (piece->literal.len == 0 ? "it has bytes that are not allowed"
					: NULL);
}

static bool
is_alnum_or_dash(unsigned char byte)
{
	return (span_is_alnum(byte) || byte == '-');
}

/* RFC 7208 7.1: toplabel: letters, digits and inner dashes, not digits only. */
static bool
is_toplabel(struct span label)
{
	struct span rest = label;

	if (label.len == 0 || label.data[0] == '-' ||
	    label.data[label.len - 1] == '-')
		return (false);
	(void)span_take_while(&rest, is_alnum_or_dash);
	if (rest.len > 0)
		return (false);
	rest = label;
	(void)span_take_while(&rest, span_is_digit);
	return (rest.len > 0);
}

/* RFC 7208 7.1: domain-end.  ${tail} is what stands behind the last macro. */
static const char *
check_end(struct span tail)
{
	if (tail.len > 0 && tail.data[tail.len - 1] == '.')
		tail.len--;
	size_t at = tail.len;

	while (at > 0 && tail.data[at - 1] != '.')
		at--;
	if (at == 0)
		return ("its domain has no dot");
	return (is_toplabel(span_tail(tail, at))
		    ? NULL
		    : "its domain does not end in a top-level name");
}

const char *
spf_macro_check(struct span text, enum spf_macro_use use)
{
	struct piece piece = { .is_expand = false };

	if (text.len == 0 && use == SPF_MACRO_DOMAIN)
		return ("its domain is empty");
	while (text.len > 0) {
		const char *error = take_piece(&text, use, &piece);

		if (error != NULL)
			return (error);
	}
	if (use != SPF_MACRO_DOMAIN || piece.is_expand)
		return (NULL);
	return (check_end(piece.literal));
}

bool
spf_macro_has(struct span text, unsigned char letter)
{
	struct piece piece;

	while (text.len > 0)
		if (take_piece(&text, SPF_MACRO_TEXT, &piece) != NULL)
			return (false);
		else if (piece.letter == letter)
			return (true);
	return (false);
}

/* RFC 7208 7.3: 4 bits a part for IPv6, the most significant first. */
static const char *
dotted(struct arena *arena, const struct network_address *client)
{
	struct buf out;

	if (client->family != AF_INET6)
		return (network_address_print(arena, client));
	buf_init(&out, arena, SPF_MACRO_MAX_TEXT);
	for (size_t i = 0; i < sizeof(client->bytes); i++)
		buf_printf(&out, "%s%X.%X", i > 0 ? "." : "",
		    client->bytes[i] >> 4U, client->bytes[i] & 0xfU);
	return (buf_str(&out));
}

static const char *
value_of(struct arena *arena, unsigned char letter,
    const struct spf_macro_values *values)
{
	switch (letter) {
	case 's':
		return (arena_printf(
		    arena, "%s@%s", values->local_part, values->sender_domain));
	case 'l':
		return (values->local_part);
	case 'o':
		return (values->sender_domain);
	case 'd':
		return (values->domain);
	case 'i':
		return (dotted(arena, values->client));
	case 'p':
		return (values->validated(values->cookie, values->domain));
	case 'h':
		return (values->helo);
	case 'c':
		return (network_address_print(arena, values->client));
	case 'r':
		return (values->receiver);
	case 't':
		return (arena_printf(arena, "%" PRId64, values->now));
	default: /* 'v' */
		return (values->client->family == AF_INET6 ? "ip6" : "in-addr");
	}
}

/* RFC 3986 2.3: unreserved. */
static bool
is_unreserved(unsigned char byte)
{
	return (span_is_alnum(byte) ||
		(byte != '\0' && strchr("-._~", byte) != NULL));
}

static void
add_escaped(struct buf *out, unsigned char byte)
{
	static const char digits[] = "0123456789ABCDEF";

	buf_add_byte(out, '%');
	buf_add_byte(out, (unsigned char)digits[byte >> 4U]);
	buf_add_byte(out, (unsigned char)digits[byte & 0xfU]);
}

/* RFC 7208 7.3: the delimiters become dots; a capital letter escapes what is
 * not unreserved in a URL. */
static void
add_part(struct buf *out, const struct piece *piece, struct span part)
{
	for (size_t i = 0; i < part.len; i++) {
		unsigned char byte = part.data[i];

		if (has(piece->delimiters, byte))
			buf_add_byte(out, '.');
		else if (!piece->escapes || is_unreserved(byte))
			buf_add_byte(out, byte);
		else
			add_escaped(out, byte);
	}
}

/* Where the last part of ${value} begins, behind ${count} - 1 delimiters from
 * the right. */
static size_t
right_parts(struct span value, struct span delimiters, size_t count)
{
	size_t at = value.len;

	for (; at > 0; at--)
		if (has(delimiters, value.data[at - 1]) && --count == 0)
			break;
	return (at);
}

/* Where the first ${count} parts of ${value} end. */
static size_t
left_parts(struct span value, struct span delimiters, size_t count)
{
	size_t at = 0;

	for (; at < value.len; at++)
		if (has(delimiters, value.data[at]) && --count == 0)
			break;
	return (at);
}

/* RFC 7208 7.3: split, reverse, then keep parts at the right: of a reversed
 * value these are the first. */
static void
add_value(struct buf *out, const struct piece *piece, struct span value)
{
	struct span delimiters = piece->delimiters;

	if (!piece->reverses) {
		add_part(out, piece,
		    span_tail(
			value, right_parts(value, delimiters, piece->parts)));
		return;
	}
	value = span_head(value, left_parts(value, delimiters, piece->parts));
	for (;;) {
		size_t at = right_parts(value, delimiters, 1);

		add_part(out, piece, span_tail(value, at));
		if (at == 0)
			break;
		buf_add_byte(out, '.');
		value.len = at - 1;
	}
}

/* Append the expansion of the first piece of ${text}. */
static void
expand_piece(struct buf *out, struct span *text, enum spf_macro_use use,
    const struct spf_macro_values *values)
{
	struct piece piece;

	if (take_piece(text, use, &piece) != NULL)
		text->len = 0; /* it was not checked */
	else if (piece.letter == 0)
		buf_add(out, piece.literal);
	else
		add_value(out, &piece,
		    span_str(value_of(out->arena, piece.letter, values)));
}

/* Drop labels at the left until at most 253 bytes are left; of one that is too
 * long by itself, all. */
static struct span
shorten(struct span name)
{
	while (name.len > NAME_MAX_BYTES) {
		struct span label;

		(void)span_take_until(&name, '.', &label);
	}
	return (name);
}

const char *
spf_macro_domain(struct arena *arena, struct span text,
    const struct spf_macro_values *values)
{
	struct buf out;

	buf_init(&out, arena, 4 * LONG_NAME);
	while (text.len > 0) {
		expand_piece(&out, &text, SPF_MACRO_DOMAIN, values);
		if (out.len <= LONG_NAME)
			continue;
		struct span end = arena_dup(
		    arena, span_tail(buf_span(&out), out.len - KEPT_NAME));

		buf_cut(&out, 0);
		buf_add(&out, end);
	}
	struct span name = buf_span(&out);

	if (name.len > 0 && name.data[name.len - 1] == '.')
		name.len--;
	return (arena_str(arena, shorten(name)));
}

const char *
spf_macro_text(struct arena *arena, struct span text,
    const struct spf_macro_values *values)
{
	struct buf out;

	buf_init(&out, arena, SPF_MACRO_MAX_TEXT);
	while (text.len > 0 && !out.overflow)
		expand_piece(&out, &text, SPF_MACRO_TEXT, values);
	return (out.overflow ? NULL : buf_str(&out));
}
