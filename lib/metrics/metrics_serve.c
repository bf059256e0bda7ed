#include "metrics/metrics_serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "metrics/metrics.h"

#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define PLAIN_TYPE "text/plain; charset=utf-8"
#define REASON_MAX 256
/* A queue that is full costs the next who comes a second and more. */
#define BACKLOG 1024
/* Those that were hung up on are still there for a moment. */
#define LIMIT ((size_t)2 * METRICS_SERVE_CONNECTIONS)

struct metrics_serve {
	struct metrics_serve_options options;
	struct MHD_Daemon *daemon;
	pthread_t starter;       /* whose lines of libmicrohttpd are: */
	char reason[REASON_MAX]; /* why it does not start */
	/* Who is connected, oldest first; the server's thread alone looks. */
	struct MHD_Connection *connected[LIMIT];
	size_t connected_count;
};

struct reply {
	unsigned int status;
	const char *type;
	struct span text;
};

static bool
is_loopback(const struct sockaddr *address)
{
	struct sockaddr_in inet;
	struct sockaddr_in6 inet6;

	if (address->sa_family == AF_INET) {
		memcpy(&inet, address, sizeof(inet));
		return (ntohl(inet.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET);
	}
	if (address->sa_family != AF_INET6)
		return (false);
	memcpy(&inet6, address, sizeof(inet6));
	return (IN6_IS_ADDR_LOOPBACK(&inet6.sin6_addr));
}

static enum MHD_Result
send_reply(struct MHD_Connection *connection, const struct reply *reply)
{
	void *data;

	memcpy(&data, &reply->text.data, sizeof(data));
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    reply->text.len, data, MHD_RESPMEM_MUST_COPY);

	if (response == NULL)
		return (MHD_NO);
	(void)MHD_add_response_header(
	    response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
	if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(
		    response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result result =
	    MHD_queue_response(connection, reply->status, response);

	MHD_destroy_response(response);
	return (result);
}

static enum MHD_Result
send_text(
    struct MHD_Connection *connection, unsigned int status, const char *text)
{
	struct reply reply = { status, PLAIN_TYPE, span_str(text) };

	return (send_reply(connection, &reply));
}

static enum MHD_Result
send_page(struct metrics_serve *serve, struct MHD_Connection *connection)
{
	struct arena *arena = arena_new();
	enum MHD_Result result;
	struct buf page;

	buf_init(&page, arena, METRICS_MAX_BYTES);
	serve->options.page(serve->options.cookie, &page);
	if (page.overflow) {
		result = send_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
		    "too many metrics\n");
	} else {
		struct reply reply = { MHD_HTTP_OK, CONTENT_TYPE,
			buf_span(&page) };

		result = send_reply(connection, &reply);
	}
	arena_free(arena);
	return (result);
}

/* libmicrohttpd calls this when it has the header of a request, then with each
 * part of a body, then at its end; *${seen} is ours to tell them apart. */
static enum MHD_Result
on_request(void *cookie, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *body, size_t *body_len,
    void **seen)
{
	struct metrics_serve *serve = cookie;

	(void)version;
	(void)body;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return (send_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
		    "only GET and HEAD\n"));
	if (*seen == NULL) {
		*seen = serve;
		return (MHD_YES);
	}
	/* Nobody who wants to read sends a body: hang up. */
	if (*body_len > 0)
		return (MHD_NO);
	if (strcmp(url, "/metrics") == 0)
		return (send_page(serve, connection));
	if (strcmp(url, "/") == 0)
		return (send_text(
		    connection, MHD_HTTP_OK, "The metrics are at /metrics.\n"));
	return (send_text(
	    connection, MHD_HTTP_NOT_FOUND, "there is only /metrics\n"));
}

static void
hang_up(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (info != NULL)
		(void)shutdown(info->connect_fd, SHUT_RDWR);
}

static void
forget(struct metrics_serve *serve, const struct MHD_Connection *connection)
{
	size_t kept = 0;

	for (size_t i = 0; i < serve->connected_count; i++)
		if (serve->connected[i] != connection)
			serve->connected[kept++] = serve->connected[i];
	serve->connected_count = kept;
}

/* Whoever sends a byte now and then is not silent, and would hold his place for
 * ever: so who comes when all are taken gets that of the one who has been there
 * longest, and is served at once. */
static void
on_connection(void *cookie, struct MHD_Connection *connection, void **unused,
    enum MHD_ConnectionNotificationCode what)
{
	struct metrics_serve *serve = cookie;

	(void)unused;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		forget(serve, connection);
		return;
	}
	if (serve->connected_count < LIMIT)
		serve->connected[serve->connected_count++] = connection;
	for (size_t i = 0;
	     i + METRICS_SERVE_CONNECTIONS < serve->connected_count; i++)
		hang_up(serve->connected[i]);
}

/* What libmicrohttpd has to say: to its starter why it does not start, and
 * about connections, which strangers can make odd, only to those who ask. */
static void __attribute__((format(printf, 2, 0)))
on_line(void *cookie, const char *format, va_list ap)
{
	struct metrics_serve *serve = cookie;
	char line[REASON_MAX];

	(void)vsnprintf(line, sizeof(line), format, ap);
	line[strcspn(line, "\n")] = '\0';
	if (pthread_equal(pthread_self(), serve->starter) == 0)
		log_debug(serve->options.log, "metrics_http",
		    LOG_TEXT("reason", line));
	else if (serve->reason[0] == '\0')
		memcpy(serve->reason, line, sizeof(line));
}

/* Its thread takes no signals: they are for those who wait for them.  It uses
 * poll(): numbers of descriptors may pass those of select(), and with epoll
 * libmicrohttpd 0.9.75 overlooks that a client has gone that had begun to
 * speak, until its time is over. */
static struct MHD_Daemon *
start_daemon(struct metrics_serve *serve, int fd)
{
	unsigned int flags =
	    MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG;
	struct MHD_Daemon *daemon;
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, serve,
	    MHD_OPTION_EXTERNAL_LOGGER, on_line, serve, /* the first one */
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned int)LIMIT, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
	    serve, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)METRICS_SERVE_REQUEST, MHD_OPTION_CONNECTION_TIMEOUT,
	    METRICS_SERVE_SILENCE, MHD_OPTION_END);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return (daemon);
}

/* Our own socket, because we can tell why there is none. */
static int
open_socket(const struct sockaddr *address)
{
	bool is_inet6 = address->sa_family == AF_INET6;
	socklen_t len =
	    is_inet6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	int on = 1;
	int fd = socket(
	    address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return (-1);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (is_inet6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, address, len) == 0 && listen(fd, BACKLOG) == 0)
		return (fd);
	int error = errno;

	(void)close(fd);
	errno = error;
	return (-1);
}

/* libmicrohttpd closes the socket when it ends, and of the ways in which it may
 * not start, after some of them.  No other file has that inode meanwhile. */
static struct MHD_Daemon *
start_with(struct metrics_serve *serve, int fd)
{
	struct stat ours, found;
	bool known = fstat(fd, &ours) == 0;
	struct MHD_Daemon *daemon = start_daemon(serve, fd);

	if (daemon == NULL && known && fstat(fd, &found) == 0 &&
	    found.st_dev == ours.st_dev && found.st_ino == ours.st_ino)
		(void)close(fd);
	return (daemon);
}

static struct MHD_Daemon *
start(struct metrics_serve *serve)
{
	int fd = open_socket(serve->options.address);

	if (fd >= 0)
		return (start_with(serve, fd));
	(void)snprintf(
	    serve->reason, sizeof(serve->reason), "%s", strerror(errno));
	return (NULL);
}

struct metrics_serve *
metrics_serve_new(const struct metrics_serve_options *options,
    struct arena *arena, const char **error)
{
	struct metrics_serve *serve;

	if (!is_loopback(options->address)) {
		*error = "metrics are served on 127.0.0.0/8 or ::1 only";
		return (NULL);
	}
	serve = arena_impl_malloc(sizeof(*serve));
	*serve = (struct metrics_serve){ .options = *options,
		.starter = pthread_self() };
	serve->daemon = start(serve);
	if (serve->daemon != NULL)
		return (serve);
	*error = serve->reason[0] != '\0' ? arena_strdup(arena, serve->reason)
	                                  : "libmicrohttpd does not start";
	free(serve);
	return (NULL);
}

void
metrics_serve_free(struct metrics_serve *serve)
{
	if (serve == NULL)
		return;
	MHD_stop_daemon(serve->daemon);
	free(serve);
}
