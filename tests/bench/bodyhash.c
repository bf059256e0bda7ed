/*
 * bodyhash.c: how fast bodies are hashed beside SHA-256 alone, and how long one
 * message of 4 kB takes to verify and to sign.  Usage, in tests/:
 * bench_bodyhash
 */
#include "dkim/bodyhash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dkim/digest.h"
#include "dkim/sign.h"
#include "dkim/verify.h"
#include "mail/message.h"
#include "support/dkim.h"

#define BODY_BYTES ((size_t)8 * 1024 * 1024)
#define ROUNDS 12
#define MESSAGES 2000

static double
seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return ((double)now.tv_sec + (double)now.tv_nsec / 1e9);
}

/* Fill ${out} with ${line} again and again. */
static void
repeat(char *out, size_t len, const char *line)
{
	size_t period = strlen(line);

	for (size_t i = 0; i < len; i++)
		out[i] = line[i % period];
}

static void
hash_alone(struct span body)
{
	unsigned char hash[DIGEST_SIZE];
	struct digest *digest = digest_new();

	digest_add(digest, body);
	digest_get(digest, hash);
	digest_free(digest);
}

static void
hash_body(struct span body, enum dkim_canon canon)
{
	struct arena *arena = arena_new();
	struct bodyhash *set = bodyhash_new(arena);

	(void)bodyhash_want(set, canon, BODYHASH_NO_LIMIT);
	/* libmilter hands out pieces of this size. */
	for (; body.len > 0; span_skip(&body, 65535))
		bodyhash_add(set, span_head(body, 65535));
	bodyhash_finish(set);
	bodyhash_free(set);
	arena_free(arena);
}

/* Times are the best of all rounds: others use this machine too. */
static void
measure_body(const char *what, const char *line)
{
	char *bytes = malloc(BODY_BYTES);
	double best[3] = { 1e9, 1e9, 1e9 };

	if (bytes == NULL)
		exit(EXIT_FAILURE);
	repeat(bytes, BODY_BYTES, line);
	struct span body = span_new(bytes, BODY_BYTES);

	for (int round = 0; round < ROUNDS * 3; round++) {
		double start = seconds();

		if (round % 3 == 0)
			hash_alone(body);
		else
			hash_body(
			    body, round % 3 == 1 ? DKIM_SIMPLE : DKIM_RELAXED);
		double took = seconds() - start;

		if (took < best[round % 3])
			best[round % 3] = took;
	}
	free(bytes);
	(void)printf("%-24s SHA-256 %.2f  simple %.2f  relaxed %.2f GB/s\n",
	    what, (double)BODY_BYTES / best[0] / 1e9,
	    (double)BODY_BYTES / best[1] / 1e9,
	    (double)BODY_BYTES / best[2] / 1e9);
}

static const struct dkim_verify_options verify_options = {
	.max_signatures = 10,
	.min_rsa_bits = 1024,
	.clock_skew = 300,
	.dns_timeout_ms = 1000,
};

static const struct dkim_sign_options sign_options = {
	.header_canon = DKIM_RELAXED,
	.body_canon = DKIM_RELAXED,
	.ttl = 604800,
};

static const char *
sign_once(const struct message *message, const struct dkim_sign_key *key,
    struct arena *arena)
{
	const char *value;
	struct dkim_sign *sign = dkim_sign_new(
	    arena, &sign_options, &message->headers, key, 1, &clock_system);

	dkim_sign_body(sign, message->body);
	if (dkim_sign_finish(sign, &value) != 0)
		exit(EXIT_FAILURE);
	dkim_sign_free(sign);
	return (value);
}

static void
verify_once(const struct message *message, struct dns *dns,
    struct keycache *keys, struct arena *arena)
{
	size_t count;
	struct dkim_verify *verify = dkim_verify_new(arena, &verify_options,
	    &message->headers, "example.com", dns, keys, &clock_system);

	dkim_verify_body(verify, message->body);
	if (dkim_verify_finish(verify, &count)->result != DKIM_PASS)
		exit(EXIT_FAILURE);
	dkim_verify_free(verify);
}

static void
measure_message(const char *file)
{
	struct arena *arena = arena_new();
	struct dkim_private *key = support_key(arena, file);
	struct dkim_sign_key sign_key = { "example.com", "s", NULL, key };
	char *text = arena_alloc(arena, 5000);
	int len = snprintf(text, 1000,
	    "Received: from a.example.org (a.example.org [192.0.2.1])\r\n"
	    "\tby b.example.net (Postfix) with ESMTPS id 4abcdef\r\n"
	    "\tfor <b@example.net>; Mon, 1 Jan 2024 00:00:00 +0000\r\n"
	    "From: A <a@example.com>\r\nTo: B <b@example.net>\r\n"
	    "Subject: What we talked about\r\nMIME-Version: 1.0\r\n"
	    "Date: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
	    "Message-ID: <1@example.com>\r\nContent-Type: text/plain\r\n\r\n");

	repeat(text + len, 4096,
	    "Some words that make up a line of text, "
	    "about as long as most.\r\n");
	struct message message;

	message_parse(arena, span_str(text), &message);
	struct dns *dns =
	    support_dns(arena, support_txt(arena, "s._domainkey.example.com",
				   support_record(arena, key, "v=DKIM1; ")));
	struct keycache *keys = keycache_new(10);
	double start = seconds();

	for (int i = 0; i < MESSAGES; i++) {
		struct arena *one = arena_new();

		(void)sign_once(&message, &sign_key, one);
		arena_free(one);
	}
	double signing = seconds() - start;

	header_list_add(&message.headers, span_str("DKIM-Signature"),
	    span_str(sign_once(&message, &sign_key, arena)));
	start = seconds();
	for (int i = 0; i < MESSAGES; i++) {
		struct arena *one = arena_new();

		verify_once(&message, dns, keys, one);
		arena_free(one);
	}
	(void)printf("%-24s sign %.1f  verify %.1f us a message of 4 kB\n",
	    file, signing / MESSAGES * 1e6,
	    (seconds() - start) / MESSAGES * 1e6);
	keycache_free(keys);
	dns_free(dns);
	dkim_private_free(key);
	arena_free(arena);
}

int
main(void)
{
	measure_body("text, 72 columns",
	    "Some words that make up a line of text, about as long as most "
	    "lines\r\n");
	measure_body("base64, 76 columns",
	    "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNERUZHSElKS0xNTk9QUVJTVFVW"
	    "V1hZWkFBQUFB\r\n");
	measure_body("HTML, indented",
	    "<tr>\r\n    <td class=\"x\">\r\n\t<a href=\"https://example.org/"
	    "\">\r\n\t    a link </a>\r\n    </td>\r\n</tr>\r\n");
	measure_body("blanks, the worst", "a  b\t\r\n");
	measure_message("rsa2048.pem");
	measure_message("ed25519.pem");
	return (EXIT_SUCCESS);
}
