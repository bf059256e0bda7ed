#include "mail/address.h"

#include "base/buf.h"
#include "mail/address_impl.h"
#include "mail/lexeme.h"

#define FIRST_MAILBOXES 4

/* What is read goes to buffers that are used again and again: only mailboxes,
 * of which there are few, get memory of their own. */
struct parser {
	struct arena *arena;
	struct span cursor;
	struct buf text;
	struct buf local;
	struct buf domain;
	struct address_list *list;
	size_t size; /* room in list->mailboxes */
	bool in_group;
	bool in_angle;
	bool doubtful;
};

/* Words with dots and blanks between: a phrase or a local part, which only what
 * follows can tell.  Both are valid until the next words. */
struct words {
	struct span
	    text; /* unquoted, one blank where blanks or comments were */
	struct span local; /* unquoted, without them */
	size_t count;
	bool is_phrase; /* the first one is no dot */
	bool is_local;  /* words and dots alternate */
	bool is_odd;    /* for a local part: specials inside, blanks between */
};

/* Drop blanks and comments, note odd ones, and say in ${any} whether there were
 * some.  Return false when a comment does not end. */
static bool
skip_cfws(struct parser *parser, bool *any)
{
	struct span skipped = parser->cursor;

	if (!header_skip_cfws(&parser->cursor))
		return (false);
	skipped.len -= parser->cursor.len;
	*any = skipped.len > 0;
	/* Some readers take what stands between the brackets as it is. */
	if (span_find(skipped, '<') < skipped.len ||
	    span_find(skipped, '>') < skipped.len ||
	    (parser->in_angle && span_find(skipped, '@') < skipped.len))
		parser->doubtful = true;
	return (true);
}

static bool
has_specials(struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = bytes.data[i];

		if (!lexeme_is_atext(byte) && byte != '.' && byte != ' ')
			return (true);
	}
	return (false);
}

/* RFC 2047 5: no encoded word stands in an address, quoted or not, but some
 * readers decode it there.  Say whether one could begin a word in ${bytes}. */
static bool
has_encoded_word(struct span bytes)
{
	bool first = true;

	for (; bytes.len > 0; span_skip(&bytes, 1)) {
		if (first && span_starts(bytes, "=?"))
			return (true);
		first = bytes.data[0] == '.' || bytes.data[0] == ' ';
	}
	return (false);
}

/* Take one word or dot into ${out}.  Return false at anything else. */
static bool
take_word(struct parser *parser, struct words *words, struct span *out)
{
	struct span *cursor = &parser->cursor;

	if (span_peek(*cursor) == '.')
		return (span_take(cursor, 1, out));
	if (span_peek(*cursor) != '"') {
		*out = span_take_while(cursor, lexeme_is_atext);
		words->is_odd |= has_encoded_word(*out);
		return (out->len > 0);
	}
	if (!lexeme_take_quoted(parser->arena, cursor, out))
		return (false);
	words->is_odd |=
	    out->len == 0 || has_specials(*out) || has_encoded_word(*out);
	return (true);
}

/* Read the words before a special (RFC 5322 4.1 allows dots in phrases). Return
 * false when a comment does not end. */
static bool
take_words(struct parser *parser, struct words *words)
{
	struct span word;
	bool want_word = true;
	bool blank;

	*words = (struct words){ .is_phrase = true, .is_local = true };
	buf_cut(&parser->text, 0);
	buf_cut(&parser->local, 0);
	if (!skip_cfws(parser, &blank))
		return (false);
	blank = false;
	for (;;) {
		bool is_dot = span_peek(parser->cursor) == '.';

		if (!take_word(parser, words, &word))
			break;
		words->is_phrase &= words->count++ > 0 || !is_dot;
		words->is_local &= is_dot != want_word;
		words->is_odd |= blank;
		want_word = is_dot;
		if (blank)
			buf_add_byte(&parser->text, ' ');
		buf_add(&parser->text, word);
		buf_add(&parser->local, word);
		if (!skip_cfws(parser, &blank))
			return (false);
	}
	words->is_phrase &= words->count > 0;
	words->is_local &= !want_word;
	words->is_odd |= blank;
	words->text = buf_span(&parser->text);
	words->local = buf_span(&parser->local);
	return (true);
}

/* RFC 5322 3.4.1: what stands between brackets, without blanks. */
static bool
take_literal(struct parser *parser, struct buf *out)
{
	struct span inner;

	span_skip(&parser->cursor, 1);
	if (!span_take_until(&parser->cursor, ']', &inner) ||
	    span_find(inner, '[') < inner.len)
		return (false);
	buf_add_byte(out, '[');
	for (size_t i = 0; i < inner.len; i++)
		if (!span_is_space(inner.data[i]))
			buf_add_byte(out, inner.data[i]);
	buf_add_byte(out, ']');
	return (true);
}

/* Take the atoms of a domain name with the blanks around them. */
static bool
take_name(struct parser *parser, struct buf *out)
{
	bool before;
	bool after;

	for (;;) {
		struct span atom =
		    span_take_while(&parser->cursor, lexeme_is_atext);

		buf_add(out, atom);
		if (atom.len == 0 || !skip_cfws(parser, &after))
			return (false);
		if (!span_take_byte(&parser->cursor, '.'))
			return (true);
		buf_add_byte(out, '.');
		if (!skip_cfws(parser, &before))
			return (false);
		parser->doubtful |= before || after;
	}
}

/* Take a domain or a domain literal with the blanks around it into ${out},
 * which is valid until the next one. */
static bool
take_domain(struct parser *parser, struct span *out)
{
	struct buf *text = &parser->domain;
	bool blank;

	if (!skip_cfws(parser, &blank))
		return (false);
	parser->doubtful |= blank;
	buf_cut(text, 0);
	if (span_peek(parser->cursor) != '[' && !take_name(parser, text))
		return (false);
	if (text->len == 0 &&
	    (!take_literal(parser, text) || !skip_cfws(parser, &blank)))
		return (false);
	*out = buf_span(text);
	return (true);
}

/* Append a mailbox whose local part is ${local}; the cursor stands on "@".  The
 * ${display_name} is in the arena. */
static bool
add_mailbox(
    struct parser *parser, struct span display_name, const struct words *local)
{
	struct address_list *list = parser->list;
	struct span domain;

	if (!local->is_local || !span_take_byte(&parser->cursor, '@') ||
	    !take_domain(parser, &domain) || list->count == ADDRESS_MAX)
		return (false);
	parser->doubtful |= local->is_odd;
	if (list->count == parser->size) {
		size_t unit = sizeof(*list->mailboxes);
		size_t old = parser->size;

		parser->size = old == 0 ? FIRST_MAILBOXES : old * 2;
		list->mailboxes = arena_grow(parser->arena, list->mailboxes,
		    old * unit, parser->size * unit);
	}
	list->mailboxes[list->count++] = (struct mailbox){ display_name,
		arena_dup(parser->arena, local->local),
		arena_dup(parser->arena, domain) };
	return (true);
}

/* RFC 5322 4.4: drop "@a,@b:", which stands before an address. */
static bool
skip_route(struct parser *parser)
{
	struct span domain;
	bool blank;

	do {
		if (!skip_cfws(parser, &blank))
			return (false);
		if (span_take_byte(&parser->cursor, '@') &&
		    !take_domain(parser, &domain))
			return (false);
	} while (span_take_byte(&parser->cursor, ','));
	return (span_take_byte(&parser->cursor, ':'));
}

/* Take what stands between "<" and ">". */
static bool
take_inside(struct parser *parser, struct span display_name)
{
	struct words local;
	bool blank;

	if (!skip_cfws(parser, &blank))
		return (false);
	if (span_peek(parser->cursor) == '@' ||
	    span_peek(parser->cursor) == ',') {
		parser->doubtful = true;
		if (!skip_route(parser))
			return (false);
	}
	return (take_words(parser, &local) &&
		add_mailbox(parser, display_name, &local));
}

/* Take "<...>" and the blanks after it. */
static bool
take_angle(struct parser *parser, struct span display_name)
{
	bool blank;

	span_skip(&parser->cursor, 1);
	parser->in_angle = true;
	bool good = take_inside(parser, display_name);

	parser->in_angle = false;
	return (good && span_take_byte(&parser->cursor, '>') &&
		skip_cfws(parser, &blank));
}

/* Take a mailbox, or the name of a group with its colon. */
static bool
take_address(struct parser *parser)
{
	struct words words;

	if (!take_words(parser, &words))
		return (false);
	switch (span_peek(parser->cursor)) {
	case '<':
		return (
		    (words.count == 0 || words.is_phrase) &&
		    take_angle(parser, arena_dup(parser->arena, words.text)));
	case '@':
		return (add_mailbox(parser, span_new(NULL, 0), &words));
	case ':':
		if (parser->in_group || !words.is_phrase)
			return (false);
		parser->in_group = true;
		parser->list->has_group = true;
		span_skip(&parser->cursor, 1);
		return (true);
	default:
		return (false);
	}
}

/* RFC 5322 4.4: elements of a list may be empty. */
static bool
take_list(struct parser *parser)
{
	bool want_comma = false;
	bool blank;

	for (;;) {
		if (!skip_cfws(parser, &blank))
			return (false);
		if (parser->cursor.len == 0)
			return (!parser->in_group);
		if (span_take_byte(&parser->cursor, ',')) {
			want_comma = false;
			continue;
		}
		if (parser->in_group && span_take_byte(&parser->cursor, ';')) {
			parser->in_group = false;
			want_comma = true;
			continue;
		}
		bool in_group = parser->in_group;

		if (want_comma || !take_address(parser))
			return (false);
		want_comma = parser->in_group == in_group;
	}
}

int
address_impl_parse(struct arena *arena, struct span value,
    struct address_list *out, bool *doubtful)
{
	*out = (struct address_list){ 0 };
	struct parser parser = { .arena = arena, .cursor = value, .list = out };

	buf_init(&parser.text, arena, value.len);
	buf_init(&parser.local, arena, value.len);
	buf_init(&parser.domain, arena, value.len);
	bool whole = take_list(&parser);

	*doubtful = parser.doubtful;
	return (whole ? 0 : -1);
}

int
address_parse_list(
    struct arena *arena, struct span value, struct address_list *out)
{
	bool doubtful;

	return (address_impl_parse(arena, value, out, &doubtful));
}
