#include "net.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

bool
net_wait(int fd, short events, int64_t deadline)
{
	struct pollfd poller = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline - clock_monotonic_ms();

		if (left <= 0) {
			errno = ETIMEDOUT;
			return (false);
		}
		int ready =
		    poll(&poller, 1, left > INT_MAX ? INT_MAX : (int)left);

		if (ready > 0)
			return (true);
		if (ready < 0 && errno != EINTR)
			return (false);
	}
}

static socklen_t
fill_address(const struct network_address *address, uint16_t port,
    struct sockaddr_storage *out)
{
	struct sockaddr_in inet = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	struct sockaddr_in6 inet6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };

	if (address->family == AF_INET) {
		memcpy(&inet.sin_addr, address->bytes, sizeof(inet.sin_addr));
		memcpy(out, &inet, sizeof(inet));
		return (sizeof(inet));
	}
	memcpy(&inet6.sin6_addr, address->bytes, sizeof(inet6.sin6_addr));
	memcpy(out, &inet6, sizeof(inet6));
	return (sizeof(inet6));
}

/* Has the connection that was begun on ${fd} come about? */
static bool
has_connected(int fd, int64_t deadline)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (!net_wait(fd, POLLOUT, deadline))
		return (false);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return (false);
	errno = error;
	return (error == 0);
}

int
net_connect(const struct network_address *address, uint16_t port, int type,
    int64_t deadline)
{
	struct sockaddr_storage to = { 0 };
	socklen_t len = fill_address(address, port, &to);
	int fd =
	    socket(address->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return (-1);
	if (connect(fd, (const struct sockaddr *)&to, len) == 0 ||
	    (errno == EINPROGRESS && has_connected(fd, deadline)))
		return (fd);
	int error = errno;

	(void)close(fd);
	errno = error;
	return (-1);
}

bool
net_send(int fd, const void *data, size_t len, int64_t deadline)
{
	const unsigned char *bytes = data;

	while (len > 0) {
		ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);

		if (sent > 0) {
			/* UNSAFE: no more is sent than there is. */
			bytes += sent;
			len -= (size_t)sent;
		} else if ((errno != EAGAIN && errno != EINTR) ||
			   !net_wait(fd, POLLOUT, deadline)) {
			return (false);
		}
	}
	return (true);
}

bool
net_receive(int fd, void *data, size_t len, int64_t deadline)
{
	unsigned char *bytes = data;

	while (len > 0) {
		ssize_t got = recv(fd, bytes, len, 0);

		if (got > 0) {
			/* UNSAFE: no more is received than there is room. */
			bytes += got;
			len -= (size_t)got;
		} else if (got == 0) {
			errno = 0;
			return (false);
		} else if ((errno != EAGAIN && errno != EINTR) ||
			   !net_wait(fd, POLLIN, deadline)) {
			return (false);
		}
	}
	return (true);
}
