#include "mail/address.h"

#include <string.h>

#include "base/buf.h"
#include "dns/name.h"
#include "mail/address_impl.h"
#include "mail/lexeme.h"

/* A domain name in UTF-8 is longer than in A-labels only by this much. */
#define DOMAIN_MAX_BYTES ((size_t)4 * NAME_MAX_BYTES)

/* Where a name cannot be, so many labels at its end are looked at: a policy is
 * found from there. */
#define TAIL_LABELS 8

/* What has been read so far. */
struct reading {
	struct arena *arena;
	struct from *from;
	struct span tried[ADDRESS_MAX]; /* domains as written */
	size_t tried_count;
	struct address_list authors; /* of the last From field */
	bool malformed;
	bool more; /* than were tried */
};

/* Return ${written} in A-labels if it is in ${reading} by now, else NULL. */
static const char *
add_domain(struct reading *reading, struct span written)
{
	struct from *from = reading->from;
	const char *domain = name_to_ascii(reading->arena, written);

	if (domain == NULL)
		return (NULL);
	for (size_t i = 0; i < from->domain_count; i++)
		if (strcmp(from->domains[i], domain) == 0)
			return (domain);
	if (from->domain_count == ADDRESS_MAX)
		return (NULL);
	from->domains[from->domain_count++] = domain;
	return (domain);
}

/* Add the longest end of ${written} that is a domain name of several labels:
 * what cannot be a name is shown all the same, and people read its end. */
static void
add_tail(struct reading *reading, struct span written)
{
	size_t starts[TAIL_LABELS];
	size_t count = 0;

	for (size_t at = written.len; at > 0 && count < TAIL_LABELS; at--)
		if (written.data[at - 1] == '.')
			starts[count++] = at;
	while (count > 1)
		if (add_domain(reading, span_tail(written, starts[--count])) !=
		    NULL)
			return;
}

/* Add ${written} unless it was tried before or too many were. */
static void
try_domain(struct reading *reading, struct span written)
{
	while (span_peek(written) == '.')
		span_skip(&written, 1);
	while (span_at(written, written.len - 1) == '.')
		written.len--;
	if (written.len == 0 || written.len > DOMAIN_MAX_BYTES)
		return;
	for (size_t i = 0; i < reading->tried_count; i++)
		if (span_ieq(reading->tried[i], written))
			return;
	if (reading->tried_count == ADDRESS_MAX) {
		reading->more = true;
		return;
	}
	written = arena_dup(reading->arena, written);
	reading->tried[reading->tried_count++] = written;
	if (add_domain(reading, written) == NULL)
		add_tail(reading, written);
}

/* What stands in names that cannot be. */
static bool
is_name_like(unsigned char byte)
{
	return (byte == '.' || lexeme_is_atext(byte));
}

static bool
is_noise(unsigned char byte)
{
	return (span_is_control(byte) && !span_is_space(byte));
}

/* Return the domain at the front of ${text} for a reader who passes over
 * control bytes, and over blanks and comments beside a dot (RFC 5322 4.4). */
static struct span
read_through(struct buf *domain, struct span text)
{
	buf_cut(domain, 0);
	(void)header_skip_cfws(&text);
	for (bool more = true; more && !domain->overflow;) {
		struct span run = span_take_while(&text, lexeme_is_domain_byte);
		bool dot = span_at(run, run.len - 1) == '.';

		buf_add(domain, run);
		more = span_take_while(&text, is_noise).len > 0;
		if (more)
			continue;
		size_t left = text.len;

		(void)header_skip_cfws(&text);
		more = text.len < left && (dot || span_peek(text) == '.');
	}
	return (buf_span(domain));
}

/* Add what any reader could take for a domain: the text after each "@", up to
 * the first byte that does not belong to a name, up to the first that ends an
 * address, and beyond it. */
static void
try_all(struct reading *reading, struct span value)
{
	struct span before;
	struct buf through;

	buf_init(&through, reading->arena, DOMAIN_MAX_BYTES);
	while (span_take_until(&value, '@', &before)) {
		struct span text = value;

		(void)span_take_while(&text, span_is_space);
		struct span like = text;

		try_domain(
		    reading, span_take_while(&text, lexeme_is_domain_byte));
		try_domain(reading, span_take_while(&like, is_name_like));
		try_domain(reading, read_through(&through, value));
		if (through.overflow)
			buf_init(&through, reading->arena, DOMAIN_MAX_BYTES);
	}
}

/* Say whether every reader finds the same address in ${mailbox}; if so, add its
 * domain. */
static bool
read_mailbox(struct reading *reading, const struct mailbox *mailbox)
{
	return (lexeme_is_utf8(mailbox->local_part) &&
		mailbox->local_part.len > 0 &&
		add_domain(reading, mailbox->domain) != NULL);
}

static bool
is_address_byte(unsigned char byte)
{
	return (lexeme_is_atext(byte) || byte == '.' || byte == '@');
}

/* Many programs write the address as its own display name, "a@b <a@b>", which
 * RFC 5322 3.4 wants quoted.  Whichever of the two a reader takes, it is the
 * same: return ${value} without the first. */
static struct span
drop_own_name(struct span value)
{
	struct span rest = span_trim(value, span_is_space);
	struct span name = span_take_while(&rest, is_address_byte);
	struct span inside;

	(void)span_take_while(&rest, span_is_space);
	struct span address = rest;

	if (span_take_byte(&rest, '<') &&
	    span_take_until(&rest, '>', &inside) && rest.len == 0 &&
	    name.len > 0 && span_ieq(name, inside))
		return (address);
	return (value);
}

/* Say whether ${value}, though no address list, has one address for whoever
 * reads it, and none of the domains that were tried is another; if so, it is
 * the author. */
static bool
read_plain(struct reading *reading, struct span value)
{
	struct mailbox *mailbox = arena_alloc(reading->arena, sizeof(*mailbox));

	if (!address_impl_read_plain(reading->arena, value, mailbox) ||
	    !read_mailbox(reading, mailbox))
		return (false);
	reading->authors =
	    (struct address_list){ .mailboxes = mailbox, .count = 1 };
	return (reading->from->domain_count == 1);
}

static void
read_field(struct reading *reading, struct span value)
{
	struct address_list *list = &reading->authors;
	bool doubtful = false;
	bool good = address_impl_parse(reading->arena, drop_own_name(value),
			list, &doubtful) == 0 &&
	            !doubtful && !lexeme_has_controls(value);

	for (size_t i = 0; good && i < list->count; i++)
		good = read_mailbox(reading, &list->mailboxes[i]);
	if (good)
		return;
	try_all(reading, value);
	if (!read_plain(reading, value))
		reading->malformed = true;
}

static enum from_status
status_of(const struct reading *reading, size_t fields)
{
	if (fields == 0)
		return (FROM_NONE);
	if (fields > 1)
		return (FROM_SEVERAL_FIELDS);
	if (reading->from->domain_count > FROM_MAX_DOMAINS || reading->more)
		return (FROM_TOO_MANY);
	if (reading->malformed)
		return (FROM_MALFORMED);
	if (reading->from->domain_count == 0)
		return (FROM_NO_MAILBOX);
	return (
	    reading->from->domain_count > 1 ? FROM_SEVERAL_DOMAINS : FROM_OK);
}

/* RFC 5322 3.4.1: a local part that is no dot-atom is quoted. */
static const char *
print_address(
    struct arena *arena, const struct mailbox *mailbox, const char *domain)
{
	struct span local = mailbox->local_part;
	struct buf out;

	buf_init(&out, arena, 2 * local.len + 3 + strlen(domain));
	if (lexeme_is_dot_atom(local)) {
		buf_add(&out, local);
	} else {
		buf_add_byte(&out, '"');
		for (size_t i = 0; i < local.len; i++) {
			if (local.data[i] == '"' || local.data[i] == '\\')
				buf_add_byte(&out, '\\');
			buf_add_byte(&out, local.data[i]);
		}
		buf_add_byte(&out, '"');
	}
	buf_add_byte(&out, '@');
	buf_add_str(&out, domain);
	return (buf_str(&out));
}

void
address_from(
    struct arena *arena, const struct header_list *headers, struct from *out)
{
	struct reading *reading = arena_alloc(arena, sizeof(*reading));
	size_t fields = 0;

	*out = (struct from){ 0 };
	out->domains = arena_array(arena, ADDRESS_MAX, sizeof(*out->domains));
	reading->arena = arena;
	reading->from = out;
	for (size_t i = 0; i < headers->count; i++) {
		if (!span_is_nocase(headers->fields[i].name, "From"))
			continue;
		fields++;
		read_field(reading, headers->fields[i].value);
	}
	out->malformed = reading->malformed;
	out->status = status_of(reading, fields);
	if (out->status != FROM_OK)
		return;
	out->domain = out->domains[0];
	out->address_count = reading->authors.count;
	out->addresses =
	    arena_array(arena, out->address_count, sizeof(*out->addresses));
	for (size_t i = 0; i < out->address_count; i++)
		out->addresses[i] = print_address(
		    arena, &reading->authors.mailboxes[i], out->domain);
	out->address = out->addresses[0];
}
