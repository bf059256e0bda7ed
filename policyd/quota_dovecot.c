/*
 * Dovecot's quota-status service: one request and one reply at a time on a
 * connection, of which the idle ones wait for the next asker.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "base/buf.h"
#include "base/clock.h"
#include "daemon/endpoint.h"
#include "quota_driver.h"
#include "quota_reply.h"

/* Connections that are kept: with client_limit = 1, as Dovecot's manual has it,
 * each holds a process of Dovecot's. */
#define MAX_IDLE 8
#define MAX_REQUEST ((size_t)1024)

struct dovecot {
	struct quota_source source;
	struct sockaddr_storage address;
	socklen_t address_len;
	pthread_mutex_t lock; /* over what follows */
	int idle[MAX_IDLE];
	size_t idle_count;
};

/* How an exchange over one connection ended. */
enum exchange {
	EXCHANGE_DONE,
	EXCHANGE_CLOSED, /* before a byte of a reply came */
	EXCHANGE_FAILED,
};

static struct dovecot *
dovecot_of(struct quota_source *source)
{
	return ((struct dovecot *)(void *)source);
}

static void
set_address(struct dovecot *dovecot, const struct endpoint *endpoint)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	if (endpoint->path == NULL) {
		dovecot->address = endpoint->address;
		dovecot->address_len = endpoint->address_len;
		return;
	}
	/* endpoint_parse() looked at the length. */
	memcpy(un.sun_path, endpoint->path, strlen(endpoint->path) + 1);
	memcpy(&dovecot->address, &un, sizeof(un));
	dovecot->address_len = sizeof(un);
}

static struct quota_source *
open_source(const char *text, struct arena *arena, const char **error)
{
	struct endpoint endpoint;
	struct dovecot *dovecot;

	*error = endpoint_parse(text, arena, &endpoint);
	if (*error != NULL)
		return (NULL);
	dovecot = arena_impl_malloc(sizeof(*dovecot));
	*dovecot = (struct dovecot){ .source = { &quota_dovecot_driver } };
	set_address(dovecot, &endpoint);
	(void)pthread_mutex_init(&dovecot->lock, NULL);
	return (&dovecot->source);
}

static void
close_source(struct quota_source *source)
{
	struct dovecot *dovecot = dovecot_of(source);

	for (size_t i = 0; i < dovecot->idle_count; i++)
		(void)close(dovecot->idle[i]);
	(void)pthread_mutex_destroy(&dovecot->lock);
	free(dovecot);
}

static int
take_idle(struct dovecot *dovecot)
{
	int fd = -1;

	(void)pthread_mutex_lock(&dovecot->lock);
	if (dovecot->idle_count > 0)
		fd = dovecot->idle[--dovecot->idle_count];
	(void)pthread_mutex_unlock(&dovecot->lock);
	return (fd);
}

static void
keep_idle(struct dovecot *dovecot, int fd)
{
	(void)pthread_mutex_lock(&dovecot->lock);
	if (dovecot->idle_count < MAX_IDLE) {
		dovecot->idle[dovecot->idle_count++] = fd;
		fd = -1;
	}
	(void)pthread_mutex_unlock(&dovecot->lock);
	if (fd >= 0)
		(void)close(fd);
}

/* Wait until ${fd} has one of ${events}; false when ${deadline} comes first. */
static bool
wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd wanted = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline - clock_monotonic_ms();
		int rc;

		if (left <= 0)
			return (false);
		if (left > INT32_MAX)
			left = INT32_MAX;
		rc = poll(&wanted, 1, (int)left);
		if (rc > 0)
			return (true);
		if (rc < 0 && errno != EINTR)
			return (false);
	}
}

static bool
is_connected(int fd)
{
	socklen_t len = sizeof(int);
	int error = 0;

	return (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
		error == 0);
}

static int
connect_new(const struct dovecot *dovecot, int64_t deadline)
{
	const struct sockaddr *address =
	    (const struct sockaddr *)(const void *)&dovecot->address;
	int fd = socket(
	    address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return (-1);
	if (connect(fd, address, dovecot->address_len) == 0 ||
	    ((errno == EINPROGRESS || errno == EINTR) &&
		wait_for(fd, POLLOUT, deadline) && is_connected(fd)))
		return (fd);
	(void)close(fd);
	return (-1);
}

static enum exchange
send_all(int fd, struct span bytes, int64_t deadline)
{
	while (bytes.len > 0) {
		ssize_t sent = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);

		if (sent > 0) {
			span_skip(&bytes, (size_t)sent);
			continue;
		}
		if (errno == EPIPE || errno == ECONNRESET)
			return (EXCHANGE_CLOSED);
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN || !wait_for(fd, POLLOUT, deadline))
			return (EXCHANGE_FAILED);
	}
	return (EXCHANGE_DONE);
}

/* Read what comes until it is a reply, or none can come of it. */
static enum exchange
read_reply(int fd, struct buf *reply, struct span *action, int64_t deadline)
{
	unsigned char bytes[1024];

	for (;;) {
		ssize_t got;

		if (!wait_for(fd, POLLIN, deadline))
			return (EXCHANGE_FAILED);
		got = recv(fd, bytes, sizeof(bytes), 0);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return (reply->len == 0 ? EXCHANGE_CLOSED
						: EXCHANGE_FAILED);
		buf_add(reply, span_new(bytes, (size_t)got));
		if (reply->overflow)
			return (EXCHANGE_FAILED);
		switch (quota_reply_parse(buf_span(reply), action)) {
		case QUOTA_REPLY_COMPLETE:
			return (EXCHANGE_DONE);
		case QUOTA_REPLY_INCOMPLETE:
			break;
		case QUOTA_REPLY_BAD:
			return (EXCHANGE_FAILED);
		}
	}
}

/* Whether nobody ended ${fd}, or said anything without being asked. */
static bool
is_quiet(int fd)
{
	struct pollfd state = { .fd = fd, .events = POLLIN };

	return (poll(&state, 1, 0) == 0);
}

static enum exchange
converse(int fd, struct span request, struct buf *reply, struct span *action,
    int64_t deadline)
{
	enum exchange sent = send_all(fd, request, deadline);

	return (sent == EXCHANGE_DONE ? read_reply(fd, reply, action, deadline)
				      : sent);
}

/* Ask over ${fd}, which is kept or closed. */
static enum exchange
ask_over(struct dovecot *dovecot, int fd, struct span request,
    struct buf *reply, struct span *action, int64_t deadline)
{
	enum exchange result = converse(fd, request, reply, action, deadline);

	if (result == EXCHANGE_DONE)
		keep_idle(dovecot, fd);
	else
		(void)close(fd);
	return (result);
}

static struct span
print_request(struct span recipient, uint64_t size, struct arena *arena)
{
	struct buf request;

	buf_init(&request, arena, MAX_REQUEST);
	buf_add_str(&request,
	    "request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient=");
	buf_add(&request, recipient);
	buf_printf(&request, "\nsize=%llu\n\n", (unsigned long long)size);
	return (buf_span(&request));
}

/* An idle connection that Dovecot closed is no answer: ask over a new one,
 * once.
 */
static enum exchange
ask_any(struct dovecot *dovecot, struct span request, struct buf *reply,
    struct span *action, int64_t deadline)
{
	int fd;

	while ((fd = take_idle(dovecot)) >= 0) {
		enum exchange result;

		if (!is_quiet(fd)) {
			(void)close(fd);
			continue;
		}
		result =
		    ask_over(dovecot, fd, request, reply, action, deadline);
		if (result != EXCHANGE_CLOSED)
			return (result);
		break;
	}
	fd = connect_new(dovecot, deadline);
	if (fd < 0)
		return (EXCHANGE_FAILED);
	return (ask_over(dovecot, fd, request, reply, action, deadline));
}

/* Ask whether there is room for ${size} bytes; false when nobody answers. */
static bool
ask_size(struct dovecot *dovecot, struct span recipient, uint64_t size,
    int64_t deadline, struct arena *arena, struct span *action)
{
	struct buf reply;

	buf_init(&reply, arena, QUOTA_REPLY_MAX);
	return (ask_any(dovecot, print_request(recipient, size, arena), &reply,
		    action, deadline) == EXCHANGE_DONE);
}

/* Dovecot 2.4.1 has no word, unless quota_status_toolarge is set, for a message
 * that is larger than the whole mailbox may be: "action=" and nothing.  It is
 * that if a small one gets another answer. */
static enum quota_result
ask_source(struct quota_source *source, struct span recipient, uint64_t size,
    int64_t deadline, struct arena *arena, const char **reason)
{
	struct dovecot *dovecot = dovecot_of(source);
	enum quota_result result;
	struct span action;
	bool silent;

	if (!ask_size(dovecot, recipient, size, deadline, arena, &action))
		return (QUOTA_TEMPFAIL);
	silent = action.len == 0 && size > 1;
	if (silent &&
	    !ask_size(dovecot, recipient, 1, deadline, arena, &action))
		return (QUOTA_TEMPFAIL);
	result = quota_reply_eval(action, arena, reason);
	if (!silent || result != QUOTA_UNDER)
		return (result);
	*reason = "Message is larger than the mailbox";
	return (QUOTA_HARD);
}

const struct quota_driver quota_dovecot_driver = {
	.name = "dovecot",
	.open = open_source,
	.ask = ask_source,
	.close = close_source,
};
