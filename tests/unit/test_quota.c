/* quota.h: a service that answers, and services that lie, hang and go away. */
#include "quota.h"

#include "support/unit.h"

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
#include "support/files.h"
#include "support/loopback.h"

#define MAX_CLIENTS 64
#define PATIENCE 20000

/* A server of one thread.  It says ${reply} to each request, in steps of
 * ${step} bytes if that is not 0, and does then what ${after} says. */
enum after {
	AFTER_NOTHING,
	AFTER_CLOSE
};

struct server {
	pthread_t thread;
	int listener;
	int wake[2];
	const char *reply; /* NULL: never */
	const char *small; /* what it says to size=1, or NULL: likewise */
	size_t reply_len;
	size_t step;
	enum after after;
	bool closes_idle;   /* at once when a connection is used again */
	char request[2048]; /* the last one */
	_Atomic unsigned int connections;
	_Atomic unsigned int requests;
};

struct peer {
	char bytes[2048];
	size_t len;
	unsigned int served;
};

static void
say(int fd, const struct server *server)
{
	size_t step = server->step > 0 ? server->step : server->reply_len;

	for (size_t at = 0; at < server->reply_len; at += step) {
		size_t len = server->reply_len - at;

		if (at > 0)
			(void)usleep(2000);
		if (send(fd, &server->reply[at], len < step ? len : step,
			MSG_NOSIGNAL) < 0)
			return;
	}
}

/* Read from ${fd}; false when the connection is over. */
static bool
serve(struct server *server, int fd, struct peer *peer)
{
	ssize_t got = recv(fd, &peer->bytes[peer->len],
	    sizeof(peer->bytes) - 1 - peer->len, 0);

	if (got <= 0)
		return (false);
	if (server->closes_idle && peer->served > 0)
		return (false);
	peer->len += (size_t)got;
	peer->bytes[peer->len] = '\0';
	if (strstr(peer->bytes, "\n\n") == NULL)
		return (true);
	memcpy(server->request, peer->bytes, peer->len + 1);
	peer->len = 0;
	peer->served++;
	atomic_fetch_add(&server->requests, 1);
	if (server->small != NULL &&
	    strstr(server->request, "\nsize=1\n") != NULL)
		(void)send(
		    fd, server->small, strlen(server->small), MSG_NOSIGNAL);
	else if (server->reply != NULL)
		say(fd, server);
	return (server->after != AFTER_CLOSE);
}

static void
serve_all(struct server *server, struct pollfd *fds, struct peer *peers,
    size_t *count)
{
	for (size_t i = 2; i < *count; i++) {
		if (fds[i].revents == 0 || serve(server, fds[i].fd, &peers[i]))
			continue;
		(void)close(fds[i].fd);
		(*count)--;
		fds[i] = fds[*count];
		peers[i] = peers[*count];
		i--;
	}
}

static void *
run(void *cookie)
{
	struct server *server = cookie;
	struct pollfd fds[MAX_CLIENTS + 2] = { { server->wake[0], POLLIN, 0 },
		{ server->listener, POLLIN, 0 } };
	struct peer *peers = calloc(MAX_CLIENTS + 2, sizeof(*peers));
	size_t count = 2;

	while (
	    peers != NULL && poll(fds, count, -1) > 0 && fds[0].revents == 0) {
		serve_all(server, fds, peers, &count);
		if (fds[1].revents == 0)
			continue;
		if (count == MAX_CLIENTS + 2)
			abort();
		fds[count] =
		    (struct pollfd){ accept(server->listener, NULL, NULL),
			    POLLIN, 0 };
		peers[count++] = (struct peer){ 0 };
		atomic_fetch_add(&server->connections, 1);
	}
	while (count > 2)
		(void)close(fds[--count].fd);
	free(peers);
	return (NULL);
}

static void
start_at(struct server *server, int listener)
{
	assert_int_equal(listen(listener, 16), 0);
	server->listener = listener;
	assert_int_equal(pipe(server->wake), 0);
	assert_int_equal(pthread_create(&server->thread, NULL, run, server), 0);
}

/* Start ${server} at a port and return its endpoint. */
static const char *
start(struct server *server, struct arena *arena)
{
	struct sockaddr_in at;
	int listener = loopback_bind(SOCK_STREAM, 0, &at);

	if (server->reply != NULL && server->reply_len == 0)
		server->reply_len = strlen(server->reply);
	start_at(server, listener);
	return (arena_printf(
	    arena, "inet:%u@127.0.0.1", (unsigned int)ntohs(at.sin_port)));
}

static void
stop(struct server *server)
{
	assert_int_equal(write(server->wake[1], "", 1), 1);
	assert_int_equal(pthread_join(server->thread, NULL), 0);
	(void)close(server->wake[0]);
	(void)close(server->wake[1]);
	(void)close(server->listener);
}

static enum quota_result
ask(struct quota_source *source, const char *recipient, struct arena *arena,
    int64_t patience)
{
	const char *reason;

	return (quota_ask(source, span_str(recipient), 1000,
	    clock_monotonic_ms() + patience, arena, &reason));
}

static struct quota_source *
open_at(const char *endpoint, struct arena *arena)
{
	const char *error;
	struct quota_source *source = quota_open(endpoint, arena, &error);

	if (source == NULL)
		fail_msg("%s: %s", endpoint, error);
	return (source);
}

static void
test_open(void **state)
{
	static const char *const good[] = { "inet:12340@127.0.0.1",
		"inet6:12340@::1", "unix:/run/dovecot/quota-status",
		"dovecot:inet:12340@127.0.0.1", "dovecot:unix:/run/x" };
	static const char *const bad[] = { "", "inet:12340", "inet:x@127.0.0.1",
		"inet:0@127.0.0.1", "dovecot", "dovecot:", "unix:relative",
		"cyrus:inet:1@127.0.0.1", "dovecot:dovecot:unix:/run/x",
		"inet:12340@mail.example.org" };
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(good); i++)
		quota_close(open_at(good[i], arena));
	for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
		const char *error = NULL;

		if (quota_open(bad[i], arena, &error) != NULL)
			fail_msg("%s", bad[i]);
		assert_non_null(error);
	}
	quota_close(NULL);
	arena_free(arena);
}

/* The request is one that quota-status reads; one connection serves many. */
static void
test_ask(void **state)
{
	struct arena *arena = arena_new();
	struct server server = { .reply = "action=554 5.2.2 Full\n\n\n\n" };
	struct quota_source *source = open_at(start(&server, arena), arena);
	const char *reason = NULL;

	(void)state;
	assert_int_equal(
	    quota_ask(source, span_str("Ann+x@example.org"), UINT64_MAX,
		clock_monotonic_ms() + PATIENCE, arena, &reason),
	    QUOTA_HARD);
	assert_string_equal(reason, "Full");
	assert_string_equal(server.request,
	    "request=smtpd_access_policy\nprotocol_state=RCPT\n"
	    "recipient=Ann+x@example.org\nsize=18446744073709551615\n\n");
	for (int i = 0; i < 100; i++)
		assert_int_equal(
		    ask(source, "bob@example.org", arena, PATIENCE),
		    QUOTA_HARD);
	assert_int_equal(server.connections, 1);
	assert_int_equal(server.requests, 101);
	quota_close(source);
	stop(&server);
	arena_free(arena);
}

static void
test_unix(void **state)
{
	struct arena *arena = arena_new();
	struct server server = { .reply = "action=OK\n\n", .reply_len = 11 };
	char *folder = files_folder(arena, "quota");
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct quota_source *source;

	(void)state;
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", folder);
	source = open_at(arena_printf(arena, "unix:%s", at.sun_path), arena);
	assert_int_equal(ask(source, "ann", arena, PATIENCE), QUOTA_TEMPFAIL);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(
	    bind(listener, (struct sockaddr *)(void *)&at, sizeof(at)), 0);
	start_at(&server, listener);
	assert_int_equal(ask(source, "ann", arena, PATIENCE), QUOTA_UNDER);
	quota_close(source);
	stop(&server);
	files_remove(folder);
	arena_free(arena);
}

static void
test_recipients(void **state)
{
	struct arena *arena = arena_new();
	struct server server = { .reply = "action=OK\n\n" };
	struct quota_source *source = open_at(start(&server, arena), arena);
	char much[QUOTA_MAX_RECIPIENT + 1];
	const char *reason = "";
	int64_t deadline = clock_monotonic_ms() + PATIENCE;
	const struct span bad[] = {
		span_str(""),
		span_str("ann\nrecipient=bob"),
		span_str("ann\n\n"),
		span_str("ann\r"),
		span_str("ann\x7f"),
		span_new("ann\0bob", 7),
		span_new(much, sizeof(much)),
	};

	(void)state;
	memset(much, 'x', sizeof(much));
	for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
		assert_int_equal(
		    quota_ask(source, bad[i], 0, deadline, arena, &reason),
		    QUOTA_UNKNOWN);
		assert_null(reason);
	}
	assert_int_equal(server.connections, 0);
	assert_int_equal(quota_ask(source, span_new(much, sizeof(much) - 1), 0,
			     deadline, arena, &reason),
	    QUOTA_UNDER);
	quota_close(source);
	stop(&server);
	arena_free(arena);
}

/* None of these is an answer, none is waited for beyond the time, and after
 * none is the connection used again. */
static const struct {
	const char *reply;
	size_t len; /* of so many bytes of 'x' instead */
	enum after after;
	int64_t patience;
} liars[] = {
	{ NULL, 0, AFTER_NOTHING, 200 },
	{ "action=O", 0, AFTER_NOTHING, 200 },
	{ "action=OK\n", 0, AFTER_NOTHING, 200 },
	{ "action=OK", 0, AFTER_CLOSE, PATIENCE },
	{ "action=OK\n", 0, AFTER_CLOSE, PATIENCE },
	{ NULL, 0, AFTER_CLOSE, PATIENCE },
	{ "action=OK\n\naction=OK\n\n", 0, AFTER_NOTHING, PATIENCE },
	{ "hello\n", 0, AFTER_NOTHING, PATIENCE },
	{ "500 what?\r\n", 0, AFTER_NOTHING, PATIENCE },
	{ "\n\n\n", 0, AFTER_NOTHING, 200 },
	{ "x", 1 << 20, AFTER_NOTHING, PATIENCE },
	{ "\n", 1 << 20, AFTER_NOTHING, PATIENCE },
};

static void
test_liars(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(liars); i++) {
		struct arena *arena = arena_new();
		struct server server = { .reply = liars[i].reply,
			.after = liars[i].after };
		char *much = liars[i].len > 0 ? malloc(liars[i].len) : NULL;

		if (much != NULL) {
			memset(much, liars[i].reply[0], liars[i].len);
			server.reply = much;
			server.reply_len = liars[i].len;
		}
		struct quota_source *source =
		    open_at(start(&server, arena), arena);
		int64_t begin = clock_monotonic_ms();

		for (int j = 0; j < 2; j++)
			if (ask(source, "ann", arena, liars[i].patience) !=
			    QUOTA_TEMPFAIL)
				fail_msg("%zu", i);
		assert_true(clock_monotonic_ms() - begin < PATIENCE);
		assert_int_equal(server.connections, 2);
		quota_close(source);
		stop(&server);
		free(much);
		arena_free(arena);
	}
}

/* A reply may come byte by byte. */
static void
test_slow(void **state)
{
	struct arena *arena = arena_new();
	struct server server = { .reply = "action=452 4.2.2 Full\n\n",
		.step = 1 };
	struct quota_source *source = open_at(start(&server, arena), arena);

	(void)state;
	assert_int_equal(ask(source, "ann", arena, PATIENCE), QUOTA_SOFT);
	assert_int_equal(ask(source, "ann", arena, PATIENCE), QUOTA_SOFT);
	assert_int_equal(ask(source, "ann", arena, 5), QUOTA_TEMPFAIL);
	quota_close(source);
	stop(&server);
	arena_free(arena);
}

static void
test_nobody(void **state)
{
	struct arena *arena = arena_new();
	struct sockaddr_in at;
	int fd = loopback_bind(SOCK_STREAM, 0, &at);
	struct quota_source *source =
	    open_at(arena_printf(arena, "inet:%u@127.0.0.1",
			(unsigned int)ntohs(at.sin_port)),
		arena);
	const char *reason;

	(void)state;
	/* It is bound, but nobody listens. */
	assert_int_equal(ask(source, "ann", arena, PATIENCE), QUOTA_TEMPFAIL);
	/* Somebody would, but it is too late. */
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(quota_ask(source, span_str("ann"), 0,
			     clock_monotonic_ms() - 1, arena, &reason),
	    QUOTA_TEMPFAIL);
	assert_int_equal(ask(source, "ann", arena, 100), QUOTA_TEMPFAIL);
	(void)close(fd);
	quota_close(source);
	arena_free(arena);
}

/* Dovecot closes what is idle, before or while we ask again: a new connection
 * is made, and the answer is none the worse. */
static void
test_closed_idle(void **state)
{
	struct arena *arena = arena_new();
	struct server server = { .reply = "action=OK\n\n",
		.after = AFTER_CLOSE };
	struct server late = { .reply = "action=OK\n\n", .closes_idle = true };
	struct quota_source *source = open_at(start(&server, arena), arena);

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(
		    ask(source, "ann", arena, PATIENCE), QUOTA_UNDER);
	assert_int_equal(server.connections, 20);
	quota_close(source);
	stop(&server);
	source = open_at(start(&late, arena), arena);
	for (int i = 0; i < 20; i++)
		assert_int_equal(
		    ask(source, "ann", arena, PATIENCE), QUOTA_UNDER);
	assert_int_equal(late.requests, 20);
	quota_close(source);
	stop(&late);
	arena_free(arena);
}

/* Bytes that nobody asked for must not be taken for the next answer. */
static void
test_uninvited(void **state)
{
	struct arena *arena = arena_new();
	struct server server = { .reply = "action=OK\n\naction=552 x\n\n",
		.step = 11 };
	struct quota_source *source = open_at(start(&server, arena), arena);

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(
		    ask(source, "ann", arena, PATIENCE), QUOTA_UNDER);
		(void)usleep(20000);
	}
	assert_int_equal(server.connections, 5);
	quota_close(source);
	stop(&server);
	arena_free(arena);
}

/* Dovecot 2.4.1 says nothing of a message that is larger than all there may be;
 * but a service that says nothing of any is odd. */
static const struct {
	const char *small;
	enum quota_result result;
} silent[] = {
	{ "action=OK\n\n", QUOTA_HARD },
	{ "action=DUNNO\n\n", QUOTA_HARD },
	{ "action=554 5.2.2 Full\n\n", QUOTA_HARD },
	{ "action=452 4.2.2 Full\n\n", QUOTA_SOFT },
	{ "action=REJECT Unknown user\n\n", QUOTA_UNKNOWN },
	{ "action=\n\n", QUOTA_TEMPFAIL },
	{ "action=DEFER x\n\n", QUOTA_TEMPFAIL },
	{ "hello\n", QUOTA_TEMPFAIL },
};

static void
test_silent(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(silent); i++) {
		struct arena *arena = arena_new();
		struct server server = { .reply = "action=\n\n",
			.small = silent[i].small };
		struct quota_source *source =
		    open_at(start(&server, arena), arena);
		const char *reason = NULL;

		assert_int_equal(
		    ask(source, "ann", arena, PATIENCE), silent[i].result);
		assert_int_equal(server.requests, 2);
		assert_int_equal(
		    quota_ask(source, span_str("ann"), 0,
			clock_monotonic_ms() + PATIENCE, arena, &reason),
		    QUOTA_TEMPFAIL);
		quota_close(source);
		stop(&server);
		arena_free(arena);
	}
}

struct asker {
	pthread_t thread;
	struct quota_source *source;
	unsigned int answers;
};

static void *
ask_often(void *cookie)
{
	struct asker *asker = cookie;
	struct arena *arena = arena_new();

	for (int i = 0; i < 200; i++)
		asker->answers +=
		    ask(asker->source, "ann", arena, PATIENCE) == QUOTA_UNDER;
	arena_free(arena);
	return (NULL);
}

static void
test_threads(void **state)
{
	struct arena *arena = arena_new();
	struct server server = { .reply = "action=OK\n\n" };
	struct quota_source *source = open_at(start(&server, arena), arena);
	struct asker askers[16];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(askers); i++) {
		askers[i] = (struct asker){ .source = source };
		assert_int_equal(pthread_create(&askers[i].thread, NULL,
				     ask_often, &askers[i]),
		    0);
	}
	for (size_t i = 0; i < UNIT_COUNT(askers); i++) {
		assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
		assert_int_equal(askers[i].answers, 200);
	}
	assert_int_equal(server.requests, 3200);
	quota_close(source);
	stop(&server);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_ask),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_recipients),
		cmocka_unit_test(test_liars),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_closed_idle),
		cmocka_unit_test(test_uninvited),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_threads),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
