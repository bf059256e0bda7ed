/* Connections of Postfix: one reply to each request, in order, whatever comes.
 * Instead of the engine stands one that echoes the instance, at once or when
 * it is told to. */
#include "serve.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "connection.h"
#include "support/files.h"
#include "support/unit.h"

#define HEAD "request=smtpd_access_policy\n"
#define MAX_WAITING 100

/* What an instance begins with says when and how it is answered. */
#define LATER 'l' /* by answer_all() */
#define BIG 'b'   /* with so many bytes */
#define BIG_BYTES ((size_t)3 * 1024 * 1024)

struct waiting {
	engine_reply *reply;
	void *cookie;
	char instance[64];
};

struct engine {
	struct waiting waiting[MAX_WAITING];
	size_t waits;
	size_t asked;
	uint64_t last_connection;
	size_t closed;
};

static void
answer(engine_reply *reply, void *cookie, const char *instance)
{
	struct arena *arena = arena_new();
	struct buf text;

	buf_init(&text, arena, 2 * BIG_BYTES);
	buf_printf(&text, "action=%s\n\n", instance);
	while (*instance == BIG && text.len < BIG_BYTES)
		buf_add_str(&text, "0123456789abcdef0123456789abcdef");
	reply(cookie, buf_span(&text));
	arena_free(arena);
}

void
engine_ask(struct engine *engine, uint64_t connection,
    const struct request *request, int64_t now, engine_reply *reply,
    void *cookie)
{
	struct waiting *waiting = &engine->waiting[engine->waits];
	struct span instance =
	    span_head(request->attributes[REQUEST_INSTANCE], 63);
	char text[64] = { 0 };

	assert_true(now > INT64_C(1700000000000));
	engine->asked++;
	engine->last_connection = connection;
	memcpy(text, instance.data, instance.len);
	if (text[0] != LATER) {
		answer(reply, cookie, text);
		return;
	}
	assert_true(engine->waits < MAX_WAITING);
	*waiting = (struct waiting){ .reply = reply, .cookie = cookie };
	memcpy(waiting->instance, text, sizeof(text));
	engine->waits++;
}

void
engine_closed(struct engine *engine, uint64_t connection)
{
	(void)connection;
	engine->closed++;
}

static void
answer_all(struct engine *engine)
{
	size_t waits = engine->waits;

	engine->waits = 0;
	for (size_t i = 0; i < waits; i++)
		answer(engine->waiting[i].reply, engine->waiting[i].cookie,
		    engine->waiting[i].instance);
}

struct world {
	struct arena *arena;
	char *folder;
	char *path;
	struct event_base *base;
	struct engine engine;
	struct log *log;
	struct serve *serve;
	size_t warnings;
};

static void
count_warning(void *cookie, enum log_level level, const char *line)
{
	struct world *world = cookie;

	(void)line;
	world->warnings += level == LOG_LEVEL_WARNING ? 1 : 0;
}

static int
set_up(void **state)
{
	struct arena *arena = arena_new();
	struct world *world = arena_alloc(arena, sizeof(*world));
	const char *error = NULL;

	world->arena = arena;
	world->folder = files_folder(arena, "serve");
	assert_int_equal(chmod(world->folder, 0750), 0);
	world->path = arena_printf(arena, "%s/policy.sock", world->folder);
	world->base = event_base_new();
	world->log = log_new("test");
	log_set_writer(world->log, count_warning, world);

	const char *where = arena_printf(arena, "unix:%s", world->path);
	const struct conf_list sockets = { &where, 1 };
	struct serve_options options = { .sockets = &sockets,
		.socket_group = getgrgid(getegid())->gr_name,
		.user = "root",
		.max_connections = 60,
		.idle_s = 1200,
		.log = world->log };

	world->serve =
	    serve_new(world->base, &options, &world->engine, arena, &error);
	if (world->serve == NULL)
		fail_msg("%s", error);
	*state = world;
	return (0);
}

static int
tear_down(void **state)
{
	struct world *world = *state;

	serve_free(world->serve);
	answer_all(&world->engine); /* who is gone must not be touched */
	event_base_free(world->base);
	log_free(world->log);
	files_remove(world->folder);
	arena_free(world->arena);
	return (0);
}

static void
turn(struct world *world)
{
	for (int i = 0; i < 20; i++)
		(void)event_base_loop(
		    world->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static int
connect_to(const struct world *world)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	(void)snprintf(
	    address.sun_path, sizeof(address.sun_path), "%s", world->path);
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return (fd);
}

static void
say(int fd, const char *bytes)
{
	assert_int_equal(
	    send(fd, bytes, strlen(bytes), MSG_NOSIGNAL), (int)strlen(bytes));
}

/* What there is to read: -1 nothing yet, 0 the end. */
static ssize_t
hear(int fd, char *out, size_t size)
{
	ssize_t got = recv(fd, out, size - 1, 0);

	out[got > 0 ? got : 0] = '\0';
	return (got);
}

static void
expect(int fd, const char *wanted)
{
	char bytes[4096];

	(void)hear(fd, bytes, sizeof(bytes));
	assert_string_equal(bytes, wanted);
}

static void
expect_end(int fd)
{
	char bytes[16];

	assert_int_equal(hear(fd, bytes, sizeof(bytes)), 0);
	(void)close(fd);
}

static void
expect_silence(int fd)
{
	char bytes[16];

	assert_int_equal(hear(fd, bytes, sizeof(bytes)), -1);
	assert_int_equal(errno, EAGAIN);
}

static void
ask(int fd, const char *instance)
{
	char bytes[256];

	(void)snprintf(bytes, sizeof(bytes), HEAD "instance=%s\n\n", instance);
	say(fd, bytes);
}

static struct serve_load
load(const struct world *world)
{
	struct serve_load load;

	serve_load(world->serve, &load);
	return (load);
}

static void
test_one(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);

	ask(fd, "1");
	turn(world);
	expect(fd, "action=1\n\n");
	ask(fd, "2");
	turn(world);
	expect(fd, "action=2\n\n");
	assert_int_equal(load(world).requests, 2);
	assert_int_equal(load(world).connections, 1);
	(void)close(fd);
	turn(world);
	assert_int_equal(load(world).connections, 0);
	assert_int_equal(load(world).connected, 1);
	assert_int_equal(world->engine.closed, 1);
}

/* Byte by byte, with the event loop in between. */
static void
test_bytes(void **state)
{
	static const char request[] = HEAD "instance=7\n\n";
	struct world *world = *state;
	int fd = connect_to(world);

	for (size_t i = 0; i + 1 < sizeof(request); i++) {
		expect_silence(fd);
		assert_int_equal(send(fd, &request[i], 1, 0), 1);
		turn(world);
	}
	expect(fd, "action=7\n\n");
	(void)close(fd);
}

static void
test_pipelined(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);

	say(fd, HEAD "instance=1\n\n" HEAD "instance=2\n\n" HEAD "insta");
	turn(world);
	expect(fd, "action=1\n\naction=2\n\n");
	say(fd, "nce=3\n\n");
	turn(world);
	expect(fd, "action=3\n\n");
	(void)close(fd);
}

/* More than a turn's. */
static void
test_many_pipelined(void **state)
{
	struct world *world = *state;
	struct buf requests;
	struct buf replies;
	int fd = connect_to(world);

	buf_init(&requests, world->arena, 1000000);
	buf_init(&replies, world->arena, 1000000);
	for (int i = 0; i < 5 * CONNECTION_BURST; i++) {
		buf_printf(&requests, HEAD "instance=%d\n\n", i);
		buf_printf(&replies, "action=%d\n\n", i);
	}
	say(fd, buf_str(&requests));
	turn(world);
	expect(fd, buf_str(&replies));
	(void)close(fd);
}

/* The second request is not looked at before the first one is answered. */
static void
test_order(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);

	say(fd, HEAD "instance=later\n\n" HEAD "instance=2\n\n");
	turn(world);
	expect_silence(fd);
	assert_int_equal(world->engine.asked, 1);
	answer_all(&world->engine);
	turn(world);
	expect(fd, "action=later\n\naction=2\n\n");
	ask(fd, "3");
	turn(world);
	expect(fd, "action=3\n\n");
	(void)close(fd);
}

static void
test_others_go_on(void **state)
{
	struct world *world = *state;
	int slow = connect_to(world);
	int quick = connect_to(world);

	ask(slow, "later");
	turn(world);
	ask(quick, "1");
	turn(world);
	expect(quick, "action=1\n\n");
	expect_silence(slow);
	answer_all(&world->engine);
	turn(world);
	expect(slow, "action=later\n\n");
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
	struct world *world = *state;

	for (size_t i = 0; i < UNIT_COUNT(garbage); i++) {
		int fd = connect_to(world);

		say(fd, garbage[i]);
		turn(world);
		expect_end(fd);
	}
	assert_int_equal(load(world).malformed, UNIT_COUNT(garbage));
	assert_int_equal(load(world).connections, 0);
	assert_int_equal(world->engine.asked, 0);
	assert_int_equal(world->warnings, 1); /* one a second */
}

/* What came before it is answered. */
static void
test_garbage_behind(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);

	say(fd, HEAD "instance=1\n\nnonsense\n\n" HEAD "instance=2\n\n");
	turn(world);
	expect(fd, "action=1\n\n");
	assert_int_equal(world->engine.asked, 1);
	(void)close(fd);
}

static void
test_too_long(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);
	char line[1024];

	memset(line, 'a', sizeof(line));
	memcpy(line, "xy=", 3);
	line[sizeof(line) - 2] = '\n';
	line[sizeof(line) - 1] = '\0';
	say(fd, HEAD);
	for (int i = 0; i < 32; i++) {
		say(fd, line);
		turn(world);
		expect_silence(fd);
	}
	say(fd, line);
	turn(world);
	assert_int_equal(load(world).malformed, 1);
	(void)close(fd);
}

/* A request that just fits, in a buffer that grows. */
static void
test_long(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);
	char *line = arena_alloc(world->arena, REQUEST_MAX_LINE + 2);

	memset(line, 'a', REQUEST_MAX_LINE);
	memcpy(line, "xy=", 3);
	line[REQUEST_MAX_LINE] = '\n';
	for (int i = 0; i < 3; i++) {
		say(fd, line);
		turn(world);
	}
	ask(fd, "1");
	ask(fd, "2");
	turn(world);
	expect(fd, "action=1\n\naction=2\n\n");
	(void)close(fd);
}

/* The client is gone when its reply comes. */
static void
test_closed_while_pending(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);

	ask(fd, "later");
	turn(world);
	(void)close(fd);
	turn(world);
	answer_all(&world->engine);
	turn(world);
	assert_int_equal(load(world).connections, 0);
	assert_int_equal(world->engine.closed, 1);
}

/* A client that will say no more is answered still. */
static void
test_half_closed(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);

	ask(fd, "later");
	ask(fd, "2");
	(void)shutdown(fd, SHUT_WR);
	turn(world);
	answer_all(&world->engine);
	turn(world);
	expect(fd, "action=later\n\naction=2\n\n");
	expect_end(fd);
}

static void
test_half_request_closed(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);

	say(fd, "request=smtpd_acc");
	turn(world);
	(void)close(fd);
	turn(world);
	assert_int_equal(load(world).connections, 0);
	assert_int_equal(load(world).malformed, 0);
}

static size_t
hear_big(struct world *world, int fd)
{
	static char bytes[65536];
	size_t all = 0;

	for (int silent = 0; silent < 3;) {
		ssize_t got = recv(fd, bytes, sizeof(bytes), 0);

		turn(world);
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
	struct world *world = *state;
	int fd = connect_to(world);

	ask(fd, "big");
	ask(fd, "2");
	turn(world);
	assert_int_equal(world->engine.asked, 1);
	assert_in_range(hear_big(world, fd), BIG_BYTES, BIG_BYTES + 100);
	assert_int_equal(world->engine.asked, 2);
	ask(fd, "3");
	turn(world);
	expect(fd, "action=3\n\n");
	(void)close(fd);
}

/* Somebody who reads nothing and goes. */
static void
test_slow_reader(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);

	ask(fd, "big");
	turn(world);
	assert_int_equal(load(world).connections, 1);
	(void)close(fd);
	turn(world);
	assert_int_equal(load(world).connections, 0);
	assert_int_equal(world->engine.closed, 1);
}

static void
test_fifty(void **state)
{
	struct world *world = *state;
	int fds[50];
	char wanted[64];
	char instance[16];

	for (int i = 0; i < 50; i++)
		fds[i] = connect_to(world);
	turn(world);
	assert_int_equal(load(world).connections, 50);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 50; i++) {
			(void)snprintf(
			    instance, sizeof(instance), "%d-%d", round, i);
			ask(fds[i], instance);
		}
		turn(world);
		for (int i = 0; i < 50; i++) {
			(void)snprintf(wanted, sizeof(wanted),
			    "action=%d-%d\n\n", round, i);
			expect(fds[i], wanted);
		}
	}
	for (int i = 0; i < 50; i++)
		(void)close(fds[i]);
	turn(world);
	assert_int_equal(load(world).connections, 0);
	assert_int_equal(world->engine.closed, 50);
}

/* The one that is silent for longest goes, not one that waits. */
static void
test_full_house(void **state)
{
	struct world *world = *state;
	int fds[61];

	for (int i = 0; i < 60; i++) {
		fds[i] = connect_to(world);
		turn(world);
		ask(fds[i], i == 0 ? "later" : "1");
		turn(world);
	}
	say(fds[1], HEAD);
	turn(world);
	fds[60] = connect_to(world);
	turn(world);
	assert_int_equal(load(world).connections, 60);
	assert_int_equal(load(world).refused, 1);
	expect(fds[2], "action=1\n\n");
	expect_end(fds[2]);
	ask(fds[60], "x");
	turn(world);
	expect(fds[60], "action=x\n\n");
	answer_all(&world->engine);
	turn(world);
	expect(fds[0], "action=later\n\n");
	assert_int_equal(world->warnings, 1);
	for (int i = 0; i < 61; i++)
		if (i != 2)
			(void)close(fds[i]);
}

/* All wait for replies: the new one is told to try again. */
static void
test_full_of_waiting(void **state)
{
	struct world *world = *state;
	int fds[60];

	for (int i = 0; i < 60; i++) {
		fds[i] = connect_to(world);
		ask(fds[i], "later");
		turn(world);
	}
	int fd = connect_to(world);

	turn(world);
	expect_end(fd);
	assert_int_equal(load(world).refused, 1);
	answer_all(&world->engine);
	turn(world);
	for (int i = 0; i < 60; i++) {
		expect(fds[i], "action=later\n\n");
		(void)close(fds[i]);
	}
}

static void
test_stop(void **state)
{
	struct world *world = *state;
	int idle = connect_to(world);
	int pending = connect_to(world);

	turn(world);
	say(pending, HEAD "instance=later\n\n" HEAD "instance=2\n\n");
	turn(world);
	serve_stop(world->serve);
	turn(world);
	expect_end(idle);
	assert_int_equal(access(world->path, F_OK), -1);
	assert_int_equal(load(world).connections, 1);
	answer_all(&world->engine);
	turn(world);
	/* The second request is left to who comes after us. */
	expect(pending, "action=later\n\n");
	assert_int_equal(load(world).connections, 0);
	(void)close(pending);
}

/* tear_down() answers when all is closed. */
static void
test_free_while_pending(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);

	ask(fd, "later");
	turn(world);
	serve_free(world->serve);
	world->serve = NULL;
	expect_end(fd);
}

/* Time-outs, with the time as an argument. */
static void
test_sweep(void **state)
{
	struct world *world = *state;
	struct connection_set set;
	const int64_t now = clock_monotonic_ms();
	int fds[4][2];

	connection_set_init(&set, world->base, &world->engine, world->log);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds[i]),
		    0);
		connection_open(&set, fds[i][1]);
	}
	say(fds[1][0], HEAD);
	ask(fds[2][0], "later");
	ask(fds[3][0], "big");
	turn(world);
	connection_sweep(&set, now + 59000, 1200000, 60000);
	assert_int_equal(set.open, 4);
	connection_sweep(&set, now - 100000000, 1200000, 60000);
	assert_int_equal(set.open, 4);
	connection_sweep(&set, now + 70000, 1200000, 60000);
	assert_int_equal(set.open, 2);
	assert_int_equal(set.malformed, 1);
	expect_end(fds[1][0]);
	connection_sweep(&set, now + 1199000, 1200000, 60000);
	assert_int_equal(set.open, 2);
	connection_sweep(&set, now + 1300000, 1200000, 60000);
	assert_int_equal(set.open, 1);
	expect_end(fds[0][0]);
	answer_all(&world->engine);
	turn(world);
	expect(fds[2][0], "action=later\n\n");
	connection_set_done(&set);
	(void)close(fds[2][0]);
	(void)close(fds[3][0]);
}

static void
test_numbers(void **state)
{
	struct world *world = *state;
	uint64_t last = 0;

	for (int i = 0; i < 5; i++) {
		int fd = connect_to(world);

		ask(fd, "1");
		turn(world);
		assert_true(world->engine.last_connection > last);
		last = world->engine.last_connection;
		(void)close(fd);
		turn(world);
	}
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_one), TEST(test_bytes),
		TEST(test_pipelined), TEST(test_many_pipelined),
		TEST(test_order), TEST(test_others_go_on), TEST(test_garbage),
		TEST(test_garbage_behind), TEST(test_too_long), TEST(test_long),
		TEST(test_closed_while_pending), TEST(test_half_closed),
		TEST(test_half_request_closed), TEST(test_partial_writes),
		TEST(test_slow_reader), TEST(test_fifty), TEST(test_full_house),
		TEST(test_full_of_waiting), TEST(test_stop),
		TEST(test_free_while_pending), TEST(test_sweep),
		TEST(test_numbers) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
