#include "support/redisserver.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "support/daemon.h"
#include "support/files.h"

#define START_MS 20000
#define MAX_CONFIGURATION ((size_t)64 * 1024)

struct redisserver {
	struct arena *arena;
	char *folder;
	const char *socket;
	const char *configuration;
	unsigned int port;
	struct buf options;
	pid_t pid; /* 0: none */
};

struct redisserver *
redisserver_new(struct arena *arena)
{
	struct redisserver *server = arena_alloc(arena, sizeof(*server));

	server->arena = arena;
	server->folder = files_folder(arena, "redis");
	server->socket = arena_printf(arena, "%s/socket", server->folder);
	server->configuration =
	    arena_printf(arena, "%s/server.conf", server->folder);
	server->port = daemon_free_port();
	buf_init(&server->options, arena, MAX_CONFIGURATION);
	buf_printf(&server->options,
	    "bind 127.0.0.1\nport %u\nunixsocket %s\ndir %s\n"
	    "logfile %s/log\n",
	    server->port, server->socket, server->folder, server->folder);
	return (server);
}

void
redisserver_option(struct redisserver *server, const char *line)
{
	buf_printf(&server->options, "%s\n", line);
}

/* Whether it answers anything at all. */
static bool
answers(const struct redisserver *server)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char byte = 0;
	bool ok;

	strncpy(address.sun_path, server->socket, sizeof(address.sun_path) - 1);
	ok = fd >= 0 &&
	     connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	     write(fd, "PING\r\n", 6) == 6 && read(fd, &byte, 1) == 1;
	if (fd >= 0)
		(void)close(fd);
	return (ok);
}

static void
run(const struct redisserver *server, bool is_sentinel)
{
	static const char *const names[] = { "redis-server", "valkey-server" };
	const char *option = is_sentinel ? "--sentinel" : NULL;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* A test that dies leaves no server behind. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(null, STDOUT_FILENO);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)execlp(
		    names[i], names[i], server->configuration, option, NULL);
	_exit(127);
}

int
redisserver_start(struct redisserver *server, bool is_sentinel)
{
	int64_t until = clock_monotonic_ms() + START_MS;

	(void)unlink(server->socket);
	if (files_write(
		server->configuration, buf_span(&server->options), 0600) != 0)
		return (-1);
	server->pid = fork();
	if (server->pid < 0)
		return (-1);
	if (server->pid == 0)
		run(server, is_sentinel);
	while (!answers(server)) {
		if (waitpid(server->pid, NULL, WNOHANG) != 0) {
			server->pid = 0;
			return (-1);
		}
		if (clock_monotonic_ms() > until)
			return (-1);
		(void)usleep(10000);
	}
	return (0);
}

void
redisserver_signal(struct redisserver *server, int number)
{
	if (server->pid > 0)
		(void)kill(server->pid, number);
}

void
redisserver_kill(struct redisserver *server)
{
	if (server->pid <= 0)
		return;
	(void)kill(server->pid, SIGKILL);
	(void)waitpid(server->pid, NULL, 0);
	server->pid = 0;
}

void
redisserver_free(struct redisserver *server)
{
	redisserver_kill(server);
	files_remove(server->folder);
}

const char *
redisserver_socket(const struct redisserver *server)
{
	return (server->socket);
}

unsigned int
redisserver_port(const struct redisserver *server)
{
	return (server->port);
}
