/* shared_tls.h: a server is spoken to when its certificate is good, and only
 * then.  Built where hiredis has TLS. */
#include "support/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "shared.h"
#include "support/command.h"
#include "support/daemon.h"
#include "support/files.h"
#include "support/redisserver.h"

#define TIMEOUT_MS 500
#define WAIT_MS 20000

struct fixture {
	struct arena *arena;
	char *folder;
	struct event_base *base;
	struct log *log;
	char events[4096];
	struct redisserver *server;
	unsigned int port; /* with TLS */
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

/* A key and a certificate that it signed itself, ${name}.key and ${name}.pem.
 */
static int
make_certificate(struct fixture *fixture, const char *name)
{
	struct arena *arena = fixture->arena;
	const char *const words[] = { "/usr/bin/openssl", "req", "-x509",
		"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
		"-nodes", "-keyout",
		arena_printf(arena, "%s/%s.key", fixture->folder, name), "-out",
		arena_printf(arena, "%s/%s.pem", fixture->folder, name),
		"-days", "2", "-subj", "/CN=localhost", NULL };
	struct command_result result;

	return (command_run(arena, words, NULL, &result) != 0 ||
		result.status != 0);
}

static int
setup(void **state)
{
	static struct fixture fixture;
	struct arena *arena = arena_new();

	fixture = (struct fixture){ .arena = arena,
		.folder = files_folder(arena, "tls"),
		.base = event_base_new(),
		.log = log_new("test"),
		.server = redisserver_new(arena),
		.port = daemon_free_port() };
	log_set_writer(fixture.log, write_event, &fixture);
	*state = &fixture;
	if (make_certificate(&fixture, "good") != 0 ||
	    make_certificate(&fixture, "other") != 0)
		return (-1);
	redisserver_option(fixture.server,
	    arena_printf(arena,
		"save \"\"\ntls-port %u\ntls-auth-clients no\n"
		"tls-cert-file %s/good.pem\ntls-key-file %s/good.key\n"
		"tls-ca-cert-file %s/good.pem",
		fixture.port, fixture.folder, fixture.folder, fixture.folder));
	return (redisserver_start(fixture.server, false));
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	redisserver_free(fixture->server);
	files_remove(fixture->folder);
	event_base_free(fixture->base);
	log_free(fixture->log);
	arena_free(fixture->arena);
	return (0);
}

static void
wake(evutil_socket_t fd, short what, void *cookie)
{
	(void)fd;
	(void)what;
	(void)cookie;
}

static struct shared *
new_shared(struct fixture *fixture, unsigned int port, const char *ca)
{
	struct arena *arena = fixture->arena;
	struct shared_options options = {
		.server = arena_printf(arena, "inet:%u@127.0.0.1", port),
		.tls = true,
		.tls_ca = arena_printf(arena, "%s/%s", fixture->folder, ca),
		.timeout_ms = TIMEOUT_MS,
	};
	const char *error = NULL;
	struct shared *shared =
	    shared_new(fixture->base, &options, fixture->log, arena, &error);

	if (shared == NULL)
		fail_msg("%s", error);
	return (shared);
}

/* Whether it becomes available, or says that it does not. */
static bool
becomes_available(struct fixture *fixture, struct shared *shared)
{
	int64_t until = clock_monotonic_ms() + WAIT_MS;

	while (!shared_is_available(shared)) {
		struct timeval moment = { .tv_usec = 2000 };

		if (strstr(fixture->events, "shared_lost") != NULL)
			return (false);
		assert_true(clock_monotonic_ms() < until);
		(void)event_base_once(
		    fixture->base, -1, EV_TIMEOUT, wake, NULL, &moment);
		(void)event_base_loop(fixture->base, EVLOOP_ONCE);
	}
	return (true);
}

static void
certificates_are_verified(void **state)
{
	struct fixture *fixture = *state;
	struct shared *shared = new_shared(fixture, fixture->port, "good.pem");

	assert_true(becomes_available(fixture, shared));
	shared_free(shared);
	shared = new_shared(fixture, fixture->port, "other.pem");
	assert_false(becomes_available(fixture, shared));
	/* In OpenSSL's words, where hiredis passes them on, or in ours. */
	if (strstr(fixture->events, "certificate verify failed") == NULL &&
	    strstr(fixture->events, "does not vouch for the cert") == NULL)
		fail_msg("%s", fixture->events);
	shared_free(shared);
}

/* And what speaks no TLS is no server for us. */
static void
plain_server(void **state)
{
	struct fixture *fixture = *state;
	struct shared *shared =
	    new_shared(fixture, redisserver_port(fixture->server), "good.pem");

	assert_false(becomes_available(fixture, shared));
	shared_free(shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    certificates_are_verified, setup, teardown),
		cmocka_unit_test_setup_teardown(plain_server, setup, teardown),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
