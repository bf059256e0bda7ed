#include "mail/authres.h"

#include <string.h>

#include "base/buf.h"
#include "base/log_format.h"
#include "mail/lexeme.h"

/* RFC 5322 2.1.1: the length that a line should not pass. */
#define LINE_LENGTH 78

/* What stands on the first line before the body. */
#define FIRST_COLUMN (sizeof("Authentication-Results: ") - 1)

#define MAX_KEYWORD 64

/* Stands where something was cut off. */
#define MARK "..."

struct printer {
	struct buf out;
	struct buf item; /* what must stay on one line */
	size_t line;     /* where the current line starts in out */
};

/* Append the item, after a blank or on a new line. */
static void
flush_item(struct printer *printer, bool fold)
{
	size_t column = printer->out.len - printer->line;

	if (fold || column + 1 + printer->item.len > LINE_LENGTH) {
		buf_add_str(&printer->out, "\r\n");
		printer->line = printer->out.len;
		buf_add_byte(&printer->out, '\t');
	} else {
		buf_add_byte(&printer->out, ' ');
	}
	buf_add(&printer->out, buf_span(&printer->item));
	buf_cut(&printer->item, 0);
}

static bool
is_plain(unsigned char byte)
{
	return (byte >= ' ' && byte < 0x7f);
}

/* Return ${text} with "?" for every byte that may not reach a reader; what is
 * longer than AUTHRES_MAX_VALUE bytes is cut to that, "..." included. */
static struct span
clean(struct arena *arena, const char *text)
{
	struct span rest = span_str(text);
	bool cut = rest.len > AUTHRES_MAX_VALUE;
	size_t room = AUTHRES_MAX_VALUE - (cut ? strlen(MARK) : 0);
	struct buf out;

	buf_init(&out, arena, AUTHRES_MAX_VALUE);
	while (rest.len > 0) {
		/* Most is printable ASCII, and needs no closer look. */
		struct span sequence = span_take_while(&rest, is_plain);

		buf_add(&out, span_head(sequence, room - out.len));
		if (sequence.len > 0)
			continue;
		size_t len = log_format_utf8(rest);

		if (!span_take(&rest, len == 0 ? 1 : len, &sequence) ||
		    out.len + sequence.len > room)
			break;
		buf_add(&out, len == 0 ? span_new("?", 1) : sequence);
	}
	if (cut)
		buf_add_str(&out, MARK);
	return (buf_span(&out));
}

/* RFC 5322 3.2.1: a backslash before the bytes in ${special}. */
static void
add_escaped(struct buf *out, struct span text, const char *special)
{
	for (size_t i = 0; i < text.len; i++) {
		if (strchr(special, text.data[i]) != NULL)
			buf_add_byte(out, '\\');
		buf_add_byte(out, text.data[i]);
	}
}

/* The bytes of a token that mean nothing to any reader of any syntax; some take
 * an apostrophe for a quote. */
static bool
is_harmless(unsigned char byte)
{
	return (lexeme_is_domain_byte(byte) || byte == '+');
}

/* RFC 8601 2.2: [ [ local-part ] "@" ] domain-name. */
static bool
is_bare_address(struct span text)
{
	struct span local = span_take_while(&text, is_harmless);

	return ((local.len == 0 || lexeme_is_dot_atom(local)) &&
		span_take_byte(&text, '@') && lexeme_is_domain(text));
}

/* What a reader who knows neither quoted strings nor comments takes for the end
 * of a value, or for a value inside one. */
static bool
is_tame(unsigned char byte)
{
	return (strchr("\"\\;='`()<>@", byte) == NULL);
}

/* The text of a comment or reason may quote a stranger; whatever could end it
 * for some reader becomes a mark of the same looks. */
static struct span
tame(struct arena *arena, const char *foreign, bool keep_equals)
{
	static const char wild[] = "\"`\\();=";
	static const char marks[] = "''/[],:";
	struct span text = clean(arena, foreign);
	unsigned char *copy = arena_alloc(arena, text.len + 1);

	/* UNSAFE: copy is as long as text; a byte found in wild has its mark at
	 * the same place. */
	for (size_t i = 0; i < text.len; i++) {
		const char *found = strchr(wild, text.data[i]);

		copy[i] = found == NULL || (*found == '=' && keep_equals)
		              ? text.data[i]
		              : (unsigned char)marks[found - wild];
	}
	return (span_new(copy, text.len));
}

static bool
is_bare(struct span text)
{
	struct span rest = text;

	(void)span_take_while(&rest, is_harmless);
	return (text.len > 0 && rest.len == 0);
}

static void
add_value(struct buf *out, struct span text)
{
	if (is_bare(text)) {
		buf_add(out, text);
		return;
	}
	buf_add_byte(out, '"');
	add_escaped(out, text, "\"\\");
	buf_add_byte(out, '"');
}

/* Base64 may end in "=". */
static bool
is_padding(unsigned char byte)
{
	return (byte == '=');
}

/* Add the ${value} of a property.  Return false where no part of it can stand
 * there: some readers would find another one. */
static bool
add_pvalue(struct buf *out, struct span value)
{
	struct span rest = value;
	size_t at = value.len;

	if (is_bare_address(value)) {
		buf_add(out, value);
		return (true);
	}
	(void)span_take_while(&rest, is_tame);
	if (span_trim_end(rest, is_padding).len == 0) {
		add_value(out, value);
		return (true);
	}
	while (at > 0 && span_at(value, at - 1) != '@')
		at--;
	if (at == 0 || !lexeme_is_domain(span_tail(value, at)))
		return (false);
	buf_add(out, span_tail(value, at - 1));
	return (true);
}

/* RFC 5321 4.1.2: letters, digits and hyphens, no hyphen at the end.  A word of
 * ours has nothing else, so what else there is goes. */
static void
add_keyword(struct buf *out, struct span word)
{
	unsigned char kept[MAX_KEYWORD];
	size_t len = 0;

	for (size_t i = 0; i < word.len && len < sizeof(kept); i++)
		if (lexeme_is_keyword_byte(word.data[i]))
			kept[len++] = span_lower(word.data[i]);
	while (len > 0 && kept[len - 1] == '-')
		len--;
	if (len == 0)
		buf_add_str(out, "unknown");
	buf_add(out, span_new(kept, len));
}

static void
add_method(struct buf *out, const char *method)
{
	struct span version = span_str(method);
	struct span word;
	uint64_t number;

	bool versioned = span_take_until(&version, '/', &word);

	add_keyword(out, word);
	if (versioned &&
	    span_to_u64(version, AUTHRES_VERSION_DIGITS, &number) && number > 1)
		buf_printf(out, "/%u", (unsigned int)number);
}

static void
print_property(struct arena *arena, struct printer *printer,
    const struct authres_property *property)
{
	if (span_str(property->value).len > AUTHRES_MAX_VALUE)
		return;
	add_keyword(&printer->item, span_str(property->ptype));
	buf_add_byte(&printer->item, '.');
	add_keyword(&printer->item, span_str(property->property));
	buf_add_byte(&printer->item, '=');
	if (add_pvalue(&printer->item, clean(arena, property->value)))
		flush_item(printer, false);
	else
		buf_cut(&printer->item, 0);
}

static void
print_result(struct arena *arena, struct printer *printer,
    const struct authres_result *result)
{
	buf_add_byte(&printer->out, ';');
	add_method(&printer->item, result->method);
	buf_add_byte(&printer->item, '=');
	add_keyword(&printer->item, span_str(result->result));
	flush_item(printer, true);
	if (result->comment != NULL) {
		buf_add_byte(&printer->item, '(');
		buf_add(&printer->item, tame(arena, result->comment, true));
		buf_add_byte(&printer->item, ')');
		flush_item(printer, false);
	}
	if (result->reason != NULL) {
		buf_add_str(&printer->item, "reason=");
		add_value(&printer->item, tame(arena, result->reason, false));
		flush_item(printer, false);
	}
	for (size_t i = 0;
	     i < result->property_count && i < AUTHRES_MAX_PROPERTIES; i++)
		print_property(arena, printer, &result->properties[i]);
}

char *
authres_print(struct arena *arena, const struct authres *authres)
{
	struct printer printer = { .line = 0 };
	struct span id = clean(arena, authres->authserv_id);

	buf_init(&printer.out, arena, SIZE_MAX);
	buf_init(&printer.item, arena, SIZE_MAX);
	add_value(&printer.out, id);
	if (authres->count == 0)
		buf_add_str(&printer.out, "; none");
	for (size_t i = 0; i < authres->count && i < AUTHRES_MAX_RESULTS; i++)
		print_result(arena, &printer, &authres->results[i]);
	return (arena_str(arena, buf_span(&printer.out)));
}

char *
authres_value(struct arena *arena, const char *value)
{
	struct span text = clean(arena, value);
	struct buf out;

	/* In quotes it may be empty. */
	if (span_str(value).len > AUTHRES_MAX_VALUE)
		return (NULL);
	buf_init(&out, arena, SIZE_MAX);
	if (!add_pvalue(&out, text))
		return (NULL);
	return (arena_str(
	    arena, span_peek(buf_span(&out)) == '"' ? text : buf_span(&out)));
}

char *
authres_text(struct arena *arena, const char *text)
{
	return (arena_str(arena, tame(arena, text, false)));
}
