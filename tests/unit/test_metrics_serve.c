/* metrics_serve.h: who may read reads, who does harm harms nobody else. */
#include "support/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "metrics/metrics.h"
#include "metrics/metrics_serve.h"
#include "support/files.h"
#include "support/http.h"

#define TEXT "# HELP a A.\n# TYPE a gauge\na 1\n"
/* How long a server may take to hang up on a silent client. */
#define HANG_UP_MS (METRICS_SERVE_SILENCE * 1000 + 5000)

/* More than it takes to hang up on the silent. */
#define SLOW_ROUNDS 20
#define SLOW_MS (METRICS_SERVE_SILENCE * 1000 / 10)

struct fixture {
	struct arena *arena;
	struct log *log;
	struct metrics_serve *serve;
	unsigned int port;
	atomic_size_t bytes; /* the page has, besides TEXT */
};

static void
print_page(void *cookie, struct buf *page)
{
	const struct fixture *fixture = cookie;
	size_t left = fixture->bytes;

	buf_add_str(page, TEXT);
	while (left-- > 0)
		buf_add_byte(page, '#');
}

static unsigned int
free_port(int family)
{
	struct sockaddr_in6 address = { .sin6_family = (sa_family_t)family };
	socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in)
	                                  : sizeof(struct sockaddr_in6);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0)
		return (0);
	(void)getsockname(fd, (struct sockaddr *)&address, &len);
	(void)close(fd);
	return (ntohs(address.sin6_port));
}

static struct metrics_serve *
serve(struct fixture *fixture, const char *host, unsigned int port,
    const char **error)
{
	struct sockaddr_in inet = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 inet6 = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port) };
	bool is_inet = inet_pton(AF_INET, host, &inet.sin_addr) == 1;
	struct metrics_serve_options options = {
		.page = print_page, .cookie = fixture, .log = fixture->log
	};

	(void)inet_pton(AF_INET6, host, &inet6.sin6_addr);
	options.address = is_inet ? (const struct sockaddr *)&inet
	                          : (const struct sockaddr *)&inet6;
	return (metrics_serve_new(&options, fixture->arena, error));
}

static int
setup(void **state)
{
	static struct fixture fixture;
	const char *error = NULL;

	fixture = (struct fixture){ .arena = arena_new(),
		.log = log_new("test"),
		.port = free_port(AF_INET) };
	fixture.serve = serve(&fixture, "127.0.0.1", fixture.port, &error);
	if (fixture.serve == NULL)
		fail_msg("%s", error);
	*state = &fixture;
	return (0);
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	metrics_serve_free(fixture->serve);
	log_free(fixture->log);
	arena_free(fixture->arena);
	return (0);
}

static bool
serves(struct fixture *fixture)
{
	struct http_reply reply;

	http_get(
	    "127.0.0.1", fixture->port, "/metrics", fixture->arena, &reply);
	return (reply.status == 200 && span_is(reply.body, TEXT));
}

static bool
has_header(
    const struct http_reply *reply, struct arena *arena, const char *line)
{
	const char *text = arena_printf(arena, "\r\n%s\r\n", line);

	return (strcasestr(arena_str(arena, reply->head), text) != NULL);
}

static void
test_requests(void **state)
{
	static const struct {
		const char *request;
		int status;
		const char *body; /* NULL: any */
	} cases[] = {
		{ "GET /metrics HTTP/1.1\r\nHost: x\r\n", 200, TEXT },
		{ "GET /metrics?x=y HTTP/1.1\r\nHost: x\r\n", 200, TEXT },
		{ "GET /metrics HTTP/1.0\r\n", 200, TEXT },
		{ "HEAD /metrics HTTP/1.1\r\nHost: x\r\n", 200, "" },
		{ "GET / HTTP/1.1\r\nHost: x\r\n", 200,
		    "The metrics are at /metrics.\n" },
		{ "HEAD / HTTP/1.1\r\nHost: x\r\n", 200, "" },
		{ "GET /metrics/ HTTP/1.1\r\nHost: x\r\n", 404, NULL },
		{ "GET /../metrics HTTP/1.1\r\nHost: x\r\n", 404, NULL },
		{ "GET /%6detrics HTTP/1.1\r\nHost: x\r\n", 200, TEXT },
		{ "GET /favicon.ico HTTP/1.1\r\nHost: x\r\n", 404, NULL },
		{ "POST /metrics HTTP/1.1\r\nHost: x\r\n"
		  "Content-Length: 1000000000\r\n",
		    405, NULL },
		{ "PUT /metrics HTTP/1.1\r\nHost: x\r\n", 405, NULL },
		{ "DELETE / HTTP/1.1\r\nHost: x\r\n", 405, NULL },
		{ "OPTIONS * HTTP/1.1\r\nHost: x\r\n", 405, NULL },
		{ "get /metrics HTTP/1.1\r\nHost: x\r\n", 405, NULL },
		{ "BREW /pot HTTP/1.1\r\nHost: x\r\n", 405, NULL },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct http_reply reply;

		http_ask("127.0.0.1", fixture->port,
		    arena_printf(fixture->arena, "%sConnection: close\r\n\r\n",
			cases[i].request),
		    fixture->arena, &reply);
		if (reply.status != cases[i].status ||
		    (cases[i].body != NULL &&
			!span_is(reply.body, cases[i].body)))
			fail_msg("%s: %d, %s", cases[i].request, reply.status,
			    arena_str(fixture->arena, reply.body));
		if (reply.status == 405 &&
		    !has_header(&reply, fixture->arena, "Allow: GET, HEAD"))
			fail_msg("%s: no Allow", cases[i].request);
	}
}

static void
test_header(void **state)
{
	struct fixture *fixture = *state;
	struct http_reply reply;

	http_ask("127.0.0.1", fixture->port,
	    "HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	    fixture->arena, &reply);
	assert_true(has_header(&reply, fixture->arena,
	    "Content-Type: text/plain; version=0.0.4; charset=utf-8"));
	assert_true(has_header(&reply, fixture->arena,
	    arena_printf(fixture->arena, "Content-Length: %zu", strlen(TEXT))));
}

/* Prometheus keeps its connection. */
static void
test_keep_alive(void **state)
{
	struct fixture *fixture = *state;
	struct http_reply reply;
	int fd = http_connect("127.0.0.1", fixture->port);

	for (int i = 0; i < 3; i++) {
		assert_true(http_send(
		    fd, span_str("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")));
		assert_false(http_read(fd, 300, fixture->arena, &reply));
		assert_int_equal(reply.status, 200);
		assert_true(span_is(reply.body, TEXT));
	}
	(void)close(fd);
}

static void
test_page_too_large(void **state)
{
	struct fixture *fixture = *state;
	struct http_reply reply;

	fixture->bytes = METRICS_MAX_BYTES;
	http_get(
	    "127.0.0.1", fixture->port, "/metrics", fixture->arena, &reply);
	assert_int_equal(reply.status, 500);
	fixture->bytes = METRICS_MAX_BYTES - strlen(TEXT);
	http_get(
	    "127.0.0.1", fixture->port, "/metrics", fixture->arena, &reply);
	assert_int_equal(reply.status, 200);
	assert_int_equal(reply.body.len, METRICS_MAX_BYTES);
}

/* What is no HTTP, and what never ends. */
static void
test_garbage(void **state)
{
	static const struct span garbage[] = {
		SPAN_LITERAL("\0\0\0\0\r\n\r\n"),
		SPAN_LITERAL("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\n"),
		SPAN_LITERAL("GET\r\n\r\n"),
		SPAN_LITERAL("\r\n\r\n\r\n\r\n"),
		SPAN_LITERAL("GET /metrics HTTP/9.9\r\n\r\n"),
		SPAN_LITERAL("GET /metrics HTTP/1.1\r\nHost: x\r\n"
			     "Content-Length: -1\r\n\r\n"),
		SPAN_LITERAL("GET /metrics HTTP/1.1\r\nHost: x\r\n"
			     "Content-Length: 5\r\n\r\nabcde"),
		SPAN_LITERAL("GET /metrics HTTP/1.1\r\nHost: x\r\n"
			     "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde"),
		SPAN_LITERAL("GET /metrics HTTP/1.1\r\nHost: x\r\n"
			     "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < UNIT_COUNT(garbage); i++) {
		struct http_reply reply;
		int fd = http_connect("127.0.0.1", fixture->port);

		assert_true(fd >= 0);
		(void)http_send(fd, garbage[i]);
		(void)shutdown(fd, SHUT_WR);
		if (!http_read(fd, HANG_UP_MS, fixture->arena, &reply))
			fail_msg("garbage %zu keeps its connection", i);
		(void)close(fd);
		assert_true(serves(fixture));
	}
}

/* A header that does not end is refused when it is METRICS_SERVE_REQUEST
 * long, a line as well as many. */
static void
test_huge_header(void **state)
{
	static const char *const pieces[] = { "aaaaaaaa", "X: y\r\n" };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < UNIT_COUNT(pieces); i++) {
		int fd = http_connect("127.0.0.1", fixture->port);
		struct http_reply reply;
		size_t sent = 0;

		assert_true(fd >= 0);
		(void)http_send(fd, span_str("GET /metrics HTTP/1.1\r\nX: "));
		while (sent < (size_t)64 * 1024 * 1024 &&
		       http_send(fd, span_str(pieces[i])))
			sent += strlen(pieces[i]);
		(void)http_read(fd, HANG_UP_MS, fixture->arena, &reply);
		assert_true(sent < (size_t)64 * 1024 * 1024);
		assert_true(reply.status == 0 || reply.status == 431 ||
			    reply.status == 413 || reply.status == 414);
		(void)close(fd);
		assert_true(serves(fixture));
	}
}

/* As many as there is room for say nothing: the next one is served. */
static void
test_silent_crowd(void **state)
{
	struct fixture *fixture = *state;
	int fds[METRICS_SERVE_CONNECTIONS];
	int64_t started = clock_monotonic_ms();

	for (size_t i = 0; i < UNIT_COUNT(fds); i++) {
		fds[i] = http_connect("127.0.0.1", fixture->port);
		assert_true(fds[i] >= 0);
		(void)http_send(fds[i], span_str("GET /metr"));
	}
	assert_true(serves(fixture));
	assert_true(clock_monotonic_ms() - started < HANG_UP_MS);
	for (size_t i = 0; i < UNIT_COUNT(fds); i++)
		(void)close(fds[i]);
	assert_true(serves(fixture));
}

/* As many as there is room for never end their requests and are never silent
 * either: the next one is served all the same. */
static void
test_slow_crowd(void **state)
{
	static const struct span request =
	    SPAN_LITERAL("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	struct fixture *fixture = *state;
	struct http_reply reply = { 0 };
	int fds[METRICS_SERVE_CONNECTIONS];

	for (size_t i = 0; i < UNIT_COUNT(fds); i++) {
		fds[i] = http_connect("127.0.0.1", fixture->port);
		assert_true(fds[i] >= 0);
		(void)http_send(fds[i], span_str("GET /"));
	}
	int fd = http_connect("127.0.0.1", fixture->port);

	assert_true(http_send(fd, request));
	for (int round = 0; round < SLOW_ROUNDS && reply.status == 0; round++) {
		for (size_t i = 0; i < UNIT_COUNT(fds); i++)
			(void)http_send(fds[i], span_str("a"));
		(void)http_read(fd, SLOW_MS, fixture->arena, &reply);
	}
	assert_int_equal(reply.status, 200);
	for (size_t i = 0; i < UNIT_COUNT(fds); i++)
		(void)close(fds[i]);
	(void)close(fd);
	assert_true(serves(fixture));
}

/* A client that reads nothing holds no more than its own connection. */
static void
test_slow_reader(void **state)
{
	struct fixture *fixture = *state;
	int fd = http_connect("127.0.0.1", fixture->port);
	static const struct span request =
	    SPAN_LITERAL("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");

	fixture->bytes = METRICS_MAX_BYTES - strlen(TEXT);
	for (int i = 0; i < 50; i++)
		(void)http_send(fd, request);
	fixture->bytes = 0;
	assert_true(serves(fixture));
	(void)close(fd);
}

static void
test_flood(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 500; i++) {
		int fd = http_connect("127.0.0.1", fixture->port);

		assert_true(fd >= 0);
		(void)http_send(fd, span_str("GET /metrics HTTP/1.1\r\n"));
		(void)close(fd);
	}
	for (int i = 0; i < 200; i++)
		assert_true(serves(fixture));
}

static size_t
threads_now(struct arena *arena)
{
	struct span text;
	struct span line;

	if (files_read(arena, "/proc/self/status", &text) != 0)
		return (0);
	while (span_take_line(&text, &line)) {
		uint64_t count = 0;

		if (span_starts(line, "Threads:\t") &&
		    span_to_u64(
			span_tail(line, strlen("Threads:\t")), 9, &count))
			return ((size_t)count);
	}
	return (0);
}

/* However many connect, one thread serves them, and it takes no signals. */
static void
test_one_thread(void **state)
{
	struct fixture *fixture = *state;
	size_t before = threads_now(fixture->arena);
	int fds[METRICS_SERVE_CONNECTIONS];

	assert_true(before > 0);
	for (size_t i = 0; i < UNIT_COUNT(fds); i++)
		fds[i] = http_connect("127.0.0.1", fixture->port);
	for (size_t i = 0; i < UNIT_COUNT(fds); i++)
		(void)close(fds[i]);
	assert_true(serves(fixture));
	assert_int_equal(threads_now(fixture->arena), before);

	sigset_t all, mask;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &mask);
	(void)kill(getpid(), SIGUSR1);
	assert_true(serves(fixture));
	struct timespec none = { 0 };

	/* Still ours: nobody else took it. */
	assert_int_equal(sigtimedwait(&all, NULL, &none), SIGUSR1);
	(void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

static void
test_refused(void **state)
{
	static const char *const foreign[] = { "0.0.0.0", "192.0.2.1",
		"::", "2001:db8::1", "::ffff:127.0.0.1" };
	struct fixture *fixture = *state;
	const char *error = NULL;

	for (size_t i = 0; i < UNIT_COUNT(foreign); i++) {
		error = NULL;
		assert_null(
		    serve(fixture, foreign[i], free_port(AF_INET), &error));
		assert_non_null(strstr(error, "127.0.0.0/8 or ::1 only"));
	}
	assert_null(serve(fixture, "127.0.0.1", fixture->port, &error));
	assert_string_equal(error, strerror(EADDRINUSE));
	assert_true(serves(fixture));
}

static void
test_inet6(void **state)
{
	struct fixture *fixture = *state;
	unsigned int port = free_port(AF_INET6);
	const char *error = NULL;
	struct http_reply reply;

	if (port == 0)
		skip();
	struct metrics_serve *other = serve(fixture, "::1", port, &error);

	if (other == NULL)
		fail_msg("%s", error);
	http_get("::1", port, "/metrics", fixture->arena, &reply);
	assert_int_equal(reply.status, 200);
	assert_true(http_connect("127.0.0.1", port) < 0);
	metrics_serve_free(other);
}

/* The port is free at once, even while somebody is connected. */
static void
test_again(void **state)
{
	struct fixture *fixture = *state;
	const char *error = NULL;
	int fd = http_connect("127.0.0.1", fixture->port);

	assert_true(serves(fixture));
	metrics_serve_free(fixture->serve);
	fixture->serve = serve(fixture, "127.0.0.1", fixture->port, &error);
	if (fixture->serve == NULL)
		fail_msg("%s", error);
	assert_true(serves(fixture));
	(void)close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_requests),
		TEST(test_header),
		TEST(test_keep_alive),
		TEST(test_page_too_large),
		TEST(test_garbage),
		TEST(test_huge_header),
		TEST(test_silent_crowd),
		TEST(test_slow_crowd),
		TEST(test_slow_reader),
		TEST(test_flood),
		TEST(test_one_thread),
		TEST(test_refused),
		TEST(test_inet6),
		TEST(test_again),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
