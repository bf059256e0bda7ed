/* Notices go out by both ways, in their order, whatever the other end does; and
 * nobody waits for them. */
#include "notify.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "notify_webhook.h"
#include "support/files.h"
#include "support/loopback.h"
#include "support/unit.h"

#define PATIENCE_MS 20000
#define MAX_REQUEST 8192
#define MAX_REQUESTS 8

static const struct notify_notice jump = { .user = "ann@example.org",
	.what = "jump",
	.action = "hold",
	.detail = "61 recipients",
	.when = INT64_C(1764133200000) };

/* A server that gives each request the next of its answers, then the last. */
struct server {
	int fd;
	unsigned int port;
	pthread_t thread;
	const char *const *answers; /* NULL ends; "" hangs */
	char requests[MAX_REQUESTS][MAX_REQUEST];
	atomic_int count;
	atomic_bool ends;
};

static void
nap(int ms)
{
	(void)poll(NULL, 0, ms);
}

/* Read a request to the end of its JSON. */
static void
read_request(int fd, char *out)
{
	size_t len = 0;

	while (len < MAX_REQUEST - 1 && strstr(out, "\"}") == NULL) {
		ssize_t count = read(fd, &out[len], MAX_REQUEST - 1 - len);

		if (count <= 0)
			return;
		len += (size_t)count;
		out[len] = '\0';
	}
}

static void
answer(struct server *server, int fd)
{
	int number = atomic_load(&server->count);
	const char *const *next = server->answers;

	read_request(fd, server->requests[number]);
	for (int i = 0; i < number && next[1] != NULL; i++)
		next++;
	atomic_store(&server->count, number + 1);
	if (**next == '\0')
		while (!atomic_load(&server->ends))
			nap(10);
	(void)send(fd, *next, strlen(*next), MSG_NOSIGNAL);
	if (strstr(*next, "endless") != NULL)
		while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
			;
	(void)close(fd);
}

static void *
serve(void *cookie)
{
	struct server *server = cookie;

	while (!atomic_load(&server->ends)) {
		struct pollfd ready = { .fd = server->fd, .events = POLLIN };

		if (poll(&ready, 1, 10) <= 0)
			continue;
		int fd = accept(server->fd, NULL, NULL);

		if (fd >= 0 && atomic_load(&server->count) < MAX_REQUESTS)
			answer(server, fd);
	}
	return (NULL);
}

static void
server_start(struct server *server, const char *const *answers)
{
	struct sockaddr_in at;

	memset(server, 0, sizeof(*server));
	server->answers = answers;
	server->fd = loopback_bind(SOCK_STREAM, 0, &at);
	assert_true(server->fd >= 0);
	assert_int_equal(listen(server->fd, 10), 0);
	server->port = ntohs(at.sin_port);
	assert_int_equal(
	    pthread_create(&server->thread, NULL, serve, server), 0);
}

static void
server_stop(struct server *server)
{
	atomic_store(&server->ends, true);
	(void)pthread_join(server->thread, NULL);
	(void)close(server->fd);
}

/* The log's lines, as threads write them. */
struct lines {
	pthread_mutex_t lock;
	char text[65536];
	size_t len;
};

static void
take_line(void *cookie, enum log_level level, const char *line)
{
	struct lines *lines = cookie;

	(void)level;
	(void)pthread_mutex_lock(&lines->lock);
	lines->len += (size_t)snprintf(&lines->text[lines->len],
	    sizeof(lines->text) - lines->len, "%s\n", line);
	assert_true(lines->len < sizeof(lines->text));
	(void)pthread_mutex_unlock(&lines->lock);
}

static size_t
count_lines(struct lines *lines, const char *part)
{
	size_t count = 0;

	(void)pthread_mutex_lock(&lines->lock);
	for (const char *at = lines->text; (at = strstr(at, part)) != NULL;
	     count++)
		/* UNSAFE: it was found there. */
		at += strlen(part);
	(void)pthread_mutex_unlock(&lines->lock);
	return (count);
}

static void
wait_lines(struct lines *lines, const char *part, size_t wanted)
{
	int64_t until = clock_monotonic_ms() + PATIENCE_MS;

	while (count_lines(lines, part) < wanted) {
		if (clock_monotonic_ms() > until)
			fail_msg("no \"%s\" in:\n%s", part, lines->text);
		nap(10);
	}
}

static const char *
url_of(struct arena *arena, const struct server *server)
{
	return (arena_printf(
	    arena, "http://127.0.0.1:%u/hook?token=secret", server->port));
}

static const char *const json =
    "{\"schema\":1,\"host\":\"mx\",\"user\":\"ann@example.org\",\"what\":"
    "\"jump\",\"action\":\"hold\",\"detail\":\"61 recipients\",\"when\":"
    "\"2025-11-26T05:00:00Z\"}";

static void
test_json(void **state)
{
	struct arena *arena = arena_new();
	struct notify_notice hostile = { "a\",\"x\":\"\n\xff", "\\", "", "",
		0 };

	(void)state;
	assert_string_equal(notify_webhook_compose(arena, &jump, "mx"), json);
	assert_string_equal(notify_webhook_compose(arena, &hostile, "mx"),
	    "{\"schema\":1,\"host\":\"mx\",\"user\":\"a\\\",\\\"x\\\":\\\""
	    "\\u000A\\u00FF\",\"what\":\"\\\\\",\"action\":\"\",\"detail\":"
	    "\"\",\"when\":\"1970-01-01T00:00:00Z\"}");
	arena_free(arena);
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define TROUBLE "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"

static const struct {
	const char *answers[2];
	const char *reason; /* NULL: none */
	int64_t patience;
} answers[] = {
	{ { OK }, NULL, 0 },
	{ { "HTTP/1.1 204 None\r\n\r\n" }, NULL, 0 },
	{ { TROUBLE }, "the server answers with status 503", 0 },
	{ { "HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\n"
	    "Content-Length: 0\r\n\r\n" },
	    "the server answers with status 302", 0 },
	{ { "HTTP/1.1 200 OK\r\n\r\nendless" }, NULL, 0 },
	{ { "HTTP/1.1 500 No\r\n\r\nendless" },
	    "the server answers with status 500", 0 },
	{ { "garbage\r\n\r\n" }, "", 0 },
	{ { "" }, "", 300 },
};

/* The URL, which may hold a secret, is in none; "" stands for any. */
static void
check_reason(const char *wanted, const char *reason)
{
	if (wanted == NULL) {
		assert_null(reason);
		return;
	}
	assert_non_null(reason);
	assert_null(strstr(reason, "secret"));
	if (wanted[0] != '\0')
		assert_string_equal(reason, wanted);
}

static void
test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(answers); i++) {
		struct arena *arena = arena_new();
		struct server server;

		server_start(&server, answers[i].answers);
		struct notify_options options = { .webhook =
						      url_of(arena, &server) };
		int64_t began = clock_monotonic_ms();
		const char *reason =
		    notify_webhook_send(arena, &options, &jump, "mx",
			began + (answers[i].patience > 0 ? answers[i].patience
							 : PATIENCE_MS));

		assert_true(clock_monotonic_ms() - began < 5000);
		check_reason(answers[i].reason, reason);
		server_stop(&server);
		const char *request = server.requests[0];

		assert_non_null(strstr(request, json));
		assert_memory_equal(
		    request, "POST /hook?token=secret HTTP", 28);
		assert_non_null(
		    strstr(request, "Content-Type: application/json\r\n"));
		assert_int_equal(atomic_load(&server.count), 1);
		arena_free(arena);
	}
}

static const char *const urls[] = { "file:///etc/passwd", "ftp://127.0.0.1:1/",
	"gopher://127.0.0.1:1/x", "https://127.0.0.1:1/", "http://127.0.0.1:1/",
	"", "http://" };

static void
test_urls(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(urls); i++) {
		struct notify_options options = { .webhook = urls[i] };

		if (notify_webhook_send(arena, &options, &jump, "mx",
			clock_monotonic_ms() + PATIENCE_MS) == NULL)
			fail_msg("%s", urls[i]);
	}
	arena_free(arena);
}

/* openssl(1) as a server with a certificate that nobody vouches for. */
static pid_t
start_tls(struct arena *arena, const char *folder, unsigned int port)
{
	const char *command = arena_printf(arena,
	    "cd %s && openssl req -x509 -newkey ec -pkeyopt "
	    "ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 "
	    "-addext subjectAltName=IP:127.0.0.1 -keyout key -out cert "
	    "2>/dev/null && exec openssl s_server -quiet -accept "
	    "127.0.0.1:%u -cert cert -key key >out 2>&1",
	    folder, port);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	return (pid);
}

/* RFC 9110 4.3.4: who does not prove who he is, learns nothing. */
static void
test_tls(void **state)
{
	struct arena *arena = arena_new();
	char *folder = files_folder(arena, "tls");
	int64_t until = clock_monotonic_ms() + PATIENCE_MS;
	const char *reason = "refused";
	struct sockaddr_in at;
	struct span sent;
	int fd = loopback_bind(SOCK_STREAM, 0, &at);

	(void)state;
	(void)close(fd);
	pid_t pid = start_tls(arena, folder, ntohs(at.sin_port));
	struct notify_options options = { .webhook = arena_printf(arena,
					      "https://127.0.0.1:%u/x",
					      ntohs(at.sin_port)) };

	/* Until it listens. */
	while (reason != NULL && strstr(reason, "certificate") == NULL &&
	       clock_monotonic_ms() < until) {
		nap(20);
		reason =
		    notify_webhook_send(arena, &options, &jump, "mx", until);
	}
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	if (reason == NULL || strstr(reason, "certificate") == NULL)
		fail_msg("%s", reason == NULL ? "it was sent" : reason);
	assert_int_equal(
	    files_read(arena, arena_printf(arena, "%s/out", folder), &sent), 0);
	assert_null(strstr(arena_str(arena, sent), "schema"));
	files_remove(folder);
	arena_free(arena);
}

struct world {
	struct arena *arena;
	struct lines lines;
	struct log *log;
	char *folder;
	char *sendmail;
};

static void
begin(struct world *world, const char *script)
{
	memset(world, 0, sizeof(*world));
	world->arena = arena_new();
	(void)pthread_mutex_init(&world->lines.lock, NULL);
	world->log = log_new("test");
	log_set_writer(world->log, take_line, &world->lines);
	world->folder = files_folder(world->arena, "notify");
	world->sendmail = arena_printf(world->arena, "%s/m", world->folder);
	assert_int_equal(
	    files_write(world->sendmail,
		span_str(arena_printf(world->arena, "#!/bin/sh\n%s\n", script)),
		0700),
	    0);
}

static void
end(struct world *world)
{
	log_free(world->log);
	files_remove(world->folder);
	(void)pthread_mutex_destroy(&world->lines.lock);
	arena_free(world->arena);
}

/* The second try is the last; one way that is dead does not stop the other;
 * a reload is followed. */
static void
test_both(void **state)
{
	static const char *const recovers[] = { TROUBLE, OK, TROUBLE, NULL };
	struct world world;
	struct server server;

	(void)state;
	begin(&world, "cat >>\"$0.in\"");
	server_start(&server, recovers);
	struct notify_options options = { .to = "root",
		.sendmail = world.sendmail,
		.webhook = url_of(world.arena, &server) };
	struct notifier *notifier = notifier_new(&options, world.log);

	notifier_tell(notifier, &jump);
	wait_lines(&world.lines,
	    "notified way=webhook user=ann@example.org "
	    "what=jump\n",
	    1);
	assert_int_equal(count_lines(&world.lines, "notified way=mail"), 1);
	assert_int_equal(notifier_dropped(notifier), 0);
	notifier_tell(notifier, &jump);
	wait_lines(&world.lines,
	    "error: notify_failed way=webhook "
	    "user=ann@example.org what=jump "
	    "reason=\"the server answers with status "
	    "503\"\n",
	    1);
	assert_int_equal(count_lines(&world.lines, "notified way=mail"), 2);
	assert_int_equal(atomic_load(&server.count), 4);
	assert_int_equal(notifier_dropped(notifier), 1);
	options.webhook = NULL;
	options.sendmail = "/nonexistent";
	notifier_follow(notifier, &options);
	notifier_tell(notifier, &jump);
	wait_lines(&world.lines, "notify_failed way=mail", 1);
	options = (struct notify_options){ 0 };
	notifier_follow(notifier, &options);
	notifier_tell(notifier, &jump);
	notifier_free(notifier);
	server_stop(&server);
	assert_int_equal(count_lines(&world.lines, "\n"), 5);
	end(&world);
}

/* Too many are dropped and counted; who tells never waits; the end finishes
 * what there is, and does not hang. */
static void
test_full(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "while [ ! -e \"$0.go\" ]; do sleep 0.02; done");
	struct notify_options options = { .to = "root",
		.sendmail = world.sendmail };
	struct notifier *notifier = notifier_new(&options, world.log);
	int64_t began = clock_monotonic_ms();

	for (int i = 0; i < NOTIFY_MAX_WAITING + 20; i++)
		notifier_tell(notifier, &jump);
	assert_true(clock_monotonic_ms() - began < 3000);
	uint64_t dropped = notifier_dropped(notifier);

	/* One may have been taken already. */
	assert_true(dropped == 19 || dropped == 20);
	assert_int_equal(
	    count_lines(&world.lines, "reason=\"too many notices wait\""),
	    dropped);
	assert_int_equal(
	    files_write(arena_printf(world.arena, "%s.go", world.sendmail),
		span_str(""), 0600),
	    0);
	notifier_free(notifier);
	assert_int_equal(count_lines(&world.lines, "notified way=mail"),
	    NOTIFY_MAX_WAITING + 20 - dropped);
	end(&world);
}

/* A program that hangs holds up the end for as long as the contract says. */
static void
test_hang(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "exec sleep 1000");
	struct notify_options options = { .to = "root",
		.sendmail = world.sendmail };
	struct notifier *notifier = notifier_new(&options, world.log);

	notifier_tell(notifier, &jump);
	notifier_tell(notifier, &jump);
	nap(100);
	int64_t began = clock_monotonic_ms();

	notifier_free(notifier);
	assert_true(clock_monotonic_ms() - began < NOTIFY_TIMEOUT_MS + 2000);
	assert_int_equal(count_lines(&world.lines, "notify_failed"), 2);
	end(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_json),
		cmocka_unit_test(test_answers), cmocka_unit_test(test_urls),
		cmocka_unit_test(test_tls), cmocka_unit_test(test_both),
		cmocka_unit_test(test_full), cmocka_unit_test(test_hang) };

	notifier_free(NULL);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
