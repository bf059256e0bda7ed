/*
 * policy_empty.c: a policy server that reads up to the empty line and answers
 * DUNNO: what sockets cost.  Usage: bench_policy_empty SOCKET ..., each
 * unix:PATH or inet:PORT@ADDRESS.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 4096
#define EVENTS 256
#define REQUEST_MAX ((size_t)32768)
#define ANSWER "action=DUNNO\n\n"

struct connection {
	int fd;
	int listens; /* it is a socket for new ones */
	size_t len;
	char bytes[REQUEST_MAX];
};

static void
die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static int
listen_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		die(path);
	return (fd);
}

static int
listen_inet(const char *text)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	const char *at = strchr(text, '@');
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	address.sin_port = htons((uint16_t)strtoul(text, NULL, 10));
	if (at == NULL || inet_pton(AF_INET, at + 1, &address.sin_addr) != 1)
		die(text);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		die(text);
	return (fd);
}

static void
watch(int epoll, int fd, int listens)
{
	struct connection *connection = malloc(sizeof(*connection));
	struct epoll_event event = { .events = EPOLLIN };

	if (connection == NULL)
		die("memory");
	connection->fd = fd;
	connection->listens = listens;
	connection->len = 0;
	event.data.ptr = connection;
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		die("epoll_ctl");
}

static void
accept_one(int epoll, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	int on = 1;

	if (fd < 0)
		return;
	/* A UNIX socket has no such option, and does not wait either. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	watch(epoll, fd, 0);
}

/* Postfix asks one request at a time: nothing follows the empty line. */
static void
serve(struct connection *connection)
{
	ssize_t got = read(connection->fd, &connection->bytes[connection->len],
	    REQUEST_MAX - connection->len);

	if (got <= 0) {
		(void)close(connection->fd);
		free(connection);
		return;
	}
	connection->len += (size_t)got;
	if (connection->len < 2 ||
	    memcmp(&connection->bytes[connection->len - 2], "\n\n", 2) != 0)
		return;
	connection->len = 0;
	(void)send(connection->fd, ANSWER, strlen(ANSWER), MSG_NOSIGNAL);
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	for (int i = 1; i < argc; i++) {
		int fd = strncmp(argv[i], "unix:", 5) == 0
		             ? listen_unix(argv[i] + 5)
		             : listen_inet(argv[i] + strlen("inet:"));

		if (listen(fd, BACKLOG) != 0)
			die(argv[i]);
		watch(epoll, fd, 1);
	}
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS, -1);

		if (count < 0 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < count; i++) {
			struct connection *one = events[i].data.ptr;

			if (one->listens)
				accept_one(epoll, one->fd);
			else
				serve(one);
		}
	}
}
