#include "mail/authres.h"

#include <string.h>

#include "dns/name.h"
#include "mail/header.h"
#include "mail/lexeme.h"

/* Bytes of names in U-labels that are looked at; a field with more is a claim.
 */
#define MAX_U_BYTES ((size_t)NAME_MAX_INPUT)

/* The identity that is looked for, and what is needed meanwhile. */
struct wanted {
	struct arena *arena; /* for one reading */
	unsigned char *copy; /* room for what is read, for one form of it */
	size_t u_bytes;      /* left of MAX_U_BYTES */
	struct span written; /* lower-case, without the final dot */
	struct span ascii;   /* in A-labels; empty when it is no domain name */
	const char *domain;  /* whose names are all wanted; or NULL */
};

static struct span
lower(struct arena *arena, struct span text)
{
	unsigned char *copy = arena_alloc(arena, text.len + 1);

	/* UNSAFE: copy is as long as text. */
	for (size_t i = 0; i < text.len; i++)
		copy[i] = span_lower(text.data[i]);
	return (span_new(copy, text.len));
}

static struct span
without_final_dot(struct span name)
{
	bool has = name.len > 1 && span_at(name, name.len - 1) == '.';

	return (span_head(name, name.len - (has ? 1 : 0)));
}

static bool
contains(struct span text, struct span part)
{
	return (part.len > 0 && part.len <= text.len &&
		memmem(text.data, text.len, part.data, part.len) != NULL);
}

/* Control bytes that part no words: all but tabs and line ends. */
static bool
is_noise(unsigned char byte)
{
	return (span_is_control(byte) && !span_is_space(byte));
}

static bool
is_noise_or_line_end(unsigned char byte)
{
	return (span_is_control(byte) && byte != '\t');
}

static bool
is_nothing(unsigned char byte)
{
	(void)byte;
	return (false);
}

static bool
is_quoting(unsigned char byte)
{
	return (byte == '"' || byte == '\\');
}

static bool
is_quoting_or_8bit(unsigned char byte)
{
	return (is_quoting(byte) || span_is_8bit(byte));
}

static bool
is_ascii(unsigned char byte)
{
	return (!span_is_8bit(byte));
}

/* Write ${text} to ${copy}, which is as long, without the bytes of ${class} and
 * in lower case. */
static struct span
strip(unsigned char *copy, struct span text, span_class *class)
{
	size_t len = 0;

	/* UNSAFE: each byte is copied once at most. */
	for (size_t i = 0; i < text.len; i++)
		if (!class(text.data[i]))
			copy[len++] = span_lower(text.data[i]);
	return (span_new(copy, len));
}

/* The same without comments, blanks, quotes and backslashes. */
static struct span
squeeze(unsigned char *copy, struct span text)
{
	size_t len = 0;
	bool comments = true;

	/* UNSAFE: each byte is copied once at most. */
	while (text.len > 0) {
		struct span byte;

		/* A comment without end has none that we could drop. */
		if (comments)
			comments = header_skip_cfws(&text);
		if (span_take(&text, 1, &byte) && !is_quoting(byte.data[0]) &&
		    !span_is_space(byte.data[0]))
			copy[len++] = span_lower(byte.data[0]);
	}
	return (span_new(copy, len));
}

/* Say whether ${text}, in lower case, has the identity as it stands there. */
static bool
has_name(const struct wanted *wanted, struct span text)
{
	return (contains(text, wanted->written) ||
		contains(text, wanted->ascii) ||
		contains(text, span_str(wanted->domain)));
}

/* Say whether a name in U-labels in ${text} is the one wanted. */
static bool
has_u_name(struct wanted *wanted, struct span text)
{
	while (text.len > 0) {
		struct span name =
		    span_take_while(&text, lexeme_is_domain_byte);

		span_skip(&text, 1);
		struct span rest = name;

		(void)span_take_while(&rest, is_ascii);
		if (rest.len == 0 || name.len > NAME_MAX_INPUT)
			continue;
		if (name.len > wanted->u_bytes)
			return (true);
		wanted->u_bytes -= name.len;
		const char *ascii = name_to_ascii(wanted->arena, name);

		if (ascii != NULL && has_name(wanted, span_str(ascii)))
			return (true);
	}
	return (false);
}

/* Say whether the identity stands anywhere in ${text}, in whatever way. */
static bool
occurs(struct wanted *wanted, struct span text)
{
	unsigned char *copy = wanted->copy;

	return (has_name(wanted, strip(copy, text, is_nothing)) ||
		has_name(wanted, strip(copy, text, is_quoting_or_8bit)) ||
		has_name(wanted, squeeze(copy, text)) ||
		has_name(wanted, strip(copy, text, is_quoting)) ||
		has_u_name(wanted, strip(copy, text, is_quoting)));
}

/* Drop blanks and comments; say in ${named} whether they name the identity. */
static bool
skip_cfws(struct wanted *wanted, struct span *cursor, bool *named)
{
	struct span skipped = *cursor;

	if (!header_skip_cfws(cursor))
		return (false);
	skipped.len -= cursor->len;
	*named |=
	    span_find(skipped, '(') < skipped.len && occurs(wanted, skipped);
	return (true);
}

/* Move the identity that ${text} begins with into ${out}, and set ${named} when
 * a comment beside it names the one wanted.  Return false when not every reader
 * can read it, and reads the same. */
static bool
read_identity(
    struct wanted *wanted, struct span text, struct span *out, bool *named)
{
	if (!skip_cfws(wanted, &text, named))
		return (false);
	if (span_peek(text) != '"')
		*out = span_take_while(&text, lexeme_is_token);
	else if (!lexeme_take_quoted(wanted->arena, &text, out))
		return (false);
	size_t left = text.len;

	if (!skip_cfws(wanted, &text, named))
		return (false);
	/* RFC 8601 2.2: any version, for other readers may know it. */
	if (text.len < left && span_take_while(&text, span_is_digit).len > 0 &&
	    !skip_cfws(wanted, &text, named))
		return (false);
	return (text.len == 0 || span_peek(text) == ';');
}

/* Say whether ${identity} is the one wanted, and in ${other} whether it surely
 * is another domain name. */
static bool
is_same(const struct wanted *wanted, struct span identity, bool *other)
{
	const char *ascii = name_to_ascii(wanted->arena, identity);

	*other = ascii != NULL;
	if (ascii != NULL && span_is(wanted->ascii, ascii))
		return (true);
	if (ascii != NULL && wanted->domain != NULL &&
	    name_is_within(ascii, wanted->domain))
		return (true);
	return (span_ieq(without_final_dot(identity), wanted->written));
}

/* Says whether a reader who sees ${text} can take it for what is wanted. */
typedef bool reading(struct wanted *wanted, struct span text);

static bool
claims(struct wanted *wanted, struct span text)
{
	/* A reader who decodes encoded words where none belong. */
	const struct span encoded = SPAN_LITERAL("=?");
	struct span identity;
	bool named = false;
	bool other = false;

	if (read_identity(wanted, text, &identity, &named) &&
	    (is_same(wanted, identity, &other) || named))
		return (true);
	return (!other && (occurs(wanted, text) || contains(text, encoded)));
}

/* The same for a reader who drops the bytes of ${noise}. */
static bool
read_without(
    struct wanted *wanted, struct span value, reading *read, span_class *noise)
{
	wanted->arena = arena_new();
	wanted->copy = arena_alloc(wanted->arena, value.len + 1);
	unsigned char *text = arena_alloc(wanted->arena, value.len + 1);
	bool result = read(wanted, strip(text, value, noise));

	arena_free(wanted->arena);
	return (result);
}

/* Readers stop at a control byte, drop it, or take it for a blank. */
static bool
read_somehow(struct wanted *wanted, struct span value, reading *read)
{
	size_t clean = 0;

	while (clean < value.len && !is_noise(value.data[clean]))
		clean++;
	if (read_without(wanted, value, read, is_noise))
		return (true);
	if (clean == value.len && span_find(value, '\r') == value.len &&
	    span_find(value, '\n') == value.len)
		return (false);
	return (read_without(wanted, value, read, is_noise_or_line_end) ||
		read_without(wanted, span_head(value, clean), read, is_noise));
}

static bool
is_wanted(
    struct span value, const char *name, const char *domain, reading *read)
{
	struct arena *arena = arena_new();
	struct wanted wanted = { .u_bytes = MAX_U_BYTES, .domain = domain };

	wanted.written = lower(arena, span_str(name));
	wanted.written = without_final_dot(wanted.written);
	wanted.ascii = span_str(name_to_ascii(arena, wanted.written));
	bool result =
	    wanted.written.len > 0 && read_somehow(&wanted, value, read);

	arena_free(arena);
	return (result);
}

bool
authres_claims(struct span value, const char *authserv_id, const char *domain)
{
	return (is_wanted(value, authserv_id, domain, claims));
}

bool
authres_names(struct span value, const char *name)
{
	return (is_wanted(value, name, NULL, occurs));
}
