#include "mail/address.h"
#include "mail/lexeme.h"

/* RFC 5321 4.1.1.3: the one mailbox that needs no domain. */
static const char postmaster[] = "postmaster";

/* RFC 5321 4.1.2: atoms, or one quoted string, without blanks or comments. */
static bool
take_local_part(struct arena *arena, struct span *cursor, struct span *out)
{
	size_t len = 0;

	if (span_peek(*cursor) == '"')
		return (lexeme_take_quoted(arena, cursor, out));
	while (len < cursor->len &&
	       (lexeme_is_atext(cursor->data[len]) || cursor->data[len] == '.'))
		len++;
	return (span_take(cursor, len, out) && lexeme_is_dot_atom(*out));
}

/* RFC 5321 4.1.3: an address literal is not looked into. */
static bool
is_literal(struct span domain)
{
	if (domain.len < 3 || domain.data[0] != '[' ||
	    domain.data[domain.len - 1] != ']')
		return (false);
	for (size_t i = 1; i < domain.len - 1; i++) {
		unsigned char byte = domain.data[i];

		if (byte <= ' ' || byte >= 0x7f || byte == '[' || byte == ']' ||
		    byte == '\\')
			return (false);
	}
	return (true);
}

/* RFC 5321 C: a source route is accepted and ignored. */
static bool
skip_route(struct span *path)
{
	struct span hop;

	if (span_peek(*path) != '@')
		return (true);
	struct span rest = *path;

	if (!span_take_until(&rest, ':', &hop))
		return (false);
	*path = rest;
	for (bool more = true; more;) {
		struct span domain;

		more = span_take_until(&hop, ',', &domain);
		if (!span_take_byte(&domain, '@') || !lexeme_is_domain(domain))
			return (false);
	}
	return (true);
}

int
address_parse_path(struct arena *arena, struct span path, struct mailbox *out)
{
	*out = (struct mailbox){ 0 };
	bool bracketed = span_take_byte(&path, '<');

	if (bracketed && (path.len == 0 || path.data[--path.len] != '>' ||
			     !skip_route(&path)))
		return (-1);
	if (path.len == 0)
		return (0);
	if (lexeme_has_controls(path) || !lexeme_is_utf8(path) ||
	    !take_local_part(arena, &path, &out->local_part))
		return (-1);
	if (path.len == 0 && span_is_nocase(out->local_part, postmaster))
		return (0);
	if (!span_take_byte(&path, '@') ||
	    !(lexeme_is_domain(path) || is_literal(path)))
		return (-1);
	out->domain = path;
	return (0);
}
