/*
 * bodyhash.c: how fast bodies are hashed beside SHA-256 alone, and how long one
 * message of 4 kB takes to verify and to sign.  Usage, in tests/:
 * bench_bodyhash; bench_bodyhash --json BYTES prints the first part alone, one
 * round over bodies of so many bytes, a line of JSON for each kind.
 */
#include "dkim/bodyhash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bodies.h"
#include "dkim/digest.h"
#include "dkim/sign.h"
#include "dkim/verify.h"
#include "mail/message.h"
#include "support/dkim.h"

#define BODY_BYTES ((size_t)8 * 1024 * 1024)
#define BODY_MIN_BYTES ((size_t)64 * 1024)
#define ROUNDS 12
#define MESSAGES 2000

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
	for (; body.len > 0; span_skip(&body, BODIES_PIECE))
		bodyhash_add(set, span_head(body, BODIES_PIECE));
	bodyhash_finish(set);
	bodyhash_free(set);
	arena_free(arena);
}

/* What is timed: SHA-256 alone, simple, relaxed. */
#define WAYS 3

/* Times are the best of all rounds: others use this machine too. */
static void
time_body(
    const struct bodies_kind *kind, size_t bytes, int rounds, double best[WAYS])
{
	struct span body = bodies_new(kind, bytes);

	for (int way = 0; way < WAYS; way++)
		best[way] = 1e9;
	for (int round = 0; round < rounds * WAYS; round++) {
		int way = round % WAYS;
		double start = bodies_seconds();

		if (way == 0)
			hash_alone(body);
		else
			hash_body(body, way == 1 ? DKIM_SIMPLE : DKIM_RELAXED);
		double took = bodies_seconds() - start;

		if (took < best[way])
			best[way] = took;
	}
	bodies_free(body);
	for (int way = 0; way < WAYS; way++)
		best[way] = (double)bytes / best[way] / 1e9;
}

static void
measure_bodies(void)
{
	for (size_t i = 0; i < BODIES; i++) {
		double speed[WAYS];

		time_body(&bodies[i], BODY_BYTES, ROUNDS, speed);
		(void)printf(
		    "%-24s SHA-256 %.2f  simple %.2f  relaxed %.2f GB/s\n",
		    bodies[i].what, speed[0], speed[1], speed[2]);
	}
}

static void
print_json(size_t bytes)
{
	for (size_t i = 0; i < BODIES; i++) {
		double speed[WAYS];

		time_body(&bodies[i], bytes, 3, speed);
		for (int way = 1; way < WAYS; way++)
			(void)printf(
			    "{\"bench\":\"body-hash\","
			    "\"program\":\"mailreeve\",\"kind\":\"%s\","
			    "\"canonicalization\":\"%s\",\"gb_s\":%.3f,"
			    "\"sha256_gb_s\":%.3f}\n",
			    bodies[i].name, way == 1 ? "simple" : "relaxed",
			    speed[way], speed[0]);
	}
}

static const struct dkim_verify_options verify_options = {
	.max_signatures = 10,
	.min_rsa_bits = 1024,
	.clock_skew = 300,
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
	if (dkim_verify_finish(verify, clock_monotonic_ms() + 1000, &count)
		->result != DKIM_PASS)
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

	bodies_repeat(text + len, 4096,
	    "Some words that make up a line of text, "
	    "about as long as most.\r\n");
	struct message message;

	message_parse(arena, span_str(text), &message);
	struct dns *dns =
	    support_dns(arena, support_txt(arena, "s._domainkey.example.com",
				   support_record(arena, key, "v=DKIM1; ")));
	struct keycache *keys = keycache_new(10);
	double start = bodies_seconds();

	for (int i = 0; i < MESSAGES; i++) {
		struct arena *one = arena_new();

		(void)sign_once(&message, &sign_key, one);
		arena_free(one);
	}
	double signing = bodies_seconds() - start;

	header_list_add(&message.headers, span_str("DKIM-Signature"),
	    span_str(sign_once(&message, &sign_key, arena)));
	start = bodies_seconds();
	for (int i = 0; i < MESSAGES; i++) {
		struct arena *one = arena_new();

		verify_once(&message, dns, keys, one);
		arena_free(one);
	}
	(void)printf("%-24s sign %.1f  verify %.1f us a message of 4 kB\n",
	    file, signing / MESSAGES * 1e6,
	    (bodies_seconds() - start) / MESSAGES * 1e6);
	keycache_free(keys);
	dns_free(dns);
	dkim_private_free(key);
	arena_free(arena);
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--json") == 0) {
		size_t bytes = (size_t)strtoul(argv[2], NULL, 10);

		print_json(bytes < BODY_MIN_BYTES ? BODY_MIN_BYTES : bytes);
		return (EXIT_SUCCESS);
	}
	if (argc != 1) {
		(void)fprintf(stderr, "usage: bench_bodyhash [--json BYTES]\n");
		return (64);
	}
	measure_bodies();
	measure_message("rsa2048.pem");
	measure_message("ed25519.pem");
	return (EXIT_SUCCESS);
}
