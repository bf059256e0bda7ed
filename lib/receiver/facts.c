#include "receiver/facts.h"

#include "dkim/signature.h"
#include "dkim/tags.h"

/* DER: a SEQUENCE that begins with an INTEGER is an RSAPublicKey; in a
 * SubjectPublicKeyInfo it begins with another SEQUENCE. */
#define DER_SEQUENCE 0x30
#define DER_INTEGER 0x02
#define DER_LONG_FORM 0x80

static bool
has_8bit(struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (span_is_8bit(bytes.data[i]))
			return (true);
	return (false);
}

static bool
has_lone_line_end(struct span body)
{
	for (size_t i = 0; i < body.len; i++) {
		bool paired = i > 0 ? body.data[i - 1] == '\r' : false;

		if (body.data[i] == '\n' && !paired)
			return (true);
		if (body.data[i] == '\r' && span_at(body, i + 1) != '\n')
			return (true);
	}
	return (false);
}

static bool
ends_with_crlf(struct span body)
{
	return (
	    body.len == 0 ||
	    (body.len >= 2 && span_is(span_tail(body, body.len - 2), "\r\n")));
}

/* RFC 5322 2.2, 4.5: names are graphic ASCII; blanks may stand before the
 * colon. */
static bool
has_odd_name(const struct header_list *headers)
{
	for (size_t i = 0; i < headers->count; i++) {
		struct span name = headers->fields[i].raw_name;

		for (size_t n = 0; n < name.len; n++)
			if (name.data[n] < ' ' || name.data[n] > '~')
				return (true);
	}
	return (false);
}

/* Return the DKIM-Signature field at ${position}, or NULL. */
static const struct header_field *
find_field(const struct header_list *headers, size_t position)
{
	for (size_t i = 0; i < headers->count; i++)
		if (span_is_nocase(headers->fields[i].name, "DKIM-Signature") &&
		    position-- == 0)
			return (&headers->fields[i]);
	return (NULL);
}

static bool
has_unsigned_from(
    const struct header_list *headers, const struct signature *signature)
{
	size_t named = 0;

	for (size_t i = 0; i < signature->name_count; i++)
		named += span_is_nocase(signature->names[i], "From");
	return (named < header_count(headers, "From"));
}

/* Body bytes may only shrink in canonicalization: what is shorter than l= now
 * cannot be longer then. */
static void
look_at_signature(
    struct arena *arena, const struct facts_of *of, struct facts *out)
{
	const struct header_field *field =
	    find_field(of->headers, of->position);
	struct signature signature;
	struct tag_list tags;

	if (field == NULL)
		return;
	signature_parse(arena, field->value, &signature);
	out->malformed = tags_parse(field->value, &tags) != NULL;
	out->old_version =
	    !out->malformed && span_is(tags_value(&tags, "v", ""), "0.5");
	out->expired =
	    signature.expiration >= 0 && signature.expiration < of->now;
	out->future = signature.timestamp - of->clock_skew > of->now ||
	              (signature.expiration >= 0 &&
			  signature.expiration <= signature.timestamp);
	out->non_ascii = has_8bit(field->value);
	out->partial = signature.has_length && signature.length < of->body.len;
	out->unsigned_from = has_unsigned_from(of->headers, &signature);
	out->no_final_line =
	    signature.body_canon == DKIM_RELAXED && !ends_with_crlf(of->body);
}

static bool
is_bare_rsa(struct arena *arena, struct span p)
{
	struct span der;

	if (!tags_decode_base64(arena, p, &der) ||
	    span_at(der, 0) != DER_SEQUENCE || span_at(der, 1) < 0)
		return (false);
	/* RFC 8017 A.1.1; X.690 8.1.3: how many bytes of length follow. */
	size_t more = (size_t)span_at(der, 1);

	more = more < DER_LONG_FORM ? 0 : more - DER_LONG_FORM;
	return (span_at(der, 2 + more) == DER_INTEGER);
}

static void
look_at_record(struct arena *arena, struct span text, struct facts *out)
{
	struct tag_list list;

	out->record_bytes = text.len;
	out->record_non_ascii = has_8bit(text);
	out->record_malformed = tags_parse(text, &list) != NULL;
	if (out->record_malformed)
		return;
	const struct tag *p = tags_find(&list, "p");
	const struct tag *v = tags_find(&list, "v");

	out->record_late_v = v != NULL && v != &list.tags[0];
	out->record_bare_rsa = p != NULL && is_bare_rsa(arena, p->value);
}

void
facts_find(struct arena *arena, const struct facts_of *of,
    const struct dns_answer *answer, struct facts *out)
{
	*out = (struct facts){ .position = of->position };
	out->odd_field_name = has_odd_name(of->headers);
	out->lone_line_end = has_lone_line_end(of->body);
	look_at_signature(arena, of, out);
	if (answer == NULL || answer->status != DNS_OK)
		return;
	out->records = answer->count;
	if (answer->count == 1)
		look_at_record(arena, dns_txt(arena, answer->rdata[0]), out);
}
