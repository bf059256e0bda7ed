#include "support/unit.h"

#include "receiver/receiver.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "mail/message.h"
#include "receiver/inside.h"
#include "support/dkim.h"

#define MESSAGE                                                                \
	"From: Joe <joe@example.com>\r\n"                                      \
	"DKIM-Signature: d=example.com; s=s\r\n"                               \
	"DKIM-Signature: b\r\n\r\nHi.\r\n"

#define ZONE                                                                   \
	"s._domainkey.example.com. 60 IN TXT \"v=DKIM1; p=\"\n"                \
	"c2vjcmv0._domainkey.evil.example. 60 IN TXT \"gone\"\n"               \
	"c2vjcmv0._domainkey.example.com. 60 IN TXT \"gone\"\n"

/* Libraries that are not what they should be.  Each begins where the process
 * has entered the sandbox. */

static void
wait_for_end(struct inside *inside)
{
	struct arena *arena = arena_new();
	struct frame frame;

	do {
		inside_read(inside, arena, &frame);
		if (frame.type == FRAME_END_OF_FIELDS)
			inside_write(inside, FRAME_READY, span_str(""));
	} while (frame.type != FRAME_END);
	arena_free(arena);
}

static void
greet(struct inside *inside)
{
	inside_write(inside, FRAME_HELLO, span_str("1.0"));
}

static void
say_pass(struct inside *inside, size_t field)
{
	const struct wire_opinion opinion = { .field = field,
		.result = WIRE_PASS };

	inside_say(inside, &opinion);
}

static void
run_well(struct inside *inside, void *prepared)
{
	struct arena *arena = arena_new();
	struct dns_answer answer;

	(void)prepared;
	greet(inside);
	wait_for_end(inside);
	inside_ask(
	    inside, "s._domainkey.example.com", DNS_TYPE_TXT, arena, &answer);
	if (answer.status == DNS_OK && answer.count == 1)
		say_pass(inside, 0);
	/* Nobody asks the DNS for this one. */
	inside_ask(inside, "spy.example.com", DNS_TYPE_TXT, arena, &answer);
	if (answer.status == DNS_NXDOMAIN)
		say_pass(inside, 1);
	inside_write(inside, FRAME_DONE, span_str(""));
	arena_free(arena);
}

static void
run_abort(struct inside *inside, void *prepared)
{
	(void)prepared;
	greet(inside);
	abort();
}

/* It was taken over, and carries the message away. */
static void
run_thief(struct inside *inside, void *prepared)
{
	static const char *const names[] = {
		"c2VjcmV0._domainkey.evil.example",
		"s.c2VjcmV0._domainkey.example.com",
		"c2VjcmV0._domainkey.example.com",
		"s._domainkey.example.com.evil.example",
	};
	struct arena *arena = arena_new();
	struct dns_answer answer;
	size_t refused = 0;

	(void)prepared;
	greet(inside);
	wait_for_end(inside);
	for (size_t i = 0; i < UNIT_COUNT(names); i++) {
		inside_ask(inside, names[i], DNS_TYPE_TXT, arena, &answer);
		refused += answer.status == DNS_NXDOMAIN;
	}
	/* As often as it likes: it reads the rhythm alone. */
	for (int i = 0; i < 100; i++)
		inside_ask(inside, "s._domainkey.example.com", DNS_TYPE_TXT,
		    arena, &answer);
	if (refused == UNIT_COUNT(names) && answer.status == DNS_OK)
		say_pass(inside, 0);
	inside_write(inside, FRAME_DONE, span_str(""));
	arena_free(arena);
}

/* What the kernel does after SANDBOX_CPU_SECONDS. */
static void
run_out_of_time(struct inside *inside, void *prepared)
{
	(void)prepared;
	greet(inside);
	(void)raise(SIGXCPU);
}

/* After an opinion that must not count. */
static void
run_late_crash(struct inside *inside, void *prepared)
{
	(void)prepared;
	greet(inside);
	wait_for_end(inside);
	say_pass(inside, 0);
	(void)raise(SIGSEGV);
}

static void
run_forbidden(struct inside *inside, void *prepared)
{
	(void)prepared;
	greet(inside);
	(void)access("/etc/passwd", R_OK);
}

static void
run_exit(struct inside *inside, void *prepared)
{
	(void)prepared;
	greet(inside);
	inside_exit(3);
}

static void
run_nothing(struct inside *inside, void *prepared)
{
	(void)inside;
	(void)prepared;
}

static void
run_text(struct inside *inside, void *prepared)
{
	(void)prepared;
	(void)write(inside->out, "all is well\n", 12);
	wait_for_end(inside);
}

static void
run_long_frame(struct inside *inside, void *prepared)
{
	static const unsigned char header[] = { 1, FRAME_HELLO, 0xff, 0xff,
		0xff, 0xff };

	(void)prepared;
	(void)write(inside->out, header, sizeof(header));
	wait_for_end(inside);
}

static void
run_endless(struct inside *inside, void *prepared)
{
	(void)prepared;
	greet(inside);
	for (;;)
		inside_write(inside, FRAME_OPINION, span_str("aaaa"));
}

static void
run_questions(struct inside *inside, void *prepared)
{
	struct dns_answer answer;

	(void)prepared;
	greet(inside);
	wait_for_end(inside);
	for (;;) {
		struct arena *arena = arena_new();

		inside_ask(inside, "s._domainkey.example.com", DNS_TYPE_TXT,
		    arena, &answer);
		arena_free(arena);
	}
}

static void
run_silent(struct inside *inside, void *prepared)
{
	struct arena *arena = arena_new();
	struct frame frame;

	(void)prepared;
	greet(inside);
	/* Nothing comes after the end. */
	for (;;)
		inside_read(inside, arena, &frame);
}

/* It never reads, so that our pipe is full in the end. */
static void
run_deaf(struct inside *inside, void *prepared)
{
	(void)prepared;
	greet(inside);
	for (volatile unsigned int i = 0;; i++)
		continue;
}

static void
run_many_opinions(struct inside *inside, void *prepared)
{
	(void)prepared;
	greet(inside);
	wait_for_end(inside);
	for (size_t i = 0; i < 3; i++)
		say_pass(inside, i);
	inside_write(inside, FRAME_DONE, span_str(""));
}

struct receiver_case {
	const char *name;
	void (*run)(struct inside *inside, void *prepared);
	enum receiver_state state;
	const char *reason; /* a part of it, or NULL */
	size_t opinions;
};

static const struct receiver_case cases[] = {
	{ "well", run_well, RECEIVER_JUDGED, NULL, 2 },
	{ "thief", run_thief, RECEIVER_JUDGED, NULL, 1 },
	{ "abort", run_abort, RECEIVER_CRASHED, "abort crashed (Aborted)", 0 },
	{ "late", run_late_crash, RECEIVER_CRASHED,
	    "receivers that use it would too", 0 },
	{ "forbidden", run_forbidden, RECEIVER_GARBAGE, "no verifier needs to",
	    0 },
	{ "exit", run_exit, RECEIVER_CRASHED, "status 3", 0 },
	{ "nothing", run_nothing, RECEIVER_CRASHED, "status 0", 0 },
	{ "text", run_text, RECEIVER_GARBAGE, "makes no sense", 0 },
	{ "long", run_long_frame, RECEIVER_GARBAGE, "makes no sense", 0 },
	{ "endless", run_endless, RECEIVER_GARBAGE, "makes no sense", 0 },
	{ "questions", run_questions, RECEIVER_GARBAGE, "makes no sense", 0 },
	{ "silent", run_silent, RECEIVER_SLOW, "not done within 1 s", 0 },
	{ "time", run_out_of_time, RECEIVER_SLOW, "used up its processor time",
	    0 },
	{ "deaf", run_deaf, RECEIVER_SLOW, "not done within 1 s", 0 },
	{ "many", run_many_opinions, RECEIVER_GARBAGE, "makes no sense", 0 },
};

/* A message whose body fills any pipe. */
static void
read_message(struct arena *arena, struct message *out)
{
	struct buf text;

	buf_init(&text, arena, 1000000);
	buf_add_str(&text, MESSAGE);
	for (int i = 0; i < 10000; i++)
		buf_add_str(&text, "This is a line of text.\r\n");
	message_parse(arena, buf_span(&text), out);
}

static void
check_report(
    const struct receiver_case *wanted, const struct receiver_report *report)
{
	const char *reason = report->reason != NULL ? report->reason : "";

	if (report->state != wanted->state ||
	    report->opinion_count != wanted->opinions ||
	    (wanted->reason == NULL) != (report->reason == NULL) ||
	    (wanted->reason != NULL && strstr(reason, wanted->reason) == NULL))
		fail_msg("%s: state %d, %zu opinions, %s", wanted->name,
		    (int)report->state, report->opinion_count, reason);
}

static void
check_case(const struct receiver_case *wanted)
{
	struct arena *arena = arena_new();
	struct dns *dns = support_dns(arena, ZONE);
	const struct receiver_library library = { .name = wanted->name,
		.run = wanted->run };
	const struct receiver_options options = { .dns = dns,
		.timeout_ms = wanted->state == RECEIVER_SLOW ? 1000 : 30000,
		.dns_timeout_ms = 1000 };
	const char *error;
	struct message message;
	struct receiver_report report;
	struct receiver *receiver = receiver_new(&library, &error);

	assert_non_null(receiver);
	read_message(arena, &message);
	receiver_judge(
	    receiver, &options, &message.headers, message.body, arena, &report);
	check_report(wanted, &report);
	if (wanted->run == run_thief)
		assert_int_equal(report.question_count, 1);
	if (wanted->run == run_well) {
		assert_int_equal(report.question_count, 1);
		assert_non_null(receiver_answer(
		    &report, "s._domainkey.example.com", DNS_TYPE_TXT));
		assert_null(receiver_answer(
		    &report, "s._domainkey.example.com", DNS_TYPE_A));
		assert_null(
		    receiver_answer(&report, "spy.example.com", DNS_TYPE_TXT));
		assert_int_equal(
		    receiver_opinion(&report, 1)->result, WIRE_PASS);
		assert_null(receiver_opinion(&report, 2));
	}
	receiver_free(receiver);
	dns_free(dns);
	arena_free(arena);
}

static void
test_libraries(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++)
		check_case(&cases[i]);
	receiver_free(NULL);
}

/* One that never gets its message ends with us. */
static void
test_unused(void **state)
{
	const struct receiver_library library = { "unused", NULL, run_silent };
	const char *error;
	int64_t started = clock_monotonic_ms();
	struct receiver *receiver = receiver_new(&library, &error);

	(void)state;
	assert_non_null(receiver);
	receiver_free(receiver);
	assert_true(clock_monotonic_ms() - started < 5000);
}

/* More signatures, or a longer field, than we give away. */
static void
test_limits(void **state)
{
	const struct receiver_library library = { "limits", NULL, run_silent };
	const struct receiver_options options = { .timeout_ms = 20000 };
	struct arena *arena = arena_new();
	struct header_list many, longest;
	struct receiver_report report;
	char *value = arena_alloc(arena, FRAME_MAX_TO_CHILD + 1);
	const char *error;

	(void)state;
	header_list_init(&many, arena);
	for (int i = 0; i <= RECEIVER_MAX_SIGNATURES; i++)
		header_list_add(
		    &many, span_str("dkim-signature"), span_str(" a"));
	header_list_init(&longest, arena);
	memset(value, 'a', FRAME_MAX_TO_CHILD);
	header_list_add(&longest, span_str("X"), span_str(value));
	const struct header_list *const lists[] = { &many, &longest };

	for (size_t i = 0; i < UNIT_COUNT(lists); i++) {
		struct receiver *receiver = receiver_new(&library, &error);

		receiver_judge(
		    receiver, &options, lists[i], span_str(""), arena, &report);
		assert_int_equal(report.state, RECEIVER_TROUBLE);
		assert_non_null(report.reason);
		receiver_free(receiver);
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libraries),
		cmocka_unit_test(test_unused),
		cmocka_unit_test(test_limits),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
