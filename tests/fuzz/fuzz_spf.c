/*
 * fuzz_spf.c: a whole evaluation of records that the input brings along, in a
 * DNS that answers with what the names ask for: whatever they say, the limits
 * hold and the outcome is whole.
 *
 * The input is, each up to a NUL: options, MAIL FROM, HELO, the record of the
 * sender's domain, and more records for other names.
 */
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "dns/dns_backend.h"
#include "fuzz.h"
#include "spf/record.h"
#include "spf/spf.h"

/* RFC 7208 4.6.4: a record, ten terms of one question and ten addresses each,
 * the client's names once, an explanation. */
#define MAX_QUESTIONS (1 + SPF_MAX_TERMS * (1 + SPF_MAX_NAMES) + 11 + 1)

#define MAX_RECORDS 16

struct world {
	struct dns_backend backend;
	struct arena *arena;
	struct span records[MAX_RECORDS];
	size_t count;
	bool begun; /* the first record was asked for */
	unsigned int asked;
	unsigned int flags;
};

static unsigned int
mix(const char *name, unsigned int value)
{
	for (; *name != '\0'; name++)
		value = value * 31 + (unsigned char)*name;
	return (value ^ value >> 7U);
}

static struct span
txt_rdata(struct arena *arena, struct span text)
{
	struct buf rdata;

	buf_init(&rdata, arena, DNS_MAX_BYTES);
	do {
		struct span part = span_head(text, 255);

		buf_add_byte(&rdata, (unsigned char)part.len);
		buf_add(&rdata, part);
		span_skip(&text, part.len);
	} while (text.len > 0);
	return (buf_span(&rdata));
}

/* The ${number}th RDATA of ${type} at ${name}. */
static struct span
make_rdata(struct world *world, const char *name, enum dns_type type,
    unsigned int number)
{
	static const unsigned char address[18] = { 192, 0, 2, 1 };
	unsigned int value = mix(name, number + world->flags);
	struct buf rdata;

	if (type == DNS_TYPE_TXT)
		return (txt_rdata(world->arena,
		    world->records[world->begun ? value % world->count : 0]));
	if (type == DNS_TYPE_A || type == DNS_TYPE_AAAA)
		return (span_new(value % 3 == 0 ? address : &address[1],
		    type == DNS_TYPE_A ? 4 : 15 + value % 2));
	buf_init(&rdata, world->arena, 1000);
	if (type == DNS_TYPE_MX)
		buf_add_str(&rdata, "\1\1");
	if (value % 7 != 0)
		buf_printf(&rdata, "\2m%c\7example\3net", 'a' + value % 26);
	buf_add_byte(&rdata, '\0');
	return (span_head(buf_span(&rdata), value % 11 == 0 ? 3 : 100));
}

static void
answer(struct dns_backend *backend, const char *name, enum dns_type type,
    dns_done *done, void *cookie)
{
	struct world *world = (struct world *)backend;
	struct span rdata[16];
	unsigned int value = mix(name, (unsigned int)type + world->flags);
	struct dns_answer found = { .ttl = 60, .rdata = rdata };

	world->asked++;
	if (!world->begun || value % 8 > 2) {
		found.status = DNS_OK;
		found.count = type == DNS_TYPE_TXT ? 1 : 1 + value % 13;
	} else {
		found.status = (enum dns_status)(DNS_NODATA + value % 4);
	}
	for (unsigned int i = 0; i < found.count; i++)
		rdata[i] = make_rdata(world, name, type, i);
	world->begun = true;
	done(cookie, &found);
}

static void
leave(struct dns_backend *backend)
{
	(void)backend; /* it is an automatic variable */
}

static void
check_text(const char *text, size_t max)
{
	struct span rest = span_str(text);

	FUZZ_CHECK(rest.len <= max);
	for (size_t i = 0; i < rest.len; i++)
		FUZZ_CHECK(rest.data[i] >= ' ' && rest.data[i] < 0x7f);
}

static void
check_outcome(const struct spf_outcome *out)
{
	bool error =
	    out->result == SPF_TEMPERROR || out->result == SPF_PERMERROR;
	bool decided = out->result == SPF_PASS || out->result == SPF_FAIL ||
	               out->result == SPF_SOFTFAIL;

	FUZZ_CHECK(out->reason != NULL);
	check_text(out->reason, 65536);
	FUZZ_CHECK(out->terms <= SPF_MAX_TERMS);
	FUZZ_CHECK(out->voids <= SPF_MAX_VOIDS + 1);
	FUZZ_CHECK(out->voids <= SPF_MAX_VOIDS || out->result == SPF_PERMERROR);
	FUZZ_CHECK(out->questions <= MAX_QUESTIONS);
	FUZZ_CHECK(out->domain != NULL || out->result == SPF_NONE);
	FUZZ_CHECK((out->mechanism == NULL) == (out->record_at == NULL));
	FUZZ_CHECK(!decided || out->mechanism != NULL);
	FUZZ_CHECK(
	    !(error || out->result == SPF_NONE) || out->mechanism == NULL);
	if (out->mechanism != NULL)
		check_text(out->mechanism, SPF_RECORD_MAX);
	if (out->explanation != NULL) {
		FUZZ_CHECK(out->result == SPF_FAIL);
		check_text(out->explanation, SPF_MAX_EXPLANATION);
	}
}

/* Evaluate, with an empty cache. */
static void
evaluate(struct world *world, const struct spf_query *query,
    struct trace *trace, struct spf_outcome *out)
{
	struct dns *dns = dns_new(&world->backend, NULL);

	world->begun = false;
	world->asked = 0;
	spf_prefetch(dns, query);
	spf_eval(dns, query, world->arena, trace, out);
	FUZZ_CHECK(world->asked <= out->questions);
	dns_free(dns);
	check_outcome(out);
}

static const char *
take_string(struct world *world, struct span *rest)
{
	struct span part;

	(void)span_take_until(rest, '\0', &part);
	return (arena_str(world->arena, part));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world world = { .backend = { answer, leave },
		.arena = arena_new() };
	struct span rest = span_new(data, size);
	struct spf_outcome out;
	struct spf_outcome again;

	world.flags = mix(take_string(&world, &rest), 5);
	struct spf_query query = { .identity = world.flags & 1U ? SPF_HELO
		                                                : SPF_MAIL_FROM,
		.deadline = clock_monotonic_ms() + 60000,
		.now = 1700000000,
		.receiver = world.flags & 2U ? "mx.example.org" : NULL };

	(void)network_address_parse(
	    world.flags & 4U ? "2001:db8::1" : "192.0.2.1", &query.client);
	query.mail_from = take_string(&world, &rest);
	query.helo = take_string(&world, &rest);
	do
		(void)span_take_until(
		    &rest, '\0', &world.records[world.count++]);
	while (rest.len > 0 && world.count < MAX_RECORDS);
	evaluate(&world, &query, NULL, &out);
	evaluate(&world, &query, trace_new(world.arena), &again);
	/* Whoever watches changes nothing. */
	FUZZ_CHECK(out.result == again.result);
	FUZZ_CHECK(out.questions == again.questions);
	FUZZ_CHECK(strcmp(out.reason, again.reason) == 0);
	arena_free(world.arena);
	return (0);
}
