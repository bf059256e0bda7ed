#include "dns/dns_zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "dns/dns.h"
#include "support/unit.h"

static const char zone_text[] =
    "; a comment; @ is no directive\n"
    "$ORIGIN example.com.\n"
    "$TTL 300\n"
    "@\tIN SOA ns hostmaster 1 7200 3600 1209600 60\n"
    "\tIN NS ns\r\n"
    "\n"
    "ns 3600 A 192.0.2.53\n"
    "host A 192.0.2.1\n"
    "host 120 A 192.0.2.2\n"
    "HOST A 192.0.2.1\n"
    "host AAAA 2001:db8::1\n"
    "mx MX 10 Host\n"
    "mx MX 20 host.example.org.\n"
    "text TXT \"v=spf1 \" \"-all\"\n"
    "key._domainkey TXT ( \"v=DKIM1; k=rsa; \"\n"
    "\t\"p=abc\" ) ; the end\n"
    "; @servfail broken\n"
    "utf8 TXT \"gr\xc3\xbc\xc3\x9f Gott\"\n"
    "escape TXT \"a\\\"b\\\\c\\000d\"\n"
    "alias CNAME host\n"
    "alias2 60 CNAME alias\n"
    "dangling CNAME nowhere\n"
    "outside CNAME www.example.net.\n"
    "loop1 CNAME loop2\n"
    "loop2 CNAME loop1\n"
    "*.wild TXT \"wild\"\n"
    "*.wild A 192.0.2.7\n"
    "a.taken.wild A 192.0.2.8\n"
    "*.walias CNAME host\n"
    "deep.empty A 192.0.2.9\n"
    "  ;\t@timeout slow TXT\n"
    "slow A 192.0.2.10\n"
    "tobroken CNAME broken\n"
    "\\*star A 192.0.2.11\n"
    "odd\\ name A 192.0.2.12\n"
    "$ORIGIN sub\n"
    "@ TXT \"below\"\n"
    ";@servfail @ MX\n"
    "$ORIGIN example.org.\n"
    "$TTL 0\n"
    "zero A 192.0.2.20\n"
    "; @timeout gone.example.com.";

struct zone_case {
	const char *name;
	enum dns_type type;
	enum dns_status status;
	uint32_t ttl; /* as the cache reports it: at least 1 */
	size_t count;
	const char *first; /* the first RDATA, or NULL: do not compare */
	size_t first_len;
};

#define NO_RDATA NULL, 0
#define RDATA(literal) literal, sizeof(literal) - 1

static const struct zone_case cases[] = {
	{ "host.example.com", DNS_TYPE_A, DNS_OK, 120, 2, RDATA("\xc0\0\2\1") },
	{ "HOST.Example.COM.", DNS_TYPE_A, DNS_OK, 120, 2,
	    RDATA("\xc0\0\2\1") },
	{ "ns.example.com", DNS_TYPE_A, DNS_OK, 3600, 1,
	    RDATA("\xc0\0\2\x35") },
	{ "host.example.com", DNS_TYPE_AAAA, DNS_OK, 300, 1,
	    RDATA("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1") },
	{ "mx.example.com", DNS_TYPE_MX, DNS_OK, 300, 2,
	    RDATA("\0\x0a\4Host\7example\3com\0") },
	{ "example.com", DNS_TYPE_NS, DNS_OK, 300, 1,
	    RDATA("\2ns\7example\3com\0") },
	{ "text.example.com", DNS_TYPE_TXT, DNS_OK, 300, 1,
	    RDATA("\7v=spf1 \4-all") },
	{ "key._domainkey.example.com", DNS_TYPE_TXT, DNS_OK, 300, 1,
	    RDATA("\x10v=DKIM1; k=rsa; \5p=abc") },
	{ "utf8.example.com", DNS_TYPE_TXT, DNS_OK, 300, 1,
	    RDATA("\x0bgr\xc3\xbc\xc3\x9f Gott") },
	{ "escape.example.com", DNS_TYPE_TXT, DNS_OK, 300, 1,
	    RDATA("\7a\"b\\c\0d") },
	/* CNAMEs: the least TTL of the chain. */
	{ "alias.example.com", DNS_TYPE_A, DNS_OK, 120, 2,
	    RDATA("\xc0\0\2\1") },
	{ "alias2.example.com", DNS_TYPE_AAAA, DNS_OK, 60, 1, NO_RDATA },
	{ "alias2.example.com", DNS_TYPE_CNAME, DNS_OK, 60, 1,
	    RDATA("\5alias\7example\3com\0") },
	{ "alias.example.com", DNS_TYPE_TXT, DNS_NODATA, 60, 0, NO_RDATA },
	{ "dangling.example.com", DNS_TYPE_A, DNS_NXDOMAIN, 60, 0, NO_RDATA },
	{ "outside.example.com", DNS_TYPE_A, DNS_NXDOMAIN, 1, 0, NO_RDATA },
	{ "loop1.example.com", DNS_TYPE_A, DNS_SERVFAIL, DNS_FAILURE_TTL, 0,
	    NO_RDATA },
	/* RFC 4592: what a wildcard covers. */
	{ "x.wild.example.com", DNS_TYPE_TXT, DNS_OK, 300, 1, RDATA("\4wild") },
	{ "y.x.wild.example.com", DNS_TYPE_A, DNS_OK, 300, 1, NO_RDATA },
	{ "x.wild.example.com", DNS_TYPE_MX, DNS_NODATA, 60, 0, NO_RDATA },
	{ "wild.example.com", DNS_TYPE_A, DNS_NODATA, 60, 0, NO_RDATA },
	{ "taken.wild.example.com", DNS_TYPE_A, DNS_NODATA, 60, 0, NO_RDATA },
	{ "b.taken.wild.example.com", DNS_TYPE_A, DNS_NXDOMAIN, 60, 0,
	    NO_RDATA },
	{ "*.wild.example.com", DNS_TYPE_A, DNS_OK, 300, 1, NO_RDATA },
	{ "x.walias.example.com", DNS_TYPE_A, DNS_OK, 120, 2, NO_RDATA },
	/* RFC 8020, RFC 4592 2.2.2: an empty non-terminal exists. */
	{ "empty.example.com", DNS_TYPE_A, DNS_NODATA, 60, 0, NO_RDATA },
	{ "deep.empty.example.com", DNS_TYPE_A, DNS_OK, 300, 1, NO_RDATA },
	{ "com", DNS_TYPE_A, DNS_NODATA, 1, 0, NO_RDATA },
	{ "nothing.example.com", DNS_TYPE_A, DNS_NXDOMAIN, 60, 0, NO_RDATA },
	{ "example.net", DNS_TYPE_A, DNS_NXDOMAIN, 1, 0, NO_RDATA },
	/* Failures. */
	{ "broken.example.com", DNS_TYPE_A, DNS_SERVFAIL, DNS_FAILURE_TTL, 0,
	    NO_RDATA },
	{ "tobroken.example.com", DNS_TYPE_A, DNS_SERVFAIL, DNS_FAILURE_TTL, 0,
	    NO_RDATA },
	{ "slow.example.com", DNS_TYPE_TXT, DNS_TIMEOUT, DNS_FAILURE_TTL, 0,
	    NO_RDATA },
	{ "slow.example.com", DNS_TYPE_A, DNS_OK, 300, 1, NO_RDATA },
	{ "sub.example.com", DNS_TYPE_TXT, DNS_OK, 300, 1, RDATA("\5below") },
	{ "sub.example.com", DNS_TYPE_MX, DNS_SERVFAIL, DNS_FAILURE_TTL, 0,
	    NO_RDATA },
	{ "gone.example.com", DNS_TYPE_A, DNS_TIMEOUT, DNS_FAILURE_TTL, 0,
	    NO_RDATA },
	{ "x.gone.example.com", DNS_TYPE_A, DNS_NXDOMAIN, 60, 0, NO_RDATA },
	/* Odd names. */
	{ "*star.example.com", DNS_TYPE_A, DNS_OK, 300, 1, NO_RDATA },
	{ "odd name.example.com", DNS_TYPE_A, DNS_OK, 300, 1, NO_RDATA },
	{ "zero.example.org", DNS_TYPE_A, DNS_OK, 1, 1, NO_RDATA },
	/* No names at all. */
	{ "", DNS_TYPE_A, DNS_NXDOMAIN, 0, 0, NO_RDATA },
	{ ".", DNS_TYPE_A, DNS_NXDOMAIN, 0, 0, NO_RDATA },
	{ "host..example.com", DNS_TYPE_A, DNS_NXDOMAIN, 0, 0, NO_RDATA },
	{ ".host.example.com", DNS_TYPE_A, DNS_NXDOMAIN, 0, 0, NO_RDATA },
	{ "host.example.com..", DNS_TYPE_A, DNS_NXDOMAIN, 0, 0, NO_RDATA },
};

/* Write ${text} to a new file, load it and remove it. */
static struct dns_backend *
load(struct arena *arena, const char *text, size_t len, const char **error)
{
	char path[] = "/tmp/mailreeve-zone-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	assert_int_equal(close(fd), 0);
	struct dns_backend *backend = dns_zone_load(path, arena, error);

	assert_int_equal(unlink(path), 0);
	return (backend);
}

static struct dns *
open_zone(struct arena *arena, const char *text)
{
	static const struct clock still = { .fixed = 1000000 };
	static const struct dns_options options = { .clock = &still };
	const char *error = NULL;
	struct dns_backend *backend = load(arena, text, strlen(text), &error);

	if (backend == NULL)
		fail_msg("%s", error);
	return (dns_new(backend, &options));
}

static void
check(const struct zone_case *expected, const struct dns_answer *answer)
{
	if (answer->status != expected->status ||
	    answer->count != expected->count || answer->ttl != expected->ttl)
		fail_msg("%s type %d: status %d count %zu ttl %u",
		    expected->name, expected->type, answer->status,
		    answer->count, answer->ttl);
	if (expected->first == NULL)
		return;
	assert_int_equal(answer->rdata[0].len, expected->first_len);
	assert_memory_equal(
	    answer->rdata[0].data, expected->first, expected->first_len);
}

static void
test_answers(void **state)
{
	struct arena *arena = arena_new();
	struct dns *dns = open_zone(arena, zone_text);

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct dns_answer answer;

		/* Answers of a zone are there at once: the deadline is over. */
		dns_lookup(
		    dns, cases[i].name, cases[i].type, 0, arena, &answer);
		check(&cases[i], &answer);
		assert_int_equal(answer.security, DNS_INDETERMINATE);
	}
	dns_free(dns);
	arena_free(arena);
}

static void
test_too_many_records(void **state)
{
	struct arena *arena = arena_new();
	struct buf text;
	struct dns_answer answer;

	(void)state;
	buf_init(&text, arena, 1000000);
	for (int i = 0; i <= DNS_MAX_RECORDS; i++) {
		buf_printf(&text, "many. A 10.0.%d.%d\n", i / 256, i % 256);
		if (i < DNS_MAX_RECORDS)
			buf_printf(
			    &text, "most. A 10.0.%d.%d\n", i / 256, i % 256);
	}
	struct dns *dns = open_zone(arena, buf_str(&text));

	dns_lookup(dns, "most", DNS_TYPE_A, 0, arena, &answer);
	assert_int_equal(answer.status, DNS_OK);
	assert_int_equal(answer.count, DNS_MAX_RECORDS);
	dns_lookup(dns, "many", DNS_TYPE_A, 0, arena, &answer);
	assert_int_equal(answer.status, DNS_SERVFAIL);
	assert_int_equal(answer.count, 0);
	dns_free(dns);
	arena_free(arena);
}

static void
test_too_many_bytes(void **state)
{
	struct arena *arena = arena_new();
	struct buf text;
	struct dns_answer answer;

	(void)state;
	buf_init(&text, arena, 1000000);
	for (int i = 0; i < 66; i++) {
		buf_printf(&text, "big. TXT \"%04d\"", i);
		for (int j = 0; j < 4; j++)
			buf_printf(&text, " \"%0250d\"", j);
		buf_add_str(&text, "\n");
	}
	struct dns *dns = open_zone(arena, buf_str(&text));

	dns_lookup(dns, "big", DNS_TYPE_TXT, 0, arena, &answer);
	assert_int_equal(answer.status, DNS_SERVFAIL);
	dns_free(dns);
	arena_free(arena);
}

struct error_case {
	const char *text;
	const char *line; /* ":LINE: " */
};

static const struct error_case errors[] = {
	{ "$ORIGIN example.\nhost A 192.0.2.1\nhost A 192.0.2.256\n", ":3: " },
	{ "host. A 192.0.2.1\n\n; note\nhost.\n", ":4: " },
	{ "a. TXT (\n \"x\"\n)\nb. NONSENSE y\n", ":4: " },
	{ "a. TXT \"x\n\"\nb. A 192.0.2.1\n", ":2: " },
	{ "$INCLUDE other\n", ":1: " },
	{ "a. A 192.0.2.1\n; @servfail\n", ":2: " },
	{ "; @servfail a TYPELESS\n", ":1: " },
	{ "; @timeout a A more\n", ":1: " },
	{ "; @timeout a..b\n", ":1: " },
	{ "a. CH TXT \"x\"\n", ":1: " },
	{ "$ORIGIN ..\n", ":1: " },
};

static void
test_errors(void **state)
{
	struct arena *arena = arena_new();
	const char *error = NULL;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
		const char *text = errors[i].text;

		if (load(arena, text, strlen(text), &error) != NULL)
			fail_msg("accepted: %s", text);
		assert_non_null(error);
		if (strncmp(error, "/tmp/mailreeve-zone-", 20) != 0 ||
		    strstr(error, errors[i].line) == NULL)
			fail_msg("%s said: %s", text, error);
	}
	assert_null(dns_zone_load("/nonexistent/zone", arena, &error));
	assert_non_null(strstr(error, "/nonexistent/zone: No such file"));
	assert_null(dns_zone_load("/tmp", arena, &error));
	assert_non_null(strstr(error, "/tmp: Is a directory"));
	arena_free(arena);
}

static void
test_empty_and_binary(void **state)
{
	static const char nul[] = "a. A 192.0.2.1\n\0\0\nb. A 192.0.2.2\n";
	struct arena *arena = arena_new();
	const char *error = NULL;
	struct dns_answer answer;
	struct dns *dns = open_zone(arena, "");

	(void)state;
	dns_lookup(dns, "a", DNS_TYPE_A, 0, arena, &answer);
	assert_int_equal(answer.status, DNS_NXDOMAIN);
	dns_free(dns);
	/* Either way is fine, but it must come to an end. */
	struct dns_backend *backend = load(arena, nul, sizeof(nul) - 1, &error);

	if (backend != NULL)
		backend->free(backend);
	else
		assert_non_null(error);
	arena_free(arena);
}

static void
test_txt(void **state)
{
	static const struct {
		const char *rdata;
		size_t len;
		const char *text;
	} texts[] = {
		{ RDATA("\3abc"), "abc" },
		{ RDATA("\3abc\2de"), "abcde" },
		{ RDATA("\0\3abc\0"), "abc" },
		{ RDATA(""), "" },
		{ RDATA("\0"), "" },
		{ RDATA("\4abc"), "" },
		{ RDATA("\3abc\xff"
			"d"),
		    "" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
		struct span text =
		    dns_txt(arena, span_new(texts[i].rdata, texts[i].len));

		assert_true(span_is(text, texts[i].text));
	}
	arena_free(arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_too_many_records),
		cmocka_unit_test(test_too_many_bytes),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_empty_and_binary),
		cmocka_unit_test(test_txt),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
