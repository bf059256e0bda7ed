#include "support/unit.h"

#include "spf/spf.h"

#include <string.h>

#include "base/clock.h"
#include "support/dkim.h"

static const char zone[] =
    "example.org. 60 IN TXT \"v=spf1 ip4:192.0.2.0/24 a:v6.example.org "
    "include:inc.example.org -all exp=why.example.org\"\n"
    "example.org. 60 IN TXT \"something else\"\n"
    "why.example.org. 60 IN TXT \"%{i} may not use %{d} in %{h}%_for %{l}\"\n"
    "v6.example.org. 60 IN AAAA 2001:db8::1\n"
    "v6.example.org. 60 IN A 198.51.100.66\n"
    "inc.example.org. 60 IN TXT \"v=spf1 ip4:203.0.113.1 ~ip4:203.0.113.2 "
    "-ip4:203.0.113.3 exp=no.example.org\"\n"
    "only.example.org. 60 IN TXT \"v=spf1 include:inc.example.org\"\n"
    "mail.example.org. 60 IN TXT \"v=spf1 a ~all\"\n"
    "mail.example.org. 60 IN A 192.0.2.1\n"
    "alias.example.org. 60 IN CNAME example.org.\n"
    "to.example.org. 60 IN TXT \"v=spf1 redirect=inc.example.org\"\n"
    "toall.example.org. 60 IN TXT \"v=spf1 redirect=mail.example.org\"\n"
    "; @servfail broken.example.org\n"
    "; @timeout slow.example.org\n"
    "inbroken.example.org. 60 IN TXT \"v=spf1 include:broken.example.org "
    "+all\"\n"
    "abroken.example.org. 60 IN TXT \"v=spf1 a:slow.example.org +all\"\n"
    "mxbroken.example.org. 60 IN TXT \"v=spf1 mx -all\"\n"
    "mxbroken.example.org. 60 IN MX 1 broken.example.org.\n"
    "mxbroken.example.org. 60 IN MX 2 mail.example.org.\n"
    "two.example.org. 60 IN TXT \"v=spf1 -all\"\n"
    "two.example.org. 60 IN TXT \"v=spf1 +all\"\n"
    "bad.example.org. 60 IN TXT \"v=spf1 +all ipv4:192.0.2.1\"\n"
    "nowhere.example.org. 60 IN TXT \"v=spf1 include:none.example.org\"\n"
    "tonowhere.example.org. 60 IN TXT \"v=spf1 redirect=none.example.org\"\n"
    "inbad.example.org. 60 IN TXT \"v=spf1 include:bad.example.org -all\"\n"
    "open.example.org. 60 IN TXT \"v=spf1 ip4:0.0.0.0/0 -all\"\n"
    "open6.example.org. 60 IN TXT \"v=spf1 ip6:::/0 -all\"\n"
    "mapped.example.org. 60 IN TXT \"v=spf1 ip6:::ffff:0:0/96 -all\"\n"
    "local.example.org. 60 IN TXT \"v=spf1 -exists:%{l}.users.example.org "
    "include:%{L}.users.example.org +all exp=%{s}.why.example.org\"\n"
    "joe.users.example.org. 60 IN TXT \"v=spf1 ?all\"\n"
    "xn--bcher-kva.example. 60 IN TXT \"v=spf1 exists:%{o}.ok.example.org "
    "-all\"\n"
    "xn--bcher-kva.example.ok.example.org. 60 IN A 127.0.0.2\n"
    "helo.example.org. 60 IN TXT \"v=spf1 a:%{h} -all\"\n"
    "v6mx.example.org. 60 IN TXT \"v=spf1 mx -all\"\n"
    "v6mx.example.org. 60 IN MX 1 mail.example.org.\n"
    "v6mx.example.org. 60 IN MX 2 b.mail.example.org.\n"
    "v6mx.example.org. 60 IN MX 3 c.mail.example.org.\n"
    "b.mail.example.org. 60 IN A 192.0.2.2\n"
    "c.mail.example.org. 60 IN A 192.0.2.3\n"
    "ptr.example.org. 60 IN TXT \"v=spf1 ptr -all\"\n"
    "; @servfail 9.100.51.198.in-addr.arpa\n"
    "lies.example.org. 60 IN TXT \"v=spf1 -all exp=two.why.example.org\"\n"
    "two.why.example.org. 60 IN TXT \"one\"\n"
    "two.why.example.org. 60 IN TXT \"two\"\n";

#define EXPLAINED(ip) ip " may not use example.org in mail.example.org for joe"

static const struct eval_case {
	enum spf_identity identity;
	enum spf_result result;
	const char *client;
	const char *helo;
	const char *mail_from;
	const char *domain;
	const char *mechanism;
	const char *record_at;
	const char *reason; /* a part of it */
	const char *explanation;
} cases[] = {
	{ SPF_MAIL_FROM, SPF_PASS, "192.0.2.7", "mail.example.org",
	    "joe@Example.ORG", "example.org", "ip4:192.0.2.0/24", "example.org",
	    "\"ip4:192.0.2.0/24\" in the record of example.org allows "
	    "192.0.2.7",
	    NULL },
	{ SPF_MAIL_FROM, SPF_PASS, "::ffff:192.0.2.7", "mail.example.org",
	    "joe@example.org", "example.org", "ip4:192.0.2.0/24", "example.org",
	    "allows 192.0.2.7", NULL },
	{ SPF_MAIL_FROM, SPF_PASS, "2001:db8::1", "mail.example.org",
	    "joe@example.org", "example.org", "a:v6.example.org", "example.org",
	    "allows 2001:db8::1", NULL },
	{ SPF_MAIL_FROM, SPF_PASS, "203.0.113.1", "mail.example.org",
	    "joe@example.org", "example.org", "include:inc.example.org",
	    "example.org",
	    "\"include:inc.example.org\" in the record of example.org allows",
	    NULL },
	{ SPF_MAIL_FROM, SPF_FAIL, "203.0.113.3", "mail.example.org",
	    "joe@example.org", "example.org", "-all", "example.org",
	    "\"-all\" in the record of example.org forbids 203.0.113.3",
	    EXPLAINED("203.0.113.3") },
	{ SPF_MAIL_FROM, SPF_FAIL, "198.51.100.1", "mail.example.org",
	    "joe@alias.example.org", "alias.example.org", "-all",
	    "alias.example.org", "forbids",
	    "198.51.100.1 may not use alias.example.org in mail.example.org "
	    "for joe" },
	/* RFC 7208 6.1: the record that redirect= names, with its exp=. */
	{ SPF_MAIL_FROM, SPF_SOFTFAIL, "203.0.113.2", "h.example.org",
	    "joe@to.example.org", "to.example.org", "~ip4:203.0.113.2",
	    "inc.example.org", "probably does not allow", NULL },
	{ SPF_MAIL_FROM, SPF_NEUTRAL, "203.0.113.9", "h.example.org",
	    "joe@to.example.org", "to.example.org", NULL, NULL,
	    "no term in the record of inc.example.org matches 203.0.113.9",
	    NULL },
	{ SPF_MAIL_FROM, SPF_PASS, "192.0.2.1", "h.example.org",
	    "joe@toall.example.org", "toall.example.org", "a",
	    "mail.example.org", "allows", NULL },
	/* What an included record decided is not the last word. */
	{ SPF_MAIL_FROM, SPF_NEUTRAL, "203.0.113.2", "h.example.org",
	    "joe@only.example.org", "only.example.org", NULL, NULL,
	    "no term in the record of only.example.org matches", NULL },
	/* Identities. */
	{ SPF_HELO, SPF_PASS, "192.0.2.1", "Mail.Example.Org",
	    "joe@example.com", "mail.example.org", "a", "mail.example.org",
	    "allows", NULL },
	{ SPF_MAIL_FROM, SPF_SOFTFAIL, "192.0.2.2", "mail.example.org", "",
	    "mail.example.org", "~all", "mail.example.org", "probably", NULL },
	{ SPF_HELO, SPF_NONE, "192.0.2.1", "[192.0.2.1]", "", NULL, NULL, NULL,
	    "HELO \"[192.0.2.1]\": an address in brackets", NULL },
	{ SPF_HELO, SPF_NONE, "192.0.2.1", "192.0.2.1", "", NULL, NULL, NULL,
	    "it is an address, not a domain name", NULL },
	{ SPF_HELO, SPF_NONE, "192.0.2.1", "localhost", "", NULL, NULL, NULL,
	    "not a fully qualified", NULL },
	{ SPF_HELO, SPF_NONE, "192.0.2.1", NULL, "joe@example.org", NULL, NULL,
	    NULL, "there is no domain", NULL },
	{ SPF_HELO, SPF_NONE, "192.0.2.1", "a\nb.example.org", "", NULL, NULL,
	    NULL, "HELO \"a?b.example.org\": it is not a domain name", NULL },
	{ SPF_MAIL_FROM, SPF_NONE, "192.0.2.1", "localhost", "", NULL, NULL,
	    NULL, "MAIL FROM \"\": it is not a fully", NULL },
	{ SPF_MAIL_FROM, SPF_NONE, "192.0.2.1", "mail.example.org", "joe", NULL,
	    NULL, NULL, "MAIL FROM \"joe\": there is no domain", NULL },
	{ SPF_MAIL_FROM, SPF_NONE, "192.0.2.1", "mail.example.org", "joe@",
	    NULL, NULL, NULL, "there is no domain", NULL },
	{ SPF_MAIL_FROM, SPF_PASS, "192.0.2.1", "mail.example.org",
	    "\"a@b\"@example.org", "example.org", "ip4:192.0.2.0/24",
	    "example.org", "allows", NULL },
	{ SPF_MAIL_FROM, SPF_FAIL, "198.51.100.1", "mail.example.org",
	    "@example.org", "example.org", "-all", "example.org", "forbids",
	    "198.51.100.1 may not use example.org in mail.example.org for "
	    "postmaster" },
	{ SPF_MAIL_FROM, SPF_NONE, "", "mail.example.org", "joe@example.org",
	    NULL, NULL, NULL, "no IP address", NULL },
	/* RFC 8616 4. */
	{ SPF_MAIL_FROM, SPF_PASS, "192.0.2.1", "h.example.org",
	    "joe@b\xc3\xbc"
	    "cher.example",
	    "xn--bcher-kva.example", "exists:%{o}.ok.example.org",
	    "xn--bcher-kva.example", "allows", NULL },
	{ SPF_MAIL_FROM, SPF_PASS, "192.0.2.1", "h.example.org",
	    "j\xc3\xb6@local.example.org", "local.example.org", "+all",
	    "local.example.org", "allows", NULL },
	/* Trouble. */
	{ SPF_MAIL_FROM, SPF_NONE, "192.0.2.1", "h.example.org",
	    "joe@none.example.org", "none.example.org", NULL, NULL,
	    "none.example.org has no SPF record", NULL },
	{ SPF_MAIL_FROM, SPF_TEMPERROR, "192.0.2.1", "h.example.org",
	    "joe@broken.example.org", "broken.example.org", NULL, NULL,
	    "the record of broken.example.org: the DNS fails", NULL },
	{ SPF_MAIL_FROM, SPF_TEMPERROR, "192.0.2.1", "h.example.org",
	    "joe@inbroken.example.org", "inbroken.example.org", NULL, NULL,
	    "the record of broken.example.org: the DNS fails", NULL },
	{ SPF_MAIL_FROM, SPF_TEMPERROR, "192.0.2.1", "h.example.org",
	    "joe@abroken.example.org", "abroken.example.org", NULL, NULL,
	    "\"a:slow.example.org\" in the record of abroken.example.org: no "
	    "answer in time about slow.example.org",
	    NULL },
	{ SPF_MAIL_FROM, SPF_PASS, "192.0.2.1", "h.example.org",
	    "joe@mxbroken.example.org", "mxbroken.example.org", "mx",
	    "mxbroken.example.org", "allows", NULL },
	{ SPF_MAIL_FROM, SPF_TEMPERROR, "192.0.2.9", "h.example.org",
	    "joe@mxbroken.example.org", "mxbroken.example.org", NULL, NULL,
	    "the DNS fails for broken.example.org", NULL },
	{ SPF_MAIL_FROM, SPF_FAIL, "198.51.100.9", "h.example.org",
	    "joe@ptr.example.org", "ptr.example.org", "-all", "ptr.example.org",
	    "forbids", NULL },
	{ SPF_MAIL_FROM, SPF_PERMERROR, "192.0.2.1", "h.example.org",
	    "joe@two.example.org", "two.example.org", NULL, NULL,
	    "two.example.org has 2 SPF records", NULL },
	{ SPF_MAIL_FROM, SPF_PERMERROR, "192.0.2.1", "h.example.org",
	    "joe@bad.example.org", "bad.example.org", NULL, NULL,
	    "error in the record of bad.example.org: \"ipv4:192.0.2.1\": "
	    "there is no such mechanism",
	    NULL },
	{ SPF_MAIL_FROM, SPF_PERMERROR, "192.0.2.1", "h.example.org",
	    "joe@inbad.example.org", "inbad.example.org", NULL, NULL,
	    "error in the record of bad.example.org", NULL },
	{ SPF_MAIL_FROM, SPF_PERMERROR, "192.0.2.1", "h.example.org",
	    "joe@nowhere.example.org", "nowhere.example.org", NULL, NULL,
	    "\"include:none.example.org\" in the record of "
	    "nowhere.example.org: none.example.org has no SPF record",
	    NULL },
	{ SPF_MAIL_FROM, SPF_PERMERROR, "192.0.2.1", "h.example.org",
	    "joe@tonowhere.example.org", "tonowhere.example.org", NULL, NULL,
	    "\"redirect=none.example.org\" in the record of "
	    "tonowhere.example.org: none.example.org has no SPF record",
	    NULL },
	/* RFC 7208 5: the families never mix. */
	{ SPF_MAIL_FROM, SPF_PASS, "203.0.113.1", "h.example.org",
	    "joe@open.example.org", "open.example.org", "ip4:0.0.0.0/0",
	    "open.example.org", "allows", NULL },
	{ SPF_MAIL_FROM, SPF_FAIL, "2001:db8::5", "h.example.org",
	    "joe@open.example.org", "open.example.org", "-all",
	    "open.example.org", "forbids", NULL },
	{ SPF_MAIL_FROM, SPF_PASS, "2001:db8::5", "h.example.org",
	    "joe@open6.example.org", "open6.example.org", "ip6:::/0",
	    "open6.example.org", "allows", NULL },
	{ SPF_MAIL_FROM, SPF_FAIL, "192.0.2.5", "h.example.org",
	    "joe@open6.example.org", "open6.example.org", "-all",
	    "open6.example.org", "forbids", NULL },
	{ SPF_MAIL_FROM, SPF_FAIL, "::ffff:192.0.2.5", "h.example.org",
	    "joe@mapped.example.org", "mapped.example.org", "-all",
	    "mapped.example.org", "forbids", NULL },
	/* Three exchanges without AAAA are one void look-up. */
	{ SPF_MAIL_FROM, SPF_FAIL, "2001:db8::5", "h.example.org",
	    "joe@v6mx.example.org", "v6mx.example.org", "-all",
	    "v6mx.example.org", "forbids", NULL },
	/* %{h} as it was said, and one that no name can hold. */
	{ SPF_MAIL_FROM, SPF_PASS, "192.0.2.1", "MAIL.example.org",
	    "joe@helo.example.org", "helo.example.org", "a:%{h}",
	    "helo.example.org", "allows", NULL },
	{ SPF_MAIL_FROM, SPF_FAIL, "192.0.2.1", "x\r\ny.example.org",
	    "joe@helo.example.org", "helo.example.org", "-all",
	    "helo.example.org", "forbids", NULL },
	/* RFC 7208 6.2: two explanations are none. */
	{ SPF_MAIL_FROM, SPF_FAIL, "192.0.2.1", "h.example.org",
	    "joe@lies.example.org", "lies.example.org", "-all",
	    "lies.example.org", "forbids", NULL },
};

static void
assert_same(const struct eval_case *wanted, const char *what,
    const char *expected, const char *got)
{
	if (expected == NULL ? got != NULL
			     : got == NULL || strcmp(got, expected) != 0)
		fail_msg("%s from %s: %s is %s", wanted->mail_from,
		    wanted->client, what, got == NULL ? "NULL" : got);
}

static struct spf_query
query_of(const struct eval_case *wanted)
{
	struct spf_query query = { .identity = wanted->identity,
		.helo = wanted->helo,
		.mail_from = wanted->mail_from,
		.receiver = "mx.example.com",
		.deadline = clock_monotonic_ms() + 20000 };

	(void)network_address_parse(wanted->client, &query.client);
	return (query);
}

static void
test_eval(void **state)
{
	struct arena *arena = arena_new();
	struct dns *dns = support_dns(arena, zone);

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct spf_query query = query_of(&cases[i]);
		struct spf_outcome out;

		spf_eval(dns, &query, arena, NULL, &out);
		if (strstr(out.reason, cases[i].reason) == NULL)
			fail_msg("%s from %s: %s", cases[i].mail_from,
			    cases[i].client, out.reason);
		assert_int_equal(out.result, cases[i].result);
		assert_int_equal(out.identity, cases[i].identity);
		assert_same(&cases[i], "domain", cases[i].domain, out.domain);
		assert_same(
		    &cases[i], "mechanism", cases[i].mechanism, out.mechanism);
		assert_same(
		    &cases[i], "record_at", cases[i].record_at, out.record_at);
		assert_same(&cases[i], "explanation", cases[i].explanation,
		    out.explanation);
	}
	dns_free(dns);
	arena_free(arena);
}

/* After the deadline it is temperror, at once. */
static void
test_deadline(void **state)
{
	static const struct eval_case late = { .client = "192.0.2.1",
		.identity = SPF_MAIL_FROM,
		.helo = "h.example.org",
		.mail_from = "joe@slow.example.org" };
	struct arena *arena = arena_new();
	struct dns *dns = support_dns(arena, zone);
	struct spf_query query = query_of(&late);
	struct spf_outcome out;

	(void)state;
	query.deadline = clock_monotonic_ms() - 1;
	spf_eval(dns, &query, arena, NULL, &out);
	assert_int_equal(out.result, SPF_TEMPERROR);
	assert_string_equal(
	    out.reason, "the record of slow.example.org: no answer in time");
	dns_free(dns);
	arena_free(arena);
}

static const struct {
	unsigned int depth;
	const char *text;
} steps[] = {
	{ 0, "may 203.0.113.3 use example.org in MAIL FROM?" },
	{ 1, "TXT of example.org: 2 records" },
	{ 0, "example.org publishes \"v=spf1 ip4:192.0.2.0/24 "
	     "a:v6.example.org include:inc.example.org -all "
	     "exp=why.example.org\"" },
	{ 0, "\"ip4:192.0.2.0/24\" in the record of example.org does not "
	     "match" },
	{ 0, "\"a:v6.example.org\" in the record of example.org" },
	{ 1, "look-up 1 of 10" },
	{ 1, "A of v6.example.org: 1 record" },
	{ 1, "it does not match" },
	{ 0, "\"include:inc.example.org\" in the record of example.org" },
	{ 1, "look-up 2 of 10" },
	{ 1, "TXT of inc.example.org: 1 record" },
	{ 0, "inc.example.org publishes \"v=spf1 ip4:203.0.113.1 "
	     "~ip4:203.0.113.2 -ip4:203.0.113.3 exp=no.example.org\"" },
	{ 0, "\"ip4:203.0.113.1\" in the record of inc.example.org does not "
	     "match" },
	{ 0, "\"~ip4:203.0.113.2\" in the record of inc.example.org does not "
	     "match" },
	{ 0, "\"-ip4:203.0.113.3\" in the record of inc.example.org matches" },
	{ 0, "\"include:inc.example.org\" in the record of example.org does "
	     "not match" },
	{ 0, "\"-all\" in the record of example.org matches" },
	{ 0, "\"exp=why.example.org\" in the record of example.org: its "
	     "explanation" },
	{ 1, "TXT of why.example.org: 1 record" },
	{ 1, "it reads: " EXPLAINED("203.0.113.3") },
	{ 0, "fail: \"-all\" in the record of example.org forbids "
	     "203.0.113.3" },
};

/* What mailreeve-explain shows. */
static void
test_trace(void **state)
{
	static const struct eval_case traced = { .client = "203.0.113.3",
		.identity = SPF_MAIL_FROM,
		.helo = "mail.example.org",
		.mail_from = "joe@example.org" };
	struct arena *arena = arena_new();
	struct dns *dns = support_dns(arena, zone);
	struct trace *trace = trace_new(arena);
	struct spf_query query = query_of(&traced);
	struct spf_outcome out;

	(void)state;
	spf_eval(dns, &query, arena, trace, &out);
	for (size_t i = 0; i < UNIT_COUNT(steps) && i < trace->count; i++) {
		assert_string_equal(trace->steps[i].part, "spf");
		assert_string_equal(trace->steps[i].text, steps[i].text);
		assert_int_equal(trace->steps[i].depth, steps[i].depth);
	}
	assert_int_equal(trace->count, UNIT_COUNT(steps));
	dns_free(dns);
	arena_free(arena);
}

static void
test_names(void **state)
{
	static const char *const names[] = { "none", "neutral", "pass", "fail",
		"softfail", "temperror", "permerror" };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(names); i++)
		assert_string_equal(
		    spf_result_name((enum spf_result)i), names[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eval),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_names),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
