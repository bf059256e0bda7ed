/* shared_link.h: the server is found, logged in to, and found again. */
#include "support/unit.h"

#include <signal.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "support/sharing.h"

static void
passwords(void **state)
{
	struct sharing *sharing = *state;
	struct shared_options options =
	    sharing_options(sharing, sharing->server);

	redisserver_option(sharing->server, "requirepass secret");
	redisserver_option(sharing->server,
	    "user mailreeve on >word ~mailreeve:* +eval +evalsha "
	    "+script|load +time +get +set +del");
	assert_int_equal(redisserver_start(sharing->server, false), 0);
	options.password = "wrong";
	sharing->shared = sharing_connect(sharing, &options);
	sharing_wait_logged(sharing, "WRONGPASS");
	assert_false(shared_is_available(sharing->shared));
	assert_false(sharing_ask_and_wait(sharing, 0)->available);
	sharing_turn_for(sharing, 500);
	assert_int_equal(sharing_logged(sharing, "shared_lost"), 1);
	shared_free(sharing->shared);

	options.password = NULL;
	sharing->shared = sharing_connect(sharing, &options);
	sharing_wait_logged(sharing, "NOAUTH");
	shared_free(sharing->shared);

	options.password = "secret";
	sharing->shared = sharing_connect(sharing, &options);
	sharing_wait_available(sharing, sharing->shared, true);
	shared_free(sharing->shared);

	options.username = "mailreeve";
	options.password = "word";
	sharing->shared = sharing_connect(sharing, &options);
	sharing_wait_available(sharing, sharing->shared, true);
	assert_true(sharing_ask_and_wait(sharing, 0)->available);
}

static void
forgotten_script(void **state)
{
	struct sharing *sharing = *state;
	struct sharing_question *question;

	sharing_start(sharing);
	freeReplyObject(sharing_command(sharing->server, "SCRIPT FLUSH", NULL));
	for (uint64_t i = 1; i <= 3; i++) {
		question = sharing_ask_and_wait(sharing, 0);
		assert_true(question->available && question->charge.fits);
		assert_int_equal(question->charge.reading.used, i);
	}
	assert_string_equal(sharing->events, "");
}

/* A server that may not write, or that became a replica, is of no use. */
static void
no_more_master(void **state)
{
	struct sharing *sharing = *state;

	sharing_start(sharing);
	freeReplyObject(
	    sharing_command(sharing->server, "REPLICAOF 127.0.0.1 %s", "1"));
	assert_false(sharing_ask_and_wait(sharing, 0)->available);
	sharing_wait_logged(sharing, "READONLY");
	assert_false(shared_is_available(sharing->shared));
	freeReplyObject(
	    sharing_command(sharing->server, "REPLICAOF NO ONE", NULL));
	sharing_wait_available(sharing, sharing->shared, true);
	assert_true(sharing_ask_and_wait(sharing, 0)->available);
}

static void
over_tcp(void **state)
{
	struct sharing *sharing = *state;
	struct shared_options options =
	    sharing_options(sharing, sharing->server);

	assert_int_equal(redisserver_start(sharing->server, false), 0);
	options.server = arena_printf(sharing->arena, "inet:%u@127.0.0.1",
	    redisserver_port(sharing->server));
	sharing->shared = sharing_connect(sharing, &options);
	sharing_wait_available(sharing, sharing->shared, true);
	assert_true(sharing_ask_and_wait(sharing, 0)->available);
}

static void
bad_settings(void **state)
{
	struct sharing *sharing = *state;
	struct shared_options options = { .timeout_ms = SHARING_TIMEOUT_MS };
	const char *const sentinels[] = { "inet:1@127.0.0.1" };
	struct conf_list list = { sentinels, 1 };
	const char *error = NULL;

	assert_null(shared_new(
	    sharing->base, &options, sharing->log, sharing->arena, &error));
	assert_non_null(strstr(error, "neither"));
	options.sentinels = &list;
	assert_null(shared_new(
	    sharing->base, &options, sharing->log, sharing->arena, &error));
	assert_non_null(strstr(error, "name of their master"));
	options.server = "inet:6379@redis.example.org";
	assert_null(shared_new(
	    sharing->base, &options, sharing->log, sharing->arena, &error));
	options.server = "inet:6379@127.0.0.1";
	options.tls = true;
	options.tls_ca = "/nonexistent/ca.pem";
	assert_null(shared_new(
	    sharing->base, &options, sharing->log, sharing->arena, &error));
	assert_non_null(strstr(error, "shared_tls"));
}

static bool
is_master(const struct redisserver *server)
{
	redisReply *reply = sharing_command(server, "ROLE", NULL);
	bool result = reply->type == REDIS_REPLY_ARRAY &&
	              strcmp(reply->element[0]->str, "master") == 0;

	freeReplyObject(reply);
	return (result);
}

static bool
is_linked(const struct redisserver *replica)
{
	redisReply *reply = sharing_command(replica, "ROLE", NULL);
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
	struct sharing *sharing = *state;
	struct arena *arena = sharing->arena;
	struct redisserver *replica = redisserver_new(arena);
	struct redisserver *sentinel = redisserver_new(arena);
	const char *items[2];
	struct conf_list list = { items, 2 };
	struct shared_options options = { .sentinels = &list,
		.sentinel_name = "mail",
		.timeout_ms = SHARING_TIMEOUT_MS,
		.nodes = 2 };

	assert_int_equal(redisserver_start(sharing->server, false), 0);
	redisserver_option(replica, "save \"\"");
	redisserver_option(
	    replica, arena_printf(arena, "replicaof 127.0.0.1 %u",
			 redisserver_port(sharing->server)));
	assert_int_equal(redisserver_start(replica, false), 0);
	redisserver_option(
	    sentinel, arena_printf(arena,
			  "sentinel monitor mail 127.0.0.1 %u 1\n"
			  "sentinel down-after-milliseconds mail 500\n"
			  "sentinel failover-timeout mail 3000",
			  redisserver_port(sharing->server)));
	while (!is_linked(replica))
		sharing_turn(sharing);
	assert_int_equal(redisserver_start(sentinel, true), 0);
	items[0] = "inet:1@127.0.0.1";
	items[1] = arena_printf(
	    arena, "inet:%u@127.0.0.1", redisserver_port(sentinel));
	sharing->shared = sharing_connect(sharing, &options);
	sharing_wait_available(sharing, sharing->shared, true);
	assert_true(sharing_ask_and_wait(sharing, 0)->available);
	assert_string_equal(sharing->events, "");
	/* The sentinel must have seen the replica, every ten seconds. */
	for (int64_t until = clock_monotonic_ms() + SHARING_WAIT_MS;
	     clock_monotonic_ms() < until;) {
		redisReply *reply =
		    sharing_command(sentinel, "SENTINEL replicas %s", "mail");
		bool seen = reply->elements > 0;

		freeReplyObject(reply);
		if (seen)
			break;
		sharing_turn_for(sharing, 100);
	}
	redisserver_kill(sharing->server);
	sharing_wait_logged(sharing, "shared_lost");
	sharing_wait_available(sharing, sharing->shared, true);
	assert_true(is_master(replica));
	assert_true(sharing_ask_and_wait(sharing, 1)->available);
	shared_free(sharing->shared);
	sharing->shared = NULL;

	options.sentinel_name = "other";
	sharing->shared = sharing_connect(sharing, &options);
	sharing_wait_logged(sharing, "sentinel: knows no such master");
	redisserver_free(sentinel);
	redisserver_free(replica);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, sharing_setup, sharing_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
