#include "ledger/ledger_client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAX_ERROR 256
#define NEVER INT64_MAX

struct ledger_client {
	struct sockaddr_un address;
	int64_t timeout_ms;
	int fd; /* -1: not connected */
	uint32_t tag;
	char error[MAX_ERROR];
	/* What waits to be sent, and room for one more. */
	unsigned char out[LEDGER_CLIENT_QUEUE + LEDGER_MAX_FRAME];
	size_t queued;
	unsigned char in[LEDGER_MAX_FRAME];
	size_t in_len;  /* bytes that came */
	size_t in_used; /* of these, in the reply that was handed out */
};

/* How an attempt to talk over the connection ended. */
enum talk {
	TALK_DONE,
	TALK_CLOSED, /* before a byte of a reply came */
	TALK_FAILED,
};

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static void __attribute__((format(printf, 2, 3)))
set_error(struct ledger_client *client, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(client->error, sizeof(client->error), format, args);
	va_end(args);
}

struct ledger_client *
ledger_client_new(const char *path, unsigned timeout_ms)
{
	struct ledger_client *client;

	if (strlen(path) >= sizeof(client->address.sun_path))
		return (NULL);
	client = malloc(sizeof(*client));
	if (client == NULL)
		return (NULL);
	client->address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(client->address.sun_path, path, strlen(path) + 1);
	client->timeout_ms = timeout_ms;
	client->fd = -1;
	client->tag = 0;
	client->error[0] = '\0';
	client->in_len = 0;
	client->in_used = 0;
	client->queued = 0;
	return (client);
}

void
ledger_client_set_timeout(struct ledger_client *client, unsigned timeout_ms)
{
	client->timeout_ms = timeout_ms;
}

static void
disconnect(struct ledger_client *client)
{
	if (client->fd >= 0)
		(void)close(client->fd);
	client->fd = -1;
	client->in_len = 0;
	client->in_used = 0;
}

void
ledger_client_free(struct ledger_client *client)
{
	if (client == NULL)
		return;
	disconnect(client);
	free(client);
}

const char *
ledger_client_error(const struct ledger_client *client)
{
	return (client->error);
}

/* Wait for one of ${events}; false, with the reason, if they did not come. */
static bool
wait_for(struct ledger_client *client, short events, int64_t deadline)
{
	struct pollfd wanted = { .fd = client->fd, .events = events };

	for (;;) {
		int64_t left = deadline == NEVER ? -1 : deadline - now_ms();
		int found;

		if (deadline != NEVER && left < 0)
			left = 0;
		found = poll(&wanted, 1, left < INT_MAX ? (int)left : INT_MAX);
		if (found > 0)
			return (true);
		if (found < 0 && errno == EINTR)
			continue;
		set_error(client, "%s: %s", client->address.sun_path,
		    found == 0 ? "no answer in time" : strerror(errno));
		return (false);
	}
}

/* The daemon goes by who we are when we connect.  Dovecot's LMTP is root for
 * real and each user's for the time of his delivery, but has one connection. */
static int
connect_as_real_user(int fd, const struct sockaddr *address, socklen_t len)
{
	uid_t user = geteuid();
	bool raised = user != 0 && getuid() == 0 && seteuid(0) == 0;
	int result = connect(fd, address, len);
	int error = errno;

	if (raised && seteuid(user) != 0)
		abort();
	errno = error;
	return (result);
}

/* UNIX sockets answer connect() at once: with EAGAIN when the backlog is full,
 * which a busy daemon empties soon. */
static int
try_connect(struct ledger_client *client, int64_t deadline)
{
	const struct sockaddr *address =
	    (const struct sockaddr *)&client->address;
	const struct timespec pause = { .tv_nsec = 2000000 };

	while (connect_as_real_user(
		   client->fd, address, sizeof(client->address)) != 0) {
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN || now_ms() >= deadline)
			return (-1);
		(void)nanosleep(&pause, NULL);
	}
	return (0);
}

static int
connect_new(struct ledger_client *client, int64_t deadline)
{
	disconnect(client);
	client->fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd >= 0 && try_connect(client, deadline) == 0)
		return (0);
	set_error(client, "cannot connect to %s: %s", client->address.sun_path,
	    strerror(errno));
	disconnect(client);
	return (-1);
}

static enum talk
write_all(struct ledger_client *client, size_t len, int64_t deadline)
{
	size_t done = 0;

	while (done < len) {
		ssize_t put = send(
		    client->fd, &client->out[done], len - done, MSG_NOSIGNAL);

		if (put > 0) {
			done += (size_t)put;
			continue;
		}
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN) {
			if (!wait_for(client, POLLOUT, deadline))
				return (TALK_FAILED);
			continue;
		}
		bool gone = put == 0 || errno == EPIPE || errno == ECONNRESET;

		set_error(client, "%s: %s", client->address.sun_path,
		    strerror(errno));
		return (gone ? TALK_CLOSED : TALK_FAILED);
	}
	return (TALK_DONE);
}

static void
drop_used(struct ledger_client *client)
{
	client->in_len -= client->in_used;
	memmove(client->in, &client->in[client->in_used], client->in_len);
	client->in_used = 0;
}

/* Hand out the reply at the beginning of what came. */
static enum talk
take_reply(struct ledger_client *client, struct ledger_reply *reply)
{
	switch (
	    ledger_frame_take(client->in, client->in_len, &client->in_used)) {
	case LEDGER_FRAME_WHOLE:
		if (ledger_frame_read_reply(
			client->in, client->in_used, reply) == 0)
			return (TALK_DONE);
		break;
	case LEDGER_FRAME_PARTIAL:
		return (TALK_CLOSED);
	case LEDGER_FRAME_BROKEN:
		break;
	}
	set_error(client, "%s: its answer is none of our protocol",
	    client->address.sun_path);
	return (TALK_FAILED);
}

/* Read until there is a reply. */
static enum talk
read_reply(
    struct ledger_client *client, struct ledger_reply *reply, int64_t deadline)
{
	drop_used(client);
	for (;;) {
		enum talk taken = take_reply(client, reply);
		ssize_t got;

		if (taken != TALK_CLOSED)
			return (taken);
		/* It is never there at once. */
		if (!wait_for(client, POLLIN, deadline))
			return (TALK_FAILED);
		/* A partial frame is shorter than the buffer. */
		got = recv(client->fd, &client->in[client->in_len],
		    sizeof(client->in) - client->in_len, 0);
		if (got > 0) {
			client->in_len += (size_t)got;
			continue;
		}
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		set_error(client, "%s: %s", client->address.sun_path,
		    got == 0 ? "it closed the connection" : strerror(errno));
		return (client->in_len == 0 ? TALK_CLOSED : TALK_FAILED);
	}
}

/* Send the first ${len} bytes of client->out, and wait for the reply if there
 * is to be one. */
static enum talk
talk(struct ledger_client *client, size_t len, struct ledger_reply *reply,
    int64_t deadline)
{
	enum talk sent = write_all(client, len, deadline);

	if (sent != TALK_DONE || reply == NULL)
		return (sent);
	for (;;) {
		sent = read_reply(client, reply, deadline);
		if (sent != TALK_DONE || reply->tag == client->tag)
			return (sent);
		/* Of a call that nobody heard out; but a peer that never stops
		 * must not hold us. */
		if (now_ms() >= deadline) {
			set_error(client, "%s: no answer in time",
			    client->address.sun_path);
			return (TALK_FAILED);
		}
	}
}

static bool
has_hung_up(const struct ledger_client *client)
{
	struct pollfd state = { .fd = client->fd, .events = POLLRDHUP };

	return (poll(&state, 1, 0) > 0);
}

/* Send all that is queued; a connection that is closed is made anew once. */
static int
exchange(struct ledger_client *client, struct ledger_reply *reply)
{
	int64_t deadline = now_ms() + client->timeout_ms;
	size_t len = client->queued;
	bool fresh = false;
	enum talk done;

	/* What fails now is not tried later: nobody would expect it. */
	client->queued = 0;
	/* What is sent into a closed connection is lost without a word. */
	if (client->fd >= 0 && reply == NULL && has_hung_up(client))
		disconnect(client);
	for (;;) {
		if (client->fd < 0) {
			if (connect_new(client, deadline) != 0)
				return (-1);
			fresh = true;
		}
		done = talk(client, len, reply, deadline);
		if (done == TALK_DONE)
			return (0);
		disconnect(client);
		if (done != TALK_CLOSED || fresh)
			return (-1);
	}
}

static int
add(struct ledger_client *client, struct ledger_request *request)
{
	size_t len;

	request->tag = ++client->tag;
	len = ledger_frame_write_request(request, &client->out[client->queued]);
	if (len == 0) {
		set_error(client, "a name or text is too long for the ledger");
		return (-1);
	}
	client->queued += len;
	return (0);
}

int
ledger_client_call(struct ledger_client *client, struct ledger_request *request,
    struct ledger_reply *reply)
{
	return (add(client, request) == 0 ? exchange(client, reply) : -1);
}

int
ledger_client_send(struct ledger_client *client, struct ledger_request *request)
{
	return (add(client, request) == 0 ? exchange(client, NULL) : -1);
}

int
ledger_client_queue(
    struct ledger_client *client, struct ledger_request *request)
{
	if (add(client, request) != 0)
		return (-1);
	return (
	    client->queued > LEDGER_CLIENT_QUEUE ? exchange(client, NULL) : 0);
}

int
ledger_client_flush(struct ledger_client *client)
{
	return (client->queued > 0 ? exchange(client, NULL) : 0);
}

int
ledger_client_next(struct ledger_client *client, struct ledger_reply *reply)
{
	if (client->fd < 0) {
		set_error(
		    client, "%s: not connected", client->address.sun_path);
		return (-1);
	}
	if (read_reply(client, reply, NEVER) == TALK_DONE)
		return (0);
	disconnect(client);
	return (-1);
}
