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

#define MAX_CLIENTS 16
#define MAX_REQUESTS 64
#define PATIENCE 20000
#define SHORT 200

/* What the daemon does with a request that has a reply. */
enum manner {
	ANSWERS,
	ANSWERS_BYTE_BY_BYTE,
	ANSWERS_TWICE, /* and once before with another tag */
	ANSWERS_THEN_CLOSES,
	CLOSES_USED, /* at the second request of a connection, without a word */
	CLOSES,      /* at the first */
	CLOSES_HALF, /* after half of a reply */
	IS_SILENT,
	SAYS_HALF,
	FLOODS, /* with replies to what nobody asked, until it cannot */
	SPEAKS_HTTP,
	SAYS_MORE,     /* two lines, and the end */
	SENDS_REQUEST, /* a frame, but none of a daemon */
};

struct daemon {
	pthread_t thread;
	int listener;
	int wake[2];
	enum manner manner;
	_Atomic unsigned int connections;
	_Atomic unsigned int requests;
	struct {
		enum ledger_verb verb;
		uint64_t lease;
		int connection; /* a running number from 1 */
	} seen[MAX_REQUESTS];
};

struct peer {
	unsigned char bytes[2 * LEDGER_MAX_FRAME];
	size_t len;
	int number;
	unsigned int served;
};

static bool
put(int fd, const void *bytes, size_t len)
{
	return (send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len);
}

static size_t
write_reply(unsigned char *frame, uint32_t tag, enum ledger_result result)
{
	struct ledger_reply reply = { .result = result,
		.tag = tag,
		.lease = 1000 + tag,
		.text = "words",
		.root_count = 1,
		.roots = { { .key = "user/al", .used = { 5, 1 } } } };

	return (ledger_frame_write_reply(&reply, frame));
}

static void
flood(int fd)
{
	unsigned char frame[LEDGER_MAX_FRAME];
	size_t len = write_reply(frame, UINT32_MAX, LEDGER_OK);

	while (put(fd, frame, len))
		continue;
}

static void
say(int fd, const unsigned char *frame, size_t len, size_t step)
{
	for (size_t at = 0; at < len; at += step) {
		if (at > 0)
			(void)usleep(500);
		if (!put(fd, &frame[at], len - at < step ? len - at : step))
			return;
	}
}

static bool
say_lines(int fd, unsigned char *frame, uint32_t tag)
{
	for (int i = 0; i < 2; i++)
		if (!put(fd, frame, write_reply(frame, tag, LEDGER_MORE)))
			return (false);
	return (put(fd, frame, write_reply(frame, tag, LEDGER_OK)));
}

/* Answer ${request}; false when the connection is to be closed. */
static bool
answer(struct daemon *daemon, int fd, struct peer *peer,
    const struct ledger_request *request)
{
	unsigned char frame[LEDGER_MAX_FRAME];
	size_t len = write_reply(frame, request->tag, LEDGER_OK);

	switch (daemon->manner) {
	case ANSWERS:
		return (put(fd, frame, len));
	case ANSWERS_BYTE_BY_BYTE:
		say(fd, frame, len, 1);
		return (true);
	case ANSWERS_TWICE:
		len = write_reply(frame, request->tag - 1, LEDGER_HARD);
		return (put(fd, frame, len) &&
			put(fd, frame,
			    write_reply(frame, request->tag, LEDGER_OK)) &&
			put(fd, frame,
			    write_reply(frame, request->tag, LEDGER_HARD)));
	case ANSWERS_THEN_CLOSES:
		(void)put(fd, frame, len);
		return (false);
	case CLOSES_USED:
		return (peer->served <= 1 && put(fd, frame, len));
	case CLOSES:
		return (false);
	case CLOSES_HALF:
		(void)put(fd, frame, len / 2);
		return (false);
	case IS_SILENT:
		return (true);
	case SAYS_HALF:
		return (put(fd, frame, len / 2));
	case FLOODS:
		flood(fd);
		return (false);
	case SPEAKS_HTTP:
		return (put(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28));
	case SAYS_MORE:
		return (say_lines(fd, frame, request->tag));
	case SENDS_REQUEST:
		return (
		    put(fd, frame, ledger_frame_write_request(request, frame)));
	}
	return (false);
}

static bool
has_reply(enum ledger_verb verb)
{
	return (verb != LEDGER_COMMIT && verb != LEDGER_RELEASE &&
		verb != LEDGER_DIRTY && verb != LEDGER_BIND);
}

static bool
take(struct daemon *daemon, int fd, struct peer *peer, size_t len)
{
	unsigned int number = atomic_load(&daemon->requests);
	struct ledger_request request;

	if (ledger_frame_read_request(peer->bytes, len, &request) != 0 ||
	    number == MAX_REQUESTS)
		abort();
	peer->served++;
	daemon->seen[number].verb = request.verb;
	daemon->seen[number].lease = request.lease;
	daemon->seen[number].connection = peer->number;
	atomic_fetch_add(&daemon->requests, 1);
	return (!has_reply(request.verb) || answer(daemon, fd, peer, &request));
}

/* Read from ${fd}; false when the connection is over. */
static bool
serve(struct daemon *daemon, int fd, struct peer *peer)
{
	ssize_t got = recv(
	    fd, &peer->bytes[peer->len], sizeof(peer->bytes) - peer->len, 0);
	size_t used;

	if (got <= 0)
		return (false);
	peer->len += (size_t)got;
	while (ledger_frame_take(peer->bytes, peer->len, &used) ==
	       LEDGER_FRAME_WHOLE) {
		if (!take(daemon, fd, peer, used))
			return (false);
		peer->len -= used;
		memmove(peer->bytes, &peer->bytes[used], peer->len);
	}
	return (true);
}

static void
serve_all(struct daemon *daemon, struct pollfd *fds, struct peer **peers,
    size_t *count)
{
	for (size_t i = 2; i < *count; i++) {
		if (fds[i].revents == 0 || serve(daemon, fds[i].fd, peers[i]))
			continue;
		(void)close(fds[i].fd);
		free(peers[i]);
		(*count)--;
		fds[i] = fds[*count];
		peers[i] = peers[*count];
		i--;
	}
}

static struct peer *
new_peer(struct daemon *daemon)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (peer == NULL)
		abort();
	peer->number = (int)atomic_fetch_add(&daemon->connections, 1) + 1;
	return (peer);
}

static void *
run(void *cookie)
{
	struct daemon *daemon = cookie;
	struct pollfd fds[MAX_CLIENTS + 2] = { { daemon->wake[0], POLLIN, 0 },
		{ daemon->listener, POLLIN, 0 } };
	struct peer *peers[MAX_CLIENTS + 2];
	size_t count = 2;

	while (poll(fds, count, -1) > 0 && fds[0].revents == 0) {
		serve_all(daemon, fds, peers, &count);
		if (fds[1].revents == 0 || count == MAX_CLIENTS + 2)
			continue;
		fds[count] =
		    (struct pollfd){ .fd = accept(daemon->listener, NULL, NULL),
			    .events = POLLIN };
		peers[count++] = new_peer(daemon);
	}
	while (count > 2) {
		(void)close(fds[--count].fd);
		free(peers[count]);
	}
	return (NULL);
}

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

static int
bind_listener(const struct world *world)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)unlink(world->at.sun_path);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)(const void *)&world->at,
		sizeof(world->at)),
	    0);
	return (fd);
}

static void
start(struct daemon *daemon, const struct world *world, enum manner manner)
{
	*daemon = (struct daemon){ .manner = manner };
	daemon->listener = bind_listener(world);
	assert_int_equal(listen(daemon->listener, MAX_CLIENTS), 0);
	assert_int_equal(pipe(daemon->wake), 0);
	assert_int_equal(pthread_create(&daemon->thread, NULL, run, daemon), 0);
}

static void
stop(struct daemon *daemon)
{
	assert_int_equal(write(daemon->wake[1], "", 1), 1);
	assert_int_equal(pthread_join(daemon->thread, NULL), 0);
	(void)close(daemon->wake[0]);
	(void)close(daemon->wake[1]);
	(void)close(daemon->listener);
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
	enum manner manner;
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
test_manners(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(manners); i++) {
		struct world world;
		struct daemon daemon;
		struct ledger_reply reply;

		begin(&world);
		start(&daemon, &world, manners[i].manner);
		struct ledger_client *client =
		    new_client(&world, manners[i].timeout_ms);
		int64_t began = clock_monotonic_ms();

		for (int j = 0; j < 3; j++) {
			if (call(client, &reply) != manners[i].result)
				fail_msg(
				    "%zu: %s", i, ledger_client_error(client));
			if (manners[i].result == 0)
				check_reply(&reply);
		}
		assert_true(clock_monotonic_ms() - began < PATIENCE);
		if (manners[i].error != NULL &&
		    strstr(ledger_client_error(client), manners[i].error) ==
			NULL)
			fail_msg("%zu: %s", i, ledger_client_error(client));
		ledger_client_free(client);
		stop(&daemon);
		if (daemon.connections != manners[i].connections)
			fail_msg("%zu: %u connections", i, daemon.connections);
		end(&world);
	}
}

/* Lines of a command; those that nobody took do not disturb the next call. */
static void
test_more(void **state)
{
	struct ledger_request request = { .verb = LEDGER_COMMAND,
		.text = "{}" };
	struct world world;
	struct daemon daemon;
	struct ledger_reply reply;

	(void)state;
	begin(&world);
	start(&daemon, &world, SAYS_MORE);
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
	stop(&daemon);
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
	struct daemon old;
	struct daemon new;
	struct ledger_reply reply;

	(void)state;
	begin(&world);
	start(&old, &world, ANSWERS);
	struct ledger_client *client = new_client(&world, PATIENCE);

	assert_int_equal(call(client, &reply), 0);
	uint64_t lease = reply.lease;

	stop(&old);
	start(&new, &world, ANSWERS);
	assert_int_equal(send_verb(client, LEDGER_COMMIT, lease), 0);
	assert_int_equal(send_verb(client, LEDGER_DIRTY, 0), 0);
	assert_int_equal(call(client, &reply), 0);
	stop(&new);
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
	struct daemon daemon;
	struct ledger_reply reply;

	(void)state;
	begin(&world);
	start(&daemon, &world, ANSWERS);
	struct ledger_client *client = new_client(&world, PATIENCE);

	for (uint64_t i = 0; i < 20; i++)
		assert_int_equal(send_verb(client, LEDGER_COMMIT, i), 0);
	assert_int_equal(call(client, &reply), 0);
	ledger_client_free(client);
	stop(&daemon);
	assert_int_equal(daemon.requests, 21);
	for (uint64_t i = 0; i < 20; i++)
		assert_true(daemon.seen[i].lease == i);
	/* A daemon that takes nothing. */
	int listener = bind_listener(&world);

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
	int listener = bind_listener(&world);

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
	struct daemon daemon;
	struct ledger_reply reply;

	(void)state;
	begin(&world);
	start(&daemon, &world, IS_SILENT);
	struct ledger_client *client = new_client(&world, UINT32_MAX);
	int64_t began = clock_monotonic_ms();

	ledger_client_set_timeout(client, SHORT);
	assert_int_equal(call(client, &reply), -1);
	assert_true(clock_monotonic_ms() - began >= SHORT);
	ledger_client_set_timeout(client, 0);
	assert_int_equal(call(client, &reply), -1);
	assert_true(clock_monotonic_ms() - began < PATIENCE);
	ledger_client_free(client);
	stop(&daemon);
	end(&world);
}

static void
test_refusals(void **state)
{
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
	char key[LEDGER_MAX_KEY + 2];
	struct ledger_request request = { .verb = LEDGER_LOOK, .holder = key };
	struct world world;
	struct daemon daemon;
	struct ledger_reply reply;

	(void)state;
	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_null(ledger_client_new(path, PATIENCE));
	path[sizeof(path) - 2] = '\0';
	ledger_client_free(ledger_client_new(path, PATIENCE));
	ledger_client_free(NULL);
	begin(&world);
	start(&daemon, &world, ANSWERS);
	struct ledger_client *client = new_client(&world, PATIENCE);

	memset(key, 'x', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	assert_int_equal(ledger_client_call(client, &request, &reply), -1);
	assert_non_null(strstr(ledger_client_error(client), "too long"));
	assert_int_equal(call(client, &reply), 0);
	ledger_client_free(client);
	stop(&daemon);
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
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_refusals),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
