#include "support/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"

#define OUTPUT_MAX ((size_t)64 * 1024 * 1024)

/* In the child. */
static void
become(char *const *arguments, const char *input, int out)
{
	int in = open(input != NULL ? input : "/dev/null", O_RDONLY);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0)
		_exit(127);
	(void)close(in);
	(void)close(out);
	(void)execv(arguments[0], arguments);
	_exit(127);
}

static void
read_output(int fd, struct buf *out)
{
	unsigned char bytes[4096];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0)
			buf_add(out, span_new(bytes, (size_t)n));
	}
}

/* execv() wants arguments that it might change. */
static char **
copy(struct arena *arena, const char *const *arguments)
{
	size_t count = 0;
	char **result;

	while (arguments[count] != NULL)
		count++;
	result = arena_array(arena, count + 1, sizeof(*result));
	for (size_t i = 0; i < count; i++)
		result[i] = arena_strdup(arena, arguments[i]);
	return (result);
}

int
command_run(struct arena *arena, const char *const *arguments,
    const char *input, struct command_result *result)
{
	char **copies = copy(arena, arguments);
	struct buf out;
	int ends[2];
	int status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return (-1);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		become(copies, input, ends[1]);
	(void)close(ends[1]);
	buf_init(&out, arena, OUTPUT_MAX);
	if (pid > 0)
		read_output(ends[0], &out);
	(void)close(ends[0]);
	if (pid < 0)
		return (-1);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return (-1);
	result->status =
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	result->out = buf_span(&out);
	return (0);
}
