#include "console.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "base/list.h"
#include "base/shell.h"
#include "console_change.h"
#include "console_explain.h"
#include "console_job.h"
#include "console_show.h"
#include "console_top.h"

/* A job waits while its reader has so much to read. */
#define HIGH_WATER ((size_t)262144)
#define READ_BYTES 16384
#define BACKLOG 16

struct console {
	struct event_base *base;
	struct event *listener;
	int fd;
	char *path;
	dev_t device; /* of our socket, so that we remove no other's */
	ino_t inode;
	struct engine *engine;
	const struct serve *serve;
	const struct log *log;
	struct list connections;
	size_t count;
};

struct connection {
	struct list link;
	struct console *console;
	int fd;
	struct event *readable;
	struct event *writable;
	struct event *turn; /* the next slice */
	struct evbuffer *in;
	struct evbuffer *out;
	struct console_job *job;
	bool ended; /* it says no more */
};

static int64_t
wall_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* A job that an engine still holds is freed when that lets go. */
static void
give_up(struct console_job *job)
{
	if (job != NULL && job->waits)
		job->abandoned = true;
	else
		console_job_free(job);
}

static void
hang_up(struct connection *connection)
{
	give_up(connection->job);
	event_free(connection->readable);
	event_free(connection->writable);
	event_free(connection->turn);
	evbuffer_free(connection->in);
	evbuffer_free(connection->out);
	(void)close(connection->fd);
	list_take(&connection->link);
	connection->console->count--;
	free(connection);
}

static void
wake(void *cookie)
{
	struct connection *connection = cookie;

	event_active(connection->turn, EV_TIMEOUT, 0);
}

static enum console_progress
no_step(struct console_job *job)
{
	return (console_job_fail(job, "there is no such command"));
}

static console_step *
step_of(enum console_verb verb)
{
	switch (verb) {
	case CONSOLE_STATUS:
		return (console_show_status);
	case CONSOLE_SHOW:
		return (console_show_who);
	case CONSOLE_TOP:
		return (console_top);
	case CONSOLE_RESET:
		return (console_change_reset);
	case CONSOLE_ALLOW:
	case CONSOLE_BLOCK:
		return (console_change_list);
	case CONSOLE_LISTED:
		return (console_change_listed);
	case CONSOLE_RELEASE:
		return (console_change_release);
	case CONSOLE_OVERRIDE:
		return (console_change_override);
	case CONSOLE_OVERRIDES:
		return (console_change_overrides);
	case CONSOLE_EXPLAIN:
		return (console_explain);
	case CONSOLE_FEED:
		return (console_change_feed);
	case CONSOLE_VERBS:
		break;
	}
	return (no_step);
}

/* Begin what ${line} asks. */
static void
begin(struct connection *connection, struct span line)
{
	struct console *console = connection->console;
	struct console_job *job = console_job_new();
	const char *error;

	job->engine = console->engine;
	job->serve = console->serve;
	job->log = console->log;
	job->out = connection->out;
	job->now = wall_ms();
	job->wake = wake;
	job->cookie = connection;
	error = console_command_parse(line, job->arena, &job->command);
	connection->job = job;
	if (error == NULL) {
		job->step = step_of(job->command.verb);
	} else {
		(void)console_job_fail(job, "%s", error);
		job->step = NULL;
	}
	wake(connection);
}

/* Take the next command, wait for one, or leave. */
static void
next_command(struct connection *connection)
{
	size_t len = 0;
	char *line = evbuffer_readln(connection->in, &len, EVBUFFER_EOL_LF);

	if (line != NULL) {
		begin(connection, span_new(line, len));
		free(line);
		return;
	}
	if (evbuffer_get_length(connection->in) > CONSOLE_MAX_COMMAND)
		connection->ended = true;
	if (!connection->ended)
		(void)event_add(connection->readable, NULL);
	else if (evbuffer_get_length(connection->out) == 0)
		hang_up(connection);
}

/* A slice of the job. */
static void
on_turn(evutil_socket_t fd, short what, void *cookie)
{
	struct connection *connection = cookie;
	struct console_job *job = connection->job;
	enum console_progress progress = CONSOLE_DONE;

	(void)fd;
	(void)what;
	if (job == NULL || job->waits ||
	    evbuffer_get_length(connection->out) > HIGH_WATER)
		return;
	if (job->step != NULL)
		progress = job->step(job);
	if (evbuffer_get_length(connection->out) > 0)
		(void)event_add(connection->writable, NULL);
	switch (progress) {
	case CONSOLE_MORE: {
		/* Not at once: what is ready goes first. */
		const struct timeval soon = { 0, 0 };

		(void)event_add(connection->turn, &soon);
		return;
	}
	case CONSOLE_WAIT:
		return;
	case CONSOLE_DONE:
		break;
	}
	console_job_free(job);
	connection->job = NULL;
	next_command(connection);
}

static void
on_readable(evutil_socket_t fd, short what, void *cookie)
{
	struct connection *connection = cookie;
	int got = evbuffer_read(connection->in, fd, READ_BYTES);

	(void)what;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got < 0) {
		hang_up(connection);
		return;
	}
	connection->ended |= got == 0;
	/* While a job runs, the rest waits. */
	(void)event_del(connection->readable);
	next_command(connection);
}

static void
on_writable(evutil_socket_t fd, short what, void *cookie)
{
	struct connection *connection = cookie;

	(void)what;
	if (evbuffer_write(connection->out, fd) < 0 && errno != EAGAIN &&
	    errno != EINTR) {
		hang_up(connection);
		return;
	}
	size_t left = evbuffer_get_length(connection->out);

	if (left == 0)
		(void)event_del(connection->writable);
	if (connection->job != NULL && left <= HIGH_WATER)
		wake(connection);
	else if (connection->job == NULL && connection->ended && left == 0)
		hang_up(connection);
}

/* Root and our own user. */
static bool
may_connect(const struct console *console, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return (false);
	if (peer.uid == 0 || peer.uid == geteuid())
		return (true);
	log_warning(console->log, "console_refused",
	    LOG_NUMBER("uid", peer.uid), LOG_NUMBER("pid", peer.pid));
	return (false);
}

static void
on_connection(evutil_socket_t listener, short what, void *cookie)
{
	struct console *console = cookie;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd < 0)
		return;
	if (console->count == CONSOLE_MAX_CONNECTIONS ||
	    !may_connect(console, fd)) {
		static const char busy[] =
		    "{\"schema\":1,\"kind\":\"error\",\"text\":\"too many "
		    "connections, or not permitted\"}\n";

		(void)!write(fd, busy, sizeof(busy) - 1);
		(void)close(fd);
		return;
	}
	struct connection *connection = arena_impl_malloc(sizeof(*connection));

	*connection = (struct connection){ .console = console,
		.fd = fd,
		.readable = event_new(console->base, fd, EV_READ | EV_PERSIST,
		    on_readable, connection),
		.writable = event_new(console->base, fd, EV_WRITE | EV_PERSIST,
		    on_writable, connection),
		.turn = event_new(console->base, -1, 0, on_turn, connection),
		.in = evbuffer_new(),
		.out = evbuffer_new() };
	list_add_last(&console->connections, &connection->link);
	console->count++;
	(void)event_add(connection->readable, NULL);
}

/* Bind ${fd} so that nobody else can connect, not even for a moment. */
static int
bind_for_us(int fd, const struct sockaddr_un *address)
{
	mode_t mask = umask(0177);
	int failed =
	    bind(fd, (const struct sockaddr *)address, sizeof(*address));

	(void)umask(mask);
	return (failed);
}

/* A socket at which nobody listens any more is in the way. */
static bool
is_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool stale = fd >= 0 &&
	             connect(fd, (const struct sockaddr *)address,
			 sizeof(*address)) != 0 &&
	             errno == ECONNREFUSED;

	if (fd >= 0)
		(void)close(fd);
	return (stale);
}

/* Why nothing can be bound at ${path}, and what helps. */
static const char *
explain_bind(const char *path, int reason, struct arena *arena)
{
	const char *slash = strrchr(path, '/');
	const char *folder =
	    slash == NULL || slash == path
		? "/"
		: arena_str(arena, span_new(path, (size_t)(slash - path)));

	if (reason == EADDRINUSE)
		return (arena_printf(arena,
		    "control_socket: somebody serves %s already; see who, "
		    "with: ss -lxp src %s",
		    path, shell_word(arena, path)));
	if (reason == ENOENT)
		return (arena_printf(arena,
		    "control_socket: there is no folder %s; make it, with: "
		    "install -d -o mailreeve-policyd %s",
		    folder, shell_word(arena, folder)));
	return (arena_printf(arena,
	    "control_socket: cannot listen at %s: %s; see whose folder it is, "
	    "with: ls -ld %s",
	    path, strerror(reason), shell_word(arena, folder)));
}

/* Return 0 or errno. */
static int
listen_now(int fd, const struct sockaddr_un *address)
{
	int reason = bind_for_us(fd, address) == 0 ? 0 : errno;

	if (reason == EADDRINUSE && is_stale(address) &&
	    unlink(address->sun_path) == 0)
		reason = bind_for_us(fd, address) == 0 ? 0 : errno;
	if (reason == 0 && listen(fd, BACKLOG) != 0)
		reason = errno;
	return (reason);
}

static const char *
listen_at(struct console *console, struct arena *arena)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = console->path;
	struct stat status;

	if (strlen(path) >= sizeof(address.sun_path))
		return (arena_printf(arena,
		    "control_socket: %s is longer than a socket's name may be",
		    path));
	memcpy(address.sun_path, path, strlen(path));
	console->fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int reason =
	    console->fd < 0 ? errno : listen_now(console->fd, &address);

	if (reason != 0)
		return (explain_bind(path, reason, arena));
	if (stat(path, &status) == 0) {
		console->device = status.st_dev;
		console->inode = status.st_ino;
	}
	return (NULL);
}

struct console *
console_new(struct event_base *base, const char *path, struct engine *engine,
    const struct serve *serve, const struct log *log, struct arena *arena,
    const char **error)
{
	struct console *console = arena_impl_malloc(sizeof(*console));

	*console = (struct console){ .base = base,
		.fd = -1,
		.path = strdup(path),
		.engine = engine,
		.serve = serve,
		.log = log };
	list_init(&console->connections);
	*error = listen_at(console, arena);
	if (*error != NULL) {
		console_free(console);
		return (NULL);
	}
	console->listener = event_new(
	    base, console->fd, EV_READ | EV_PERSIST, on_connection, console);
	(void)event_add(console->listener, NULL);
	return (console);
}

void
console_free(struct console *console)
{
	struct stat status;

	if (console == NULL)
		return;
	for (struct list *link;
	     (link = list_take_first(&console->connections)) != NULL;)
		hang_up(LIST_VALUE(link, struct connection, link));
	if (console->listener != NULL)
		event_free(console->listener);
	if (console->inode != 0 && stat(console->path, &status) == 0 &&
	    status.st_dev == console->device && status.st_ino == console->inode)
		(void)unlink(console->path);
	if (console->fd >= 0)
		(void)close(console->fd);
	free(console->path);
	free(console);
}
