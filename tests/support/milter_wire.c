#include "support/milter_wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define WRITE_TIMEOUT_MS 30000

struct milter_wire {
	int fd;
	milter_wire_listener *listener;
	void *cookie;
	size_t queued;
	unsigned char queue[MILTER_WIRE_BUFFER];
};

static int
connect_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return (-1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return (fd);
	close(fd);
	return (-1);
}

/* ${where} is PORT@HOST. */
static int
connect_inet(const char *where)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	char *end;
	unsigned long port = strtoul(where, &end, 10);
	int fd;

	if (*end != '@' || port == 0 || port > UINT16_MAX ||
	    inet_pton(AF_INET, end + 1, &address.sin_addr) != 1) {
		errno = EINVAL;
		return (-1);
	}
	address.sin_port = htons((uint16_t)port);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return (-1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return (fd);
	close(fd);
	return (-1);
}

struct milter_wire *
milter_wire_open(struct arena *arena, const char *address, const char **error)
{
	struct milter_wire *wire;
	int fd = -1;

	errno = EINVAL;
	if (strncmp(address, "unix:", 5) == 0)
		fd = connect_unix(address + 5);
	else if (strncmp(address, "inet:", 5) == 0)
		fd = connect_inet(address + 5);
	if (fd < 0) {
		*error = arena_printf(arena, "cannot connect to %s: %s",
		    address, strerror(errno));
		return (NULL);
	}
	wire = arena_alloc(arena, sizeof(*wire));
	wire->fd = fd;
	return (wire);
}

void
milter_wire_close(struct milter_wire *wire)
{
	if (wire == NULL || wire->fd < 0)
		return;
	close(wire->fd);
	wire->fd = -1;
}

void
milter_wire_reset(struct milter_wire *wire)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	/* A UNIX socket ignores this, and closes as usual. */
	(void)setsockopt(
	    wire->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	milter_wire_close(wire);
}

/* Wait for ${events} until ${deadline}. */
static bool
ready(int fd, short events, int64_t deadline)
{
	for (;;) {
		int64_t left = deadline - clock_monotonic_ms();
		struct pollfd poll_fd = { .fd = fd, .events = events };
		int n = poll(&poll_fd, 1, left > 0 ? (int)left : 0);

		if (n > 0)
			return (true);
		if (n == 0 || errno != EINTR)
			return (false);
	}
}

static int
write_all(int fd, struct span bytes)
{
	int64_t deadline = clock_monotonic_ms() + WRITE_TIMEOUT_MS;

	while (bytes.len > 0) {
		ssize_t n = send(
		    fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0) {
			span_skip(&bytes, (size_t)n);
			continue;
		}
		if (errno == EINTR)
			continue;
		if ((errno != EAGAIN && errno != EWOULDBLOCK) ||
		    !ready(fd, POLLOUT, deadline))
			return (-1);
	}
	return (0);
}

int
milter_wire_flush(struct milter_wire *wire)
{
	struct span queued = span_new(wire->queue, wire->queued);

	wire->queued = 0;
	return (write_all(wire->fd, queued));
}

void
milter_wire_listen(
    struct milter_wire *wire, milter_wire_listener *listener, void *cookie)
{
	wire->listener = listener;
	wire->cookie = cookie;
}

static void
tell(const struct milter_wire *wire, struct span bytes)
{
	if (wire->listener != NULL)
		wire->listener(wire->cookie, bytes);
}

int
milter_wire_raw(struct milter_wire *wire, struct span bytes)
{
	if (bytes.len > 0)
		tell(wire, bytes);
	if (bytes.len > sizeof(wire->queue) - wire->queued &&
	    milter_wire_flush(wire) != 0)
		return (-1);
	if (bytes.len > sizeof(wire->queue))
		return (write_all(wire->fd, bytes));
	if (bytes.len > 0)
		/* UNSAFE: it fits, or the queue was just emptied. */
		memcpy(wire->queue + wire->queued, bytes.data, bytes.len);
	wire->queued += bytes.len;
	return (0);
}

int
milter_wire_send(struct milter_wire *wire, char command, struct span data)
{
	unsigned char head[5];

	milter_wire_u32(head, (uint32_t)data.len + 1);
	head[4] = (unsigned char)command;
	if (milter_wire_raw(wire, span_new(head, sizeof(head))) != 0)
		return (-1);
	return (milter_wire_raw(wire, data));
}

/* Read ${len} bytes into ${out}. */
static enum milter_wire_status
read_all(int fd, unsigned char *out, size_t len, int64_t deadline)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n;

		if (!ready(fd, POLLIN, deadline))
			return (MILTER_WIRE_TIMEOUT);
		/* UNSAFE: got < len. */
		n = recv(fd, out + got, len - got, 0);
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return (
			    got == 0 ? MILTER_WIRE_CLOSED : MILTER_WIRE_ERROR);
		if (n < 0 && errno != EINTR)
			return (MILTER_WIRE_ERROR);
		if (n > 0)
			got += (size_t)n;
	}
	return (MILTER_WIRE_PACKET);
}

enum milter_wire_status
milter_wire_recv(struct milter_wire *wire, struct arena *arena, int timeout_ms,
    struct milter_packet *packet)
{
	int64_t deadline = clock_monotonic_ms() + timeout_ms;
	unsigned char head[5];
	struct span cursor = span_new(head, sizeof(head));
	enum milter_wire_status status;
	unsigned char *data;
	uint32_t len;

	tell(wire, span_str(NULL));
	/* A filter that is gone may have left a last word: read it. */
	(void)!milter_wire_flush(wire);
	status = read_all(wire->fd, head, sizeof(head), deadline);
	if (status != MILTER_WIRE_PACKET)
		return (status);
	if (!milter_wire_get_u32(&cursor, &len) || len == 0 ||
	    len > MILTER_WIRE_MAX)
		return (MILTER_WIRE_ERROR);
	data = arena_alloc(arena, len);
	status = read_all(wire->fd, data, len - 1, deadline);
	if (status != MILTER_WIRE_PACKET)
		return (
		    status == MILTER_WIRE_CLOSED ? MILTER_WIRE_ERROR : status);
	packet->command = (char)head[4];
	packet->data = span_new(data, len - 1);
	return (MILTER_WIRE_PACKET);
}

const char *
milter_wire_status_name(enum milter_wire_status status)
{
	switch (status) {
	case MILTER_WIRE_PACKET:
		return ("a packet");
	case MILTER_WIRE_CLOSED:
		return ("the filter closed the connection");
	case MILTER_WIRE_TIMEOUT:
		return ("no packet in time");
	case MILTER_WIRE_ERROR:
		return ("a broken packet or socket");
	}
	return ("?");
}

void
milter_wire_u32(unsigned char out[4], uint32_t number)
{
	out[0] = (unsigned char)(number >> 24);
	out[1] = (unsigned char)(number >> 16);
	out[2] = (unsigned char)(number >> 8);
	out[3] = (unsigned char)number;
}

bool
milter_wire_get_u32(struct span *cursor, uint32_t *out)
{
	struct span bytes;

	if (!span_take(cursor, 4, &bytes))
		return (false);
	*out = (uint32_t)bytes.data[0] << 24 | (uint32_t)bytes.data[1] << 16 |
	       (uint32_t)bytes.data[2] << 8 | bytes.data[3];
	return (true);
}

bool
milter_wire_get_string(struct span *cursor, struct span *out)
{
	if (span_find(*cursor, '\0') == cursor->len)
		return (false);
	return (span_take_until(cursor, '\0', out));
}
