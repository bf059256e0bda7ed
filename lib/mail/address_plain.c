/* What much real mail has in From though RFC 5322 3.4 forbids it: specials in a
 * name without quotes, a bracket that is missing, text behind the address. */
#include "mail/address_impl.h"

#include "mail/encoded_word.h"
#include "mail/lexeme.h"

static bool
is_local_byte(unsigned char byte)
{
	return (lexeme_is_atext(byte) || byte == '.');
}

static bool
is_separator(unsigned char byte)
{
	return (byte == ',' || byte == ';');
}

static bool
is_angle(unsigned char byte)
{
	return (byte == '<' || byte == '>');
}

static bool
has_any(struct span text, span_class *class)
{
	for (size_t i = 0; i < text.len; i++)
		if (class(text.data[i]))
			return (true);
	return (false);
}

static bool
has_encoded_word(struct span text)
{
	for (; text.len > 0; span_skip(&text, 1))
		if (span_starts(text, "=?"))
			return (true);
	return (false);
}

/* Say whether a reader who honours quotes and comments in ${before} is out of
 * them at its end, and no backslash says otherwise. */
static bool
is_closed(struct span before)
{
	bool quoted = false;
	size_t depth = 0;

	for (size_t i = 0; i < before.len; i++) {
		unsigned char byte = before.data[i];

		if (byte == '\\' || (byte == ')' && depth == 0))
			return (false);
		quoted ^= byte == '"';
		if (byte == '(')
			depth++;
		else if (byte == ')')
			depth--;
	}
	return (!quoted && depth == 0);
}

/* Move what ${cursor} ends with, as far as it is a local part, into ${out}. */
static void
take_local(struct span *cursor, struct span *out)
{
	size_t start = cursor->len;

	while (start > 0 && is_local_byte(cursor->data[start - 1]))
		start--;
	*out = span_tail(*cursor, start);
	cursor->len = start;
}

/* Take a domain name; a final dot does not count. */
static bool
take_domain(struct span *cursor, struct span *out)
{
	*out = span_take_while(cursor, lexeme_is_domain_byte);
	if (span_at(*out, out->len - 1) == '.')
		out->len--;
	return (lexeme_is_domain(*out));
}

/* A name that goes on after what ended it for us needs a dot, which beyond
 * ASCII can be another character (RFC 3490 3.1). */
static bool
could_prolong_name(unsigned char byte)
{
	return (
	    byte == '.' || byte == '\\' || span_is_8bit(byte) || byte == '<');
}

/* Say whether ${rest} holds nothing that anybody could take for more of the
 * domain. */
static bool
is_rest(struct span rest)
{
	return (!has_any(rest, could_prolong_name) && !has_encoded_word(rest));
}

/* "name <local@domain>", the ">" missing perhaps; ${before} ends where the
 * local part begins. */
static bool
is_in_angle(struct span before, struct span after)
{
	before = span_trim_end(before, span_is_space);
	if (span_at(before, before.len - 1) != '<')
		return (false);
	before.len--;
	if (has_any(before, is_angle))
		return (false);
	(void)span_take_while(&after, span_is_space);
	if (after.len == 0)
		return (true);
	if (!span_take_byte(&after, '>'))
		return (false);
	return ((after.len == 0 || is_separator(after.data[0]) ||
		    span_is_space(after.data[0])) &&
		is_rest(after));
}

/* "local@domain" by itself.  Words before it belong to the local part for some
 * readers, and words behind it to the domain ("a@b.co m"), unless a comma or
 * semicolon is between. */
static bool
is_bare(struct span before, struct span after)
{
	if (has_any(before, is_angle) || has_any(after, is_angle))
		return (false);
	before = span_trim_end(before, span_is_space);
	(void)span_take_while(&after, span_is_space);
	return ((before.len == 0 || span_at(before, before.len - 1) == ',') &&
		(after.len == 0 || is_separator(after.data[0])) &&
		is_rest(after));
}

bool
address_impl_read_plain(
    struct arena *arena, struct span value, struct mailbox *out)
{
	struct span before;
	struct span after = value;

	*out = (struct mailbox){ 0 };
	if (lexeme_has_controls(value) || !lexeme_is_utf8(value) ||
	    !span_take_until(&after, '@', &before) ||
	    encoded_word_has_at(before) || encoded_word_has_at(after))
		return (false);
	take_local(&before, &out->local_part);
	return (lexeme_is_dot_atom(out->local_part) &&
		!has_encoded_word(out->local_part) &&
		take_domain(&after, &out->domain) && is_closed(before) &&
		encoded_word_all_harmless(arena, before) &&
		(is_in_angle(before, after) || is_bare(before, after)));
}
