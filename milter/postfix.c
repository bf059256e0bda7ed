#include "postfix.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/span.h"

/* What postconf prints, and how long we wait for it. */
#define OUTPUT_MAX_BYTES 65536
#define WAIT_MS 5000

static const char *const parameters[] = { "queue_directory", "mydomain",
	"smtpd_milters", "non_smtpd_milters" };

#define PARAMETER_COUNT (sizeof(parameters) / sizeof(parameters[0]))

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
fill_arguments(const char *flags, struct arena *arena, char *arguments[])
{
	arguments[0] = arena_strdup(arena, "postconf");
	arguments[1] = arena_strdup(arena, flags);
	for (size_t i = 0; i < PARAMETER_COUNT; i++)
		arguments[2 + i] = arena_strdup(arena, parameters[i]);
	arguments[2 + PARAMETER_COUNT] = NULL;
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

/* Store the lines that postconf prints with ${flags}. */
static bool
ask(const char *flags, struct arena *arena, const char *lines[PARAMETER_COUNT])
{
	char *text = arena_alloc(arena, OUTPUT_MAX_BYTES + 1);
	char *arguments[PARAMETER_COUNT + 3];
	int ends[2];

	fill_arguments(flags, arena, arguments);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return (false);
	pid_t child = fork();

	if (child == 0)
		become_postconf(ends[1], arguments);
	(void)close(ends[1]);
	struct span rest =
	    span_new(text, child < 0 ? 0 : read_output(ends[0], text));
	int status = -1;

	(void)close(ends[0]);
	if (child > 0) {
		(void)kill(child, SIGKILL); /* who has ended does not mind */
		(void)waitpid(child, &status, 0);
	}
	for (size_t i = 0; i < PARAMETER_COUNT; i++) {
		struct span line;

		if (!span_take_line(&rest, &line))
			return (false);
		lines[i] = arena_str(arena, line);
	}
	return (true);
}

bool
postfix_read(struct arena *arena, struct postfix *out)
{
	const char *written[PARAMETER_COUNT];
	const char *means[PARAMETER_COUNT];

	if (!ask("-h", arena, written) || !ask("-xh", arena, means))
		return (false);
	*out = (struct postfix){ .queue_directory = means[0],
		.mydomain = means[1],
		.smtpd_milters = { written[2], means[2] },
		.non_smtpd_milters = { written[3], means[3] } };
	return (true);
}
