/* lookup.h: all questions at once, one deadline, and what the answers mean. */
#include "lookup.h"

#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "dns/dns_unbound.h"
#include "list_health.h"
#include "support/dkim.h"
#include "support/dnsliar.h"
#include "support/slowdns.h"
#include "support/unit.h"

#define CODE(points)                                                           \
	{                                                                      \
		{ 127, 0, 0, 2 }, { 127, 0, 0, 9 }, (points)                   \
	}
#define LIST(name, what)                                                       \
	{                                                                      \
		.zone = (name), .subjects = (what), .codes = { CODE(5) },      \
		.code_count = 1                                                \
	}
#define NAMES (LIST_CLIENT_NAME | LIST_HELO | LIST_SENDER)

static const struct dns_list lists[] = {
	LIST("bad.example", LIST_CLIENT),
	LIST("names.example", NAMES),
	LIST("refuses.example", LIST_CLIENT),
	LIST("sold.example", LIST_CLIENT),
	LIST("broken.example", LIST_CLIENT),
};

static const char zone[] =
    "1.2.0.192.bad.example. 60 IN A 127.0.0.2\n"
    "1.2.0.192.bad.example. 60 IN A 127.0.0.4\n"
    "1.2.0.192.bad.example. 60 IN A 127.0.0.99\n"
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"
    ".bad.example. 60 IN A 127.0.0.3\n"
    "spam.test.names.example. 60 IN A 127.0.0.2\n"
    "*.refuses.example. 60 IN A 127.255.255.254\n"
    "*.sold.example. 60 IN A 127.0.0.2\n"
    "*.sold.example. 60 IN A 192.0.2.80\n"
    "; @servfail 1.2.0.192.broken.example\n"
    "mail.test. 60 IN A 192.0.2.1\n"
    "spam.test. 60 IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "helo.test. 60 IN A 192.0.2.1\n"
    "helo.test. 60 IN TXT \"v=spf1 -all\"\n"
    "deep.test. 60 IN TXT \"v=spf1 include:a.deep.test -all\"\n"
    "a.deep.test. 60 IN TXT \"v=spf1 include:b.deep.test -all\"\n"
    "b.deep.test. 60 IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "1.2.0.192.in-addr.arpa. 60 IN PTR mail.test.\n"
    "2.2.0.192.in-addr.arpa. 60 IN PTR mail.test.\n"
    "; @timeout 4.2.0.192.in-addr.arpa\n";

static void
set(struct request *request, enum request_attribute which, const char *value)
{
	request->attributes[which] = span_str(value);
}

/* A request as Postfix makes it of an honest client. */
static struct request
make_request(
    const char *address, const char *name, const char *helo, const char *sender)
{
	struct request request = { .state = REQUEST_STATE_RCPT };

	set(&request, REQUEST_CLIENT_ADDRESS, address);
	set(&request, REQUEST_CLIENT_NAME, name);
	set(&request, REQUEST_REVERSE_CLIENT_NAME, name);
	set(&request, REQUEST_HELO_NAME, helo);
	set(&request, REQUEST_SENDER, sender);
	set(&request, REQUEST_RECIPIENT, "ann@example.org");
	set(&request, REQUEST_SERVER_ADDRESS, "203.0.113.25");
	(void)network_address_parse(address, &request.client);
	return (request);
}

static const char *const own_names[] = { "mx.example.org", NULL };

static struct lookup_options
make_options(struct dns *dns, int64_t ms)
{
	return ((struct lookup_options){ .dns = dns,
	    .lists = lists,
	    .list_count = UNIT_COUNT(lists),
	    .own_names = own_names,
	    .ask_spf = true,
	    .ask_helo = true,
	    .receiver = "mx.example.org",
	    .now = 1800000000,
	    .deadline = clock_monotonic_ms() + ms });
}

static size_t
count_hits(const struct lookup_findings *found, const char *name,
    enum list_subject subject)
{
	size_t count = 0;

	for (size_t i = 0; i < found->hit_count; i++)
		if (strcmp(found->hits[i].list->zone, name) == 0 &&
		    found->hits[i].subject == subject)
			count++;
	return (count);
}

static void
test_lists(void **state)
{
	struct arena *arena = arena_new();
	struct dns *dns = support_dns(arena, zone);
	struct log *log = log_new("test");
	struct list_health *health = list_health_new(log);
	struct lookup_options options = make_options(dns, 2000);
	struct request request =
	    make_request("192.0.2.1", "mail.test", "spam.test", "x@SPAM.test");
	struct lookup_findings found;

	(void)state;
	log_set_level(log, LOG_LEVEL_ERROR);
	options.health = health;
	lookup_run(&options, &request, arena, trace_new(arena), &found);
	/* 127.0.0.99 has no weight. */
	assert_int_equal(found.hit_count, 3);
	assert_int_equal(count_hits(&found, "bad.example", LIST_CLIENT), 2);
	assert_int_equal(found.hits[0].weight, 5);
	/* HELO and sender are one name, and one question. */
	assert_int_equal(count_hits(&found, "names.example", LIST_HELO), 1);
	assert_int_equal(found.lists_asked, 4 + 2);
	assert_int_equal(found.lists_late, 1);
	/* Refusals and answers of others take a list out; it is not asked. */
	assert_true(list_health_is_out(health, &lists[2]));
	assert_true(list_health_is_out(health, &lists[3]));
	assert_false(list_health_is_out(health, &lists[4]));
	lookup_run(&options, &request, arena, NULL, &found);
	assert_int_equal(found.lists_asked, 4);
	assert_int_equal(found.hit_count, 3);
	/* IPv6 (RFC 5782 2.4). */
	request = make_request("2001:db8::1", "mail.test", "mail.test", "");
	lookup_run(&options, &request, arena, NULL, &found);
	assert_int_equal(count_hits(&found, "bad.example", LIST_CLIENT), 1);
	list_health_free(health);
	log_free(log);
	dns_free(dns);
	arena_free(arena);
}

static const struct {
	const char *address;
	const char *client_name;
	const char *reverse_name;
	enum lookup_name name;
	bool generic;
} names[] = {
	{ "192.0.2.1", "mail.test", "mail.test", LOOKUP_NAME_CONFIRMED, false },
	/* Postfix could not ask in time; we can. */
	{ "192.0.2.1", "unknown", "unknown", LOOKUP_NAME_CONFIRMED, false },
	{ "192.0.2.2", "unknown", "mail.test", LOOKUP_NAME_UNCONFIRMED, false },
	{ "192.0.2.3", "unknown", "unknown", LOOKUP_NAME_MISSING, false },
	{ "192.0.2.4", "unknown", "unknown", LOOKUP_NAME_UNKNOWN, false },
	{ "192.0.2.2", "unknown", "dyn-192-0-2-2.isp.test",
	    LOOKUP_NAME_UNCONFIRMED, true },
	{ "192.0.2.2", "dsl7.isp.test", "dsl7.isp.test", LOOKUP_NAME_CONFIRMED,
	    true },
	{ "unknown", "unknown", "unknown", LOOKUP_NAME_UNKNOWN, false },
	{ "192.0.2.3", "", "", LOOKUP_NAME_MISSING, false },
};

static void
test_names(void **state)
{
	struct arena *arena = arena_new();
	struct dns *dns = support_dns(arena, zone);

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(names); i++) {
		struct lookup_options options = make_options(dns, 2000);
		struct request request = make_request(
		    names[i].address, names[i].client_name, "mail.test", "");
		struct lookup_findings found;

		set(&request, REQUEST_REVERSE_CLIENT_NAME,
		    names[i].reverse_name);
		lookup_run(&options, &request, arena, NULL, &found);
		if (found.name != names[i].name ||
		    found.generic_name != names[i].generic)
			fail_msg("%s %s: %d", names[i].address,
			    names[i].reverse_name, (int)found.name);
	}
	dns_free(dns);
	arena_free(arena);
}

static const struct {
	const char *helo;
	const char *sender;
	enum lookup_helo result;
	enum spf_result spf;
	enum spf_identity identity;
} mails[] = {
	{ "mail.test", "x@spam.test", LOOKUP_HELO_GOOD, SPF_PASS,
	    SPF_MAIL_FROM },
	{ "helo.test", "", LOOKUP_HELO_GOOD, SPF_FAIL, SPF_HELO },
	{ "nowhere.test", "x@nowhere.test", LOOKUP_HELO_UNRESOLVED, SPF_NONE,
	    SPF_MAIL_FROM },
	{ "[192.0.2.1]", "x@deep.test", LOOKUP_HELO_LITERAL, SPF_PASS,
	    SPF_MAIL_FROM },
	{ "mx.example.org", "x@[192.0.2.1]", LOOKUP_HELO_OURS, SPF_NONE,
	    SPF_MAIL_FROM },
	{ "203.0.113.25", "x@192.0.2.1", LOOKUP_HELO_OURS, SPF_NONE,
	    SPF_MAIL_FROM },
	{ "a\x01"
	  "b",
	    "@@@", LOOKUP_HELO_INVALID, SPF_NONE, SPF_MAIL_FROM },
};

static void
test_mail(void **state)
{
	struct arena *arena = arena_new();
	struct dns *dns = support_dns(arena, zone);

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(mails); i++) {
		struct lookup_options options = make_options(dns, 2000);
		struct request request = make_request(
		    "192.0.2.1", "mail.test", mails[i].helo, mails[i].sender);
		struct lookup_findings found;

		lookup_run(&options, &request, arena, trace_new(arena), &found);
		if (found.helo != mails[i].result ||
		    found.spf.result != mails[i].spf ||
		    found.spf.identity != mails[i].identity)
			fail_msg("%s %s: %d, %s", mails[i].helo,
			    mails[i].sender, (int)found.helo,
			    spf_result_name(found.spf.result));
		assert_non_null(found.spf.reason);
	}
	dns_free(dns);
	arena_free(arena);
}

/* What is not to be asked is not. */
static void
test_not_asked(void **state)
{
	struct arena *arena = arena_new();
	struct dns *dns = support_dns(arena, zone);
	struct lookup_options options = make_options(dns, 2000);
	struct request request = make_request(
	    "192.0.2.1", "mail.test", "nowhere.test", "x@spam.test");
	struct lookup_findings found;
	struct dns_counters counters;

	(void)state;
	options.ask_spf = false;
	options.ask_helo = false;
	options.list_count = 0;
	lookup_run(&options, &request, arena, NULL, &found);
	dns_counters(dns, &counters);
	assert_int_equal(counters.started, 0);
	assert_int_equal(found.helo, LOOKUP_HELO_GOOD);
	assert_null(found.spf.reason);
	assert_int_equal(found.lists_asked, 0);
	dns_free(dns);
	arena_free(arena);
}

#define SLOW_LISTS 10
#define SLOW_MS 100

static const struct slowdns_rule slow[] = { { ".slow.test", SLOW_MS },
	{ ".silent.test", SLOWDNS_NEVER }, { "deep.test", 20 }, { NULL, 0 } };

static void
make_slow(struct dns_list slow_lists[SLOW_LISTS], struct arena *arena,
    const char *below)
{
	for (size_t i = 0; i < SLOW_LISTS; i++)
		slow_lists[i] = (struct dns_list){ .zone = arena_printf(arena,
						       "l%zu.%s", i, below),
			.subjects = LIST_CLIENT,
			.codes = { CODE(1) },
			.code_count = 1 };
}

/* Ten lists that take a tenth of a second each do not take a second. */
static void
test_parallel(void **state)
{
	struct arena *arena = arena_new();
	struct dns *dns = dns_new(
	    slowdns_new(
		support_zone(arena, "*.slow.test. 60 IN A 127.0.0.2\n"), slow),
	    NULL);
	struct dns_list slow_lists[SLOW_LISTS];
	struct lookup_options options = make_options(dns, 10000);
	struct request request =
	    make_request("192.0.2.1", "mail.test", "mail.test", "");
	struct lookup_findings found;

	(void)state;
	make_slow(slow_lists, arena, "slow.test");
	options.lists = slow_lists;
	options.list_count = SLOW_LISTS;
	options.ask_spf = false;
	lookup_run(&options, &request, arena, NULL, &found);
	assert_int_equal(found.hit_count, SLOW_LISTS);
	assert_int_equal(found.lists_late, 0);
	assert_true(found.took_us >= (int64_t)SLOW_MS * 1000 / 2);
	assert_true(found.took_us < (int64_t)SLOW_LISTS * SLOW_MS * 1000);
	dns_free(dns);
	arena_free(arena);
}

/* One that never answers costs the deadline; what the others said counts, and
 * SPF has its time though it takes several steps. */
static void
test_silent(void **state)
{
	struct arena *arena = arena_new();
	struct dns *dns =
	    dns_new(slowdns_new(support_zone(arena, zone), slow), NULL);
	struct log *log = log_new("test");
	struct list_health *health = list_health_new(log);
	struct dns_list some[] = { lists[0],
		LIST("l.silent.test", LIST_CLIENT) };
	struct lookup_options options = make_options(dns, 600);
	struct request request =
	    make_request("192.0.2.1", "mail.test", "mail.test", "x@deep.test");
	struct lookup_findings found;
	size_t count;

	(void)state;
	log_set_level(log, LOG_LEVEL_ERROR);
	options.lists = some;
	options.list_count = UNIT_COUNT(some);
	options.health = health;
	lookup_run(&options, &request, arena, NULL, &found);
	assert_int_equal(found.lists_late, 1);
	assert_int_equal(count_hits(&found, "bad.example", LIST_CLIENT), 2);
	assert_int_equal(found.spf.result, SPF_PASS);
	assert_true(found.took_us >= 400000);
	assert_true(found.took_us < 5000000);
	/* Too little time is our fault, not the list's. */
	for (int i = 0; i < 2 * LIST_HEALTH_SILENCES; i++) {
		options.deadline = clock_monotonic_ms() + 1;
		lookup_run(&options, &request, arena, NULL, &found);
		assert_int_equal(found.lists_late, 1);
	}
	assert_false(list_health_is_out(health, &some[1]));
	const struct list_figures *figures =
	    list_health_figures(health, arena, &count);

	assert_int_equal(count, UNIT_COUNT(some));
	for (size_t i = 0; i < count; i++)
		assert_in_range(figures[i].late, 0, 1);
	list_health_free(health);
	log_free(log);
	dns_free(dns);
	arena_free(arena);
}

static const struct {
	enum dnsliar_way way;
	enum lookup_helo helo;
	bool late;
} liars[] = {
	{ DNSLIAR_DOWN, LOOKUP_HELO_UNKNOWN, true },
	{ DNSLIAR_SILENT, LOOKUP_HELO_UNKNOWN, true },
	{ DNSLIAR_SLOW, LOOKUP_HELO_UNKNOWN, true },
	{ DNSLIAR_FAILING, LOOKUP_HELO_UNKNOWN, true },
	{ DNSLIAR_DENYING, LOOKUP_HELO_UNRESOLVED, false },
	{ DNSLIAR_TRUNCATING, LOOKUP_HELO_UNKNOWN, true },
	{ DNSLIAR_GARBAGE, LOOKUP_HELO_UNKNOWN, true },
};

/* Whatever the resolver does, nobody is listed by it, and the deadline holds,
 * with libunbound in between. */
static void
test_liars(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(liars); i++) {
		struct arena *arena = arena_new();
		struct log *log = log_new("test");
		struct dnsliar *liar = dnsliar_new(liars[i].way);
		const char *address = dnsliar_address(liar);
		const char *error;
		const struct dns_unbound_options unbound = {
			.resolvers = &address, .resolver_count = 1, .log = log
		};
		struct request request = make_request(
		    "192.0.2.1", "unknown", "mail.test", "x@helo.test");
		struct lookup_findings found;

		log_set_level(log, LOG_LEVEL_ERROR);
		struct dns *dns =
		    dns_new(dns_unbound_new(&unbound, arena, &error), NULL);
		struct lookup_options options = make_options(dns, 500);

		options.lists = lists;
		options.list_count = 2;
		lookup_run(&options, &request, arena, NULL, &found);
		if (found.hit_count != 0 || found.helo != liars[i].helo ||
		    found.lists_asked != 3 ||
		    (found.lists_late > 0) != liars[i].late ||
		    found.took_us > 5000000)
			fail_msg("liar %zu: %zu hits, HELO %d, %zu of %zu late",
			    i, found.hit_count, (int)found.helo,
			    found.lists_late, found.lists_asked);
		dns_free(dns);
		dnsliar_free(liar);
		log_free(log);
		arena_free(arena);
	}
}

/* After its deadline it still says what is known, and at once. */
static void
test_past(void **state)
{
	struct arena *arena = arena_new();
	struct dns *dns = support_dns(arena, zone);
	struct lookup_options options = make_options(dns, -1000);
	struct request request =
	    make_request("192.0.2.1", "mail.test", "mail.test", "x@spam.test");
	struct lookup_findings found;

	(void)state;
	lookup_run(&options, &request, arena, NULL, &found);
	assert_int_equal(count_hits(&found, "bad.example", LIST_CLIENT), 2);
	assert_true(found.took_us < 5000000);
	dns_free(dns);
	arena_free(arena);
}

/* As many lists as there may be, each about all subjects. */
static void
test_many(void **state)
{
	static struct dns_list many[LIST_MAX];
	struct arena *arena = arena_new();
	struct dns *dns =
	    support_dns(arena, "*.many.test. 60 IN A 127.0.0.2\n"
			       "*.many.test. 60 IN A 127.0.0.3\n");
	struct lookup_options options = make_options(dns, 20000);
	struct request request =
	    make_request("192.0.2.1", "a.test", "b.test", "x@c.test");
	struct lookup_findings found;

	(void)state;
	for (size_t i = 0; i < LIST_MAX; i++)
		many[i] = (struct dns_list){ .zone = arena_printf(
						 arena, "l%zu.many.test", i),
			.subjects = LIST_CLIENT | NAMES,
			.codes = { CODE(1) },
			.code_count = 1 };
	options.lists = many;
	options.list_count = LIST_MAX;
	lookup_run(&options, &request, arena, NULL, &found);
	assert_int_equal(found.lists_asked, 4 * LIST_MAX);
	assert_int_equal(found.hit_count, LOOKUP_MAX_HITS);
	dns_free(dns);
	arena_free(arena);
}

int
main(void)
{
	/* As in the daemon: a liar hangs up on libunbound. */
	(void)signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_mail),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_parallel),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_liars),
		cmocka_unit_test(test_past),
		cmocka_unit_test(test_many),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
