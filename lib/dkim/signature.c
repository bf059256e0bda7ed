#include "dkim/signature.h"

#include <string.h>

#include "dkim/tags.h"
#include "dns/name.h"

/* RFC 6008 4: so many characters of b= tell signatures apart. */
#define B_PREFIX 8

/* RFC 6376 3.5: t= and x= have up to 12 digits, l= up to 76. */
#define TIME_DIGITS 12
#define LENGTH_DIGITS 76

/* Each reader below looks at one tag and returns NULL or what is wrong. */
typedef const char *reader(
    struct arena *arena, const struct tag_list *list, struct signature *out);

static const char *
read_version(
    struct arena *arena, const struct tag_list *list, struct signature *out)
{
	(void)arena;
	(void)out;
	const struct tag *v = tags_find(list, "v");

	if (v == NULL)
		return ("v= is missing");
	return (span_is(v->value, "1") ? NULL : "v= is not 1");
}

static const char *
read_algorithm(
    struct arena *arena, const struct tag_list *list, struct signature *out)
{
	(void)arena;
	const struct tag *a = tags_find(list, "a");

	if (a == NULL)
		return ("a= is missing");
	for (int i = DKIM_RSA_SHA1; i < DKIM_ALGORITHM_UNKNOWN; i++) {
		enum dkim_algorithm algorithm = (enum dkim_algorithm)i;

		if (span_is_nocase(a->value, dkim_algorithm_name(algorithm)))
			out->algorithm = algorithm;
	}
	/* RFC 8301 3.1: rsa-sha1 is not verified. */
	if (out->algorithm == DKIM_RSA_SHA1)
		return ("a=rsa-sha1 is no longer accepted");
	return (
	    out->algorithm == DKIM_ALGORITHM_UNKNOWN ? "a= is unknown" : NULL);
}

/* Read ${word} as a canonicalization; empty is simple. */
static bool
read_canon_word(struct span word, enum dkim_canon *out)
{
	*out = span_is_nocase(word, "relaxed") ? DKIM_RELAXED : DKIM_SIMPLE;
	return (*out == DKIM_RELAXED || span_is_nocase(word, "simple"));
}

static const char *
read_canon(
    struct arena *arena, const struct tag_list *list, struct signature *out)
{
	(void)arena;
	struct span c = tags_value(list, "c", "simple/simple");
	struct span header;

	/* RFC 6376 3.5: without a second word the body is simple. */
	if (!span_take_until(&c, '/', &header))
		c = span_str("simple");
	if (!read_canon_word(header, &out->header_canon) ||
	    !read_canon_word(c, &out->body_canon))
		return ("c= is unknown");
	return (NULL);
}

static const char *
read_domain(
    struct arena *arena, const struct tag_list *list, struct signature *out)
{
	const struct tag *d = tags_find(list, "d");

	if (d == NULL)
		return ("d= is missing");
	out->domain = name_to_ascii(arena, d->value);
	return (out->domain == NULL ? "d= is not a domain name" : NULL);
}

static const char *
read_selector(
    struct arena *arena, const struct tag_list *list, struct signature *out)
{
	const struct tag *s = tags_find(list, "s");

	if (s == NULL)
		return ("s= is missing");
	out->selector = name_to_ascii(arena, s->value);
	if (out->selector == NULL)
		return ("s= is not a selector");
	if (out->domain == NULL)
		return (NULL);
	const char *name =
	    arena_printf(arena, "%s._domainkey.%s", out->selector, out->domain);

	if (strlen(name) > NAME_MAX_BYTES)
		return ("s= and d= make too long a name");
	out->key_name = name;
	return (NULL);
}

/* Index of the last ${byte} in ${text}, or its length. */
static size_t
find_last(struct span text, unsigned char byte)
{
	for (size_t i = text.len; i > 0; i--)
		if (text.data[i - 1] == byte)
			return (i - 1);
	return (text.len);
}

/* RFC 6376 3.5: i= is [local-part] "@" domain, in quoted-printable. */
static const char *
read_identity(
    struct arena *arena, const struct tag_list *list, struct signature *out)
{
	const struct tag *i = tags_find(list, "i");
	struct span text;

	if (out->domain == NULL)
		return (NULL);
	out->identity_domain = out->domain;
	out->identity = arena_printf(arena, "@%s", out->domain);
	if (i == NULL)
		return (NULL);
	if (!tags_unquote(arena, i->value, &text))
		return ("i= is not quoted-printable");
	size_t at = find_last(text, '@');
	struct span local = span_head(text, at);

	for (size_t n = 0; n < local.len; n++)
		if (span_is_control(local.data[n]))
			return ("i= holds control characters");
	const char *domain =
	    at == text.len ? NULL
			   : name_to_ascii(arena, span_tail(text, at + 1));

	if (domain == NULL)
		return ("i= is not an address");
	/* RFC 6376 6.1.1: d= must be the domain of i= or above it. */
	if (!name_is_within(domain, out->domain))
		return ("the domain of i= is not within d=");
	out->identity_domain = domain;
	out->identity =
	    arena_printf(arena, "%s@%s", arena_str(arena, local), domain);
	return (NULL);
}

/* RFC 6376 3.5: hdr-name is a field name of RFC 5322. */
static bool
is_field_name_byte(unsigned char byte)
{
	return (byte > ' ' && byte < 0x7f && byte != ':' && byte != ';');
}

static size_t
count_items(struct span list)
{
	size_t count = 1;

	for (size_t i = 0; i < list.len; i++)
		count += list.data[i] == ':' ? 1 : 0;
	return (count);
}

static const char *
read_names(
    struct arena *arena, const struct tag_list *list, struct signature *out)
{
	const struct tag *h = tags_find(list, "h");

	if (h == NULL)
		return ("h= is missing");
	size_t count = count_items(h->value);
	struct span cursor = h->value;
	bool more = true, has_from = false;
	struct span name;

	if (count > SIGNATURE_MAX_NAMES)
		return ("h= has too many names");
	out->names = arena_array(arena, count, sizeof(*out->names));
	while (tags_take_item(&cursor, &more, &name)) {
		struct span rest = name;

		(void)span_take_while(&rest, is_field_name_byte);
		if (name.len == 0 || rest.len > 0)
			return ("h= is not a list of field names");
		has_from |= span_is_nocase(name, "From");
		out->names[out->name_count++] = name;
	}
	/* RFC 6376 6.1.1: From must be signed. */
	return (has_from ? NULL : "h= does not sign From");
}

static const char *
read_length(
    struct arena *arena, const struct tag_list *list, struct signature *out)
{
	const struct tag *l = tags_find(list, "l");

	if (l == NULL)
		return (NULL);
	struct span digits = tags_unfold(arena, l->value);
	struct span rest = digits;

	(void)span_take_while(&rest, span_is_digit);
	if (digits.len == 0 || digits.len > LENGTH_DIGITS || rest.len > 0)
		return ("l= is not a number");
	out->has_length = true;
	/* No body is as long as what does not fit. */
	if (!span_to_u64(digits, LENGTH_DIGITS, &out->length) ||
	    out->length == UINT64_MAX)
		out->length = UINT64_MAX - 1;
	return (NULL);
}

static const char *
read_query(
    struct arena *arena, const struct tag_list *list, struct signature *out)
{
	(void)arena;
	(void)out;
	/* RFC 6376 3.5: methods that we do not know are passed over. */
	if (tags_has_item(tags_value(list, "q", "dns/txt"), "dns/txt"))
		return (NULL);
	return ("q= does not name dns/txt");
}

/* Read the tag ${name} as seconds; leave ${out} alone when it is absent. */
static bool
read_seconds(struct arena *arena, const struct tag_list *list, const char *name,
    int64_t *out)
{
	const struct tag *tag = tags_find(list, name);
	uint64_t seconds;

	if (tag == NULL)
		return (true);
	struct span digits = tags_unfold(arena, tag->value);
	struct span rest = digits;

	(void)span_take_while(&rest, span_is_digit);
	if (digits.len == 0 || rest.len > 0)
		return (false);
	/* RFC 6376 3.5: longer values may count as infinite. */
	*out = span_to_u64(digits, TIME_DIGITS, &seconds) ? (int64_t)seconds
	                                                  : SIGNATURE_NEVER;
	return (true);
}

static const char *
read_times(
    struct arena *arena, const struct tag_list *list, struct signature *out)
{
	if (!read_seconds(arena, list, "t", &out->timestamp))
		return ("t= is not a number");
	if (!read_seconds(arena, list, "x", &out->expiration))
		return ("x= is not a number");
	/* RFC 6376 3.5: x= is greater than t= if both are there. */
	if (out->expiration >= 0 && out->expiration < SIGNATURE_NEVER &&
	    out->expiration <= out->timestamp)
		return ("x= is not later than t=");
	return (NULL);
}

static const char *
read_hash(
    struct arena *arena, const struct tag_list *list, struct signature *out)
{
	const struct tag *bh = tags_find(list, "bh");

	if (bh == NULL)
		return ("bh= is missing");
	if (!tags_decode_base64(arena, bh->value, &out->hash))
		return ("bh= is not base64");
	/* Both algorithms that are left use SHA-256. */
	return (out->hash.len == 32 ? NULL : "bh= is not a SHA-256 hash");
}

/* The first characters of b= without white space. */
static const char *
read_prefix(struct arena *arena, struct span value)
{
	char *prefix = arena_alloc(arena, B_PREFIX + 1);
	size_t len = 0;

	for (size_t i = 0; i < value.len && len < B_PREFIX; i++)
		if (!span_is_space(value.data[i]))
			prefix[len++] = (char)value.data[i];
	return (prefix);
}

static const char *
read_bytes(
    struct arena *arena, const struct tag_list *list, struct signature *out)
{
	const struct tag *b = tags_find(list, "b");

	if (b == NULL)
		return ("b= is missing");
	out->b = read_prefix(arena, b->value);
	if (b->value.len == 0)
		return ("b= is empty");
	if (!tags_decode_base64(arena, b->value, &out->bytes))
		return ("b= is not base64");
	return (NULL);
}

/* RFC 6376 3.7: b= counts as empty, "including all surrounding whitespace". */
static void
cut_b(struct span value, const struct tag_list *list, struct signature *out)
{
	const struct tag *b = tags_find(list, "b");

	if (b == NULL)
		return;
	/* UNSAFE: raw points into value. */
	size_t at = (size_t)(b->raw.data - value.data);

	out->before_b = span_head(value, at);
	out->after_b = span_tail(value, at + b->raw.len);
}

void
signature_parse(struct arena *arena, struct span value, struct signature *out)
{
	/* Those first that tell a reader whose signature it is. */
	static reader *const readers[] = { read_domain, read_selector,
		read_bytes, read_identity, read_version, read_algorithm,
		read_canon, read_names, read_length, read_query, read_times,
		read_hash };
	struct tag_list list;

	*out = (struct signature){ .algorithm = DKIM_ALGORITHM_UNKNOWN,
		.timestamp = -1,
		.expiration = -1 };
	if (value.len > SIGNATURE_MAX_BYTES) {
		out->error = "the field is longer than 65536 bytes";
		return;
	}
	out->error = tags_parse(value, &list);
	if (out->error != NULL)
		return;
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		const char *error = readers[i](arena, &list, out);

		/* The first complaint is told; the others still read. */
		if (out->error == NULL)
			out->error = error;
	}
	cut_b(value, &list, out);
}
