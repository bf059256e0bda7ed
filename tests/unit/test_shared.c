/* shared.h: machines that share a limit never let more through than it; while
 * the server is gone answers keep coming, and it is found again. */
#include "support/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <event2/event.h>
#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "shared.h"
#include "shared_script.h"
#include "support/redisserver.h"

#define TIMEOUT_MS 200
#define WAIT_MS 20000
/* How late this program itself may be, on a machine with other work. */
#define SLACK_MS 1000
#define RATE 40
#define KEYS 30

struct fixture {
	struct arena *arena;
	struct event_base *base;
	struct log *log;
	char events[8192];
	struct redisserver *server;
	struct shared *shared;
	struct shared *other;
	size_t answers;
	size_t available;
	size_t passed[KEYS];
	int64_t slowest;
};

/* A question under way. */
struct question {
	struct fixture *fixture;
	size_t key;
	int64_t asked;
	bool answered;
	bool available;
	struct shared_charge charge;
};

static void
write_event(void *cookie, enum log_level level, const char *line)
{
	struct fixture *fixture = cookie;
	size_t len = strlen(fixture->events);

	(void)level;
	(void)snprintf(
	    &fixture->events[len], sizeof(fixture->events) - len, "%s\n", line);
}

static size_t
logged(const struct fixture *fixture, const char *text)
{
	size_t count = 0;

	for (const char *at = fixture->events; (at = strstr(at, text)) != NULL;
	     at++)
		count++;
	return (count);
}

static int64_t
wall_ms(void)
{
	struct timeval tv;

	(void)gettimeofday(&tv, NULL);
	return ((int64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000);
}

static int
setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .arena = arena_new(),
		.base = event_base_new(),
		.log = log_new("test") };
	log_set_writer(fixture.log, write_event, &fixture);
	fixture.server = redisserver_new(fixture.arena);
	redisserver_option(fixture.server, "save \"\"");
	*state = &fixture;
	return (0);
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	shared_free(fixture->shared);
	shared_free(fixture->other);
	redisserver_free(fixture->server);
	event_base_free(fixture->base);
	log_free(fixture->log);
	arena_free(fixture->arena);
	return (0);
}

static struct shared_options
options_of(struct fixture *fixture, const struct redisserver *server)
{
	return ((struct shared_options){
	    .server = arena_printf(
		fixture->arena, "unix:%s", redisserver_socket(server)),
	    .timeout_ms = TIMEOUT_MS,
	    .nodes = 2,
	});
}

static struct shared *
new_shared(struct fixture *fixture, const struct shared_options *options)
{
	const char *error = NULL;
	struct shared *shared = shared_new(
	    fixture->base, options, fixture->log, fixture->arena, &error);

	if (shared == NULL)
		fail_msg("%s", error);
	return (shared);
}

static void
wake(evutil_socket_t fd, short what, void *cookie)
{
	(void)fd;
	(void)what;
	(void)cookie;
}

/* Let the loop run for a moment. */
static void
turn(struct fixture *fixture)
{
	struct timeval moment = { .tv_usec = 2000 };

	(void)event_base_once(
	    fixture->base, -1, EV_TIMEOUT, wake, NULL, &moment);
	(void)event_base_loop(fixture->base, EVLOOP_ONCE);
}

static void
turn_for(struct fixture *fixture, int64_t ms)
{
	int64_t until = clock_monotonic_ms() + ms;

	while (clock_monotonic_ms() < until)
		turn(fixture);
}

static void
wait_available(
    struct fixture *fixture, const struct shared *shared, bool available)
{
	int64_t until = clock_monotonic_ms() + WAIT_MS;

	while (shared_is_available(shared) != available) {
		if (clock_monotonic_ms() > until)
			fail_msg("still %s: %s",
			    available ? "not available" : "available",
			    fixture->events);
		turn(fixture);
	}
}

static void
wait_logged(struct fixture *fixture, const char *text)
{
	int64_t until = clock_monotonic_ms() + WAIT_MS;

	while (logged(fixture, text) == 0) {
		if (clock_monotonic_ms() > until)
			fail_msg("no %s in: %s", text, fixture->events);
		turn(fixture);
	}
}

static struct shared_charge
charge_of(size_t key, enum counter_algorithm algorithm)
{
	static const char names[KEYS + 1] = "abcdefghijklmnopqrstuvwxyz0123";

	return ((struct shared_charge){ .limit = "test",
	    .key = span_new(&names[key], 1),
	    .amount = 1,
	    .rule = {
		.algorithm = algorithm, .rate = RATE, .period_ms = 3600000 } });
}

static void
answered(void *cookie, bool available, const struct shared_charge *charges,
    size_t count)
{
	struct question *question = cookie;
	struct fixture *fixture = question->fixture;
	int64_t took = clock_monotonic_ms() - question->asked;

	assert_int_equal(count, 1);
	assert_false(question->answered);
	question->answered = true;
	question->available = available;
	question->charge = charges[0];
	fixture->answers++;
	fixture->available += available;
	if (available && charges[0].fits)
		fixture->passed[question->key]++;
	if (took > fixture->slowest)
		fixture->slowest = took;
}

static struct question *
ask(struct fixture *fixture, struct shared *shared, size_t key,
    enum counter_algorithm algorithm)
{
	struct question *question =
	    arena_alloc(fixture->arena, sizeof(*question));
	struct shared_charge charge = charge_of(key, algorithm);

	question->fixture = fixture;
	question->key = key;
	question->asked = clock_monotonic_ms();
	shared_charge(shared, &charge, 1, wall_ms(), answered, question);
	return (question);
}

static struct question *
ask_and_wait(struct fixture *fixture, size_t key)
{
	struct question *question =
	    ask(fixture, fixture->shared, key, COUNTER_GCRA);

	while (!question->answered)
		turn(fixture);
	return (question);
}

static void
start(struct fixture *fixture)
{
	struct shared_options options = options_of(fixture, fixture->server);

	assert_int_equal(redisserver_start(fixture->server, false), 0);
	fixture->shared = new_shared(fixture, &options);
	wait_available(fixture, fixture->shared, true);
}

/* What ${format} with one argument answers, for a test to look behind. */
static redisReply *
command(const struct redisserver *server, const char *format, const char *word)
{
	redisContext *connection = redisConnectUnix(redisserver_socket(server));
	redisReply *reply;

	assert_non_null(connection);
	assert_int_equal(connection->err, 0);
	reply = redisCommand(connection, format, word);
	assert_non_null(reply);
	redisFree(connection);
	return (reply);
}

static long long
number(const struct redisserver *server, const char *format, const char *word)
{
	redisReply *reply = command(server, format, word);
	long long result = reply->integer;

	if (reply->type != REDIS_REPLY_INTEGER)
		fail_msg("%s", reply->str == NULL ? "?" : reply->str);
	freeReplyObject(reply);
	return (result);
}

static void
counts_and_refunds(void **state)
{
	struct fixture *fixture = *state;
	struct shared_charge refund = charge_of(0, COUNTER_GCRA);
	struct question *question;

	start(fixture);
	assert_int_equal(shared_nodes(fixture->shared), 2);
	for (size_t i = 1; i <= RATE; i++) {
		question = ask_and_wait(fixture, 0);
		assert_true(question->available && question->charge.fits);
		assert_int_equal(question->charge.reading.used, i);
	}
	question = ask_and_wait(fixture, 0);
	assert_true(question->available);
	assert_false(question->charge.fits);
	assert_true(question->charge.reading.retry_ms > 0);
	refund.refund_of = wall_ms();
	refund.amount = 2;
	shared_charge(fixture->shared, &refund, 1, wall_ms(), NULL, NULL);
	assert_true(ask_and_wait(fixture, 0)->charge.fits);
	assert_true(ask_and_wait(fixture, 0)->charge.fits);
	assert_false(ask_and_wait(fixture, 0)->charge.fits);
	assert_true(shared_forget(fixture->shared, "test", span_str("a")));
	question = ask_and_wait(fixture, 0);
	assert_int_equal(question->charge.reading.used, 1);
	/* The server forgets it by itself. */
	assert_true(number(fixture->server, "PTTL %s",
			"mailreeve:1:{limits}:g:test:a") > 0);
	assert_string_equal(fixture->events, "");
}

/* Two machines under load, 20 requests under way: exactly the limit passes. */
static void
never_one_over(struct fixture *fixture, enum counter_algorithm algorithm)
{
	struct shared_options options = options_of(fixture, fixture->server);
	size_t asked = 0;

	start(fixture);
	fixture->other = new_shared(fixture, &options);
	wait_available(fixture, fixture->other, true);
	srandom(5);
	while (asked < (size_t)RATE * KEYS * 3) {
		for (int i = 0; i < 20; i++, asked++)
			(void)ask(fixture,
			    random() % 2 == 0 ? fixture->shared
					      : fixture->other,
			    (size_t)random() % KEYS, algorithm);
		turn(fixture);
	}
	while (fixture->answers < asked)
		turn(fixture);
	assert_int_equal(fixture->available, asked);
	for (size_t i = 0; i < KEYS; i++) {
		/* A second or two give room for none more. */
		assert_int_equal(fixture->passed[i], RATE);
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
load_for(struct fixture *fixture, int64_t ms)
{
	int64_t until = clock_monotonic_ms() + ms;

	while (clock_monotonic_ms() < until) {
		for (size_t i = 0; i < 5; i++)
			(void)ask(fixture, fixture->shared,
			    (size_t)random() % KEYS, COUNTER_WINDOW);
		turn(fixture);
	}
}

static void
killed_under_load(void **state)
{
	struct fixture *fixture = *state;
	size_t before;

	start(fixture);
	load_for(fixture, 300);
	before = fixture->available;
	assert_true(before > 0);
	redisserver_kill(fixture->server);
	load_for(fixture, 700);
	assert_false(shared_is_available(fixture->shared));
	assert_int_equal(logged(fixture, "shared_lost"),
	    1 + logged(fixture, "Connection refused"));
	assert_int_equal(logged(fixture, "shared_back"), 0);
	assert_int_equal(redisserver_start(fixture->server, false), 0);
	wait_available(fixture, fixture->shared, true);
	assert_int_equal(logged(fixture, "shared_back"), 1);
	before = fixture->available;
	load_for(fixture, 200);
	turn_for(fixture, (int64_t)TIMEOUT_MS * 2);
	assert_true(fixture->available > before);
	assert_true(fixture->slowest < TIMEOUT_MS + SLACK_MS);
}

/* A server that hangs: answers in time, the connection is given up, and what
 * comes late is no answer to anything else. */
static void
hanging_server(void **state)
{
	struct fixture *fixture = *state;
	struct question *questions[6];
	size_t answers;

	start(fixture);
	redisserver_signal(fixture->server, SIGSTOP);
	for (size_t i = 0; i < UNIT_COUNT(questions); i++) {
		questions[i] = ask(fixture, fixture->shared, i, COUNTER_GCRA);
		turn_for(fixture, 20);
	}
	turn_for(fixture, TIMEOUT_MS + 200);
	for (size_t i = 0; i < UNIT_COUNT(questions); i++)
		assert_true(questions[i]->answered && !questions[i]->available);
	assert_false(shared_is_available(fixture->shared));
	wait_logged(fixture, "does not answer in time");
	assert_true(fixture->slowest < TIMEOUT_MS + SLACK_MS);
	answers = fixture->answers;
	redisserver_signal(fixture->server, SIGCONT);
	wait_available(fixture, fixture->shared, true);
	assert_int_equal(fixture->answers, answers);
	assert_int_equal(logged(fixture, "shared_back"), 1);
	assert_true(ask_and_wait(fixture, 20)->available);
}

/* One late answer does not end the connection, and answers nobody. */
static void
late_answer(void **state)
{
	struct fixture *fixture = *state;
	struct question *question;

	start(fixture);
	redisserver_signal(fixture->server, SIGSTOP);
	question = ask_and_wait(fixture, 0);
	assert_false(question->available);
	redisserver_signal(fixture->server, SIGCONT);
	question = ask_and_wait(fixture, 1);
	assert_true(question->available);
	assert_int_equal(question->charge.reading.used, 1);
	/* The late one was counted all the same. */
	question = ask_and_wait(fixture, 0);
	assert_int_equal(question->charge.reading.used, 2);
	assert_string_equal(fixture->events, "");
}

static void
bounded_under_way(void **state)
{
	struct fixture *fixture = *state;
	struct question *question;

	start(fixture);
	redisserver_signal(fixture->server, SIGSTOP);
	for (size_t i = 0; i < SHARED_MAX_UNDER_WAY; i++)
		assert_false(
		    ask(fixture, fixture->shared, 0, COUNTER_GCRA)->answered);
	question = ask(fixture, fixture->shared, 0, COUNTER_GCRA);
	assert_true(question->answered);
	assert_false(question->available);
	redisserver_signal(fixture->server, SIGCONT);
	while (fixture->answers < SHARED_MAX_UNDER_WAY + 1)
		turn(fixture);
	wait_available(fixture, fixture->shared, true);
	assert_true(ask_and_wait(fixture, 1)->available);
}

static void
freed_while_asking(void **state)
{
	struct fixture *fixture = *state;
	struct question *question;

	start(fixture);
	question = ask(fixture, fixture->shared, 0, COUNTER_GCRA);
	shared_free(fixture->shared);
	fixture->shared = NULL;
	assert_true(question->answered);
	assert_false(question->available);
	shared_free(NULL);
}

static void
passwords(void **state)
{
	struct fixture *fixture = *state;
	struct shared_options options = options_of(fixture, fixture->server);

	redisserver_option(fixture->server, "requirepass secret");
	redisserver_option(fixture->server,
	    "user mailreeve on >word ~mailreeve:* +eval +evalsha "
	    "+script|load +time +get +set +del");
	assert_int_equal(redisserver_start(fixture->server, false), 0);
	options.password = "wrong";
	fixture->shared = new_shared(fixture, &options);
	wait_logged(fixture, "WRONGPASS");
	assert_false(shared_is_available(fixture->shared));
	assert_false(ask_and_wait(fixture, 0)->available);
	turn_for(fixture, 500);
	assert_int_equal(logged(fixture, "shared_lost"), 1);
	shared_free(fixture->shared);

	options.password = NULL;
	fixture->shared = new_shared(fixture, &options);
	wait_logged(fixture, "NOAUTH");
	shared_free(fixture->shared);

	options.password = "secret";
	fixture->shared = new_shared(fixture, &options);
	wait_available(fixture, fixture->shared, true);
	shared_free(fixture->shared);

	options.username = "mailreeve";
	options.password = "word";
	fixture->shared = new_shared(fixture, &options);
	wait_available(fixture, fixture->shared, true);
	assert_true(ask_and_wait(fixture, 0)->available);
}

static void
forgotten_script(void **state)
{
	struct fixture *fixture = *state;
	struct question *question;

	start(fixture);
	freeReplyObject(command(fixture->server, "SCRIPT FLUSH", NULL));
	for (uint64_t i = 1; i <= 3; i++) {
		question = ask_and_wait(fixture, 0);
		assert_true(question->available && question->charge.fits);
		assert_int_equal(question->charge.reading.used, i);
	}
	assert_string_equal(fixture->events, "");
}

/* A server that may not write, or that became a replica, is of no use. */
static void
no_more_master(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	freeReplyObject(
	    command(fixture->server, "REPLICAOF 127.0.0.1 %s", "1"));
	assert_false(ask_and_wait(fixture, 0)->available);
	wait_logged(fixture, "READONLY");
	assert_false(shared_is_available(fixture->shared));
	freeReplyObject(command(fixture->server, "REPLICAOF NO ONE", NULL));
	wait_available(fixture, fixture->shared, true);
	assert_true(ask_and_wait(fixture, 0)->available);
}

static void
over_tcp(void **state)
{
	struct fixture *fixture = *state;
	struct shared_options options = options_of(fixture, fixture->server);

	assert_int_equal(redisserver_start(fixture->server, false), 0);
	options.server = arena_printf(fixture->arena, "inet:%u@127.0.0.1",
	    redisserver_port(fixture->server));
	fixture->shared = new_shared(fixture, &options);
	wait_available(fixture, fixture->shared, true);
	assert_true(ask_and_wait(fixture, 0)->available);
}

static void
bad_settings(void **state)
{
	struct fixture *fixture = *state;
	struct shared_options options = { .timeout_ms = TIMEOUT_MS };
	const char *const sentinels[] = { "inet:1@127.0.0.1" };
	struct conf_list list = { sentinels, 1 };
	const char *error = NULL;

	assert_null(shared_new(
	    fixture->base, &options, fixture->log, fixture->arena, &error));
	assert_non_null(strstr(error, "neither"));
	options.sentinels = &list;
	assert_null(shared_new(
	    fixture->base, &options, fixture->log, fixture->arena, &error));
	assert_non_null(strstr(error, "name of their master"));
	options.server = "inet:6379@redis.example.org";
	assert_null(shared_new(
	    fixture->base, &options, fixture->log, fixture->arena, &error));
	options.server = "inet:6379@127.0.0.1";
	options.tls = true;
	options.tls_ca = "/nonexistent/ca.pem";
	assert_null(shared_new(
	    fixture->base, &options, fixture->log, fixture->arena, &error));
	assert_non_null(strstr(error, "shared_tls"));
}

static bool
is_master(const struct redisserver *server)
{
	redisReply *reply = command(server, "ROLE", NULL);
	bool result = reply->type == REDIS_REPLY_ARRAY &&
	              strcmp(reply->element[0]->str, "master") == 0;

	freeReplyObject(reply);
	return (result);
}

static bool
is_linked(const struct redisserver *replica)
{
	redisReply *reply = command(replica, "ROLE", NULL);
	bool result = reply->type == REDIS_REPLY_ARRAY && reply->elements > 3 &&
	              strcmp(reply->element[3]->str, "connected") == 0;

	freeReplyObject(reply);
	return (result);
}

/* Through sentinels, of which the first is gone, to the master, and to the new
 * one when that dies. */
static void
follows_sentinels(void **state)
{
	struct fixture *fixture = *state;
	struct arena *arena = fixture->arena;
	struct redisserver *replica = redisserver_new(arena);
	struct redisserver *sentinel = redisserver_new(arena);
	const char *items[2];
	struct conf_list list = { items, 2 };
	struct shared_options options = { .sentinels = &list,
		.sentinel_name = "mail",
		.timeout_ms = TIMEOUT_MS,
		.nodes = 2 };

	assert_int_equal(redisserver_start(fixture->server, false), 0);
	redisserver_option(replica, "save \"\"");
	redisserver_option(
	    replica, arena_printf(arena, "replicaof 127.0.0.1 %u",
			 redisserver_port(fixture->server)));
	assert_int_equal(redisserver_start(replica, false), 0);
	redisserver_option(
	    sentinel, arena_printf(arena,
			  "sentinel monitor mail 127.0.0.1 %u 1\n"
			  "sentinel down-after-milliseconds mail 500\n"
			  "sentinel failover-timeout mail 3000",
			  redisserver_port(fixture->server)));
	while (!is_linked(replica))
		turn(fixture);
	assert_int_equal(redisserver_start(sentinel, true), 0);
	items[0] = "inet:1@127.0.0.1";
	items[1] = arena_printf(
	    arena, "inet:%u@127.0.0.1", redisserver_port(sentinel));
	fixture->shared = new_shared(fixture, &options);
	wait_available(fixture, fixture->shared, true);
	assert_true(ask_and_wait(fixture, 0)->available);
	assert_string_equal(fixture->events, "");
	/* The sentinel must have seen the replica, every ten seconds. */
	for (int64_t until = clock_monotonic_ms() + WAIT_MS;
	     clock_monotonic_ms() < until;) {
		redisReply *reply =
		    command(sentinel, "SENTINEL replicas %s", "mail");
		bool seen = reply->elements > 0;

		freeReplyObject(reply);
		if (seen)
			break;
		turn_for(fixture, 100);
	}
	redisserver_kill(fixture->server);
	wait_logged(fixture, "shared_lost");
	wait_available(fixture, fixture->shared, true);
	assert_true(is_master(replica));
	assert_true(ask_and_wait(fixture, 1)->available);
	shared_free(fixture->shared);
	fixture->shared = NULL;

	options.sentinel_name = "other";
	fixture->shared = new_shared(fixture, &options);
	wait_logged(fixture, "sentinel: knows no such master");
	redisserver_free(sentinel);
	redisserver_free(replica);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_and_refunds),
		TEST(never_one_over_gcra),
		TEST(never_one_over_window),
		TEST(killed_under_load),
		TEST(hanging_server),
		TEST(late_answer),
		TEST(bounded_under_way),
		TEST(freed_while_asking),
		TEST(passwords),
		TEST(forgotten_script),
		TEST(no_more_master),
		TEST(over_tcp),
		TEST(bad_settings),
		TEST(follows_sentinels),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
