#include "daemon/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

/* What the program says is cut here. */
#define MAX_COMPLAINT 400

/* Between two looks at whether it has ended. */
#define NAP_MS 20

/* Of what is in the pipe when it has. */
#define LAST_READS 256

/* Return a file without a name that holds ${input}, read from its beginning,
 * or -1: a program that does not read cannot stop us. */
static int
hold(struct span input)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd < 0)
		return (-1);
	if (write(fd, input.data, input.len) == (ssize_t)input.len &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return (fd);
	(void)close(fd);
	return (-1);
}

/* The program begins with the signals of any other one, and in a group of its
 * own, so that what it starts ends with it. */
static int
set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none;
	sigset_t all;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawnattr_setsigmask(attributes, &none);
	(void)posix_spawnattr_setsigdefault(attributes, &all);
	(void)posix_spawnattr_setpgroup(attributes, 0);
	return (posix_spawnattr_setflags(
	    attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
			    POSIX_SPAWN_SETPGROUP));
}

static int
set_files(posix_spawn_file_actions_t *files, int in, int out)
{
	int failed = posix_spawn_file_actions_adddup2(files, in, 0);

	if (failed == 0)
		failed = posix_spawn_file_actions_adddup2(files, out, 1);
	if (failed == 0)
		failed = posix_spawn_file_actions_adddup2(files, out, 2);
	if (failed == 0)
		failed = posix_spawn_file_actions_addclosefrom_np(files, 3);
	return (failed);
}

/* Return 0 and the process, or an error number. */
static int
start(const struct program *program, int in, int out, pid_t *pid)
{
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t files;
	int failed;

	if (posix_spawnattr_init(&attributes) != 0)
		return (ENOMEM);
	if (posix_spawn_file_actions_init(&files) != 0) {
		(void)posix_spawnattr_destroy(&attributes);
		return (ENOMEM);
	}
	failed = set_attributes(&attributes);
	if (failed == 0)
		failed = set_files(&files, in, out);
	if (failed == 0)
		failed = posix_spawn(pid, program->arguments[0], &files,
		    &attributes, program->arguments, program->environment);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attributes);
	return (failed);
}

/* Wait for a moment, or until the program says something, and add that to
 * ${complaint}.  Return false when it says no more. */
static bool
listen_to(int fd, struct buf *complaint)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char bytes[512];

	if (poll(&ready, 1, NAP_MS) <= 0)
		return (true);
	ssize_t count = read(fd, bytes, sizeof(bytes));

	if (count < 0)
		return (errno == EINTR || errno == EAGAIN);
	buf_add(complaint, span_head(span_new(bytes, (size_t)count),
			       complaint->limit - complaint->len));
	return (count > 0);
}

static bool
has_said(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	return (poll(&ready, 1, 0) > 0);
}

static const char *
judge(struct arena *arena, int status, struct buf *complaint)
{
	struct span text = span_trim(buf_span(complaint), span_is_space);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return (NULL);
	if (WIFSIGNALED(status))
		return (arena_printf(arena, "it ended by signal %d: %.*s",
		    WTERMSIG(status), (int)text.len, (const char *)text.data));
	return (arena_printf(arena, "it ended with status %d: %.*s",
	    WEXITSTATUS(status), (int)text.len,
	    text.len == 0 ? "" : (const char *)text.data));
}

static const char *
wait_for(
    struct arena *arena, pid_t pid, int fd, struct buf *said, int64_t deadline)
{
	bool speaks = true;
	int status;

	for (;;) {
		struct pollfd nothing = { .fd = -1 };
		pid_t ended = waitpid(pid, &status, WNOHANG);

		if (ended == pid)
			break;
		if (ended < 0 && errno != EINTR)
			return ("its end was not seen");
		if (clock_monotonic_ms() >= deadline) {
			(void)kill(-pid, SIGKILL);
			(void)waitpid(pid, &status, 0);
			return ("it took too long and was killed");
		}
		if (speaks)
			speaks = listen_to(fd, said);
		else
			(void)poll(&nothing, 1, NAP_MS);
	}
	/* What it said last, and not what it started may say yet. */
	for (int i = 0; i < LAST_READS && speaks && has_said(fd); i++)
		speaks = listen_to(fd, said);
	return (judge(arena, status, said));
}

static const char *
run(struct arena *arena, const struct program *program, int in,
    int64_t deadline)
{
	struct buf complaint;
	int ends[2];
	pid_t pid;

	buf_init(&complaint, arena, MAX_COMPLAINT);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return ("no pipe");
	/* Only our end: programs expect theirs to block. */
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	int failed = start(program, in, ends[1], &pid);

	(void)close(ends[1]);
	const char *reason =
	    failed != 0
		? arena_printf(
		      arena, "%s: %s", program->arguments[0], strerror(failed))
		: wait_for(arena, pid, ends[0],
		      program->output != NULL ? program->output : &complaint,
		      deadline);

	(void)close(ends[0]);
	return (reason);
}

const char *
program_run(
    struct arena *arena, const struct program *program, int64_t deadline)
{
	int in = hold(program->input);

	if (in < 0)
		return ("no memory for its input");
	const char *reason = run(arena, program, in, deadline);

	(void)close(in);
	return (reason);
}
