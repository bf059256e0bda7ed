#include "monitor.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "daemon/endpoint.h"
#include "meter.h"
#include "metrics/metrics_process.h"
#include "metrics/metrics_serve.h"

struct monitor {
	struct meter *meter;
	const struct log *log;
	struct metrics_process *process;
	struct metrics_serve *serve; /* NULL: nowhere */
	char *where;                 /* as the configuration says it */
};

struct monitor *
monitor_new(
    struct meter *meter, const struct log *log, const struct clock *clock)
{
	struct monitor *monitor = arena_impl_malloc(sizeof(*monitor));

	*monitor = (struct monitor){ .meter = meter,
		.log = log,
		.process =
		    metrics_process_new(clock_now(clock), MAILREEVE_VERSION) };
	return (monitor);
}

/* Called in the thread of the server. */
static void
print_page(void *cookie, struct buf *page)
{
	const struct monitor *monitor = cookie;

	meter_print(monitor->meter, page);
	metrics_process_print(monitor->process, page);
}

static void
stop(struct monitor *monitor)
{
	metrics_serve_free(monitor->serve);
	free(monitor->where);
	monitor->serve = NULL;
	monitor->where = NULL;
}

static struct metrics_serve *
start(struct monitor *monitor, const char *where, struct arena *arena,
    const char **error)
{
	struct endpoint endpoint;

	*error = endpoint_parse(where, arena, &endpoint);
	if (*error != NULL)
		return (NULL);
	struct metrics_serve_options options = {
		.address = (const struct sockaddr *)&endpoint.address,
		.page = print_page,
		.cookie = monitor,
		.log = monitor->log,
	};

	return (metrics_serve_new(&options, arena, error));
}

/* The new page is there before the old one goes. */
static void
move(struct monitor *monitor, const char *where)
{
	struct arena *arena = arena_new();
	const char *error = NULL;
	struct metrics_serve *serve = start(monitor, where, arena, &error);

	if (serve == NULL) {
		log_error(monitor->log, "metrics_failed",
		    LOG_TEXT("address", where), LOG_TEXT("reason", error));
	} else {
		stop(monitor);
		monitor->serve = serve;
		monitor->where =
		    arena_impl_malloc(strlen(where) + sizeof(char));
		memcpy(monitor->where, where, strlen(where) + sizeof(char));
	}
	arena_free(arena);
}

void
monitor_follow(struct monitor *monitor, const struct config_settings *settings)
{
	const char *where = settings->metrics;

	if (where == NULL)
		stop(monitor);
	else if (monitor->where == NULL || strcmp(monitor->where, where) != 0)
		move(monitor, where);
}

void
monitor_free(struct monitor *monitor)
{
	if (monitor == NULL)
		return;
	stop(monitor);
	metrics_process_free(monitor->process);
	free(monitor);
}
