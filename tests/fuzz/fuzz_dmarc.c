/*
 * fuzz_dmarc.c: DMARC records, and whole evaluations whose every answer comes
 * from the input: they end, within their bounds, and nothing foreign passes.
 *
 * Input: a byte of options, then lines; each is the answer to one question, in
 * the order in which they are asked.
 */
#include "fuzz.h"

#include <string.h>

#include "base/clock.h"
#include "dmarc/discover.h"
#include "dmarc/dmarc.h"
#include "dmarc/record.h"
#include "dns/dns_backend.h"

struct source {
	struct dns_backend base;
	struct span rest;
	size_t questions;
};

/* RDATA of a TXT record with ${text}, in ${room}. */
static struct span
make_rdata(struct span text, unsigned char *room, size_t size)
{
	size_t used = 0;

	while (text.len > 0) {
		struct span piece = span_head(text, 255);

		if (used + piece.len + 1 > size)
			break;
		room[used++] = (unsigned char)piece.len;
		memcpy(room + used, piece.data, piece.len);
		used += piece.len;
		span_skip(&text, piece.len);
	}
	return (span_new(room, used));
}

/* A line is a status, or two TXT records with a tab between them. */
static void
start(struct dns_backend *base, const char *name, enum dns_type type,
    dns_done *done, void *cookie)
{
	struct source *source = (struct source *)(void *)base;
	static const enum dns_status statuses[] = { DNS_NODATA, DNS_NXDOMAIN,
		DNS_SERVFAIL, DNS_TIMEOUT };
	unsigned char room[2][4096];
	struct span rdata[2], line = { NULL, 0 }, first;
	struct dns_answer answer = { .status = DNS_NXDOMAIN, .ttl = 60 };

	FUZZ_CHECK(strlen(name) <= 253);
	source->questions++;
	if (!span_take_line(&source->rest, &line) || line.len <= 1 ||
	    type != DNS_TYPE_TXT) {
		answer.status = statuses[line.len == 0 ? 1 : line.data[0] & 3];
	} else {
		bool two = span_take_until(&line, '\t', &first);

		rdata[0] = make_rdata(first, room[0], sizeof(room[0]));
		rdata[1] = make_rdata(line, room[1], sizeof(room[1]));
		answer.status = DNS_OK;
		answer.rdata = rdata;
		answer.count = two ? 2 : 1;
	}
	done(cookie, &answer);
}

static void
release(struct dns_backend *base)
{
	(void)base;
}

static void
check_record(struct arena *arena, struct span text)
{
	struct dmarc_record record;

	if (!dmarc_record_is(text))
		return;
	dmarc_record_parse(text, arena, &record);
	FUZZ_CHECK(record.has_sp || record.sp == record.p);
	FUZZ_CHECK(record.has_np || record.np == record.sp);
	FUZZ_CHECK(record.has_policy ||
		   (record.rua == NULL && record.p == DMARC_POLICY_NONE));
	FUZZ_CHECK(record.rua == NULL || strchr(record.rua, ':') != NULL);
	FUZZ_CHECK(record.rua == NULL || strchr(record.rua, ';') == NULL);
	FUZZ_CHECK(text.len <= DMARC_RECORD_MAX || !record.has_policy);
}

static void
check_outcome(const struct dmarc_outcome *out)
{
	FUZZ_CHECK(out->reason != NULL);
	FUZZ_CHECK(out->applied <= out->policy);
	FUZZ_CHECK((out->result == DMARC_PASS) ==
		   (out->spf != NULL || out->dkim != NULL));
	FUZZ_CHECK(out->result != DMARC_PASS || out->record_domain != NULL);
	FUZZ_CHECK(out->result != DMARC_FAIL || out->policy_tag != NULL);
	FUZZ_CHECK(out->result == DMARC_TEMPERROR || !out->could_fail);
	/* No answer whatever makes a foreign domain the author's. */
	FUZZ_CHECK(out->spf == NULL || out->spf->pass);
	FUZZ_CHECK(out->spf == NULL ||
		   strstr(out->spf->domain, "victim.example") != NULL);
	FUZZ_CHECK(
	    out->dkim == NULL ||
	    (out->dkim->pass && strcmp(out->dkim->domain, "evil.test") != 0));
}

static void
check_evaluation(struct arena *arena, const struct orgdomain *suffixes,
    unsigned char bits, struct span answers)
{
	struct source source = { { start, release }, answers, 0 };
	struct dns *dns = dns_new(&source.base, NULL);
	struct dmarc_identifier spf = { "bounce.victim.example",
		(bits & 4) == 0 };
	struct dmarc_identifier dkim[] = { { "evil.test", true },
		{ "a.b.c.d.e.f.g.h.victim.example", (bits & 8) == 0 },
		{ "victim.example", (bits & 16) == 0 } };
	struct dmarc_query query = { (bits & 32) != 0
					 ? "mail.victim.example"
					 : "x.c.d.e.f.g.h.mail.victim.example",
		(bits & 64) != 0 ? &spf : NULL, dkim,
		(bits & 128) != 0 ? 3 : 1 };
	struct dmarc_options options = { .discovery = (enum dmarc_discovery)(
					     (bits & 3) % 3),
		.suffixes = suffixes,
		.deadline = clock_monotonic_ms() + 60000 };
	struct dmarc *dmarc = dmarc_new(dns, &options, arena, trace_new(arena));
	struct dmarc_outcome out;

	dmarc_eval(dmarc, &query, &out);
	/* Four walks, and whether the author exists. */
	FUZZ_CHECK(source.questions <= 4 * DMARC_MAX_QUERIES + 1);
	check_outcome(&out);
	dns_free(dns);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct span input = span_new(data, size), record = input;
	const char *error = NULL;
	struct orgdomain *suffixes =
	    orgdomain_new("conformance/suffixes.dat", arena, &error);
	unsigned char bits = size > 0 ? data[0] : 0;

	FUZZ_CHECK(suffixes != NULL);
	check_record(arena, record);
	span_skip(&input, 1);
	check_evaluation(arena, suffixes, bits, input);
	orgdomain_free(suffixes);
	arena_free(arena);
	return (0);
}
