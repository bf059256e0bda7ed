/* Whole evaluations: bounds, deadline, what several share, the trace. */
#include "dmarc/dmarc.h"

#include <string.h>

#include "base/clock.h"
#include "dmarc/discover.h"
#include "mail/address.h"
#include "support/recorder.h"
#include "support/unit.h"

#define REJECT "\"v=DMARC1; p=reject\"\n"

static struct dmarc_options
options(int64_t patience)
{
	return ((struct dmarc_options){ .discovery = DMARC_TREEWALK,
	    .deadline = clock_monotonic_ms() + patience });
}

static bool
was_asked(const struct recorder *recorder, const char *question)
{
	for (size_t i = 0; i < recorder->count && i < RECORDER_MAX; i++)
		if (strcmp(recorder->questions[i], question) == 0)
			return (true);
	return (false);
}

/* Two authors of one message: what they share is asked once. */
static void
test_shared(void **state)
{
	struct arena *arena = arena_new();
	struct recorder recorder;
	struct dns *dns = recorder_zone(
	    arena, "_dmarc.example.com. 60 IN TXT " REJECT, &recorder);
	struct dmarc_options ten = options(10000);
	struct dmarc *dmarc = dmarc_new(dns, &ten, arena, NULL);
	struct dmarc_query query = { .author_domain = "a.example.com" };
	struct dmarc_outcome out;
	struct dns_counters counters;

	(void)state;
	dmarc_eval(dmarc, &query, &out);
	assert_int_equal(out.result, DMARC_FAIL);
	query.author_domain = "b.example.com";
	dmarc_eval(dmarc, &query, &out);
	assert_int_equal(out.result, DMARC_FAIL);
	dns_counters(dns, &counters);
	assert_int_equal(counters.questions, 4);
	dns_free(dns);
	arena_free(arena);
}

/* However many authors, and whatever signs for those before: each is asked for,
 * so that none hides the policy of another. */
static void
test_authors(void **state)
{
	struct arena *arena = arena_new();
	struct recorder recorder;
	struct dns *dns = recorder_zone(arena,
	    "_dmarc.victim.example. 60 IN TXT " REJECT
	    "_dmarc.evil0.com. 60 IN TXT " REJECT
	    "*.own.evil0.com. 60 IN TXT \"v=DMARC1; psd=n; p=none\"\n",
	    &recorder);
	struct dmarc_options ten = options(10000);
	struct dmarc *dmarc = dmarc_new(dns, &ten, arena, NULL);
	struct dmarc_identifier dkim[200];
	struct dmarc_query query = { .dkim = dkim,
		.dkim_count = UNIT_COUNT(dkim) };
	struct dmarc_outcome out;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(dkim); i++)
		dkim[i] = (struct dmarc_identifier){
			arena_printf(arena, "n%zu.own.evil0.com", i), true
		};
	for (int i = 0; i < 40; i++) {
		query.author_domain =
		    arena_printf(arena, "a.b.c.d.e.f.g.h.evil%d.com", i);
		dmarc_eval(dmarc, &query, &out);
	}
	query.author_domain = "victim.example";
	dmarc_eval(dmarc, &query, &out);
	assert_int_equal(out.result, DMARC_FAIL);
	assert_int_equal(out.applied, DMARC_POLICY_REJECT);
	assert_in_range(recorder.count, DISCOVER_MAX_QUERIES,
	    DISCOVER_MAX_QUERIES + 40 * DISCOVER_AUTHOR_QUERIES);
	dns_free(dns);
	arena_free(arena);
}

/* Many signing domains below the author's, none aligned: past the limit they
 * are not aligned, and the message fails as it would have. */
static void
test_identifiers(void **state)
{
	struct arena *arena = arena_new();
	const char *zone =
	    "_dmarc.example.com. 60 IN TXT " REJECT
	    "*.own.example.com. 60 IN TXT \"v=DMARC1; psd=n; p=none\"\n";
	struct recorder recorder;
	struct dns *dns = recorder_zone(arena, zone, &recorder);
	struct dmarc_options ten = options(10000);
	struct dmarc *dmarc = dmarc_new(dns, &ten, arena, NULL);
	struct dmarc_identifier dkim[200];
	struct dmarc_query query = { .author_domain = "example.com",
		.dkim = dkim,
		.dkim_count = UNIT_COUNT(dkim) };
	struct dmarc_outcome out;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(dkim); i++)
		dkim[i] = (struct dmarc_identifier){
			arena_printf(arena, "n%zu.own.example.com", i), true
		};
	dmarc_eval(dmarc, &query, &out);
	assert_int_equal(out.result, DMARC_FAIL);
	assert_int_equal(recorder.count, DISCOVER_MAX_QUERIES);
	dns_free(dns);
	arena_free(arena);
}

/* A backend that never answers. */
struct silent {
	struct dns_backend base;
	struct {
		dns_done *done;
		void *cookie;
	} held[8];
	size_t count;
};

static void
silent_start(struct dns_backend *base, const char *name, enum dns_type type,
    dns_done *done, void *cookie)
{
	struct silent *silent = (struct silent *)(void *)base;

	(void)name;
	(void)type;
	assert_true(silent->count < UNIT_COUNT(silent->held));
	silent->held[silent->count].done = done;
	silent->held[silent->count++].cookie = cookie;
}

static void
silent_free(struct dns_backend *base)
{
	struct silent *silent = (struct silent *)(void *)base;
	static const struct dns_answer none = { .status = DNS_SERVFAIL };

	for (size_t i = 0; i < silent->count; i++)
		silent->held[i].done(silent->held[i].cookie, &none);
}

/* One deadline for all that one message asks: nobody waits any longer. */
static void
test_deadline(void **state)
{
	struct arena *arena = arena_new();
	struct silent silent = { .base = { silent_start, silent_free } };
	struct dns *dns = dns_new(&silent.base, NULL);
	struct dmarc_options soon = options(50);
	struct dmarc *dmarc = dmarc_new(dns, &soon, arena, NULL);
	struct dmarc_query query = { .author_domain = "example.com" };
	struct dmarc_outcome out;
	int64_t begin = clock_monotonic_ms();

	(void)state;
	dmarc_prefetch(dns, "a.example.com");
	dmarc_eval(dmarc, &query, &out);
	assert_int_equal(out.result, DMARC_TEMPERROR);
	query.author_domain = "a.example.com";
	dmarc_eval(dmarc, &query, &out);
	assert_int_equal(out.result, DMARC_TEMPERROR);
	query.author_domain = "example.net";
	dmarc_eval(dmarc, &query, &out);
	assert_int_equal(out.result, DMARC_TEMPERROR);
	int64_t taken = clock_monotonic_ms() - begin;

	assert_true(taken >= 50 && taken < 1000);
	dns_free(dns);
	arena_free(arena);
}

/* What is asked early is what is needed later, but for the top. */
static void
test_prefetch(void **state)
{
	struct arena *arena = arena_new();
	struct recorder recorder;
	struct dns *dns = recorder_zone(
	    arena, "_dmarc.example.com. 60 IN TXT " REJECT, &recorder);

	(void)state;
	dmarc_prefetch(dns, "a.example.com");
	assert_int_equal(recorder.count, 2);
	assert_true(was_asked(&recorder, "TXT _dmarc.a.example.com"));
	assert_true(was_asked(&recorder, "TXT _dmarc.example.com"));
	dmarc_prefetch(dns, "localhost");
	assert_true(was_asked(&recorder, "TXT _dmarc.localhost"));
	dmarc_prefetch(dns, "[192.0.2.1]");
	dmarc_prefetch(dns, "");
	assert_int_equal(recorder.count, 3);
	dns_free(dns);
	arena_free(arena);
}

/* "_dmarc." before the longest name is no name: the walk goes on above it. */
static void
test_longest(void **state)
{
	struct arena *arena = arena_new();
	struct recorder recorder;
	struct dns *dns = recorder_zone(
	    arena, "_dmarc.example.com. 60 IN TXT " REJECT, &recorder);
	struct dmarc_options ten = options(10000);
	struct dmarc *dmarc = dmarc_new(dns, &ten, arena, NULL);
	char domain[254];
	struct dmarc_query query = { .author_domain = domain };
	struct dmarc_outcome out;

	(void)state;
	for (size_t i = 0; i < 253; i++)
		domain[i] = i % 60 == 59 ? '.' : 'x';
	memcpy(domain + 253 - strlen(".example.com"), ".example.com",
	    sizeof(".example.com"));
	dmarc_prefetch(dns, domain);
	dmarc_eval(dmarc, &query, &out);
	assert_int_equal(out.result, DMARC_FAIL);
	assert_string_equal(out.record_domain, "example.com");
	dns_free(dns);
	arena_free(arena);
}

/* RFC 9989 5.3.1: from the field to the A-labels that are asked for. */
static void
test_from(void **state)
{
	struct arena *arena = arena_new();
	struct recorder recorder;
	struct dns *dns = recorder_zone(arena,
	    "_dmarc.xn--bcher-kva.example. 60 IN TXT " REJECT, &recorder);
	struct dmarc_options ten = options(10000);
	struct dmarc *dmarc = dmarc_new(dns, &ten, arena, NULL);
	struct header_list headers;
	struct from from;
	struct dmarc_outcome out;

	(void)state;
	header_list_init(&headers, arena);
	header_list_add(&headers, span_str("From"),
	    span_str("Ann <ann@B\xc3\xbc"
		     "cher.example>"));
	address_from(arena, &headers, &from);
	assert_int_equal(from.status, FROM_OK);
	struct dmarc_query query = { .author_domain = from.domain };

	dmarc_eval(dmarc, &query, &out);
	assert_int_equal(out.result, DMARC_FAIL);
	assert_string_equal(out.record_domain, "xn--bcher-kva.example");
	dns_free(dns);
	arena_free(arena);
}

static const char *const steps[] = {
	"author domain a.b.example.com",
	"_dmarc.a.b.example.com: no such name",
	"_dmarc.b.example.com: 2 DMARC records, so none of them counts",
	"_dmarc.example.com: \"v=DMARC1; p=none; sp=quarantine; np=reject; "
	"t=y; aspf=x\"",
	"in this record, aspf= has no valid value: ignored",
	"_dmarc.com: no such name",
	"the organizational domain is example.com, by the tree walk",
	"a.b.example.com does not exist in the DNS",
	"the policy is np=reject of the record at _dmarc.example.com; t=y: a "
	"step milder",
	"SPF identity mail.example.net: not aligned, it has nothing in common "
	"with the author's domain",
	"DKIM signature of other.com: not aligned, it is outside of the "
	"author's organizational domain",
	"_dmarc.own.example.com: \"v=DMARC1; psd=n\"; psd=n: an organizational "
	"domain, the walk ends",
	"DKIM signature of own.example.com: not aligned, its organizational "
	"domain is own.example.com",
	"result: fail, nothing that passed is aligned with the author's "
	"domain",
};

static void
test_trace(void **state)
{
	static const struct dmarc_identifier spf = { "mail.example.net", true };
	static const struct dmarc_identifier dkim[] = { { "other.com", true },
		{ "own.example.com", true } };
	struct arena *arena = arena_new();
	struct recorder recorder;
	struct dns *dns = recorder_zone(arena,
	    "_dmarc.b.example.com. 60 IN TXT \"v=DMARC1\"\n"
	    "_dmarc.b.example.com. 60 IN TXT \"v=DMARC1; p=none\"\n"
	    "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=none; sp=quarantine; "
	    "np=reject; t=y; aspf=x\"\n"
	    "_dmarc.own.example.com. 60 IN TXT \"v=DMARC1; psd=n\"\n"
	    "b.example.com. 60 IN A 192.0.2.1\n",
	    &recorder);
	struct dmarc_options ten = options(10000);
	struct trace *trace = trace_new(arena);
	struct dmarc *dmarc = dmarc_new(dns, &ten, arena, trace);
	struct dmarc_query query = { "a.b.example.com", &spf, dkim, 2 };
	struct dmarc_outcome out;

	(void)state;
	dmarc_eval(dmarc, &query, &out);
	for (size_t i = 0; i < trace->count && i < UNIT_COUNT(steps); i++) {
		assert_string_equal(trace->steps[i].text, steps[i]);
		assert_string_equal(trace->steps[i].part, "dmarc");
		assert_int_equal(trace->steps[i].depth, i > 0 ? 1 : 0);
	}
	assert_int_equal(trace->count, UNIT_COUNT(steps));
	dns_free(dns);
	arena_free(arena);
}

static void
test_words(void **state)
{
	(void)state;
	assert_string_equal(dmarc_result_name(DMARC_PERMERROR), "permerror");
	assert_string_equal(dmarc_result_name(DMARC_NONE), "none");
	assert_string_equal(
	    dmarc_policy_name(DMARC_POLICY_QUARANTINE), "quarantine");
	assert_string_equal(dmarc_discovery_name(DMARC_AUTO), "auto");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_authors),
		cmocka_unit_test(test_identifiers),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_prefetch),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_from),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_words),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
