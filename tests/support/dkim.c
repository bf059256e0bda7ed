#include "support/dkim.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "dkim/bodyhash.h"
#include "dkim/headerhash.h"
#include "dkim/signature.h"
#include "dkim/tags.h"
#include "dns/dns_zone.h"
#include "mail/message.h"

#define MAX_TEXT 65536

/* Bytes in one character-string (RFC 1035 3.3). */
#define STRING_BYTES 255

static void
fail_with(const char *reason)
{
	(void)fprintf(stderr, "%s\n", reason);
	exit(EXIT_FAILURE);
}

struct dkim_private *
support_key(struct arena *arena, const char *name)
{
	const char *error;
	int fd = open(arena_printf(arena, "support/keys/%s", name), O_RDONLY);
	struct dkim_private *key = dkim_private_load(fd, arena, &error);

	(void)close(fd);
	if (key == NULL)
		fail_with(error);
	return (key);
}

const char *
support_record(
    struct arena *arena, const struct dkim_private *key, const char *tags)
{
	return (arena_printf(arena, "%sk=%s; p=%s", tags,
	    dkim_private_algorithm(key) == DKIM_ED25519_SHA256 ? "ed25519"
							       : "rsa",
	    dkim_private_public(key, arena)));
}

const char *
support_txt(struct arena *arena, const char *name, const char *text)
{
	struct span rest = span_str(text);
	struct buf out;

	buf_init(&out, arena, MAX_TEXT);
	buf_printf(&out, "%s. 3600 IN TXT", name);
	do {
		struct span part = span_head(rest, STRING_BYTES);

		span_skip(&rest, part.len);
		buf_add_str(&out, " \"");
		for (size_t i = 0; i < part.len; i++) {
			if (part.data[i] == '"' || part.data[i] == '\\')
				buf_add_byte(&out, '\\');
			buf_add_byte(&out, part.data[i]);
		}
		buf_add_str(&out, "\"");
	} while (rest.len > 0);
	buf_add_str(&out, "\n");
	return (buf_str(&out));
}

/* Put the hash of ${body} that ${signature} wants into ${out}. */
static void
hash_body(struct arena *arena, const struct signature *signature,
    struct span body, unsigned char out[32])
{
	struct bodyhash *bodies = bodyhash_new(arena);
	int number = bodyhash_want(bodies, signature->body_canon,
	    signature->has_length ? signature->length : BODYHASH_NO_LIMIT);
	uint64_t length;

	bodyhash_add(bodies, body);
	bodyhash_finish(bodies);
	bodyhash_get(bodies, number, &length, out);
	bodyhash_free(bodies);
}

const char *
support_sign(
    struct arena *arena, const char *tags, const char *name, const char *text)
{
	return (support_sign_like(arena, tags, tags, name, text));
}

const char *
support_sign_like(struct arena *arena, const char *tags, const char *like,
    const char *name, const char *text)
{
	return (arena_str(arena, support_sign_bytes(arena, span_str(tags), like,
				     name, span_str(text))));
}

struct span
support_sign_bytes(struct arena *arena, struct span tags, const char *like,
    const char *name, struct span text)
{
	struct dkim_private *key = support_key(arena, name);
	struct signature signature;
	struct message message;
	unsigned char hash[32];
	struct span bytes;
	struct buf value;

	message_parse(arena, text, &message);
	signature_parse(arena,
	    span_str(arena_printf(arena, " %sbh=; b=AAAA", like)), &signature);
	hash_body(arena, &signature, message.body, hash);
	buf_init(&value, arena, MAX_TEXT);
	buf_add_byte(&value, ' ');
	buf_add(&value, tags);
	buf_printf(&value, "bh=%s; \r\n b=",
	    tags_encode_base64(arena, span_new(hash, sizeof(hash))));
	struct header_field field = { .raw_name = span_str("DKIM-Signature"),
		.name = span_str("DKIM-Signature"),
		.value = buf_span(&value) };
	struct headerhash *index = headerhash_new(arena, &message.headers);

	headerhash_compute(index, signature.header_canon, signature.names,
	    signature.name_count, &field, NULL, hash);
	if (dkim_private_sign(key, arena, hash, &bytes) != 0)
		fail_with("cannot sign");
	headerhash_free(index);
	dkim_private_free(key);
	buf_printf(
	    &value, " \r\n\t %s \r\n ", tags_encode_base64(arena, bytes));
	return (buf_span(&value));
}

struct dns *
support_dns(struct arena *arena, const char *zone)
{
	char path[] = "/tmp/mailreeve-zone-XXXXXX";
	int fd = mkstemp(path);
	size_t len = strlen(zone);
	const struct dns_options options = { 0 };
	const char *error;

	if (fd < 0 || write(fd, zone, len) != (ssize_t)len)
		fail_with("cannot write a zone file");
	(void)close(fd);
	struct dns_backend *backend = dns_zone_load(path, arena, &error);

	(void)unlink(path);
	if (backend == NULL)
		fail_with(error);
	return (dns_new(backend, &options));
}
