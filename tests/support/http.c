#include "support/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

#define TIMEOUT_MS 20000
#define HEAD_END "\r\n\r\n"

int
http_connect(const char *host, unsigned int port)
{
	struct sockaddr_in inet = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 inet6 = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port) };
	bool is_inet = inet_pton(AF_INET, host, &inet.sin_addr) == 1;
	const void *address = is_inet ? (const void *)&inet : &inet6;
	socklen_t len = is_inet ? sizeof(inet) : sizeof(inet6);

	(void)inet_pton(AF_INET6, host, &inet6.sin6_addr);
	int fd =
	    socket(is_inet ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, address, len) == 0)
		return (fd);
	int error = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = error;
	return (-1);
}

bool
http_send(int fd, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t sent = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return (false);
		span_skip(&bytes, sent < 0 ? 0 : (size_t)sent);
	}
	return (true);
}

static void
split(struct arena *arena, struct span all, struct http_reply *reply)
{
	const char *text = arena_str(arena, all);
	const char *end = strstr(text, HEAD_END);
	size_t len =
	    end == NULL ? all.len : (size_t)(end - text) + strlen(HEAD_END);
	struct span line = all;
	uint64_t status = 0;
	struct span word;

	*reply = (struct http_reply){ .head = span_head(all, len),
		.body = span_tail(all, len) };
	if (span_starts(all, "HTTP/1.") && span_take_until(&line, ' ', &word) &&
	    span_take(&line, 3, &word) && span_to_u64(word, 3, &status))
		reply->status = (int)status;
}

bool
http_read(int fd, int timeout_ms, struct arena *arena, struct http_reply *reply)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char bytes[16384];
	ssize_t len = 1;
	struct buf all;

	buf_init(&all, arena, HTTP_MAX);
	while (len > 0 && poll(&ready, 1, timeout_ms) > 0) {
		len = recv(fd, bytes, sizeof(bytes), 0);
		if (len > 0)
			buf_add(&all, span_new(bytes, (size_t)len));
	}
	split(arena, buf_span(&all), reply);
	return (len <= 0);
}

void
http_ask(const char *host, unsigned int port, const char *request,
    struct arena *arena, struct http_reply *reply)
{
	int fd = http_connect(host, port);

	*reply = (struct http_reply){ .status = 0 };
	if (fd < 0)
		return;
	if (http_send(fd, span_str(request)))
		(void)http_read(fd, TIMEOUT_MS, arena, reply);
	(void)close(fd);
}

void
http_get(const char *host, unsigned int port, const char *path,
    struct arena *arena, struct http_reply *reply)
{
	http_ask(host, port,
	    arena_printf(arena,
		"GET %s HTTP/1.1\r\nHost: localhost\r\n"
		"Connection: close\r\n\r\n",
		path),
	    arena, reply);
}
