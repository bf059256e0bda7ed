#include "support/unit.h"

#include "receiver/spf2.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "receiver/inside.h"
#include "support/dkim.h"

#define ZONE                                                                   \
	"example.com. 60 IN TXT \"v=spf1 ip4:192.0.2.1 a:a.example.com "       \
	"mx:mx.example.com ip6:2001:db8::1 exists:%{l}.e.example.com "         \
	"include:i.example.com ptr:p.example.com ?all\"\n"                     \
	"a.example.com. 60 IN A 192.0.2.2\n"                                   \
	"mx.example.com. 60 IN MX 10 a6.example.com.\n"                        \
	"a6.example.com. 60 IN A 192.0.2.3\n"                                  \
	"a6.example.com. 60 IN AAAA 2001:db8::3\n"                             \
	"joe.e.example.com. 60 IN A 127.0.0.2\n"                               \
	"i.example.com. 60 IN TXT \"v=spf1 ip4:192.0.2.5 -all\"\n"             \
	"6.2.0.192.in-addr.arpa. 60 IN PTR h.p.example.com.\n"                 \
	"h.p.example.com. 60 IN A 192.0.2.6\n"                                 \
	"no.example.com. 60 IN TXT \"v=spf1 -all exp=why.example.com\"\n"      \
	"why.example.com. 60 IN TXT \"%{i}-may-not\"\n"                        \
	"plain.example.com. 60 IN TXT \"v=spf1 -all\"\n"                       \
	"soft.example.com. 60 IN TXT \"v=spf1 ~all\"\n"                        \
	"bad.example.com. 60 IN TXT \"v=spf1 moo -all\"\n"                     \
	"two.example.com. 60 IN TXT \"v=spf1 -all\"\n"                         \
	"two.example.com. 60 IN TXT \"v=spf1 ~all\"\n"                         \
	"late.example.com. 60 IN TXT \"v=spf1 a:down.example.com -all\"\n"     \
	"; @servfail down.example.com\n"                                       \
	"split.example.com. 60 IN TXT \"v=spf1 ip4:192.\" \"0.2.1 -all\"\n"

struct spf2_case {
	const char *client;
	const char *helo;
	const char *mail_from;
	enum spf_result result;
	const char *explanation;
	enum spf2_code code; /* if its result is an error */
};

static const struct spf2_case cases[] = {
	{ "192.0.2.1", "h.test", "j@example.com", SPF_PASS, NULL, 0 },
	{ "192.0.2.2", "h.test", "j@example.com", SPF_PASS, NULL, 0 },
	{ "192.0.2.3", "h.test", "j@example.com", SPF_PASS, NULL, 0 },
	{ "2001:db8::3", "h.test", "j@example.com", SPF_PASS, NULL, 0 },
	{ "2001:db8::1", "h.test", "j@example.com", SPF_PASS, NULL, 0 },
	{ "192.0.2.9", "h.test", "joe@example.com", SPF_PASS, NULL, 0 },
	{ "192.0.2.5", "h.test", "j@example.com", SPF_PASS, NULL, 0 },
	{ "192.0.2.6", "h.test", "j@example.com", SPF_PASS, NULL, 0 },
	{ "192.0.2.9", "h.test", "j@example.com", SPF_NEUTRAL, NULL, 0 },
	{ "192.0.2.9", "h.test", "j@no.example.com", SPF_FAIL,
	    "192.0.2.9-may-not", 0 },
	{ "192.0.2.9", "h.test", "j@plain.example.com", SPF_FAIL, NULL, 0 },
	{ "192.0.2.9", "h.test", "j@soft.example.com", SPF_SOFTFAIL, NULL, 0 },
	{ "192.0.2.9", "h.test", "j@none.example.com", SPF_NONE, NULL,
	    SPF2_NOT_SPF },
	/* The null path: postmaster at the HELO name. */
	{ "192.0.2.9", "plain.example.com", "", SPF_FAIL, NULL, 0 },
	{ "192.0.2.1", "split.example.com", "", SPF_PASS, NULL, 0 },
	{ "192.0.2.9", "h.test", "j@bad.example.com", SPF_PERMERROR, NULL,
	    SPF2_UNKNOWN_MECH },
	{ "192.0.2.9", "h.test", "j@two.example.com", SPF_PERMERROR, NULL,
	    SPF2_MULTIPLE },
	{ "192.0.2.9", "h.test", "j@late.example.com", SPF_TEMPERROR, NULL,
	    SPF2_DNS_ERROR },
};

static void
judge(struct arena *arena, const struct receiver_library *library,
    const char *zone, const struct wire_spf *query, size_t questions,
    struct receiver_report *report)
{
	struct dns *dns = support_dns(arena, zone);
	const struct receiver_options options = { .dns = dns,
		.timeout_ms = 20000,
		.dns_timeout_ms = 1000,
		.spf_questions = questions };
	const char *error;
	struct receiver *receiver = receiver_new(library, &error);

	assert_non_null(receiver);
	receiver_judge_spf(receiver, &options, query, arena, report);
	receiver_free(receiver);
	dns_free(dns);
}

static void
check_case(const struct spf2_case *wanted)
{
	struct arena *arena = arena_new();
	const struct wire_spf query = { wanted->client, wanted->helo,
		wanted->mail_from, "mx.test" };
	struct receiver_report report;

	judge(arena, &spf2_library, ZONE, &query, 0, &report);
	if (report.state != RECEIVER_JUDGED)
		fail_msg("%s %s: %s", wanted->client, wanted->mail_from,
		    report.reason);
	if (report.spf->result != wanted->result ||
	    report.spf->code != (uint32_t)wanted->code)
		fail_msg("%s %s: %d (%u %s)", wanted->client, wanted->mail_from,
		    (int)report.spf->result, report.spf->code,
		    report.spf->reason != NULL ? report.spf->reason : "");
	if (wanted->explanation == NULL)
		assert_null(report.spf->explanation);
	else
		assert_string_equal(
		    report.spf->explanation, wanted->explanation);
	assert_true((report.spf->reason != NULL) == (wanted->code != 0));
	arena_free(arena);
}

static void
test_results(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++)
		check_case(&cases[i]);
}

/* Three levels of ten includes: 1 + 10 + 100 + 1000 records.  RFC 7208 4.6.4
 * allows ten look-ups; libspf2 counts them anew in every record. */
static const char *
include_tree(struct arena *arena)
{
	struct buf zone;

	buf_init(&zone, arena, 1000000);
	for (int i = 0; i < 1110; i++) {
		buf_printf(&zone, "n%d.test. 60 IN TXT \"v=spf1", i);
		for (int child = 1; i < 111 && child <= 10; child++)
			buf_printf(&zone, " include:n%d.test", 10 * i + child);
		buf_add_str(&zone, " ?all\"\n");
	}
	buf_add_str(&zone, "n1110.test. 60 IN TXT \"v=spf1 ?all\"\n");
	return (buf_str(&zone));
}

static void
test_amplification(void **state)
{
	const struct wire_spf query = { "192.0.2.1", "h.test", "j@n0.test",
		"mx.test" };
	struct arena *arena = arena_new();
	const char *zone = include_tree(arena);
	struct receiver_report report;

	(void)state;
	judge(arena, &spf2_library, zone, &query, 2000, &report);
	assert_int_equal(report.state, RECEIVER_JUDGED);
	assert_int_equal(report.question_count, 1111);
	assert_int_equal(report.spf->result, SPF_NEUTRAL);
	/* As it is asked outside of a test. */
	judge(arena, &spf2_library, zone, &query, 0, &report);
	assert_int_equal(report.state, RECEIVER_INSATIABLE);
	assert_int_equal(report.question_count, RECEIVER_SPF_QUESTIONS);
	assert_null(report.spf);
	assert_string_equal(
	    report.reason, "libspf2 would ask the DNS more than 130 questions");
	arena_free(arena);
}

/* CVE-2023-42118: where it is not mended, the process dies of the record, and
 * that is told; elsewhere it judges. */
static void
test_overflow(void **state)
{
	const struct wire_spf query = { "192.0.2.1", "h.test", "j@evil.test",
		"mx.test" };
	struct arena *arena = arena_new();
	char *tail = arena_alloc(arena, 4001);
	struct receiver_report report;
	struct buf text;

	(void)state;
	memset(tail, 'x', 4000);
	buf_init(&text, arena, 10000);
	buf_add_str(&text, "v=spf1 a:");
	for (int i = 0; i < 127; i++)
		buf_add_str(&text, "%{d}");
	buf_add_str(&text, tail);
	judge(arena, &spf2_library,
	    support_txt(arena, "evil.test", buf_str(&text)), &query, 0,
	    &report);
	if (report.state == RECEIVER_CRASHED)
		assert_non_null(
		    strstr(report.reason, "libspf2 crashed (Aborted)"));
	else
		assert_int_equal(report.state, RECEIVER_JUDGED);
	print_message("CVE-2023-42118: %s\n",
	    report.state == RECEIVER_JUDGED ? "mended here" : report.reason);
	arena_free(arena);
}

/* Libraries that are not what they should be. */

static void
greet(const struct inside *inside)
{
	inside_write(inside, FRAME_HELLO, span_str("1.0"));
}

/* As glibc's protection of the stack would. */
static void
run_crash(struct inside *inside, void *prepared)
{
	struct arena *arena = arena_new();
	struct dns_answer answer;
	struct frame frame;

	(void)prepared;
	greet(inside);
	inside_read(inside, arena, &frame);
	inside_ask(inside, "example.com", DNS_TYPE_TXT, arena, &answer);
	abort();
}

static void
run_silent_end(struct inside *inside, void *prepared)
{
	struct arena *arena = arena_new();
	struct frame frame;

	(void)prepared;
	greet(inside);
	inside_read(inside, arena, &frame);
	inside_write(inside, FRAME_DONE, span_str(""));
	arena_free(arena);
}

static void
run_opinion_of_signature(struct inside *inside, void *prepared)
{
	const struct wire_opinion opinion = { .result = WIRE_PASS };

	(void)prepared;
	greet(inside);
	inside_say(inside, &opinion);
}

/* It believes that it was given a message. */
static const struct {
	const char *name;
	void (*run)(struct inside *inside, void *prepared);
	enum receiver_state state;
	const char *reason;
} broken[] = {
	{ "crash", run_crash, RECEIVER_CRASHED,
	    "crash crashed (Aborted): receivers that use it would too" },
	{ "end", run_silent_end, RECEIVER_GARBAGE, "makes no sense" },
	{ "message", run_opinion_of_signature, RECEIVER_GARBAGE,
	    "makes no sense" },
};

static void
test_broken(void **state)
{
	const struct wire_spf query = { "192.0.2.1", "h.test", "j@example.com",
		"mx.test" };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(broken); i++) {
		const struct receiver_library library = {
			.name = broken[i].name, .run = broken[i].run
		};
		struct arena *arena = arena_new();
		struct receiver_report report;

		judge(arena, &library, ZONE, &query, 0, &report);
		assert_int_equal(report.state, broken[i].state);
		assert_non_null(strstr(report.reason, broken[i].reason));
		assert_null(report.spf);
		arena_free(arena);
	}
}

static void
test_too_long(void **state)
{
	struct arena *arena = arena_new();
	char *name = arena_alloc(arena, WIRE_MAX_TEXT + 2);
	struct receiver_report report;

	(void)state;
	memset(name, 'a', WIRE_MAX_TEXT + 1);
	const struct wire_spf query = { "192.0.2.1", name, "", "mx.test" };

	judge(arena, &spf2_library, ZONE, &query, 0, &report);
	assert_int_equal(report.state, RECEIVER_TROUBLE);
	assert_null(report.spf);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_amplification),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_too_long),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
