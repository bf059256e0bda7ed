#include "key.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "conf/nearest.h"

#define NAMES ((size_t)REQUEST_ATTRIBUTES + FACTS_DERIVED)

/* What a request can say in all parts of a key. */
#define EXPANDED_MAX_BYTES (KEY_MAX_PARTS * (REQUEST_MAX_LINE + KEY_MAX_BYTES))

#define DIGEST_BYTES 32
#define DIGEST_DIGITS ((size_t)2 * DIGEST_BYTES)
#define DIGEST_MARK '#'

enum kind {
	KIND_TEXT,
	KIND_ATTRIBUTE,
	KIND_DERIVED,
};

struct part {
	enum kind kind;
	struct span text;
	enum request_attribute attribute;
	enum facts_derived derived;
};

struct key {
	struct part parts[KEY_MAX_PARTS];
	size_t count;
};

/* The name that ${name} may have been meant for, or NULL. */
static const char *
meant(struct arena *arena, struct span name)
{
	struct conf_option *table =
	    arena_array(arena, NAMES + 1, sizeof(*table));

	for (size_t i = 0; i < NAMES; i++)
		table[i].name =
		    i < REQUEST_ATTRIBUTES
			? request_attribute_name((enum request_attribute)i)
			: facts_derived_name(
			      (enum facts_derived)(i - REQUEST_ATTRIBUTES));
	return (nearest_name(table, arena_str(arena, name)));
}

static const char *
explain_name(struct arena *arena, struct span name)
{
	const char *nearest = meant(arena, name);
	const char *written = arena_str(arena, name);

	if (nearest == NULL)
		return (arena_printf(
		    arena, "there is no ${%s} in a request", written));
	return (arena_printf(arena,
	    "there is no ${%s} in a request; did you mean ${%s}?", written,
	    nearest));
}

/* Read what stands behind a dollar sign. */
static const char *
take_name(struct span *rest, struct arena *arena, struct part *out)
{
	struct span name;

	if (span_take_byte(rest, '$')) {
		*out = (struct part){ .text = span_new("$", 1) };
		return (NULL);
	}
	if (!span_take_byte(rest, '{'))
		return (
		    "a dollar sign by itself is written $$, a name ${name}");
	if (!span_take_until(rest, '}', &name))
		return ("a } is missing");
	*out = (struct part){ .kind = KIND_ATTRIBUTE,
		.attribute = request_attribute_find(name),
		.derived = facts_derived_find(name) };
	if (out->attribute != REQUEST_ATTRIBUTES)
		return (NULL);
	out->kind = KIND_DERIVED;
	return (
	    out->derived != FACTS_DERIVED ? NULL : explain_name(arena, name));
}

static const char *
take_part(struct span *rest, struct arena *arena, struct part *out)
{
	struct span text = span_head(*rest, span_find(*rest, '$'));

	if (text.len == 0) {
		span_skip(rest, 1);
		return (take_name(rest, arena, out));
	}
	*out = (struct part){ .text = arena_dup(arena, text) };
	span_skip(rest, text.len);
	return (NULL);
}

const struct key *
key_parse(const char *format, struct arena *arena, const char **error)
{
	struct key *key = arena_alloc(arena, sizeof(*key));
	struct span rest = span_str(format);

	*error = rest.len == 0              ? "it is empty"
	         : rest.len > KEY_MAX_BYTES ? "it is too long"
	                                    : NULL;
	while (rest.len > 0 && *error == NULL)
		*error =
		    key->count == KEY_MAX_PARTS
			? "it has too many parts"
			: take_part(&rest, arena, &key->parts[key->count++]);
	return (*error == NULL ? key : NULL);
}

static bool
is_of_recipient(const struct part *part)
{
	switch (part->kind) {
	case KIND_TEXT:
		return (false);
	case KIND_ATTRIBUTE:
		return (part->attribute == REQUEST_RECIPIENT);
	case KIND_DERIVED:
		return (part->derived == FACTS_RECIPIENT_DOMAIN ||
			part->derived == FACTS_RECIPIENT_MAILBOX);
	}
	return (false);
}

bool
key_uses_recipient(const struct key *key)
{
	for (size_t i = 0; i < key->count; i++)
		if (is_of_recipient(&key->parts[i]))
			return (true);
	return (false);
}

static struct span
value_of(const struct part *part, struct facts *facts)
{
	switch (part->kind) {
	case KIND_TEXT:
		break;
	case KIND_ATTRIBUTE:
		return (facts_attribute(facts, part->attribute));
	case KIND_DERIVED:
		return (facts_get(facts, part->derived));
	}
	return (part->text);
}

static void
must(bool worked)
{
	if (worked)
		return;
	(void)fprintf(stderr, "mailreeve: OpenSSL cannot compute SHA-256\n");
	exit(EXIT_FAILURE);
}

/* A sender chooses the length of an address, but not another key than its own:
 * the digest tells apart what the cut does not. */
static void
shorten(struct buf *out)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	must(EVP_Digest(
		 out->data, out->len, digest, &len, EVP_sha256(), NULL) == 1);
	buf_cut(out, KEY_MAX_BYTES - DIGEST_DIGITS - 1);
	buf_add_byte(out, DIGEST_MARK);
	for (unsigned int i = 0; i < len; i++) {
		buf_add_byte(out, (unsigned char)digits[digest[i] >> 4U]);
		buf_add_byte(out, (unsigned char)digits[digest[i] & 0xfU]);
	}
}

bool
key_expand(const struct key *key, struct facts *facts, struct span *out)
{
	struct buf bytes;

	buf_init(&bytes, facts->arena, EXPANDED_MAX_BYTES);
	for (size_t i = 0; i < key->count; i++) {
		struct span value = value_of(&key->parts[i], facts);

		if (value.len == 0)
			return (false);
		buf_add(&bytes, value);
	}
	for (size_t i = 0; i < bytes.len; i++)
		bytes.data[i] = span_lower(bytes.data[i]);
	if (bytes.len > KEY_MAX_BYTES)
		shorten(&bytes);
	*out = buf_span(&bytes);
	return (true);
}
