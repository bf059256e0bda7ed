/* ledger_client.h: a daemon that answers, and daemons that lie, hang and go
 * away. */
#include "support/unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "ledger/ledger_client.h"
#include "support/files.h"
#include "support/ledgerdaemon.h"

#define PATIENCE 20000
#define SHORT 200

struct world {
	struct arena *arena;
	char *folder;
	struct sockaddr_un at;
};

static void
begin(struct world *world)
{
	world->arena = arena_new();
	world->folder = files_folder(world->arena, "ledger");
	world->at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(world->at.sun_path, sizeof(world->at.sun_path), "%s/s",
	    world->folder);
}

static void
end(struct world *world)
{
	files_remove(world->folder);
	arena_free(world->arena);
}

static struct ledger_client *
new_client(const struct world *world, unsigned timeout_ms)
{
	struct ledger_client *client =
	    ledger_client_new(world->at.sun_path, timeout_ms);

	assert_non_null(client);
	return (client);
}

static int
call(struct ledger_client *client, struct ledger_reply *reply)
{
	struct ledger_request request = { .verb = LEDGER_RESERVE,
		.holder = "al",
		.root_count = 1,
		.roots = { { .key = "user/al", .amount = { 1, 1 } } } };

	return (ledger_client_call(client, &request, reply));
}

static int
send_verb(struct ledger_client *client, enum ledger_verb verb, uint64_t lease)
{
	struct ledger_request request = {
		.verb = verb, .holder = "al", .lease = lease
	};

	return (ledger_client_send(client, &request));
}

/* How three calls end, over how many connections, and what is said then. */
static const struct {
	enum ledgerdaemon_manner manner;
	unsigned timeout_ms;
	int result;
	unsigned int connections;
	const char *error;
} manners[] = {
	{ ANSWERS, PATIENCE, 0, 1, "" },
	{ ANSWERS_BYTE_BY_BYTE, PATIENCE, 0, 1, "" },
	{ ANSWERS_TWICE, PATIENCE, 0, 1, "" },
	{ ANSWERS_THEN_CLOSES, PATIENCE, 0, 3, NULL },
	{ CLOSES_USED, PATIENCE, 0, 3, NULL },
	{ CLOSES, PATIENCE, -1, 3, "it closed the connection" },
	{ CLOSES_HALF, PATIENCE, -1, 3, "it closed the connection" },
	{ IS_SILENT, SHORT, -1, 3, "no answer in time" },
	{ SAYS_HALF, SHORT, -1, 3, "no answer in time" },
	{ FLOODS, SHORT, -1, 3, "no answer in time" },
	{ SPEAKS_HTTP, PATIENCE, -1, 3, "its answer is none of our protocol" },
	{ SENDS_REQUEST, PATIENCE, -1, 3,
	    "its answer is none of our protocol" },
};

static void
check_reply(const struct ledger_reply *reply)
{
	assert_int_equal(reply->result, LEDGER_OK);
	assert_true(reply->lease == 1000 + (uint64_t)reply->tag);
	assert_string_equal(reply->text, "words");
	assert_int_equal(reply->root_count, 1);
	assert_string_equal(reply->roots[0].key, "user/al");
	assert_true(reply->roots[0].used.bytes == 5);
}

static void
check_manner(size_t i)
{
	struct world world;
	struct ledgerdaemon daemon;
	struct ledger_reply reply;

	begin(&world);
	ledgerdaemon_start(&daemon, &world.at, manners[i].manner);
	struct ledger_client *client =
	    new_client(&world, manners[i].timeout_ms);
	int64_t began = clock_monotonic_ms();

	for (int j = 0; j < 3; j++) {
		if (call(client, &reply) != manners[i].result)
			fail_msg("%zu: %s", i, ledger_client_error(client));
		if (manners[i].result == 0)
			check_reply(&reply);
	}
	assert_true(clock_monotonic_ms() - began < PATIENCE);
	if (manners[i].error != NULL &&
	    strstr(ledger_client_error(client), manners[i].error) == NULL)
		fail_msg("%zu: %s", i, ledger_client_error(client));
	ledger_client_free(client);
	ledgerdaemon_stop(&daemon);
	if (daemon.connections != manners[i].connections)
		fail_msg("%zu: %u connections", i, daemon.connections);
	end(&world);
}

static void
test_manners(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(manners); i++)
		check_manner(i);
}

/* Lines of a command; those that nobody took do not disturb the next call. */
static void
test_more(void **state)
{
	struct ledger_request request = { .verb = LEDGER_COMMAND,
		.text = "{}" };
	struct world world;
	struct ledgerdaemon daemon;
	struct ledger_reply reply;

	(void)state;
	begin(&world);
	ledgerdaemon_start(&daemon, &world.at, SAYS_MORE);
	struct ledger_client *client = new_client(&world, PATIENCE);

	assert_int_equal(ledger_client_next(client, &reply), -1);
	assert_non_null(strstr(ledger_client_error(client), "not connected"));
	assert_int_equal(ledger_client_call(client, &request, &reply), 0);
	assert_int_equal(reply.result, LEDGER_MORE);
	assert_int_equal(ledger_client_next(client, &reply), 0);
	assert_int_equal(reply.result, LEDGER_MORE);
	assert_string_equal(reply.text, "words");
	assert_int_equal(ledger_client_next(client, &reply), 0);
	assert_int_equal(reply.result, LEDGER_OK);
	for (uint32_t tag = 2; tag < 6; tag++) {
		assert_int_equal(
		    ledger_client_call(client, &request, &reply), 0);
		assert_int_equal(reply.tag, tag);
		assert_int_equal(reply.result, LEDGER_MORE);
	}
	ledgerdaemon_stop(&daemon);
	while (ledger_client_next(client, &reply) == 0)
		assert_int_equal(reply.tag, 5);
	assert_non_null(strstr(ledger_client_error(client), "closed"));
	ledger_client_free(client);
	assert_int_equal(daemon.connections, 1);
	end(&world);
}

/* A daemon that was started anew gets what a client sends without waiting, and
 * a lease of its last life. */
static void
test_restart(void **state)
{
	struct world world;
	struct ledgerdaemon old;
	struct ledgerdaemon new;
	struct ledger_reply reply;

	(void)state;
	begin(&world);
	ledgerdaemon_start(&old, &world.at, ANSWERS);
	struct ledger_client *client = new_client(&world, PATIENCE);

	assert_int_equal(call(client, &reply), 0);
	uint64_t lease = reply.lease;

	ledgerdaemon_stop(&old);
	ledgerdaemon_start(&new, &world.at, ANSWERS);
	assert_int_equal(send_verb(client, LEDGER_COMMIT, lease), 0);
	assert_int_equal(send_verb(client, LEDGER_DIRTY, 0), 0);
	assert_int_equal(call(client, &reply), 0);
	ledgerdaemon_stop(&new);
	assert_int_equal(new.connections, 1);
	assert_int_equal(new.requests, 3);
	assert_int_equal(new.seen[0].verb, LEDGER_COMMIT);
	assert_true(new.seen[0].lease == lease);
	assert_int_equal(new.seen[1].verb, LEDGER_DIRTY);
	assert_int_equal(new.seen[2].verb, LEDGER_RESERVE);
	/* And nobody is there. */
	assert_int_equal(unlink(world.at.sun_path), 0);
	assert_int_equal(send_verb(client, LEDGER_COMMIT, lease), -1);
	assert_int_equal(call(client, &reply), -1);
	assert_string_equal(ledger_client_error(client),
	    arena_printf(world.arena,
		"cannot connect to %s: No such file or directory",
		world.at.sun_path));
	ledger_client_free(client);
	end(&world);
}

/* What is sent comes in the order in which it was sent, with no reply between,
 * and waits for room only as long as a call may. */
static void
test_send(void **state)
{
	struct world world;
	struct ledgerdaemon daemon;
	struct ledger_reply reply;

	(void)state;
	begin(&world);
	ledgerdaemon_start(&daemon, &world.at, ANSWERS);
	struct ledger_client *client = new_client(&world, PATIENCE);

	for (uint64_t i = 0; i < 20; i++)
		assert_int_equal(send_verb(client, LEDGER_COMMIT, i), 0);
	assert_int_equal(call(client, &reply), 0);
	ledger_client_free(client);
	ledgerdaemon_stop(&daemon);
	assert_int_equal(daemon.requests, 21);
	for (uint64_t i = 0; i < 20; i++)
		assert_true(daemon.seen[i].lease == i);
	/* A daemon that takes nothing. */
	int listener = ledgerdaemon_bind(&world.at);

	assert_int_equal(listen(listener, 1), 0);
	client = new_client(&world, SHORT);
	int64_t began = clock_monotonic_ms();
	int ret = 0;

	for (int i = 0; i < 100000 && ret == 0; i++)
		ret = send_verb(client, LEDGER_COMMIT, 1);
	assert_int_equal(ret, -1);
	assert_non_null(
	    strstr(ledger_client_error(client), "no answer in time"));
	assert_true(clock_monotonic_ms() - began < PATIENCE);
	ledger_client_free(client);
	(void)close(listener);
	end(&world);
}

static int
queue(struct ledger_client *client, uint64_t lease)
{
	struct ledger_request request = {
		.verb = LEDGER_COMMIT, .holder = "al", .lease = lease
	};

	return (ledger_client_queue(client, &request));
}

/* What is queued goes with the next call, in order, over a connection that is
 * made anew too; by a flush; or when it is too much to wait. */
static void
test_queue(void **state)
{
	struct world world;
	struct ledgerdaemon old, new;
	struct ledger_reply reply;
	uint64_t sent = 0;

	(void)state;
	begin(&world);
	ledgerdaemon_start(&old, &world.at, ANSWERS);
	struct ledger_client *client = new_client(&world, PATIENCE);

	assert_int_equal(ledger_client_flush(client), 0);
	assert_int_equal(queue(client, sent++), 0);
	assert_int_equal(queue(client, sent++), 0);
	assert_int_equal(old.connections, 0);
	assert_int_equal(call(client, &reply), 0);
	assert_int_equal(old.requests, 3);
	assert_int_equal(queue(client, sent++), 0);
	ledgerdaemon_stop(&old);
	ledgerdaemon_start(&new, &world.at, ANSWERS);
	assert_int_equal(call(client, &reply), 0);
	assert_int_equal(new.requests, 2);
	assert_true(new.seen[0].lease == 2);
	assert_int_equal(queue(client, sent++), 0);
	assert_int_equal(ledger_client_flush(client), 0);
	for (int i = 0; i < 50; i++)
		assert_int_equal(queue(client, sent++), 0);
	int64_t began = clock_monotonic_ms();

	while (new.requests < 4 && clock_monotonic_ms() - began < PATIENCE)
		(void)usleep(1000);
	assert_in_range(new.requests, 4, 52);
	assert_int_equal(call(client, &reply), 0);
	ledger_client_free(client);
	ledgerdaemon_stop(&new);
	assert_int_equal(new.requests, 54);
	for (unsigned int i = 2; i < 53; i++)
		assert_true(new.seen[i].lease == i + 1);
	end(&world);
}

/* A daemon whose backlog is full is waited for, but not beyond the time. */
static void
test_busy(void **state)
{
	struct ledger_client *clients[8];
	struct world world;
	int64_t began = clock_monotonic_ms();
	int failed = 0;

	(void)state;
	begin(&world);
	int listener = ledgerdaemon_bind(&world.at);

	assert_int_equal(listen(listener, 0), 0);
	for (size_t i = 0; i < UNIT_COUNT(clients); i++) {
		clients[i] = new_client(&world, SHORT);
		failed += send_verb(clients[i], LEDGER_DIRTY, 0) != 0;
	}
	assert_true(failed > 0);
	assert_non_null(
	    strstr(ledger_client_error(clients[7]), "cannot connect to"));
	assert_true(clock_monotonic_ms() - began < PATIENCE);
	for (size_t i = 0; i < UNIT_COUNT(clients); i++)
		ledger_client_free(clients[i]);
	(void)close(listener);
	end(&world);
}

static void
test_timeout(void **state)
{
	struct world world;
	struct ledgerdaemon daemon;
	struct ledger_reply reply;

	(void)state;
	begin(&world);
	ledgerdaemon_start(&daemon, &world.at, IS_SILENT);
	struct ledger_client *client = new_client(&world, UINT32_MAX);
	int64_t began = clock_monotonic_ms();

	ledger_client_set_timeout(client, SHORT);
	assert_int_equal(call(client, &reply), -1);
	assert_true(clock_monotonic_ms() - began >= SHORT);
	ledger_client_set_timeout(client, 0);
	assert_int_equal(call(client, &reply), -1);
	assert_true(clock_monotonic_ms() - began < PATIENCE);
	ledger_client_free(client);
	ledgerdaemon_stop(&daemon);
	end(&world);
}

static void
test_refusals(void **state)
{
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
	char key[LEDGER_MAX_KEY + 2];
	struct ledger_request request = { .verb = LEDGER_LOOK, .holder = key };
	struct world world;
	struct ledgerdaemon daemon;
	struct ledger_reply reply;

	(void)state;
	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_null(ledger_client_new(path, PATIENCE));
	path[sizeof(path) - 2] = '\0';
	ledger_client_free(ledger_client_new(path, PATIENCE));
	ledger_client_free(NULL);
	begin(&world);
	ledgerdaemon_start(&daemon, &world.at, ANSWERS);
	struct ledger_client *client = new_client(&world, PATIENCE);

	memset(key, 'x', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	assert_int_equal(ledger_client_call(client, &request, &reply), -1);
	assert_non_null(strstr(ledger_client_error(client), "too long"));
	assert_int_equal(call(client, &reply), 0);
	ledger_client_free(client);
	ledgerdaemon_stop(&daemon);
	assert_int_equal(daemon.requests, 1);
	end(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manners),
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_refusals),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
