#include "mail/lexeme.h"

#include <string.h>

bool
lexeme_is_atext(unsigned char byte)
{
	return (span_is_alnum(byte) || span_is_8bit(byte) ||
		(byte != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", byte) != NULL));
}

bool
lexeme_is_token(unsigned char byte)
{
	return (byte > ' ' && byte != 0x7f &&
		strchr("()<>@,;:\\\"/[]?=", byte) == NULL);
}

bool
lexeme_is_domain_byte(unsigned char byte)
{
	return (span_is_alnum(byte) || span_is_8bit(byte) || byte == '-' ||
		byte == '_' || byte == '.');
}

bool
lexeme_is_keyword_byte(unsigned char byte)
{
	return (span_is_alnum(byte) || byte == '-');
}

/* Return the length of the UTF-8 sequence that starts with ${first}, or 0. */
static size_t
sequence_length(unsigned char first)
{
	if (first < 0x80)
		return (1);
	if (first < 0xc2 || first > 0xf4)
		return (0);
	return (first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4);
}

/* RFC 3629 4: no overlong forms, no surrogates, nothing above U+10FFFF; the
 * second byte tells. */
static bool
is_second(unsigned char first, unsigned char second)
{
	unsigned char least = first == 0xe0   ? 0xa0
	                      : first == 0xf0 ? 0x90
	                                      : 0x80;
	unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return (second >= least && second <= most);
}

bool
lexeme_is_utf8(struct span bytes)
{
	struct span sequence;

	while (bytes.len > 0) {
		if (!span_take(
			&bytes, sequence_length(bytes.data[0]), &sequence) ||
		    sequence.len == 0)
			return (false);
		if (sequence.len > 1 &&
		    !is_second(sequence.data[0], sequence.data[1]))
			return (false);
		for (size_t i = 2; i < sequence.len; i++)
			if ((sequence.data[i] & 0xc0) != 0x80)
				return (false);
	}
	return (true);
}

/* Say whether ${bytes} are runs of ${class} with one dot between each two. */
static bool
is_dotted(struct span bytes, span_class *class)
{
	struct span run;
	bool more = true;

	while (more) {
		more = span_take_until(&bytes, '.', &run);
		if (run.len == 0 || span_take_while(&run, class).len == 0 ||
		    run.len > 0)
			return (false);
	}
	return (true);
}

bool
lexeme_is_dot_atom(struct span bytes)
{
	return (is_dotted(bytes, lexeme_is_atext));
}

bool
lexeme_is_domain(struct span bytes)
{
	return (is_dotted(bytes, lexeme_is_domain_byte));
}

bool
lexeme_has_controls(struct span value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char byte = value.data[i];

		if (!span_is_control(byte) || byte == '\t')
			continue;
		int next = span_at(value, i + 2);

		if (byte != '\r' || span_at(value, i + 1) != '\n' || next < 0 ||
		    !span_is_wsp((unsigned char)next))
			return (true);
		i++;
	}
	return (false);
}

/* Return the index of the quote that ends the string at the front of ${text},
 * or 0 when it does not end. */
static size_t
find_quote(struct span text)
{
	for (size_t i = 1; i < text.len; i++) {
		if (text.data[i] == '"')
			return (i);
		if (text.data[i] == '\\')
			i++;
	}
	return (0);
}

bool
lexeme_take_quoted(struct arena *arena, struct span *cursor, struct span *out)
{
	size_t end = span_peek(*cursor) == '"' ? find_quote(*cursor) : 0;

	if (end == 0)
		return (false);
	unsigned char *copy = arena_alloc(arena, end);
	size_t len = 0;

	/* UNSAFE: fewer than end bytes stand between the quotes. */
	for (size_t i = 1; i < end; i++) {
		if (cursor->data[i] == '\\')
			i++;
		if (cursor->data[i] != '\r' && cursor->data[i] != '\n')
			copy[len++] = cursor->data[i];
	}
	*out = span_new(copy, len);
	span_skip(cursor, end + 1);
	return (true);
}

char *
lexeme_comment(struct arena *arena, struct span cfws)
{
	char *text = arena_alloc(arena, cfws.len + 1);
	size_t depth = 0;
	size_t len = 0;

	/* UNSAFE: text has room for all bytes of cfws. */
	for (size_t i = span_find(cfws, '('); i < cfws.len; i++) {
		unsigned char byte = cfws.data[i];

		if (byte == '(' && depth++ == 0)
			continue;
		if (byte == ')' && --depth == 0)
			return (text);
		if (byte == '\\' && i + 1 < cfws.len)
			byte = cfws.data[++i];
		if (byte == '\r' || byte == '\n')
			continue;
		text[len++] = (char)byte;
	}
	return (NULL);
}
