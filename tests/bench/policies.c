/*
 * policies.c: what one evaluation of SPF and one of DMARC cost when all answers
 * are in the cache, as lines of JSON.  Usage: bench_policies EVALUATIONS
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bodies.h"
#include "dmarc/dmarc.h"
#include "spf/spf.h"
#include "support/dkim.h"

#define DEADLINE_MS 60000

/* The records of every sender in the benches of the milter. */
static const char zone[] =
    "$ORIGIN .\n$TTL 3600\n"
    "@ SOA dns.example. hostmaster.example. 1 60 60 3600 3600\n"
    "example.com. TXT \"v=spf1 include:_spf.provider.example -all\"\n"
    "_spf.provider.example. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n"
    "_dmarc.example.com. TXT "
    "\"v=DMARC1; p=reject; rua=mailto:dmarc@example.com\"\n";

static void
must(bool worked, const char *what)
{
	if (worked)
		return;
	(void)fprintf(stderr, "bench_policies: %s\n", what);
	exit(EXIT_FAILURE);
}

static void
eval_spf(struct dns *dns)
{
	struct arena *arena = arena_new();
	struct spf_query query = {
		.identity = SPF_MAIL_FROM,
		.helo = "mail.example.com",
		.mail_from = "a@example.com",
		.receiver = "mx.example",
		.deadline = clock_monotonic_ms() + DEADLINE_MS,
	};
	struct spf_outcome outcome;

	must(network_address_parse("192.0.2.25", &query.client) == 0,
	    "no address");
	spf_eval(dns, &query, arena, NULL, &outcome);
	must(outcome.result == SPF_PASS, "SPF does not pass");
	arena_free(arena);
}

static void
eval_dmarc(struct dns *dns)
{
	static const struct dmarc_identifier identifier = { "example.com",
		true };
	static const struct dmarc_query query = {
		.author_domain = "example.com",
		.spf = &identifier,
		.dkim = &identifier,
		.dkim_count = 1,
	};
	struct arena *arena = arena_new();
	struct dmarc_options options = { .discovery = DMARC_TREEWALK,
		.deadline = clock_monotonic_ms() + DEADLINE_MS };
	struct dmarc_outcome outcome;

	dmarc_eval(dmarc_new(dns, &options, arena, NULL), &query, &outcome);
	must(outcome.result == DMARC_PASS, "DMARC does not pass");
	arena_free(arena);
}

static void
measure(const char *what, void (*eval)(struct dns *), struct dns *dns, long n)
{
	eval(dns);
	double start = bodies_seconds();

	for (long i = 0; i < n; i++)
		eval(dns);
	(void)printf("{\"bench\":\"policies\",\"program\":\"mailreeve\","
		     "\"kind\":\"%s\",\"cpu_us\":%.3f}\n",
	    what, (bodies_seconds() - start) / (double)n * 1e6);
}

int
main(int argc, char **argv)
{
	long n = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
	struct arena *arena = arena_new();

	if (n <= 0) {
		(void)fprintf(stderr, "usage: bench_policies EVALUATIONS\n");
		return (64);
	}
	struct dns *dns = support_dns(arena, zone);

	measure("spf", eval_spf, dns, n);
	measure("dmarc", eval_dmarc, dns, n);
	dns_free(dns);
	arena_free(arena);
	return (EXIT_SUCCESS);
}
