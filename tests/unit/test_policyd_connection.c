/* One reply to each request of a connection, in order, whatever comes. */
#include "connection.h"

#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "request.h"
#include "support/policy_stage.h"
#include "support/unit.h"

static void
test_one(void **state)
{
	struct policy_stage *stage = *state;
	int fd = policy_stage_connect(stage);

	policy_stage_ask(fd, "1");
	policy_stage_turn(stage);
	policy_stage_expect(fd, "action=1\n\n");
	policy_stage_ask(fd, "2");
	policy_stage_turn(stage);
	policy_stage_expect(fd, "action=2\n\n");
	assert_int_equal(policy_stage_load(stage).requests, 2);
	assert_int_equal(policy_stage_load(stage).connections, 1);
	(void)close(fd);
	policy_stage_turn(stage);
	assert_int_equal(policy_stage_load(stage).connections, 0);
	assert_int_equal(policy_stage_load(stage).connected, 1);
	assert_int_equal(stage->engine.closed, 1);
}

/* Byte by byte, with the event loop in between. */
static void
test_bytes(void **state)
{
	static const char request[] = POLICY_STAGE_HEAD "instance=7\n\n";
	struct policy_stage *stage = *state;
	int fd = policy_stage_connect(stage);

	for (size_t i = 0; i + 1 < sizeof(request); i++) {
		policy_stage_expect_silence(fd);
		assert_int_equal(send(fd, &request[i], 1, 0), 1);
		policy_stage_turn(stage);
	}
	policy_stage_expect(fd, "action=7\n\n");
	(void)close(fd);
}

static void
test_pipelined(void **state)
{
	struct policy_stage *stage = *state;
	int fd = policy_stage_connect(stage);

	policy_stage_say(fd,
	    POLICY_STAGE_HEAD "instance=1\n\n" POLICY_STAGE_HEAD
			      "instance=2\n\n" POLICY_STAGE_HEAD "insta");
	policy_stage_turn(stage);
	policy_stage_expect(fd, "action=1\n\naction=2\n\n");
	policy_stage_say(fd, "nce=3\n\n");
	policy_stage_turn(stage);
	policy_stage_expect(fd, "action=3\n\n");
	(void)close(fd);
}

/* More than a turn's. */
static void
test_many_pipelined(void **state)
{
	struct policy_stage *stage = *state;
	struct buf requests;
	struct buf replies;
	int fd = policy_stage_connect(stage);

	buf_init(&requests, stage->arena, 1000000);
	buf_init(&replies, stage->arena, 1000000);
	for (int i = 0; i < 5 * CONNECTION_BURST; i++) {
		buf_printf(&requests, POLICY_STAGE_HEAD "instance=%d\n\n", i);
		buf_printf(&replies, "action=%d\n\n", i);
	}
	policy_stage_say(fd, buf_str(&requests));
	policy_stage_turn(stage);
	policy_stage_expect(fd, buf_str(&replies));
	(void)close(fd);
}

/* The second request is not looked at before the first one is answered. */
static void
test_order(void **state)
{
	struct policy_stage *stage = *state;
	int fd = policy_stage_connect(stage);

	policy_stage_say(fd, POLICY_STAGE_HEAD
	    "instance=later\n\n" POLICY_STAGE_HEAD "instance=2\n\n");
	policy_stage_turn(stage);
	policy_stage_expect_silence(fd);
	assert_int_equal(stage->engine.asked, 1);
	policy_stage_answer_all(&stage->engine);
	policy_stage_turn(stage);
	policy_stage_expect(fd, "action=later\n\naction=2\n\n");
	policy_stage_ask(fd, "3");
	policy_stage_turn(stage);
	policy_stage_expect(fd, "action=3\n\n");
	(void)close(fd);
}

static void
test_others_go_on(void **state)
{
	struct policy_stage *stage = *state;
	int slow = policy_stage_connect(stage);
	int quick = policy_stage_connect(stage);

	policy_stage_ask(slow, "later");
	policy_stage_turn(stage);
	policy_stage_ask(quick, "1");
	policy_stage_turn(stage);
	policy_stage_expect(quick, "action=1\n\n");
	policy_stage_expect_silence(slow);
	policy_stage_answer_all(&stage->engine);
	policy_stage_turn(stage);
	policy_stage_expect(slow, "action=later\n\n");
	(void)close(slow);
	(void)close(quick);
}

static const char *const garbage[] = {
	"GET / HTTP/1.1\r\n\r\n",
	"\n",
	"\n\n\n\n",
	"request=other\n\n",
	"\x16\x03\x01\n",
	"QUIT\n",
};

static void
test_garbage(void **state)
{
	struct policy_stage *stage = *state;

	for (size_t i = 0; i < UNIT_COUNT(garbage); i++) {
		int fd = policy_stage_connect(stage);

		policy_stage_say(fd, garbage[i]);
		policy_stage_turn(stage);
		policy_stage_expect_end(fd);
	}
	assert_int_equal(
	    policy_stage_load(stage).malformed, UNIT_COUNT(garbage));
	assert_int_equal(policy_stage_load(stage).connections, 0);
	assert_int_equal(stage->engine.asked, 0);
	assert_int_equal(stage->warnings, 1); /* one a second */
}

/* What came before it is answered. */
static void
test_garbage_behind(void **state)
{
	struct policy_stage *stage = *state;
	int fd = policy_stage_connect(stage);

	policy_stage_say(fd, POLICY_STAGE_HEAD
	    "instance=1\n\nnonsense\n\n" POLICY_STAGE_HEAD "instance=2\n\n");
	policy_stage_turn(stage);
	policy_stage_expect(fd, "action=1\n\n");
	assert_int_equal(stage->engine.asked, 1);
	(void)close(fd);
}

static void
test_too_long(void **state)
{
	struct policy_stage *stage = *state;
	int fd = policy_stage_connect(stage);
	char line[1024];

	memset(line, 'a', sizeof(line));
	memcpy(line, "xy=", 3);
	line[sizeof(line) - 2] = '\n';
	line[sizeof(line) - 1] = '\0';
	policy_stage_say(fd, POLICY_STAGE_HEAD);
	for (int i = 0; i < 32; i++) {
		policy_stage_say(fd, line);
		policy_stage_turn(stage);
		policy_stage_expect_silence(fd);
	}
	policy_stage_say(fd, line);
	policy_stage_turn(stage);
	assert_int_equal(policy_stage_load(stage).malformed, 1);
	(void)close(fd);
}

/* A request that just fits, in a buffer that grows. */
static void
test_long(void **state)
{
	struct policy_stage *stage = *state;
	int fd = policy_stage_connect(stage);
	char *line = arena_alloc(stage->arena, REQUEST_MAX_LINE + 2);

	memset(line, 'a', REQUEST_MAX_LINE);
	memcpy(line, "xy=", 3);
	line[REQUEST_MAX_LINE] = '\n';
	for (int i = 0; i < 3; i++) {
		policy_stage_say(fd, line);
		policy_stage_turn(stage);
	}
	policy_stage_ask(fd, "1");
	policy_stage_ask(fd, "2");
	policy_stage_turn(stage);
	policy_stage_expect(fd, "action=1\n\naction=2\n\n");
	(void)close(fd);
}

/* The client is gone when its reply comes. */
static void
test_closed_while_pending(void **state)
{
	struct policy_stage *stage = *state;
	int fd = policy_stage_connect(stage);

	policy_stage_ask(fd, "later");
	policy_stage_turn(stage);
	(void)close(fd);
	policy_stage_turn(stage);
	policy_stage_answer_all(&stage->engine);
	policy_stage_turn(stage);
	assert_int_equal(policy_stage_load(stage).connections, 0);
	assert_int_equal(stage->engine.closed, 1);
}

/* A client that will say no more is answered still. */
static void
test_half_closed(void **state)
{
	struct policy_stage *stage = *state;
	int fd = policy_stage_connect(stage);

	policy_stage_ask(fd, "later");
	policy_stage_ask(fd, "2");
	(void)shutdown(fd, SHUT_WR);
	policy_stage_turn(stage);
	policy_stage_answer_all(&stage->engine);
	policy_stage_turn(stage);
	policy_stage_expect(fd, "action=later\n\naction=2\n\n");
	policy_stage_expect_end(fd);
}

static void
test_half_request_closed(void **state)
{
	struct policy_stage *stage = *state;
	int fd = policy_stage_connect(stage);

	policy_stage_say(fd, "request=smtpd_acc");
	policy_stage_turn(stage);
	(void)close(fd);
	policy_stage_turn(stage);
	assert_int_equal(policy_stage_load(stage).connections, 0);
	assert_int_equal(policy_stage_load(stage).malformed, 0);
}

static size_t
hear_big(struct policy_stage *stage, int fd)
{
	static char bytes[65536];
	size_t all = 0;

	for (int silent = 0; silent < 3;) {
		ssize_t got = recv(fd, bytes, sizeof(bytes), 0);

		policy_stage_turn(stage);
		silent = got > 0 ? 0 : silent + 1;
		all += got > 0 ? (size_t)got : 0;
	}
	return (all);
}

/* A reply that the socket does not take at once, at once or later, and a
 * request behind it. */
static void
test_partial_writes(void **state)
{
	struct policy_stage *stage = *state;
	int fd = policy_stage_connect(stage);

	policy_stage_ask(fd, "big");
	policy_stage_ask(fd, "2");
	policy_stage_turn(stage);
	assert_int_equal(stage->engine.asked, 1);
	assert_in_range(hear_big(stage, fd), POLICY_STAGE_BIG_BYTES,
	    POLICY_STAGE_BIG_BYTES + 100);
	assert_int_equal(stage->engine.asked, 2);
	policy_stage_ask(fd, "3");
	policy_stage_turn(stage);
	policy_stage_expect(fd, "action=3\n\n");
	(void)close(fd);
}

/* Somebody who reads nothing and goes. */
static void
test_slow_reader(void **state)
{
	struct policy_stage *stage = *state;
	int fd = policy_stage_connect(stage);

	policy_stage_ask(fd, "big");
	policy_stage_turn(stage);
	assert_int_equal(policy_stage_load(stage).connections, 1);
	(void)close(fd);
	policy_stage_turn(stage);
	assert_int_equal(policy_stage_load(stage).connections, 0);
	assert_int_equal(stage->engine.closed, 1);
}

/* Time-outs, with the time as an argument. */
static void
test_sweep(void **state)
{
	struct policy_stage *stage = *state;
	struct connection_set set;
	const int64_t now = clock_monotonic_ms();
	int fds[4][2];

	connection_set_init(&set, stage->base, &stage->engine, stage->log);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds[i]),
		    0);
		connection_open(&set, fds[i][1]);
	}
	policy_stage_say(fds[1][0], POLICY_STAGE_HEAD);
	policy_stage_ask(fds[2][0], "later");
	policy_stage_ask(fds[3][0], "big");
	policy_stage_turn(stage);
	connection_sweep(&set, now + 59000, 1200000, 60000);
	assert_int_equal(set.open, 4);
	connection_sweep(&set, now - 100000000, 1200000, 60000);
	assert_int_equal(set.open, 4);
	connection_sweep(&set, now + 70000, 1200000, 60000);
	assert_int_equal(set.open, 2);
	assert_int_equal(set.malformed, 1);
	policy_stage_expect_end(fds[1][0]);
	connection_sweep(&set, now + 1199000, 1200000, 60000);
	assert_int_equal(set.open, 2);
	connection_sweep(&set, now + 1300000, 1200000, 60000);
	assert_int_equal(set.open, 1);
	policy_stage_expect_end(fds[0][0]);
	policy_stage_answer_all(&stage->engine);
	policy_stage_turn(stage);
	policy_stage_expect(fds[2][0], "action=later\n\n");
	connection_set_done(&set);
	(void)close(fds[2][0]);
	(void)close(fds[3][0]);
}

static void
test_numbers(void **state)
{
	struct policy_stage *stage = *state;
	uint64_t last = 0;

	for (int i = 0; i < 5; i++) {
		int fd = policy_stage_connect(stage);

		policy_stage_ask(fd, "1");
		policy_stage_turn(stage);
		assert_true(stage->engine.last_connection > last);
		last = stage->engine.last_connection;
		(void)close(fd);
		policy_stage_turn(stage);
	}
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(                                       \
	    function, policy_stage_set_up, policy_stage_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_one), TEST(test_bytes),
		TEST(test_pipelined), TEST(test_many_pipelined),
		TEST(test_order), TEST(test_others_go_on), TEST(test_garbage),
		TEST(test_garbage_behind), TEST(test_too_long), TEST(test_long),
		TEST(test_closed_while_pending), TEST(test_half_closed),
		TEST(test_half_request_closed), TEST(test_partial_writes),
		TEST(test_slow_reader), TEST(test_sweep), TEST(test_numbers) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
