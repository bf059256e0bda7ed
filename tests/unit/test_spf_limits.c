/*
 * Records made to cause a thousand questions cause no more than RFC 7208 4.6.4
 * permits, of each kind.
 */
#include "support/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "spf/spf.h"
#include "support/counting.h"
#include "support/dkim.h"

#define MAX_ZONE ((size_t)512 * 1024)

static const struct limit_case {
	const char *label;
	const char *domain;
	enum spf_result result;
	const char *reason; /* a part of it */
	/* At most, and in fact: the backend counts. */
	struct counting wanted;
	unsigned int terms;
	unsigned int voids;
} cases[] = {
	{ "3 levels of 10 includes (1111 records)", "tree.example",
	    SPF_PERMERROR, "would be look-up 11, and 10 are allowed",
	    { .total = 11, .txt = 11 }, 10, 0 },
	{ "12 redirects in a row", "r0.example", SPF_PERMERROR,
	    "would be look-up 11", { .total = 11, .txt = 11 }, 10, 0 },
	{ "a record that includes and follows itself", "self.example",
	    SPF_PERMERROR, "would be look-up 11", { .total = 1, .txt = 1 }, 10,
	    0 },
	{ "12 mx with 10 hosts each", "mx.example", SPF_PERMERROR,
	    "would be look-up 11",
	    { .total = 111, .txt = 1, .mx = 10, .a = 100 }, 10, 0 },
	{ "an mx with 11 hosts", "mx11.example", SPF_PERMERROR,
	    "11 MX records, and 10 are allowed",
	    { .total = 2, .txt = 1, .mx = 1 }, 1, 0 },
	{ "an mx with 200 hosts", "mx200.example", SPF_PERMERROR,
	    "200 MX records", { .total = 2, .txt = 1, .mx = 1 }, 1, 0 },
	{ "9 ptr of a client with 200 names", "ptr.example", SPF_FAIL,
	    "forbids", { .total = 12, .txt = 1, .ptr = 1, .a = 10 }, 9, 0 },
	{ "12 a with addresses", "a.example", SPF_PERMERROR,
	    "would be look-up 11", { .total = 11, .txt = 1, .a = 10 }, 10, 0 },
	{ "12 exists that do not", "void.example", SPF_PERMERROR,
	    "third look-up that finds nothing",
	    { .total = 4, .txt = 1, .a = 3 }, 3, 3 },
	{ "the same in includes", "voids.example", SPF_PERMERROR,
	    "third look-up that finds nothing",
	    { .total = 7, .txt = 4, .a = 3 }, 6, 3 },
	{ "5 macros %{p} in each of 5 terms", "p.example", SPF_FAIL, "forbids",
	    { .total = 17, .txt = 1, .ptr = 1, .a = 15 }, 6, 0 },
	{ "10 mx, and %{p} in exp= and its text", "worst.example", SPF_FAIL,
	    "forbids", { .total = 123, .txt = 2, .ptr = 1, .mx = 10, .a = 110 },
	    10, 0 },
};

static void
add_repeated(struct buf *zone, const char *owner, const char *term,
    unsigned int count, const char *rest)
{
	buf_printf(zone, "%s.example. 60 IN TXT \"v=spf1", owner);
	for (unsigned int i = 0; i < count; i++) {
		/* RFC 1035 3.3: a string has 255 bytes at most. */
		buf_printf(zone, "\" \" %s%u.example", term, i);
	}
	buf_printf(zone, " %s\"\n", rest);
}

/* ${name} includes ten others, and these too, until ${depth} is 0. */
static void
add_tree(struct arena *arena, struct buf *zone, const char *name, int depth)
{
	buf_printf(zone, "%s. 60 IN TXT \"v=spf1", name);
	for (int i = 0; i < 10 && depth > 0; i++)
		buf_printf(zone, "\" \" include:%d.%s", i, name);
	buf_add_str(zone, " ?all\"\n");
	for (int i = 0; i < 10 && depth > 0; i++)
		add_tree(arena, zone, arena_printf(arena, "%d.%s", i, name),
		    depth - 1);
}

static void
add_exchanges(struct buf *zone, const char *name, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		buf_printf(zone,
		    "%s.example. 60 IN MX 10 h%u.%s.example.\n"
		    "h%u.%s.example. 60 IN A 198.51.100.%u\n",
		    name, i, name, i, name, i % 250 + 1);
}

static const char *
make_zone(struct arena *arena)
{
	struct buf zone;

	buf_init(&zone, arena, MAX_ZONE);
	add_tree(arena, &zone, "tree.example", 3);
	for (unsigned int i = 0; i < 12; i++) {
		buf_printf(&zone,
		    "r%u.example. 60 IN TXT \"v=spf1 redirect=r%u.example\"\n"
		    "a%u.example. 60 IN A 198.51.100.1\n"
		    "v%u.example. 60 IN TXT \"v=spf1 exists:x%u.void ?all\"\n",
		    i, i + 1, i, i, i);
		add_exchanges(
		    &zone, arena_printf(arena, "m%u", i), SPF_MAX_NAMES);
	}
	buf_add_str(&zone,
	    "self.example. 60 IN TXT \"v=spf1 include:%{d} redirect=%{d}\"\n"
	    "mx11.example. 60 IN TXT \"v=spf1 mx -all\"\n"
	    "mx200.example. 60 IN TXT \"v=spf1 mx -all\"\n");
	add_exchanges(&zone, "mx11", 11);
	add_exchanges(&zone, "mx200", 200);
	add_repeated(&zone, "mx", "mx:m", 12, "-all");
	add_repeated(&zone, "ptr", "ptr:p", 9, "-all");
	add_repeated(&zone, "a", "a:a", 12, "-all");
	add_repeated(&zone, "void", "exists:", 12, "-all");
	add_repeated(&zone, "voids", "include:v", 12, "-all");
	add_repeated(
	    &zone, "p", "a:%{p}.%{p}.%{p}.%{p}.%{p1}.%{d}.a", 5, "-all");
	buf_add_str(&zone, "*.p.example.a0.example. 60 IN A 198.51.100.1\n"
			   "*.p.example.a1.example. 60 IN A 198.51.100.1\n"
			   "*.p.example.a2.example. 60 IN A 198.51.100.1\n"
			   "*.p.example.a3.example. 60 IN A 198.51.100.1\n"
			   "*.p.example.a4.example. 60 IN A 198.51.100.1\n");
	add_repeated(&zone, "worst", "mx:m", 10, "exp=%{p}.e.example -all");
	buf_add_str(&zone,
	    "*.e.example. 60 IN TXT \"%{p} and %{p} may not\"\n"
	    "unknown.e.example. 60 IN TXT \"%{p} and %{p} may not\"\n");
	for (unsigned int i = 0; i < 200; i++)
		buf_printf(&zone,
		    "1.2.0.192.in-addr.arpa. 60 IN PTR n%u.names.example.\n"
		    "n%u.names.example. 60 IN A 192.0.2.1\n",
		    i, i);
	assert_false(zone.overflow);
	return (buf_str(&zone));
}

static void
check_case(const struct limit_case *wanted)
{
	struct arena *arena = arena_new();
	struct counting got;
	struct spf_outcome out;
	struct dns *dns = dns_new(
	    counting_new(arena, support_zone(arena, make_zone(arena)), &got),
	    NULL);
	struct spf_query query = { .identity = SPF_MAIL_FROM,
		.helo = "mail.example",
		.mail_from = arena_printf(arena, "joe@%s", wanted->domain),
		.deadline = clock_monotonic_ms() + 60000 };

	assert_int_equal(network_address_parse("192.0.2.1", &query.client), 0);
	spf_prefetch(dns, &query);
	/* Only the first record is asked for early. */
	assert_int_equal(got.total, 1);
	spf_eval(dns, &query, arena, NULL, &out);
	(void)printf("%-42s %3u questions: TXT %u, MX %u, PTR %u, A %u; "
		     "%u terms, %u void: %s\n",
	    wanted->label, got.total, got.txt, got.mx, got.ptr, got.a,
	    out.terms, out.voids, spf_result_name(out.result));
	assert_int_equal(out.result, wanted->result);
	if (strstr(out.reason, wanted->reason) == NULL)
		fail_msg("%s", out.reason);
	assert_int_equal(got.txt, wanted->wanted.txt);
	assert_int_equal(got.mx, wanted->wanted.mx);
	assert_int_equal(got.ptr, wanted->wanted.ptr);
	assert_int_equal(got.a, wanted->wanted.a);
	assert_int_equal(got.total, wanted->wanted.total);
	assert_int_equal(out.terms, wanted->terms);
	assert_int_equal(out.voids, wanted->voids);
	dns_free(dns);
	arena_free(arena);
}

static void
test_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++)
		check_case(&cases[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
