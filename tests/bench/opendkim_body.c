/*
 * opendkim_body.c: how fast libopendkim hashes bodies, as bodyhash.c measures
 * ours.  Usage: bench_opendkim_body KEYFILE BYTES; prints a line of JSON for
 * each kind of body and canonicalization.
 */
/* libopendkim's header wants this one before it. */
#include <stdbool.h>

#include <opendkim/dkim.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "bodies.h"
#include "support/files.h"

#define ROUNDS 3

static void
must(bool worked, const char *what)
{
	if (worked)
		return;
	(void)fprintf(stderr, "bench_opendkim_body: %s\n", what);
	exit(EXIT_FAILURE);
}

/* Hash ${body} and return how many seconds that took. */
static double
hash(
    DKIM_LIB *library, unsigned char *key, dkim_canon_t canon, struct span body)
{
	unsigned char id[] = "id", selector[] = "s", domain[] = "example.com";
	unsigned char from[] = "From: a@example.com";
	DKIM_STAT status;
	DKIM *dkim = dkim_sign(library, id, NULL, key, selector, domain,
	    DKIM_CANON_RELAXED, canon, DKIM_SIGN_RSASHA256, -1, &status);

	must(dkim != NULL &&
		 dkim_header(dkim, from, sizeof(from) - 1) == DKIM_STAT_OK &&
		 dkim_eoh(dkim) == DKIM_STAT_OK,
	    "cannot begin");
	double start = bodies_seconds();

	for (; body.len > 0; span_skip(&body, BODIES_PIECE)) {
		struct span piece = span_head(body, BODIES_PIECE);

		/* libopendkim takes bytes without const and leaves them. */
		must(dkim_body(dkim, (unsigned char *)(uintptr_t)piece.data,
			 piece.len) == DKIM_STAT_OK,
		    "cannot hash");
	}
	double took = bodies_seconds() - start;

	(void)dkim_free(dkim);
	return (took);
}

static void
measure(DKIM_LIB *library, unsigned char *key, const struct bodies_kind *kind,
    size_t bytes)
{
	static const struct {
		dkim_canon_t canon;
		const char *name;
	} ways[] = { { DKIM_CANON_SIMPLE, "simple" },
		{ DKIM_CANON_RELAXED, "relaxed" } };
	struct span body = bodies_new(kind, bytes);

	for (size_t way = 0; way < 2; way++) {
		double best = 1e9;

		for (int round = 0; round < ROUNDS; round++) {
			double took = hash(library, key, ways[way].canon, body);

			if (took < best)
				best = took;
		}
		(void)printf("{\"bench\":\"body-hash\","
			     "\"program\":\"libopendkim\",\"kind\":\"%s\","
			     "\"canonicalization\":\"%s\",\"gb_s\":%.3f}\n",
		    kind->name, ways[way].name, (double)bytes / best / 1e9);
	}
	bodies_free(body);
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct span key;

	if (argc != 3) {
		(void)fprintf(
		    stderr, "usage: bench_opendkim_body KEYFILE BYTES\n");
		return (64);
	}
	must(files_read(arena, argv[1], &key) == 0, "cannot read the key");
	DKIM_LIB *library = dkim_init(NULL, NULL);

	must(library != NULL, "cannot begin");
	for (size_t i = 0; i < BODIES; i++)
		measure(library, (unsigned char *)arena_str(arena, key),
		    &bodies[i], (size_t)strtoul(argv[2], NULL, 10));
	dkim_close(library);
	arena_free(arena);
	return (EXIT_SUCCESS);
}
