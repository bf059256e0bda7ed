/*
 * metrics_stop.c: a stop, while somebody is connected who asks for nothing.
 */
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "metrics.h"
#include "support/http.h"

/* Well below the time that a stop gives connections that do not end. */
#define PROMPT_MS 4000

/* Read the metrics once and stay connected, as Prometheus does. */
static int
stay(struct metrics_case *test)
{
	struct robust *robust = &test->robust;
	struct http_reply reply = { 0 };
	int fd = http_connect("127.0.0.1", test->port);

	if (fd >= 0 &&
	    http_send(fd, span_str("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")))
		(void)http_read(fd, 300, robust->arena, &reply);
	if (reply.status == 200)
		return (fd);
	if (fd >= 0)
		(void)close(fd);
	return (robust_fail(robust, "no metrics to stay for"));
}

/* Postfix, which keeps its connections too, is hung up on: nothing is in hand,
 * so there is nothing to wait for. */
static int
stop_idle(struct metrics_case *test, bool inet)
{
	struct robust *robust = &test->robust;
	struct milter_client *client;
	int64_t started;
	int fd, status;

	if (robust_start(robust, inet) != 0)
		return (-1);
	client = robust_session(robust, ROBUST_INSIDE);
	fd = stay(test);
	started = clock_monotonic_ms();
	daemon_signal(robust->daemon, SIGTERM);
	status = daemon_wait(robust->daemon, DAEMON_STOP_MS);
	if (status != 0)
		(void)robust_fail(robust, "exit status %d", status);
	if (clock_monotonic_ms() - started >= PROMPT_MS)
		(void)robust_fail(robust, "it waited for an idle connection");
	if (client != NULL)
		milter_client_vanish(client, false);
	if (fd >= 0)
		(void)close(fd);
	return (robust->failed ? -1 : 0);
}

int
metrics_idle(struct metrics_case *test)
{
	return (stop_idle(test, false) == 0 ? stop_idle(test, true) : -1);
}
