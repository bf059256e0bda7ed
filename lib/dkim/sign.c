#include "dkim/sign.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "dkim/bodyhash.h"
#include "dkim/headerhash.h"
#include "dkim/tags.h"

/* RFC 5322 2.1.1 wants lines below 79 columns. */
#define COLUMNS 77

/* Names in h=: a message that needs more is no mail, and verifiers, ours among
 * them, bound h=. */
#define MAX_NAMES 500

/* Characters of b= in a line: no usual signature ends in a line of one. */
#define BASE64_LINE ((size_t)64)

/* Bytes in one DKIM-Signature field; h= of a configured list included. */
#define MAX_FIELD ((size_t)256 * 1024)

/* RFC 6376 5.4.1, what says how to read the body, and what a one-click
 * unsubscription needs (RFC 8058 4). */
const char *const dkim_sign_default_headers[] = { "From", "Sender", "Reply-To",
	"To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To",
	"References", "MIME-Version", "Content-Type",
	"Content-Transfer-Encoding", "Resent-Date", "Resent-From",
	"Resent-Sender", "Resent-To", "Resent-Cc", "Resent-Message-ID",
	"List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post",
	"List-Subscribe", "List-Post", "List-Owner", "List-Archive", NULL };

/* What a reader is shown, and what decides where his answer goes.  Not Sender
 * and Resent-*, which forwarders and lists add in good faith. */
const char *const dkim_sign_default_oversigned[] = { "From", "Reply-To", "To",
	"Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
	"MIME-Version", "Content-Type", "Content-Transfer-Encoding",
	"List-Unsubscribe", "List-Unsubscribe-Post", NULL };

/* RFC 6376 5.4: what is added, removed or rewritten on the way. */
static const char *const never_signed[] = { "Return-Path", "Received",
	"DKIM-Signature", "Authentication-Results", "Delivered-To" };

struct dkim_sign {
	struct arena *arena;
	const struct dkim_sign_options *options;
	const struct dkim_sign_key *keys;
	size_t count;
	const struct clock *clock;
	struct bodyhash *bodies;
	int body; /* bodyhash_want()'s number */
	struct headerhash *index;
	struct span *names; /* of h= */
	size_t name_count;
	size_t name_size;
};

static bool
is_never_signed(struct span name)
{
	for (size_t i = 0; i < sizeof(never_signed) / sizeof(never_signed[0]);
	     i++)
		if (span_is_nocase(name, never_signed[i]))
			return (true);
	return (span_is_nocase(span_head(name, 12), "X-Mailreeve-"));
}

static size_t
list_length(const char *const *list)
{
	size_t count = 0;

	while (list[count] != NULL)
		count++;
	return (count);
}

static bool
has_name(const char *const *list, size_t count, struct span name)
{
	for (size_t i = 0; i < count; i++)
		if (span_is_nocase(name, list[i]))
			return (true);
	return (false);
}

static bool
is_oversigned(const struct dkim_sign_options *options, struct span name)
{
	/* A second From is a second author, whatever was configured. */
	if (span_is_nocase(name, "From"))
		return (true);

	const char *const *list = options->oversigned != NULL
	                              ? options->oversigned
	                              : dkim_sign_default_oversigned;

	return (has_name(list,
	    options->oversigned != NULL ? options->oversigned_count
					: list_length(list),
	    name));
}

static void
add_name(struct dkim_sign *sign, struct span name)
{
	if (sign->name_count == sign->name_size) {
		size_t size = sign->name_size == 0 ? 64 : sign->name_size * 2;
		size_t unit = sizeof(*sign->names);

		sign->names = arena_grow(sign->arena, sign->names,
		    sign->name_count * unit, size * unit);
		sign->name_size = size;
	}
	sign->names[sign->name_count++] = name;
}

/* RFC 6376 5.4.2: a name that stands in h= once for each of its fields, and
 * once more, also signs that there is no other. */
static void
add_header(struct dkim_sign *sign, const char *text)
{
	struct span name = span_str(text);

	if (is_never_signed(name))
		return;
	size_t found = headerhash_count(sign->index, name);
	/* By default an absent List- field may be added: lists that leave a
	 * message whole do so, and its signature shall survive them. */
	bool may_appear = sign->options->oversigned == NULL && found == 0 &&
	                  span_is_nocase(span_head(name, 5), "List-");
	bool once_more = is_oversigned(sign->options, name) && !may_appear;

	for (size_t i = 0; i < found + (once_more ? 1 : 0); i++)
		add_name(sign, name);
}

/* Whatever nobody may add is signed, wherever it is listed. */
static void
add_oversigned(struct dkim_sign *sign, const char *const *list, size_t count)
{
	const char *const *over = sign->options->oversigned;

	if (over == NULL)
		return;
	for (size_t i = 0; i < sign->options->oversigned_count; i++) {
		struct span name = span_str(over[i]);

		if (!has_name(list, count, name) && !has_name(over, i, name) &&
		    !span_is_nocase(name, "From"))
			add_header(sign, over[i]);
	}
}

static void
choose_names(struct dkim_sign *sign)
{
	const struct dkim_sign_options *options = sign->options;
	const char *const *list = options->headers != NULL
	                              ? options->headers
	                              : dkim_sign_default_headers;
	size_t count = options->headers != NULL ? options->header_count
	                                        : list_length(list);

	/* RFC 6376 5.4: From MUST be signed. */
	if (!has_name(list, count, span_str("From")))
		add_header(sign, "From");
	for (size_t i = 0; i < count; i++)
		if (!has_name(list, i, span_str(list[i])))
			add_header(sign, list[i]);
	add_oversigned(sign, list, count);
}

const char *
dkim_sign_refusal(const struct dkim_sign *sign)
{
	return (sign->name_count > MAX_NAMES ? "too many header fields to sign"
					     : NULL);
}

struct dkim_sign *
dkim_sign_new(struct arena *arena, const struct dkim_sign_options *options,
    const struct header_list *headers, const struct dkim_sign_key *keys,
    size_t count, const struct clock *clock)
{
	struct dkim_sign *sign = arena_alloc(arena, sizeof(*sign));

	sign->arena = arena;
	sign->options = options;
	sign->keys = keys;
	sign->count = count;
	sign->clock = clock;
	sign->bodies = bodyhash_new(arena);
	sign->body =
	    bodyhash_want(sign->bodies, options->body_canon, BODYHASH_NO_LIMIT);
	sign->index = headerhash_new(arena, headers);
	choose_names(sign);
	return (sign);
}

const char *const *
dkim_sign_names(const struct dkim_sign *sign, size_t *count)
{
	const char **names =
	    arena_array(sign->arena, sign->name_count, sizeof(*names));

	for (size_t i = 0; i < sign->name_count; i++)
		names[i] = arena_str(sign->arena, sign->names[i]);
	*count = sign->name_count;
	return (names);
}

void
dkim_sign_body(struct dkim_sign *sign, struct span bytes)
{
	bodyhash_add(sign->bodies, bytes);
}

/* A field body that is being written, folded. */
struct writer {
	struct buf out;
	size_t column;
};

static void
fold(struct writer *writer)
{
	buf_add_str(&writer->out, "\r\n\t");
	writer->column = 8;
}

/* Add ${text} to the same word; fold before it if it does not fit. */
static void
write_part(struct writer *writer, struct span text)
{
	if (writer->column + text.len > COLUMNS)
		fold(writer);
	buf_add(&writer->out, text);
	writer->column += text.len;
}

/* Begin a word: a blank or a fold, then ${text}, of which no part folds. */
static void
write_word(struct writer *writer, const char *text)
{
	struct span word = span_str(text);

	if (writer->column + 1 + word.len > COLUMNS) {
		fold(writer);
	} else {
		buf_add_byte(&writer->out, ' ');
		writer->column++;
	}
	buf_add(&writer->out, word);
	writer->column += word.len;
}

static void
write_names(struct writer *writer, const struct dkim_sign *sign)
{
	write_word(writer, "h=");
	for (size_t i = 0; i < sign->name_count; i++) {
		char end = i + 1 < sign->name_count ? ':' : ';';
		const char *part = arena_printf(sign->arena, "%s%c",
		    arena_str(sign->arena, sign->names[i]), end);

		write_part(writer, span_str(part));
	}
}

/* RFC 6376 2.11: what stands for itself in dkim-quoted-printable, here only
 * what is harmless everywhere. */
static bool
is_plain(unsigned char byte)
{
	return (byte > ' ' && byte < 0x7f && byte != ';' && byte != '=' &&
		byte != '|' && byte != ':');
}

/* i=: the local part encoded, the domain whole. */
static void
write_identity(struct writer *writer, struct arena *arena, const char *identity)
{
	struct span text = span_str(identity);
	size_t at = text.len;

	while (at > 0 && text.data[at - 1] != '@')
		at--;
	write_word(writer, "i=");
	for (size_t i = 0; i + 1 < at; i++) {
		char encoded[4];
		unsigned char byte = text.data[i];

		(void)snprintf(encoded, sizeof(encoded),
		    is_plain(byte) ? "%c" : "=%02X", byte);
		write_part(writer, span_str(encoded));
	}
	write_part(writer, span_str(arena_printf(arena, "@%s;",
			       arena_str(arena, span_tail(text, at)))));
}

static void
write_tags(struct writer *writer, const struct dkim_sign *sign,
    const struct dkim_sign_key *key, int64_t now, const char *bh)
{
	struct arena *arena = sign->arena;
	const struct dkim_sign_options *options = sign->options;
	enum dkim_algorithm algorithm = dkim_private_algorithm(key->private);

	write_word(writer, "v=1;");
	write_word(writer,
	    arena_printf(arena, "a=%s;", dkim_algorithm_name(algorithm)));
	write_word(writer, arena_printf(arena, "c=%s/%s;",
			       dkim_canon_name(options->header_canon),
			       dkim_canon_name(options->body_canon)));
	write_word(writer, arena_printf(arena, "d=%s;", key->domain));
	write_word(writer, arena_printf(arena, "s=%s;", key->selector));
	if (key->identity != NULL)
		write_identity(writer, arena, key->identity);
	write_word(writer, arena_printf(arena, "t=%" PRId64 ";", now));
	if (options->ttl > 0)
		write_word(writer,
		    arena_printf(arena, "x=%" PRId64 ";", now + options->ttl));
	write_names(writer, sign);
	write_word(writer, arena_printf(arena, "bh=%s;", bh));
	/* On a line of its own: its end is then no orphan. */
	fold(writer);
	write_part(writer, span_str("b="));
}

static void
write_signature(struct writer *writer, struct span base64)
{
	while (base64.len > 0) {
		struct span part = span_head(base64, BASE64_LINE);

		write_part(writer, part);
		span_skip(&base64, part.len);
	}
}

/* Make the signature of ${key}; store the field's body in ${value}. */
static int
sign_one(struct dkim_sign *sign, const struct dkim_sign_key *key, int64_t now,
    const char *bh, const char **value)
{
	static const struct span name = SPAN_LITERAL("DKIM-Signature");
	struct writer writer = { .column = name.len + 1 };
	unsigned char hash[32];
	struct span signature;

	buf_init(&writer.out, sign->arena, MAX_FIELD);
	write_tags(&writer, sign, key, now, bh);
	struct header_field field = {
		.raw_name = name, .name = name, .value = buf_span(&writer.out)
	};

	headerhash_compute(sign->index, sign->options->header_canon,
	    sign->names, sign->name_count, &field, NULL, hash);
	if (dkim_private_sign(key->private, sign->arena, hash, &signature) != 0)
		return (-1);
	write_signature(
	    &writer, span_str(tags_encode_base64(sign->arena, signature)));
	*value = buf_str(&writer.out);
	return (writer.out.overflow ? -1 : 0);
}

int
dkim_sign_finish(struct dkim_sign *sign, const char **values)
{
	unsigned char hash[BODYHASH_SIZE];
	uint64_t length;
	int64_t now = clock_now(sign->clock);

	bodyhash_finish(sign->bodies);
	bodyhash_get(sign->bodies, sign->body, &length, hash);
	const char *bh =
	    tags_encode_base64(sign->arena, span_new(hash, sizeof(hash)));

	for (size_t i = 0; i < sign->count; i++)
		if (sign_one(sign, &sign->keys[i], now, bh, &values[i]) != 0)
			return (-1);
	return (0);
}

void
dkim_sign_free(struct dkim_sign *sign)
{
	if (sign == NULL)
		return;
	bodyhash_free(sign->bodies);
	headerhash_free(sign->index);
}
