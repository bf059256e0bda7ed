/* Many connections at once, a full house, and the end. */
#include "serve.h"

#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/policy_stage.h"
#include "support/unit.h"

static void
test_fifty(void **state)
{
	struct policy_stage *stage = *state;
	int fds[50];
	char wanted[64];
	char instance[16];

	for (int i = 0; i < 50; i++)
		fds[i] = policy_stage_connect(stage);
	policy_stage_turn(stage);
	assert_int_equal(policy_stage_load(stage).connections, 50);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 50; i++) {
			(void)snprintf(
			    instance, sizeof(instance), "%d-%d", round, i);
			policy_stage_ask(fds[i], instance);
		}
		policy_stage_turn(stage);
		for (int i = 0; i < 50; i++) {
			(void)snprintf(wanted, sizeof(wanted),
			    "action=%d-%d\n\n", round, i);
			policy_stage_expect(fds[i], wanted);
		}
	}
	for (int i = 0; i < 50; i++)
		(void)close(fds[i]);
	policy_stage_turn(stage);
	assert_int_equal(policy_stage_load(stage).connections, 0);
	assert_int_equal(stage->engine.closed, 50);
}

/* The one that is silent for longest goes, not one that waits. */
static void
test_full_house(void **state)
{
	struct policy_stage *stage = *state;
	int fds[61];

	for (int i = 0; i < 60; i++) {
		fds[i] = policy_stage_connect(stage);
		policy_stage_turn(stage);
		policy_stage_ask(fds[i], i == 0 ? "later" : "1");
		policy_stage_turn(stage);
	}
	policy_stage_say(fds[1], POLICY_STAGE_HEAD);
	policy_stage_turn(stage);
	fds[60] = policy_stage_connect(stage);
	policy_stage_turn(stage);
	assert_int_equal(policy_stage_load(stage).connections, 60);
	assert_int_equal(policy_stage_load(stage).refused, 1);
	policy_stage_expect(fds[2], "action=1\n\n");
	policy_stage_expect_end(fds[2]);
	policy_stage_ask(fds[60], "x");
	policy_stage_turn(stage);
	policy_stage_expect(fds[60], "action=x\n\n");
	policy_stage_answer_all(&stage->engine);
	policy_stage_turn(stage);
	policy_stage_expect(fds[0], "action=later\n\n");
	assert_int_equal(stage->warnings, 1);
	for (int i = 0; i < 61; i++)
		if (i != 2)
			(void)close(fds[i]);
}

/* All wait for replies: the new one is told to try again. */
static void
test_full_of_waiting(void **state)
{
	struct policy_stage *stage = *state;
	int fds[60];

	for (int i = 0; i < 60; i++) {
		fds[i] = policy_stage_connect(stage);
		policy_stage_ask(fds[i], "later");
		policy_stage_turn(stage);
	}
	int fd = policy_stage_connect(stage);

	policy_stage_turn(stage);
	policy_stage_expect_end(fd);
	assert_int_equal(policy_stage_load(stage).refused, 1);
	policy_stage_answer_all(&stage->engine);
	policy_stage_turn(stage);
	for (int i = 0; i < 60; i++) {
		policy_stage_expect(fds[i], "action=later\n\n");
		(void)close(fds[i]);
	}
}

static void
test_stop(void **state)
{
	struct policy_stage *stage = *state;
	int idle = policy_stage_connect(stage);
	int pending = policy_stage_connect(stage);

	policy_stage_ask(idle, "1");
	policy_stage_turn(stage);
	policy_stage_expect(idle, "action=1\n\n");
	policy_stage_say(pending, POLICY_STAGE_HEAD
	    "instance=later\n\n" POLICY_STAGE_HEAD "instance=2\n\n");
	policy_stage_turn(stage);
	serve_stop(stage->serve);
	policy_stage_turn(stage);
	policy_stage_expect_end(idle);
	assert_int_equal(access(stage->path, F_OK), -1);
	assert_int_equal(policy_stage_load(stage).connections, 1);
	policy_stage_answer_all(&stage->engine);
	policy_stage_turn(stage);
	/* The second request is left to who comes after us. */
	policy_stage_expect(pending, "action=later\n\n");
	assert_int_equal(policy_stage_load(stage).connections, 0);
	(void)close(pending);
}

/* What was written before we stop, whole or in part, is answered; two requests
 * at once are nobody's who waits for replies. */
static void
test_stop_answers_what_came(void **state)
{
	struct policy_stage *stage = *state;
	int whole = policy_stage_connect(stage);
	int half = policy_stage_connect(stage);
	int gone = policy_stage_connect(stage);

	policy_stage_ask(whole, "1");
	policy_stage_ask(gone, "2");
	policy_stage_turn(stage);
	policy_stage_expect(whole, "action=1\n\n");
	policy_stage_ask(whole, "3");
	policy_stage_say(half, POLICY_STAGE_HEAD "insta");
	(void)close(gone);
	serve_stop(stage->serve);
	policy_stage_expect(whole, "action=3\n\n");
	policy_stage_expect_end(whole);
	policy_stage_turn(stage);
	assert_int_equal(policy_stage_load(stage).connections, 1);
	policy_stage_say(half, "nce=4\n\n");
	policy_stage_turn(stage);
	policy_stage_expect(half, "action=4\n\n");
	policy_stage_expect_end(half);
	assert_int_equal(policy_stage_load(stage).connections, 0);
}

/* Who has connected may ask, and who has begun go on, for a moment. */
static void
test_stop_waits_for_newcomers(void **state)
{
	struct policy_stage *stage = *state;
	int asks = policy_stage_connect(stage);
	int silent = policy_stage_connect(stage);
	int half = policy_stage_connect(stage);

	policy_stage_say(half, POLICY_STAGE_HEAD "insta");
	policy_stage_turn(stage);
	serve_stop(stage->serve);
	policy_stage_turn(stage);
	assert_int_equal(policy_stage_load(stage).connections, 3);
	policy_stage_ask(asks, "later");
	policy_stage_turn(stage);
	(void)poll(NULL, 0, SERVE_PATIENCE_MS + 50);
	policy_stage_turn(stage);
	policy_stage_expect_end(silent);
	policy_stage_expect_end(half);
	policy_stage_answer_all(&stage->engine);
	policy_stage_turn(stage);
	policy_stage_expect(asks, "action=later\n\n");
	policy_stage_expect_end(asks);
	assert_int_equal(policy_stage_load(stage).connections, 0);
}

/* tear_down() answers when all is closed. */
static void
test_free_while_pending(void **state)
{
	struct policy_stage *stage = *state;
	int fd = policy_stage_connect(stage);

	policy_stage_ask(fd, "later");
	policy_stage_turn(stage);
	serve_free(stage->serve);
	stage->serve = NULL;
	policy_stage_expect_end(fd);
}

/* Without a descriptor to accept with, nothing spins, and whoever waits gets
 * in when there are some again. */
static void
test_no_descriptors(void **state)
{
	struct policy_stage *stage = *state;
	struct rlimit old;
	int fd = policy_stage_connect(stage);

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	const struct rlimit none = { .rlim_max = old.rlim_max };

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	policy_stage_turn(stage);
	assert_int_equal(policy_stage_load(stage).connections, 0);
	assert_int_equal(stage->warnings, 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	policy_stage_turn(stage);
	assert_int_equal(policy_stage_load(stage).connections, 0);
	policy_stage_ask(fd, "1");
	(void)usleep(150000);
	policy_stage_turn(stage);
	policy_stage_expect(fd, "action=1\n\n");
	assert_int_equal(stage->warnings, 1);
	(void)close(fd);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(                                       \
	    function, policy_stage_set_up, policy_stage_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_fifty),
		TEST(test_full_house), TEST(test_full_of_waiting),
		TEST(test_no_descriptors), TEST(test_stop),
		TEST(test_stop_answers_what_came),
		TEST(test_stop_waits_for_newcomers),
		TEST(test_free_while_pending) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
