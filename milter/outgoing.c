#include "outgoing.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/span.h"
#include "dns/name.h"

/* Bytes of a text: all names of once_only fit. */
#define TEXT_MAX ((size_t)1024)

/* RFC 5322 3.6, RFC 2369 3.1, and what says how to read the body.  From stands
 * apart. */
static const char *const once_only[] = { "Date", "Message-ID", "Subject", "To",
	"Cc", "Bcc", "Sender", "Reply-To", "In-Reply-To", "References",
	"MIME-Version", "Content-Type", "Content-Transfer-Encoding", "List-Id",
	"List-Unsubscribe", "List-Unsubscribe-Post" };
#define ONCE_ONLY (sizeof(once_only) / sizeof(once_only[0]))

/* RFC 8058 3.1; a reader adds what is between the brackets to it. */
#define ONE_CLICK "List-Unsubscribe=One-Click"

/* Receivers take a domain for another's when one is below the other, or both
 * are below one organizational domain; of the latter we know nothing here, and
 * do not sign for a sibling. */
static bool
is_aligned(const struct outgoing_facts *facts)
{
	const char *author = facts->from->domain;

	for (size_t i = 0; i < facts->signed_by_count; i++)
		if (name_is_within(author, facts->signed_by[i]) ||
		    name_is_within(facts->signed_by[i], author))
			return (true);
	return (false);
}

/* DMARC (RFC 9989 4.4) needs a signature of the author's domain wherever SPF
 * does not survive a relay. */
static const char *
not_aligned(const struct outgoing_facts *facts, struct arena *arena)
{
	if (facts->signed_by == NULL || facts->from->status != FROM_OK ||
	    is_aligned(facts))
		return (NULL);
	if (facts->signed_by_count == 0)
		return (arena_printf(
		    arena, "no DKIM signature of %s", facts->from->domain));
	return (arena_printf(arena, "signed by %s, not by %s",
	    facts->signed_by[0], facts->from->domain));
}

/* RFC 5322 3.6.2 allows several authors; large receivers do not. */
static const char *
no_from(const struct outgoing_facts *facts, struct arena *arena)
{
	const struct from *from = facts->from;

	switch (from->status) {
	case FROM_OK:
		return (from->address_count > 1
			    ? arena_printf(arena, "%zu authors in From",
				  from->address_count)
			    : NULL);
	case FROM_NONE:
		return ("no From field");
	case FROM_SEVERAL_FIELDS:
		return ("more than one From field");
	case FROM_SEVERAL_DOMAINS:
		return ("authors of several domains in From");
	case FROM_TOO_MANY:
		return ("authors of more than ten domains in From");
	case FROM_NO_MAILBOX:
		return ("no address in From");
	case FROM_MALFORMED:
		return ("a From field that not every reader reads the same");
	}
	return (NULL);
}

static const char *
duplicate(const struct outgoing_facts *facts, struct arena *arena)
{
	struct buf out;

	buf_init(&out, arena, TEXT_MAX);
	for (size_t i = 0; i < ONCE_ONLY; i++) {
		size_t count = header_count(facts->headers, once_only[i]);

		if (count > 1)
			buf_printf(&out, "%s%zu %s fields",
			    out.len == 0 ? "" : ", ", count, once_only[i]);
	}
	return (out.len == 0 ? NULL : buf_str(&out));
}

/* RFC 5322 3.6: one of the two fields that must be there.  Postfix adds it only
 * for clients that local_header_rewrite_clients lists. */
static const char *
no_date(const struct outgoing_facts *facts, struct arena *arena)
{
	(void)arena;
	return (header_find(facts->headers, "Date") == NULL ? "no Date field"
							    : NULL);
}

/* RFC 2369 2: URIs in angle brackets with commas between.  Say whether one is
 * https. */
static bool
has_https(struct span value)
{
	const struct span https = SPAN_LITERAL("https://");
	struct span uri;

	while (header_skip_cfws(&value) && span_take_byte(&value, '<')) {
		if (!span_take_until(&value, '>', &uri))
			return (false);
		uri = span_trim(uri, span_is_space);
		if (uri.len > https.len &&
		    span_ieq(span_head(uri, https.len), https))
			return (true);
		if (!header_skip_cfws(&value) || !span_take_byte(&value, ','))
			return (false);
	}
	return (false);
}

static bool
is_signed(const struct outgoing_facts *facts, const char *name)
{
	struct span wanted = span_str(name);

	if (facts->signed_by == NULL)
		return (true);
	for (size_t i = 0; i < facts->signed_field_count; i++)
		if (span_is_nocase(wanted, facts->signed_fields[i]))
			return (true);
	return (false);
}

/* RFC 8058 3 and 4. */
static const char *
one_click(const struct outgoing_facts *facts, struct arena *arena)
{
	const struct header_field *where =
	    header_find(facts->headers, "List-Unsubscribe");
	const struct header_field *how =
	    header_find(facts->headers, "List-Unsubscribe-Post");

	(void)arena;
	if (where == NULL && how == NULL)
		return (NULL);
	if (where == NULL)
		return ("List-Unsubscribe-Post without List-Unsubscribe");
	if (how == NULL)
		return ("List-Unsubscribe without List-Unsubscribe-Post");
	if (!has_https(where->value))
		return ("List-Unsubscribe without an https address");
	if (!span_is_nocase(span_trim(how->value, span_is_space), ONE_CLICK))
		return ("List-Unsubscribe-Post is not " ONE_CLICK);
	if (!is_signed(facts, "List-Unsubscribe"))
		return ("List-Unsubscribe is not signed");
	if (!is_signed(facts, "List-Unsubscribe-Post"))
		return ("List-Unsubscribe-Post is not signed");
	return (NULL);
}

/* Each returns what is wrong, or NULL. */
static const struct {
	const char *name;
	const char *(*find)(
	    const struct outgoing_facts *facts, struct arena *arena);
} kinds[OUTGOING_KINDS] = {
	[OUTGOING_NOT_ALIGNED] = { "not_aligned", not_aligned },
	[OUTGOING_NO_FROM] = { "no_from", no_from },
	[OUTGOING_DUPLICATE] = { "duplicate", duplicate },
	[OUTGOING_NO_DATE] = { "no_date", no_date },
	[OUTGOING_ONE_CLICK] = { "one_click", one_click },
};

const struct outgoing_finding *
outgoing_check(
    const struct outgoing_facts *facts, struct arena *arena, size_t *count)
{
	struct outgoing_finding *findings =
	    arena_array(arena, OUTGOING_KINDS, sizeof(*findings));

	*count = 0;
	for (size_t kind = 0; kind < OUTGOING_KINDS; kind++) {
		const char *text = kinds[kind].find(facts, arena);

		if (text != NULL)
			findings[(*count)++] =
			    (struct outgoing_finding){ (enum outgoing_kind)kind,
				    text };
	}
	return (findings);
}

static bool
is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return (true);
	return (false);
}

const char *
outgoing_refusal(struct arena *arena, const struct outgoing_finding *findings,
    size_t count, const char *const *names, size_t name_count)
{
	struct buf out;

	buf_init(&out, arena, OUTGOING_KINDS * TEXT_MAX);
	for (size_t i = 0; i < count; i++) {
		if (!is_among(kinds[findings[i].kind].name, names, name_count))
			continue;
		if (out.len > 0)
			buf_add_str(&out, "; ");
		buf_add_str(&out, findings[i].text);
	}
	return (out.len == 0 ? NULL : buf_str(&out));
}

const char *
outgoing_kind_name(enum outgoing_kind kind)
{
	return (kinds[kind].name);
}
