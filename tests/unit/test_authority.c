/* Name servers asked one by one: a real one, and those that are good for
 * nothing. */
#include "authority.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "support/dnsliar.h"
#include "support/dnsserver.h"
#include "support/unit.h"

#define ZONE                                                                   \
	"$ORIGIN a.example.\n$TTL 60\n@ SOA ns h 1 60 60 3600 60\n@ NS ns\n"   \
	"ns A 127.0.0.1\n@ MX 10 mx\nalias CNAME mx\nmx A 198.18.0.11\n"       \
	"out CNAME far.example.\nsub NS ns.sub\nns.sub A 198.18.0.12\n"

static const struct dns_question questions[] = {
	{ "a.example", DNS_TYPE_MX },
	{ "gone.a.example", DNS_TYPE_A },
	{ "mx.a.example", DNS_TYPE_AAAA },
	{ "alias.a.example", DNS_TYPE_A },
	{ "out.a.example", DNS_TYPE_A },
	{ "x.sub.a.example", DNS_TYPE_A },
	{ "large.a.example", DNS_TYPE_TXT },
	{ "no..name", DNS_TYPE_A },
};
#define QUESTIONS UNIT_COUNT(questions)

static struct authority_server
server_at(const char *text)
{
	struct authority_server server = { .name = "ns.a.example",
		.port = (uint16_t)atoi(strchr(text, '@') + 1) };

	assert_int_equal(
	    network_address_parse("127.0.0.1", &server.address), 0);
	return (server);
}

/* A zone with a TXT record that no UDP answer has room for. */
static const char *
large_zone(struct arena *arena)
{
	char *text = arena_printf(arena, "%slarge TXT", ZONE);

	for (size_t i = 0; i < 10; i++)
		text = arena_printf(arena, "%s \"%0200zu\"", text, i);
	return (arena_printf(arena, "%s\n", text));
}

static void
test_real(void **state)
{
	struct arena *arena = arena_new();
	const struct dnsserver_zone zone = { "a.example.", large_zone(arena),
		false };

	(void)state;
	if (!dnsserver_has(DNSSERVER_KNOT))
		skip();
	struct dnsserver *knot = dnsserver_new(DNSSERVER_KNOT, &zone, 1);
	struct authority_server server = server_at(dnsserver_address(knot));
	struct authority authority = {
		.zone = "a.example", .servers = &server, .count = 1
	};
	const struct dns_answer *answers = authority_ask(&authority, questions,
	    QUESTIONS, clock_monotonic_ms() + 5000, arena);
	static const enum dns_status statuses[QUESTIONS] = { DNS_OK,
		DNS_NXDOMAIN, DNS_NODATA, DNS_OK, DNS_OK, DNS_OK, DNS_OK,
		DNS_NXDOMAIN };
	static const size_t counts[QUESTIONS] = { 1, 0, 0, 1, 0, 0, 1, 0 };

	assert_int_equal(server.state, AUTHORITY_ANSWERS);
	for (size_t i = 0; i < QUESTIONS; i++) {
		assert_int_equal(answers[i].status, statuses[i]);
		assert_int_equal(answers[i].count, counts[i]);
	}
	assert_int_equal(dns_txt(arena, answers[6].rdata[0]).len, 2000);
	dnsserver_free(knot);
	arena_free(arena);
}

/* A server that does not have the zone. */
static void
test_lame(void **state)
{
	struct arena *arena = arena_new();
	const struct dnsserver_zone zone = { "b.example.",
		"$ORIGIN b.example.\n$TTL 60\n@ SOA ns h 1 60 60 3600 60\n@ NS "
		"ns\nns A 127.0.0.1\n",
		false };

	(void)state;
	if (!dnsserver_has(DNSSERVER_KNOT))
		skip();
	struct dnsserver *knot = dnsserver_new(DNSSERVER_KNOT, &zone, 1);
	struct authority_server server = server_at(dnsserver_address(knot));
	struct authority authority = { .servers = &server, .count = 1 };

	(void)authority_ask(
	    &authority, questions, 1, clock_monotonic_ms() + 5000, arena);
	assert_int_equal(server.state, AUTHORITY_LAME);
	dnsserver_free(knot);
	arena_free(arena);
}

static const struct {
	enum dnsliar_way way;
	enum authority_state state;
	enum dns_status status;
} lies[] = {
	{ DNSLIAR_DOWN, AUTHORITY_SILENT, DNS_TIMEOUT },
	{ DNSLIAR_SILENT, AUTHORITY_SILENT, DNS_TIMEOUT },
	{ DNSLIAR_SLOW, AUTHORITY_SILENT, DNS_TIMEOUT },
	{ DNSLIAR_FAILING, AUTHORITY_BROKEN, DNS_SERVFAIL },
	{ DNSLIAR_DENYING, AUTHORITY_LAME, DNS_SERVFAIL },
	{ DNSLIAR_TRUNCATING, AUTHORITY_BROKEN, DNS_TIMEOUT },
};

/* All of them at once take as long as the slowest. */
static void
test_liars(void **state)
{
	struct arena *arena = arena_new();
	struct dnsliar *liars[UNIT_COUNT(lies)];
	struct authority_server servers[UNIT_COUNT(lies)];
	struct authority authority = { .servers = servers,
		.count = UNIT_COUNT(lies) };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(lies); i++) {
		liars[i] = dnsliar_new(lies[i].way);
		servers[i] = server_at(dnsliar_address(liars[i]));
	}
	const struct dns_answer *answers = authority_ask(
	    &authority, questions, 2, clock_monotonic_ms() + 1500, arena);

	for (size_t i = 0; i < UNIT_COUNT(lies); i++) {
		if (servers[i].state != lies[i].state)
			fail_msg(
			    "liar %d: %s", (int)lies[i].way, servers[i].reason);
		assert_non_null(servers[i].reason);
		assert_int_equal(answers[2 * i].status, lies[i].status);
		dnsliar_free(liars[i]);
	}
	arena_free(arena);
}

/* What floods us with garbage, or answers too much, is bounded. */
static void
test_floods(void **state)
{
	static const enum dnsliar_way ways[] = { DNSLIAR_OVERSIZED, DNSLIAR_CUT,
		DNSLIAR_GARBAGE };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(ways); i++) {
		struct dnsliar *liar = dnsliar_new(ways[i]);
		struct authority_server server =
		    server_at(dnsliar_address(liar));
		struct authority authority = { .servers = &server, .count = 1 };

		(void)authority_ask(&authority, questions, 2,
		    clock_monotonic_ms() + 1000, arena);
		assert_int_not_equal(server.state, AUTHORITY_ANSWERS);
		dnsliar_free(liar);
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_lame),
		cmocka_unit_test(test_liars),
		cmocka_unit_test(test_floods),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
