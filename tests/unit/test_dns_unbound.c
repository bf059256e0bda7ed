#include "dns/dns_unbound.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns/dns.h"
#include "support/dnsserver.h"
#include "support/unit.h"

#define SKIP 77
#define PATIENCE_MS 20000

/* A TXT record for which UDP is too small. */
#define T50 "tttttttttttttttttttttttttttttttttttttttttttttttttt"
#define T250 "\"" T50 T50 T50 T50 T50 "\" "
#define T4000                                                                  \
	T250 T250 T250 T250 T250 T250 T250 T250 T250 T250 T250 T250 T250 T250  \
	    T250 T250
#define LARGE_BYTES (16 * 251)

static const char zone_text[] =
    "$TTL 300\n"
    "@ IN SOA ns hostmaster 1 7200 3600 1209600 77\n"
    "@ NS ns\n"
    "ns A 127.0.0.1\n"
    "host A 192.0.2.1\n"
    "host AAAA 2001:db8::1\n"
    "mx 120 MX 10 host\n"
    "text TXT \"v=spf1 \" \"-all\"\n"
    "sel._domainkey TXT \"v=DKIM1; p=gr\\195\\188n\"\n"
    "alias CNAME alias2\n"
    "alias2 60 CNAME host\n"
    "dangling CNAME nowhere\n"
    "*.wild TXT \"wild\"\n"
    "odd\\\\na\\032me\\195\\188 A 192.0.2.2\n"
    "elsewhere CNAME y.n.many.example.\n"
    "large TXT " T4000 "\n"
    "deep.empty A 192.0.2.9\n";

#define NUMBERED 20
static const char many_text[] =
    "$TTL 300\n"
    "@ IN SOA ns hostmaster 1 7200 3600 1209600 77\n"
    "@ NS ns\n"
    "ns A 127.0.0.1\n"
    "*.n A 192.0.2.3\n";

static const struct dnsserver_zone zones[] = {
	{ "example.test.", zone_text, false },
	{ "many.example.", many_text, false },
	{ "2.0.192.in-addr.arpa.", zone_text, false },
	{ "10.in-addr.arpa.", zone_text, false },
};

struct answer_case {
	const char *name;
	enum dns_type type;
	enum dns_status status;
	uint32_t ttl;
	const char *rdata; /* of the only record */
	size_t len;
};

#define NO_RDATA NULL, 0
#define RDATA(literal) literal, sizeof(literal) - 1

static const struct answer_case cases[] = {
	{ "host.example.test", DNS_TYPE_A, DNS_OK, 300, RDATA("\xc0\0\2\1") },
	{ "HOST.example.TEST.", DNS_TYPE_AAAA, DNS_OK, 300,
	    RDATA("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1") },
	/* A name in RDATA comes whole although packets compress it. */
	{ "mx.example.test", DNS_TYPE_MX, DNS_OK, 120,
	    RDATA("\0\x0a\4host\7example\4test\0") },
	{ "text.example.test", DNS_TYPE_TXT, DNS_OK, 300,
	    RDATA("\7v=spf1 \4-all") },
	{ "sel._domainkey.example.test", DNS_TYPE_TXT, DNS_OK, 300,
	    RDATA("\x10v=DKIM1; p=gr\xc3\xbcn") },
	{ "alias.example.test", DNS_TYPE_A, DNS_OK, 60, RDATA("\xc0\0\2\1") },
	{ "elsewhere.example.test", DNS_TYPE_A, DNS_OK, 300,
	    RDATA("\xc0\0\2\3") },
	{ "x.wild.example.test", DNS_TYPE_TXT, DNS_OK, 300, RDATA("\4wild") },
	{ "odd\\na me\xc3\xbc.example.test", DNS_TYPE_A, DNS_OK, 300,
	    RDATA("\xc0\0\2\2") },
	{ "host.10.in-addr.arpa", DNS_TYPE_A, DNS_OK, 300,
	    RDATA("\xc0\0\2\1") },
	/* RFC 2308 5: the SOA's minimum is less than its TTL. */
	{ "host.example.test", DNS_TYPE_MX, DNS_NODATA, 77, NO_RDATA },
	{ "empty.example.test", DNS_TYPE_A, DNS_NODATA, 77, NO_RDATA },
	{ "nothing.example.test", DNS_TYPE_A, DNS_NXDOMAIN, 77, NO_RDATA },
	{ "dangling.example.test", DNS_TYPE_A, DNS_NXDOMAIN, 77, NO_RDATA },
	/* The server refuses what it has no zone for. */
	{ "host.example.org", DNS_TYPE_A, DNS_SERVFAIL, DNS_FAILURE_TTL,
	    NO_RDATA },
};

struct fixture {
	struct arena *arena;
	struct log *log;
	struct dns *dns;
};

static int64_t
patience(void)
{
	return (clock_monotonic_ms() + PATIENCE_MS);
}

/* A struct dns that asks ${resolver} only. */
static struct fixture
open_dns(const char *resolver, const char *trust_anchor)
{
	struct fixture fixture = { .arena = arena_new(),
		.log = log_new("test") };
	const struct dns_unbound_options options = { .resolvers = &resolver,
		.resolver_count = 1,
		.trust_anchor = trust_anchor,
		.log = fixture.log };
	const char *error = NULL;
	struct dns_backend *backend =
	    dns_unbound_new(&options, fixture.arena, &error);

	if (backend == NULL)
		fail_msg("%s", error);
	fixture.dns = dns_new(backend, NULL);
	return (fixture);
}

static void
close_dns(struct fixture *fixture)
{
	dns_free(fixture->dns);
	log_free(fixture->log);
	arena_free(fixture->arena);
}

static void
check(const struct answer_case *expected, const struct dns_answer *answer)
{
	size_t count = expected->rdata == NULL ? 0 : 1;

	/* A second may have passed since. */
	if (answer->status != expected->status || answer->count != count ||
	    answer->ttl > expected->ttl || answer->ttl + 2 < expected->ttl)
		fail_msg("%s type %d: status %d count %zu ttl %u",
		    expected->name, expected->type, answer->status,
		    answer->count, answer->ttl);
	assert_int_equal(answer->security, DNS_INDETERMINATE);
	if (count == 0)
		return;
	assert_int_equal(answer->rdata[0].len, expected->len);
	assert_memory_equal(
	    answer->rdata[0].data, expected->rdata, expected->len);
}

/* RFC 7766 5: what does not fit into UDP comes over TCP. */
static void
check_large(struct fixture *fixture)
{
	struct dns_answer answer;

	dns_lookup(fixture->dns, "large.example.test", DNS_TYPE_TXT, patience(),
	    fixture->arena, &answer);
	assert_int_equal(answer.status, DNS_OK);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.rdata[0].len, LARGE_BYTES);
	assert_int_equal(
	    dns_txt(fixture->arena, answer.rdata[0]).len, 16 * 250);
}

static void
check_answers(enum dnsserver_kind kind)
{
	if (!dnsserver_has(kind))
		skip();
	struct dnsserver *server =
	    dnsserver_new(kind, zones, UNIT_COUNT(zones));
	struct fixture fixture = open_dns(dnsserver_address(server), NULL);

	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct dns_answer answer;

		dns_lookup(fixture.dns, cases[i].name, cases[i].type,
		    patience(), fixture.arena, &answer);
		check(&cases[i], &answer);
	}
	check_large(&fixture);
	close_dns(&fixture);
	dnsserver_free(server);
}

static void
test_knot(void **state)
{
	(void)state;
	check_answers(DNSSERVER_KNOT);
}

static void
test_nsd(void **state)
{
	(void)state;
	check_answers(DNSSERVER_NSD);
}

static enum dnsserver_kind
installed(void)
{
	return (dnsserver_has(DNSSERVER_KNOT) ? DNSSERVER_KNOT : DNSSERVER_NSD);
}

static void
test_gather(void **state)
{
	struct dnsserver *server =
	    dnsserver_new(installed(), zones, UNIT_COUNT(zones));
	struct fixture fixture = open_dns(dnsserver_address(server), NULL);
	struct dns_question questions[NUMBERED];
	struct dns_answer answers[NUMBERED];
	struct dns_counters counters;

	(void)state;
	for (int i = 0; i < NUMBERED; i++) {
		questions[i] = (struct dns_question){
			.name = arena_printf(
			    fixture.arena, "x%d.n.many.example", i / 2),
			.type = DNS_TYPE_A,
		};
		dns_prefetch(fixture.dns, questions[i].name, questions[i].type);
	}
	dns_gather(fixture.dns, questions, NUMBERED, patience(), fixture.arena,
	    answers);
	for (int i = 0; i < NUMBERED; i++)
		assert_int_equal(answers[i].status, DNS_OK);
	dns_counters(fixture.dns, &counters);
	assert_int_equal(counters.questions, NUMBERED);
	assert_int_equal(counters.started, NUMBERED / 2);
	assert_int_equal(counters.hits + counters.joined, NUMBERED);
	close_dns(&fixture);
	dnsserver_free(server);
}

/* DNSSEC: the same signed zone with the right trust anchor, a wrong one, none
 * for it, and none at all. */
static void
check_security(const char *address, const char *anchor, const char *name,
    enum dns_status status, enum dns_security security)
{
	struct fixture fixture = open_dns(address, anchor);
	struct dns_answer answer;

	dns_lookup(
	    fixture.dns, name, DNS_TYPE_A, patience(), fixture.arena, &answer);
	assert_int_equal(answer.status, status);
	assert_int_equal(answer.security, security);
	close_dns(&fixture);
}

static void
test_dnssec(void **state)
{
	static const struct dnsserver_zone signed_zones[] = {
		{ "signed.example.", many_text, true },
		{ "plain.example.", many_text, false },
	};
	static const char wrong[] =
	    "signed.example. DS 1234 13 2 0000000000000000000000000000000000"
	    "000000000000000000000000000000\n";
	char path[] = "/tmp/mailreeve-anchor-XXXXXX";
	int fd;

	(void)state;
	if (!dnsserver_has(DNSSERVER_KNOT))
		skip();
	struct dnsserver *server =
	    dnsserver_new(DNSSERVER_KNOT, signed_zones, 2);
	const char *address = dnsserver_address(server);
	const char *anchor = dnsserver_anchor(server, "signed.example.");

	check_security(
	    address, anchor, "ns.signed.example", DNS_OK, DNS_SECURE);
	check_security(
	    address, anchor, "x.n.signed.example", DNS_OK, DNS_SECURE);
	check_security(
	    address, anchor, "none.signed.example", DNS_NXDOMAIN, DNS_SECURE);
	check_security(
	    address, anchor, "ns.plain.example", DNS_OK, DNS_INSECURE);
	check_security(
	    address, NULL, "ns.signed.example", DNS_OK, DNS_INDETERMINATE);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(
	    write(fd, wrong, sizeof(wrong) - 1), (ssize_t)sizeof(wrong) - 1);
	assert_int_equal(close(fd), 0);
	check_security(
	    address, path, "ns.signed.example", DNS_SERVFAIL, DNS_BOGUS);
	assert_int_equal(unlink(path), 0);
	dnsserver_free(server);
}

/* A resolver that never answers costs the deadline and no more, and what is
 * still under way does not delay the end. */
static void
test_silent_resolver(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char address[32];
	struct dns_answer answer;

	(void)state;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	(void)snprintf(
	    address, sizeof(address), "127.0.0.1@%d", ntohs(at.sin_port));
	struct fixture fixture = open_dns(address, NULL);
	int64_t before = clock_monotonic_ms();

	dns_prefetch(fixture.dns, "other.example", DNS_TYPE_TXT);
	dns_lookup(fixture.dns, "host.example", DNS_TYPE_A, before + 200,
	    fixture.arena, &answer);
	int64_t after = clock_monotonic_ms();

	assert_int_equal(answer.status, DNS_TIMEOUT);
	assert_true(after >= before + 200);
	assert_true(after < before + 2000);
	close_dns(&fixture);
	assert_true(clock_monotonic_ms() < after + 2000);
	assert_int_equal(close(fd), 0);
}

static void
test_server_comes_back(void **state)
{
	struct dnsserver *server =
	    dnsserver_new(installed(), zones, UNIT_COUNT(zones));
	struct fixture fixture = open_dns(dnsserver_address(server), NULL);
	struct dns_answer answer;

	(void)state;
	dnsserver_stop(server);
	dns_lookup(fixture.dns, "x1.n.many.example", DNS_TYPE_A,
	    clock_monotonic_ms() + 300, fixture.arena, &answer);
	assert_true(
	    answer.status == DNS_SERVFAIL || answer.status == DNS_TIMEOUT);
	dnsserver_start(server);
	dns_lookup(fixture.dns, "x2.n.many.example", DNS_TYPE_A, patience(),
	    fixture.arena, &answer);
	assert_int_equal(answer.status, DNS_OK);
	close_dns(&fixture);
	dnsserver_free(server);
}

static void
check_error(const char *resolver, const char *anchor, const char *expected)
{
	struct arena *arena = arena_new();
	struct log *log = log_new("test");
	const struct dns_unbound_options options = { .resolvers = &resolver,
		.resolver_count = 1,
		.trust_anchor = anchor,
		.log = log };
	const char *error = NULL;

	assert_null(dns_unbound_new(&options, arena, &error));
	assert_non_null(error);
	if (strstr(error, expected) == NULL)
		fail_msg("said: %s", error);
	log_free(log);
	arena_free(arena);
}

/* As check_error() for a trust anchor file that holds ${text}. */
static void
check_anchor(const char *text, const char *expected)
{
	char path[] = "/tmp/mailreeve-anchor-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
	check_error("192.0.2.1", path, path);
	check_error("192.0.2.1", path, expected);
	assert_int_equal(unlink(path), 0);
}

static void
test_errors(void **state)
{
	(void)state;
	check_error("resolver.example", NULL, "resolver.example: not an addr");
	check_error("192.0.2.1@port", NULL, "192.0.2.1@port: not an address");
	check_error("192.0.2.1@65536", NULL, "192.0.2.1@65536: not an address");
	check_error("192.0.2.1@0", NULL, "192.0.2.1@0: not an address");
	check_error("192.0.2.1@", NULL, "192.0.2.1@: not an address");
	check_error("@53", NULL, "@53: not an address");
	check_error("", NULL, "not an address");
	check_error("192.0.2.1", "/nonexistent/anchor",
	    "trust anchor /nonexistent/anchor: No such file");
	check_error("192.0.2.1", "/tmp", "/tmp: not a file");
	check_anchor("", "no DS or DNSKEY record");
	check_anchor("; nothing\n\n", "no DS or DNSKEY record");
	check_anchor(". DS 20326 8 2 00\nno record\n", "line 2: ");
	check_anchor("host.example. A 192.0.2.1\n", "line 1: not a DS");
}

/* Other ways to begin; nobody is asked. */
static void
test_other_options(void **state)
{
	static const char *const resolvers[] = { "192.0.2.1", "192.0.2.1@53",
		"2001:db8::1", "2001:db8::1@5353" };
	struct arena *arena = arena_new();
	struct log *log = log_new("test");
	const struct dns_unbound_options options[] = {
		{ .log = log },
		{ .log = log, .system = true },
		{ .log = log, .resolvers = resolvers, .resolver_count = 4 },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(options); i++) {
		const char *error = NULL;
		struct dns_backend *backend =
		    dns_unbound_new(&options[i], arena, &error);

		assert_null(error);
		dns_free(dns_new(backend, NULL));
	}
	log_free(log);
	arena_free(arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_knot),
		cmocka_unit_test(test_nsd),
		cmocka_unit_test(test_gather),
		cmocka_unit_test(test_dnssec),
		cmocka_unit_test(test_silent_resolver),
		cmocka_unit_test(test_server_comes_back),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_other_options),
	};

	if (!dnsserver_has(DNSSERVER_KNOT) && !dnsserver_has(DNSSERVER_NSD)) {
		(void)puts("skipped: neither knotd nor nsd is installed");
		return (SKIP);
	}
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
