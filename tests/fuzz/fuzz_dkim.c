/*
 * fuzz_dkim.c: a whole message passes through the verifier, with a key record
 * that the input brings along; then it is signed and verified again.
 *
 * The input is the key record up to the first NUL, then the message.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "dkim/sign.h"
#include "dkim/verify.h"
#include "dns/dns_backend.h"
#include "fuzz.h"

/* The body goes in pieces of so many bytes the second time. */
#define PIECE 7

#define OWN_NAME "own._domainkey.example.com"

static const struct clock then = { .fixed = 1700000000 };

static const struct dkim_verify_options options = {
	.max_signatures = 10,
	.min_rsa_bits = 1024,
	.clock_skew = 300,
};

/* Answers every question with the record of the input, but for our own name. */
struct world {
	struct dns_backend backend;
	struct arena *arena;
	struct span record;
	struct span own_record;
};

static void
answer(struct dns_backend *backend, const char *name, enum dns_type type,
    dns_done *done, void *cookie)
{
	struct world *world = (struct world *)backend;
	struct span text =
	    strcmp(name, OWN_NAME) == 0 ? world->own_record : world->record;
	struct buf rdata;

	(void)type;
	buf_init(&rdata, world->arena, DNS_MAX_BYTES);
	do {
		struct span part = span_head(text, 255);

		buf_add_byte(&rdata, (unsigned char)part.len);
		buf_add(&rdata, part);
		span_skip(&text, part.len);
	} while (text.len > 0);
	struct span record = buf_span(&rdata);
	const struct dns_answer found = {
		.status = DNS_OK, .ttl = 60, .count = 1, .rdata = &record
	};

	done(cookie, &found);
}

static void
leave(struct dns_backend *backend)
{
	(void)backend; /* it is an automatic variable */
}

static const struct dkim_verification *
verify(struct arena *arena, const struct header_list *headers, struct span body,
    size_t piece, struct dns *dns, size_t *count)
{
	struct keycache *keys = keycache_new(2);
	struct dkim_verify *work = dkim_verify_new(
	    arena, &options, headers, "example.com", dns, keys, &then);

	for (; body.len > 0; span_skip(&body, piece))
		dkim_verify_body(work, span_head(body, piece));
	const struct dkim_verification *out =
	    dkim_verify_finish(work, clock_monotonic_ms() + 1000, count);

	dkim_verify_free(work);
	keycache_free(keys);
	return (out);
}

/* The outcome must not depend on how the body was cut. */
static void
check_verify(struct arena *arena, const struct header_list *headers,
    struct span body, struct dns *dns)
{
	size_t count, again_count;
	const struct dkim_verification *out =
	    verify(arena, headers, body, body.len, dns, &count);
	const struct dkim_verification *again =
	    verify(arena, headers, body, PIECE, dns, &again_count);

	FUZZ_CHECK(count == header_count(headers, "DKIM-Signature"));
	FUZZ_CHECK(again_count == count);
	for (size_t i = 0; i < count; i++) {
		FUZZ_CHECK(out[i].result == again[i].result);
		FUZZ_CHECK(
		    (out[i].result == DKIM_PASS) == (out[i].reason == NULL));
		FUZZ_CHECK(out[i].result != DKIM_NONE);
		FUZZ_CHECK(out[i].result != DKIM_PASS ||
			   (out[i].domain != NULL && out[i].selector != NULL &&
			       out[i].identity != NULL && out[i].b != NULL));
	}
}

static const struct dkim_private *
own_key(void)
{
	static struct dkim_private *key; /* one parse for all inputs */

	if (key == NULL) {
		struct arena *arena = arena_new();
		const char *error;

		int fd = open("support/keys/ed25519.pem", O_RDONLY);

		key = dkim_private_load(fd, arena, &error);
		(void)close(fd);
		if (key == NULL)
			(void)fprintf(stderr, "%s\n", error);
		FUZZ_CHECK(key != NULL);
		arena_free(arena);
	}
	return (key);
}

/* What we sign, verifies. */
static void
check_sign(struct arena *arena, const struct header_list *headers,
    struct span body, struct dns *dns)
{
	const struct dkim_sign_options how = {
		.header_canon = body.len & 1 ? DKIM_RELAXED : DKIM_SIMPLE,
		.body_canon = body.len & 2 ? DKIM_RELAXED : DKIM_SIMPLE,
		.ttl = 60,
	};
	const struct dkim_sign_key key = { "example.com", "own",
		"joe;@example.com", own_key() };
	struct dkim_sign *sign =
	    dkim_sign_new(arena, &how, headers, &key, 1, &then);
	struct header_list list;
	const char *value;
	size_t count;

	dkim_sign_body(sign, body);
	FUZZ_CHECK(dkim_sign_finish(sign, &value) == 0);
	dkim_sign_free(sign);
	header_list_init(&list, arena);
	header_list_add(&list, span_str("DKIM-Signature"), span_str(value));
	for (size_t i = 0; i < headers->count; i++)
		header_list_add(&list, headers->fields[i].raw_name,
		    headers->fields[i].value);
	const struct dkim_verification *out =
	    verify(arena, &list, body, PIECE, dns, &count);

	FUZZ_CHECK(out[0].result == DKIM_PASS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct world world = { .backend = { answer, leave }, .arena = arena };
	struct span text = span_new(data, size);
	struct header_list headers;
	const struct dns_options plain = { .cache_entries = 10 };

	(void)span_take_until(&text, '\0', &world.record);
	world.own_record = span_str(arena_printf(
	    arena, "k=ed25519; p=%s", dkim_private_public(own_key(), arena)));
	header_list_init(&headers, arena);
	struct span body = header_parse(&headers, text);
	struct dns *dns = dns_new(&world.backend, &plain);

	check_verify(arena, &headers, body, dns);
	check_sign(arena, &headers, body, dns);
	dns_free(dns);
	arena_free(arena);
	return (0);
}
