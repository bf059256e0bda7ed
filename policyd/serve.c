#include "serve.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "base/clock.h"
#include "connection.h"
#include "listener.h"

/* Connections taken before others have their turn. */
#define ACCEPT_BURST 256

/* When there are no descriptors left, a connection that waits would wake us
 * without end. */
static const struct timeval accept_pause = { .tv_usec = 100000 };

/* While we stop: who has connected is about to ask, who has begun to end. */
static const struct timeval stop_patience = { .tv_usec =
						  SERVE_PATIENCE_MS * 1000L };

static const struct timeval sweep_interval = { .tv_sec = 1 };

struct serve {
	struct connection_set set;
	struct listeners listeners;
	struct event *accepts[LISTENER_MAX];
	struct event *resume; /* after accept_pause */
	struct event *sweep;
	struct event *patience; /* after stop_patience */
	size_t max_connections;
	int64_t idle_ms;
	struct connection_warning full;
	struct connection_warning failed;
	atomic_uint_fast64_t refused;
};

static void
listen_again(int fd, short what, void *cookie)
{
	struct serve *serve = cookie;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < serve->listeners.count; i++)
		(void)event_add(serve->accepts[i], NULL);
}

static void
pause_accepting(struct serve *serve, int error)
{
	uint64_t held_back;

	for (size_t i = 0; i < serve->listeners.count; i++)
		(void)event_del(serve->accepts[i]);
	(void)event_add(serve->resume, &accept_pause);
	if (connection_warning_due(
		&serve->failed, clock_monotonic_ms(), &held_back))
		log_warning(serve->set.log, "accept_failed",
		    LOG_TEXT("reason", strerror(error)),
		    LOG_NUMBER("held_back", held_back));
}

/* One that waits for nothing loses nothing but the connection.  Without such a
 * one, all wait for replies: whoever is new tries again. */
static bool
make_room(struct serve *serve)
{
	uint64_t held_back;

	if (atomic_load(&serve->set.open) < serve->max_connections)
		return (true);
	(void)atomic_fetch_add(&serve->refused, 1);
	if (connection_warning_due(
		&serve->full, clock_monotonic_ms(), &held_back))
		log_warning(serve->set.log, "connections_full",
		    LOG_NUMBER("max_connections", serve->max_connections),
		    LOG_NUMBER("held_back", held_back));
	return (connection_evict(&serve->set));
}

/* Return false when there is no more to take. */
static bool
accept_one(struct serve *serve, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		int error = errno;

		if (error == EMFILE || error == ENFILE || error == ENOBUFS ||
		    error == ENOMEM)
			pause_accepting(serve, error);
		/* Others are those of a connection that has gone. */
		return (error == EINTR || error == ECONNABORTED);
	}
	if (make_room(serve))
		connection_open(&serve->set, fd);
	else
		(void)close(fd);
	return (true);
}

static void
on_accept(int fd, short what, void *cookie)
{
	(void)what;
	for (int i = 0; i < ACCEPT_BURST; i++)
		if (!accept_one(cookie, fd))
			return;
}

static void
on_sweep(int fd, short what, void *cookie)
{
	struct serve *serve = cookie;

	(void)fd;
	(void)what;
	connection_sweep(&serve->set, clock_monotonic_ms(), serve->idle_ms,
	    (int64_t)SERVE_REQUEST_SECONDS * 1000);
}

static void
on_patience_over(int fd, short what, void *cookie)
{
	struct serve *serve = cookie;

	(void)fd;
	(void)what;
	connection_stop_reading(&serve->set);
}

static void
start_events(struct serve *serve, struct event_base *base)
{
	serve->resume = event_new(base, -1, 0, listen_again, serve);
	serve->sweep = event_new(base, -1, EV_PERSIST, on_sweep, serve);
	serve->patience = event_new(base, -1, 0, on_patience_over, serve);
	for (size_t i = 0; i < serve->listeners.count; i++)
		serve->accepts[i] =
		    event_new(base, serve->listeners.items[i].fd,
			EV_READ | EV_PERSIST, on_accept, serve);
	(void)event_add(serve->sweep, &sweep_interval);
	listen_again(-1, 0, serve);
}

struct serve *
serve_new(struct event_base *base, const struct serve_options *options,
    struct engine *engine, struct arena *arena, const char **error)
{
	struct serve *serve = arena_impl_malloc(sizeof(*serve));

	*serve =
	    (struct serve){ .max_connections = (size_t)options->max_connections,
		    .idle_ms = options->idle_s * 1000 };
	*error = listener_open(options->sockets, options->socket_group,
	    options->user, SERVE_BACKLOG, options->log, arena,
	    &serve->listeners);
	if (*error != NULL) {
		free(serve);
		return (NULL);
	}
	connection_set_init(&serve->set, base, engine, options->log);
	start_events(serve, base);
	return (serve);
}

void
serve_load(const struct serve *serve, struct serve_load *out)
{
	out->connections = atomic_load(&serve->set.open);
	out->connected = atomic_load(&serve->set.connected);
	out->refused = atomic_load(&serve->refused);
	out->requests = atomic_load(&serve->set.requests);
	out->malformed = atomic_load(&serve->set.malformed);
}

static void
stop_listening(struct serve *serve)
{
	for (size_t i = 0; i < serve->listeners.count; i++)
		event_free(serve->accepts[i]);
	(void)event_del(serve->resume);
	listener_close(&serve->listeners);
}

void
serve_stop(struct serve *serve)
{
	stop_listening(serve);
	connection_stop(&serve->set);
	(void)event_add(serve->patience, &stop_patience);
}

void
serve_free(struct serve *serve)
{
	if (serve == NULL)
		return;
	stop_listening(serve);
	connection_set_done(&serve->set);
	event_free(serve->resume);
	event_free(serve->sweep);
	event_free(serve->patience);
	free(serve);
}
