#include "metrics/metrics_monitor.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "daemon/endpoint.h"
#include "metrics/metrics_process.h"

struct metrics_monitor {
	struct metrics_monitor_options options;
	struct metrics_process *process;
	struct metrics_serve *serve; /* NULL: nowhere */
	char *where;                 /* as the configuration says it */
};

struct metrics_monitor *
metrics_monitor_new(const struct metrics_monitor_options *options)
{
	struct metrics_monitor *monitor = arena_impl_malloc(sizeof(*monitor));

	*monitor = (struct metrics_monitor){ .options = *options,
		.process =
		    metrics_process_new(options->started, MAILREEVE_VERSION) };
	return (monitor);
}

/* Called in the thread of the server. */
static void
print_page(void *cookie, struct buf *page)
{
	const struct metrics_monitor *monitor = cookie;

	monitor->options.page(monitor->options.cookie, page);
	metrics_process_print(monitor->process, page);
}

static void
stop(struct metrics_monitor *monitor)
{
	metrics_serve_free(monitor->serve);
	free(monitor->where);
	monitor->serve = NULL;
	monitor->where = NULL;
}

static struct metrics_serve *
start(struct metrics_monitor *monitor, const char *where, struct arena *arena,
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
		.log = monitor->options.log,
	};

	return (metrics_serve_new(&options, arena, error));
}

/* The new page is there before the old one goes. */
static void
move(struct metrics_monitor *monitor, const char *where)
{
	struct arena *arena = arena_new();
	const char *error = NULL;
	struct metrics_serve *serve = start(monitor, where, arena, &error);

	if (serve == NULL) {
		log_error(monitor->options.log, "metrics_failed",
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
metrics_monitor_follow(struct metrics_monitor *monitor, const char *where)
{
	if (where == NULL)
		stop(monitor);
	else if (monitor->where == NULL || strcmp(monitor->where, where) != 0)
		move(monitor, where);
}

const char *
metrics_monitor_check(const char *where, unsigned int port, struct arena *arena)
{
	struct endpoint endpoint;

	if (where == NULL || (endpoint_parse(where, arena, &endpoint) == NULL &&
				 endpoint.path == NULL && endpoint.loopback))
		return (NULL);
	return (arena_printf(arena,
	    "\"%s\" is no loopback address with a port; write "
	    "inet:%u@127.0.0.1 or inet6:%u@::1",
	    where, port, port));
}

void
metrics_monitor_free(struct metrics_monitor *monitor)
{
	if (monitor == NULL)
		return;
	stop(monitor);
	metrics_process_free(monitor->process);
	free(monitor);
}
