#include "mail/authres.h"

#include <string.h>

#include "mail/header.h"
#include "mail/lexeme.h"

struct parser {
	struct arena *arena;
	struct span cursor;
};

static bool
skip_cfws(struct parser *parser)
{
	return (header_skip_cfws(&parser->cursor));
}

static bool
is_pvalue_byte(unsigned char byte)
{
	return (lexeme_is_token(byte) || lexeme_is_atext(byte));
}

/* Take a Keyword (RFC 5321 4.1.2), in lower case, and what blanks and comments
 * follow.  Return NULL when there is none. */
static char *
take_keyword(struct parser *parser)
{
	struct span word =
	    span_take_while(&parser->cursor, lexeme_is_keyword_byte);

	if (word.len == 0 || word.data[word.len - 1] == '-' ||
	    !skip_cfws(parser))
		return (NULL);
	char *lower = arena_str(parser->arena, word);

	for (size_t i = 0; i < word.len; i++)
		lower[i] = (char)span_lower(word.data[i]);
	return (lower);
}

/* Take ${byte} and what blanks and comments follow. */
static bool
take_mark(struct parser *parser, unsigned char byte)
{
	return (span_take_byte(&parser->cursor, byte) && skip_cfws(parser));
}

/* Take a version number.  Return 0 when there is none. */
static unsigned int
take_version(struct parser *parser)
{
	struct span digits = span_take_while(&parser->cursor, span_is_digit);
	uint64_t version;

	if (!span_to_u64(digits, AUTHRES_VERSION_DIGITS, &version) ||
	    !skip_cfws(parser))
		return (0);
	return ((unsigned int)version);
}

/* RFC 2045 5.1: value = token / quoted-string.  Return NULL when it is
 * neither. */
static char *
take_value(struct parser *parser)
{
	struct span value;

	if (span_peek(parser->cursor) == '"') {
		if (!lexeme_take_quoted(parser->arena, &parser->cursor, &value))
			return (NULL);
	} else {
		value = span_take_while(&parser->cursor, lexeme_is_token);
		if (value.len == 0)
			return (NULL);
	}
	return (arena_str(parser->arena, value));
}

/* Take "@" and a domain that belong to the local part that ${start} begins
 * with. */
static char *
take_address(struct parser *parser, struct span start)
{
	span_skip(&parser->cursor, 1);
	if (!lexeme_is_domain(
		span_take_while(&parser->cursor, lexeme_is_domain_byte)))
		return (NULL);
	start.len -= parser->cursor.len;
	return (arena_str(parser->arena, header_unfold(parser->arena, start)));
}

/* RFC 8601 2.2: a value, or [ [ local-part ] "@" ] domain-name.  Return NULL
 * when it is neither. */
static char *
take_pvalue(struct parser *parser)
{
	struct span start = parser->cursor;
	struct span text;

	if (span_peek(start) == '"') {
		char *value = take_value(parser);

		if (value == NULL || span_peek(parser->cursor) != '@')
			return (value);
		return (take_address(parser, start));
	}
	text = span_take_while(&parser->cursor, is_pvalue_byte);
	if (span_peek(parser->cursor) == '@') {
		if (text.len > 0 && !lexeme_is_dot_atom(text))
			return (NULL);
		return (take_address(parser, start));
	}
	parser->cursor = start;
	return (take_value(parser));
}

/* Take what is left of ptype "." property "=" pvalue. */
static bool
take_property(
    struct parser *parser, struct authres_result *result, const char *ptype)
{
	struct authres_property property = { .ptype = ptype };

	if (result->property_count == AUTHRES_MAX_PROPERTIES ||
	    !take_mark(parser, '.'))
		return (false);
	property.property = take_keyword(parser);
	if (property.property == NULL || !take_mark(parser, '='))
		return (false);
	property.value = take_pvalue(parser);
	if (property.value == NULL || !skip_cfws(parser))
		return (false);
	if (result->properties == NULL)
		result->properties = arena_array(
		    parser->arena, AUTHRES_MAX_PROPERTIES, sizeof(property));
	result->properties[result->property_count++] = property;
	return (true);
}

/* Take "=" and the value of a reason; blanks or comments must part it from what
 * follows. */
static bool
take_reason(struct parser *parser, struct authres_result *result)
{
	if (!take_mark(parser, '='))
		return (false);
	result->reason = take_value(parser);
	size_t left = parser->cursor.len;

	return (result->reason != NULL && skip_cfws(parser) &&
		(parser->cursor.len < left || left == 0 ||
		    span_peek(parser->cursor) == ';'));
}

/* Take what stands between a result's word and the next ";". */
static bool
take_details(struct parser *parser, struct authres_result *result)
{
	while (parser->cursor.len > 0 && span_peek(parser->cursor) != ';') {
		const char *word = take_keyword(parser);

		if (word == NULL)
			return (false);
		/* RFC 8601 2.2: a reason stands before all properties. */
		bool is_reason = strcmp(word, "reason") == 0 &&
		                 span_peek(parser->cursor) == '=' &&
		                 result->reason == NULL &&
		                 result->property_count == 0;

		if (!(is_reason ? take_reason(parser, result)
				: take_property(parser, result, word)))
			return (false);
	}
	return (true);
}

/* Take "/" and a version, if they are there.  One that is not ours stays with
 * the method, which then is another one. */
static bool
take_method_version(struct parser *parser, struct authres_result *result)
{
	if (span_peek(parser->cursor) != '/')
		return (true);
	if (!take_mark(parser, '/'))
		return (false);
	unsigned int version = take_version(parser);

	if (version > 1)
		result->method = arena_printf(
		    parser->arena, "%s/%u", result->method, version);
	return (version > 0);
}

/* Take the rest of a result after its ${method}. */
static bool
take_result(struct parser *parser, struct authres *out, const char *method)
{
	if (out->count == AUTHRES_MAX_RESULTS)
		return (false);
	struct authres_result *result = &out->results[out->count++];

	result->method = method;
	if (!take_method_version(parser, result) || !take_mark(parser, '='))
		return (false);
	struct span after = parser->cursor;

	result->result = take_keyword(parser);
	if (result->result == NULL)
		return (false);
	(void)span_take_while(&after, lexeme_is_keyword_byte);
	after.len -= parser->cursor.len;
	result->comment = lexeme_comment(parser->arena, after);
	return (take_details(parser, result));
}

/* Take the identity and the version. */
static bool
take_identity(struct parser *parser, struct authres *out)
{
	if (!skip_cfws(parser))
		return (false);
	out->authserv_id = take_value(parser);
	size_t left = parser->cursor.len;

	if (out->authserv_id == NULL || !skip_cfws(parser))
		return (false);
	if (parser->cursor.len == 0 || span_peek(parser->cursor) == ';')
		return (true);
	/* RFC 8601 2.2: without a number the version is 1. */
	return (parser->cursor.len < left && take_version(parser) == 1);
}

int
authres_parse(struct arena *arena, struct span value, struct authres *out)
{
	struct parser parser = { arena, value };

	*out = (struct authres){ 0 };
	if (lexeme_has_controls(value) || !lexeme_is_utf8(value) ||
	    !take_identity(&parser, out))
		return (-1);
	out->results =
	    arena_array(arena, AUTHRES_MAX_RESULTS, sizeof(*out->results));
	while (take_mark(&parser, ';')) {
		const char *method = take_keyword(&parser);

		if (method == NULL)
			return (-1);
		if (out->count == 0 && parser.cursor.len == 0 &&
		    strcmp(method, "none") == 0)
			return (0);
		if (!take_result(&parser, out, method))
			return (-1);
	}
	return (out->count > 0 && parser.cursor.len == 0 ? 0 : -1);
}
