#include "daemon/postconf.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"

/* What postconf prints, and how long we wait for it. */
#define OUTPUT_MAX_BYTES ((size_t)1024 * 1024)
#define WAIT_MS 5000

/* In the child: become postconf, whose complaints are for others. */
_Noreturn static void
become_postconf(int output, char *arguments[])
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nowhere >= 0 && dup2(nowhere, STDIN_FILENO) >= 0 &&
	    dup2(output, STDOUT_FILENO) >= 0 &&
	    dup2(nowhere, STDERR_FILENO) >= 0 &&
	    setenv("PATH", "/usr/sbin:/usr/local/sbin:/usr/bin:/bin", 1) == 0)
		(void)execvp(arguments[0], arguments);
	_exit(EX_UNAVAILABLE);
}

static void
fill_arguments(
    const char *const given[], struct arena *arena, char *arguments[])
{
	size_t count = 0;

	arguments[count++] = arena_strdup(arena, "postconf");
	while (*given != NULL && count <= POSTCONF_MAX_ARGUMENTS)
		arguments[count++] = arena_strdup(arena, *given++);
	arguments[count] = NULL;
}

/* Read ${fd} to its end, while there is time and room. */
static size_t
read_output(int fd, char *text)
{
	const int64_t end = clock_monotonic_ms() + WAIT_MS;
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t got = 1;

	while (got > 0 && len < OUTPUT_MAX_BYTES) {
		int64_t left = end - clock_monotonic_ms();

		if (left <= 0 || poll(&poller, 1, (int)left) <= 0)
			return (0);
		/* UNSAFE: text has room for OUTPUT_MAX_BYTES. */
		got = read(fd, text + len, OUTPUT_MAX_BYTES - len);
		len += got > 0 ? (size_t)got : 0;
	}
	return (got == 0 ? len : 0);
}

bool
postconf_read(
    const char *const arguments[], struct arena *arena, struct span *out)
{
	char *text = arena_alloc(arena, OUTPUT_MAX_BYTES);
	char *copies[POSTCONF_MAX_ARGUMENTS + 2];
	int ends[2];

	fill_arguments(arguments, arena, copies);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return (false);
	pid_t child = fork();

	if (child == 0)
		become_postconf(ends[1], copies);
	(void)close(ends[1]);
	*out = span_new(text, child < 0 ? 0 : read_output(ends[0], text));
	int status = -1;

	(void)close(ends[0]);
	if (child > 0) {
		(void)kill(child, SIGKILL); /* who has ended does not mind */
		(void)waitpid(child, &status, 0);
	}
	return (out->len > 0);
}

/* The part of ${path} that follows the folder ${folder}, or NULL. */
static const char *
below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	if (len == 0 || strncmp(path, folder, len) != 0 || path[len] != '/')
		return (NULL);
	return (&path[len + 1]);
}

static const char *
tcp_name(const struct endpoint *endpoint, struct arena *arena)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct sockaddr_in inet;
	struct sockaddr_in6 inet6;

	if (endpoint->address.ss_family == AF_INET) {
		memcpy(&inet, &endpoint->address, sizeof(inet));
		(void)inet_ntop(AF_INET, &inet.sin_addr, text, sizeof(text));
		return (arena_printf(arena, "inet:%s:%u", text,
		    (unsigned int)ntohs(inet.sin_port)));
	}
	memcpy(&inet6, &endpoint->address, sizeof(inet6));
	(void)inet_ntop(AF_INET6, &inet6.sin6_addr, text, sizeof(text));
	return (arena_printf(
	    arena, "inet:[%s]:%u", text, (unsigned int)ntohs(inet6.sin6_port)));
}

const char *
postconf_endpoint(const struct endpoint *endpoint, const char *queue_directory,
    struct arena *arena)
{
	if (endpoint->path == NULL)
		return (tcp_name(endpoint, arena));
	const char *rest = below(endpoint->path, queue_directory);

	return (arena_printf(
	    arena, "unix:%s", rest != NULL ? rest : endpoint->path));
}
