/* shared.h: machines that share a limit never let more through than it, and
 * while the server is gone answers keep coming. */
#include "support/unit.h"

#include <signal.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "support/sharing.h"

/* How late this program itself may be, on a machine with other work. */
#define SLACK_MS 1000

static void
counts_and_refunds(void **state)
{
	struct sharing *sharing = *state;
	struct shared_charge refund = sharing_charge(0, COUNTER_GCRA);
	struct sharing_question *question;

	sharing_start(sharing);
	assert_int_equal(shared_nodes(sharing->shared), 2);
	for (size_t i = 1; i <= SHARING_RATE; i++) {
		question = sharing_ask_and_wait(sharing, 0);
		assert_true(question->available && question->charge.fits);
		assert_int_equal(question->charge.reading.used, i);
	}
	question = sharing_ask_and_wait(sharing, 0);
	assert_true(question->available);
	assert_false(question->charge.fits);
	assert_true(question->charge.reading.retry_ms > 0);
	refund.refund_of = sharing_now();
	refund.amount = 2;
	shared_charge(sharing->shared, &refund, 1, sharing_now(), NULL, NULL);
	assert_true(sharing_ask_and_wait(sharing, 0)->charge.fits);
	assert_true(sharing_ask_and_wait(sharing, 0)->charge.fits);
	assert_false(sharing_ask_and_wait(sharing, 0)->charge.fits);
	assert_true(shared_forget(sharing->shared, "test", span_str("a")));
	question = sharing_ask_and_wait(sharing, 0);
	assert_int_equal(question->charge.reading.used, 1);
	/* The server forgets it by itself. */
	assert_true(sharing_number(sharing->server, "PTTL %s",
			"mailreeve:1:{limits}:g:test:a") > 0);
	assert_string_equal(sharing->events, "");
}

/* What is given back while we stop is given back. */
static void
refunds_at_the_end(void **state)
{
	struct sharing *sharing = *state;
	struct shared_options options =
	    sharing_options(sharing, sharing->server);
	struct shared_charge refund = sharing_charge(0, COUNTER_GCRA);
	struct sharing_question *question;

	sharing_start(sharing);
	for (size_t i = 1; i <= SHARING_RATE; i++)
		(void)sharing_ask_and_wait(sharing, 0);
	refund.refund_of = sharing_now();
	refund.amount = 3;
	shared_charge(sharing->shared, &refund, 1, sharing_now(), NULL, NULL);
	shared_free(sharing->shared);
	sharing->shared = sharing_connect(sharing, &options);
	sharing_wait_available(sharing, sharing->shared, true);
	question = sharing_ask_and_wait(sharing, 0);
	assert_true(question->charge.fits);
	assert_int_equal(question->charge.reading.used, SHARING_RATE - 2);
}

/* Two machines under load, 20 requests under way: exactly the limit passes. */
static void
never_one_over(struct sharing *sharing, enum counter_algorithm algorithm)
{
	struct shared_options options =
	    sharing_options(sharing, sharing->server);
	size_t asked = 0;

	sharing_start(sharing);
	sharing->other = sharing_connect(sharing, &options);
	sharing_wait_available(sharing, sharing->other, true);
	srandom(5);
	while (asked < (size_t)SHARING_RATE * SHARING_KEYS * 3) {
		for (int i = 0; i < 20; i++, asked++)
			(void)sharing_ask(sharing,
			    random() % 2 == 0 ? sharing->shared
					      : sharing->other,
			    (size_t)random() % SHARING_KEYS, algorithm);
		sharing_turn(sharing);
	}
	while (sharing->answers < asked)
		sharing_turn(sharing);
	assert_int_equal(sharing->available, asked);
	for (size_t i = 0; i < SHARING_KEYS; i++) {
		/* A second or two give room for none more. */
		assert_int_equal(sharing->passed[i], SHARING_RATE);
	}
}

static void
never_one_over_gcra(void **state)
{
	never_one_over(*state, COUNTER_GCRA);
}

static void
never_one_over_window(void **state)
{
	never_one_over(*state, COUNTER_WINDOW);
}

/* Ask for a while, whether there is a server or not. */
static void
load_for(struct sharing *sharing, int64_t ms)
{
	int64_t until = clock_monotonic_ms() + ms;

	while (clock_monotonic_ms() < until) {
		for (size_t i = 0; i < 5; i++)
			(void)sharing_ask(sharing, sharing->shared,
			    (size_t)random() % SHARING_KEYS, COUNTER_WINDOW);
		sharing_turn(sharing);
	}
}

static void
killed_under_load(void **state)
{
	struct sharing *sharing = *state;
	size_t before;

	sharing_start(sharing);
	load_for(sharing, 300);
	before = sharing->available;
	assert_true(before > 0);
	redisserver_kill(sharing->server);
	load_for(sharing, 700);
	assert_false(shared_is_available(sharing->shared));
	assert_int_equal(sharing_logged(sharing, "shared_lost"),
	    1 + sharing_logged(sharing, "Connection refused"));
	assert_int_equal(sharing_logged(sharing, "shared_back"), 0);
	assert_int_equal(redisserver_start(sharing->server, false), 0);
	sharing_wait_available(sharing, sharing->shared, true);
	assert_int_equal(sharing_logged(sharing, "shared_back"), 1);
	before = sharing->available;
	load_for(sharing, 200);
	sharing_turn_for(sharing, (int64_t)SHARING_TIMEOUT_MS * 2);
	assert_true(sharing->available > before);
	assert_true(sharing->slowest < SHARING_TIMEOUT_MS + SLACK_MS);
}

/* A server that hangs: answers in time, the connection is given up, and what
 * comes late is no answer to anything else. */
static void
hanging_server(void **state)
{
	struct sharing *sharing = *state;
	struct sharing_question *questions[6];
	size_t answers;

	sharing_start(sharing);
	redisserver_signal(sharing->server, SIGSTOP);
	for (size_t i = 0; i < UNIT_COUNT(questions); i++) {
		questions[i] =
		    sharing_ask(sharing, sharing->shared, i, COUNTER_GCRA);
		sharing_turn_for(sharing, 20);
	}
	sharing_turn_for(sharing, SHARING_TIMEOUT_MS + 200);
	for (size_t i = 0; i < UNIT_COUNT(questions); i++)
		assert_true(questions[i]->answered && !questions[i]->available);
	assert_false(shared_is_available(sharing->shared));
	sharing_wait_logged(sharing, "does not answer in time");
	assert_true(sharing->slowest < SHARING_TIMEOUT_MS + SLACK_MS);
	answers = sharing->answers;
	redisserver_signal(sharing->server, SIGCONT);
	sharing_wait_available(sharing, sharing->shared, true);
	assert_int_equal(sharing->answers, answers);
	assert_int_equal(sharing_logged(sharing, "shared_back"), 1);
	assert_true(sharing_ask_and_wait(sharing, 20)->available);
}

/* One late answer does not end the connection, and answers nobody. */
static void
late_answer(void **state)
{
	struct sharing *sharing = *state;
	struct sharing_question *question;

	sharing_start(sharing);
	redisserver_signal(sharing->server, SIGSTOP);
	question = sharing_ask_and_wait(sharing, 0);
	assert_false(question->available);
	redisserver_signal(sharing->server, SIGCONT);
	question = sharing_ask_and_wait(sharing, 1);
	assert_true(question->available);
	assert_int_equal(question->charge.reading.used, 1);
	/* The late one was counted all the same. */
	question = sharing_ask_and_wait(sharing, 0);
	assert_int_equal(question->charge.reading.used, 2);
	assert_string_equal(sharing->events, "");
}

static void
bounded_under_way(void **state)
{
	struct sharing *sharing = *state;
	struct sharing_question *question;

	sharing_start(sharing);
	redisserver_signal(sharing->server, SIGSTOP);
	for (size_t i = 0; i < SHARED_MAX_UNDER_WAY; i++)
		assert_false(
		    sharing_ask(sharing, sharing->shared, 0, COUNTER_GCRA)
			->answered);
	question = sharing_ask(sharing, sharing->shared, 0, COUNTER_GCRA);
	assert_true(question->answered);
	assert_false(question->available);
	redisserver_signal(sharing->server, SIGCONT);
	while (sharing->answers < SHARED_MAX_UNDER_WAY + 1)
		sharing_turn(sharing);
	sharing_wait_available(sharing, sharing->shared, true);
	assert_true(sharing_ask_and_wait(sharing, 1)->available);
}

static void
freed_while_asking(void **state)
{
	struct sharing *sharing = *state;
	struct sharing_question *question;

	sharing_start(sharing);
	question = sharing_ask(sharing, sharing->shared, 0, COUNTER_GCRA);
	shared_free(sharing->shared);
	sharing->shared = NULL;
	assert_true(question->answered);
	assert_false(question->available);
	shared_free(NULL);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, sharing_setup, sharing_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_and_refunds),
		TEST(refunds_at_the_end),
		TEST(never_one_over_gcra),
		TEST(never_one_over_window),
		TEST(killed_under_load),
		TEST(hanging_server),
		TEST(late_answer),
		TEST(bounded_under_way),
		TEST(freed_while_asking),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
