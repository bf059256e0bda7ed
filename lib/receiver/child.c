#include "receiver/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "base/clock.h"
#include "receiver/inside.h"
#include "receiver/sandbox.h"

#define ROOM (FRAME_HEADER_BYTES + FRAME_MAX_FROM_CHILD)

/* A process that has closed its pipe ends within this time, or is killed. */
#define GRACE_MS 2000

struct child {
	pid_t pid; /* 0: ended */
	int to;
	int from;
	size_t len;  /* bytes in buffer */
	size_t used; /* of these, in the frame that was handed out */
	unsigned char buffer[ROOM];
};

/* A crash shall look like one, whatever this program does about signals. */
static void
reset_signals(void)
{
	const struct sigaction reset = { .sa_handler = SIG_DFL };
	sigset_t none;

	(void)sigemptyset(&none);
	for (int number = 1; number < NSIG; number++)
		(void)sigaction(number, &reset, NULL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the new process: nothing of ours stays open but the pipes. */
static _Noreturn void
run(const struct receiver_library *library, int in, int out)
{
	struct inside inside = { .in = SANDBOX_IN, .out = SANDBOX_OUT };

	/* Both are above 2 (see open_pipe()), so that neither call closes the
	 * other's. */
	if (dup2(in, SANDBOX_IN) < 0 || dup2(out, SANDBOX_OUT) < 0 ||
	    close_range(SANDBOX_OUT + 1, ~0U, 0) != 0)
		inside_exit(INSIDE_EXIT_SANDBOX);
	reset_signals();
	void *prepared = library->prepare != NULL ? library->prepare() : NULL;

	if (sandbox_enter() != 0)
		inside_exit(INSIDE_EXIT_SANDBOX);
	library->run(&inside, prepared);
	inside_exit(EXIT_SUCCESS);
}

/* A pipe whose ends are above standard error. */
static int
open_pipe(int ends[2])
{
	int low[2];

	if (pipe2(low, O_CLOEXEC) != 0)
		return (-1);
	ends[0] = fcntl(low[0], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	ends[1] = fcntl(low[1], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	(void)close(low[0]);
	(void)close(low[1]);
	if (ends[0] >= 0 && ends[1] >= 0)
		return (0);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return (-1);
}

static void
close_pipe(const int ends[2])
{
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static struct child *
fork_child(
    const struct receiver_library *library, const int in[2], const int out[2])
{
	pid_t pid = fork();

	if (pid == 0)
		run(library, in[0], out[1]);
	if (pid < 0)
		return (NULL);
	struct child *child = arena_impl_malloc(sizeof(*child));

	*child = (struct child){ .pid = pid, .to = in[1], .from = out[0] };
	(void)fcntl(child->to, F_SETFL, O_NONBLOCK);
	(void)fcntl(child->from, F_SETFL, O_NONBLOCK);
	(void)close(in[0]);
	(void)close(out[1]);
	return (child);
}

struct child *
child_start(const struct receiver_library *library, const char **error)
{
	int in[2], out[2];
	struct child *child;

	*error = "no pipe or process could be made for it";
	if (open_pipe(in) != 0)
		return (NULL);
	if (open_pipe(out) != 0) {
		close_pipe(in);
		return (NULL);
	}
	child = fork_child(library, in, out);
	if (child == NULL) {
		close_pipe(in);
		close_pipe(out);
	}
	return (child);
}

/* Wait until ${fd} is ready for ${events}. */
static enum child_event
wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd ready = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline - clock_monotonic_ms();

		if (left <= 0)
			return (CHILD_LATE);
		int found =
		    poll(&ready, 1, left < INT_MAX ? (int)left : INT_MAX);

		if (found > 0)
			return (CHILD_FRAME);
		if (found < 0 && errno != EINTR)
			return (CHILD_FAILED);
	}
}

static enum child_event
send_all(struct child *child, struct span bytes, int64_t deadline)
{
	while (bytes.len > 0) {
		enum child_event event = wait_for(child->to, POLLOUT, deadline);

		if (event != CHILD_FRAME)
			return (event);
		ssize_t put = write(child->to, bytes.data, bytes.len);

		if (put > 0)
			span_skip(&bytes, (size_t)put);
		else if (put < 0 && errno == EPIPE)
			return (CHILD_ENDED);
		else if (put < 0 && errno != EAGAIN && errno != EINTR)
			return (CHILD_FAILED);
	}
	return (CHILD_FRAME);
}

enum child_event
child_send(struct child *child, enum frame_type type, struct span payload,
    int64_t deadline)
{
	unsigned char header[FRAME_HEADER_BYTES];

	frame_header(type, payload.len, header);
	enum child_event event =
	    send_all(child, span_new(header, sizeof(header)), deadline);

	return (
	    event == CHILD_FRAME ? send_all(child, payload, deadline) : event);
}

/* Forget the frame that was handed out. */
static void
drop_used(struct child *child)
{
	child->len -= child->used;
	memmove(child->buffer, &child->buffer[child->used], child->len);
	child->used = 0;
}

static enum child_event
take_frame(struct child *child, struct frame *out)
{
	struct span cursor = span_new(child->buffer, child->len);

	switch (frame_take(&cursor, FRAME_MAX_FROM_CHILD, out)) {
	case FRAME_WHOLE:
		child->used = child->len - cursor.len;
		return (CHILD_FRAME);
	case FRAME_BROKEN:
		return (CHILD_BROKEN);
	case FRAME_PARTIAL:
		break;
	}
	return (CHILD_LATE);
}

enum child_event
child_receive(struct child *child, int64_t deadline, struct frame *out)
{
	drop_used(child);
	for (;;) {
		enum child_event event = take_frame(child, out);

		if (event != CHILD_LATE)
			return (event);
		event = wait_for(child->from, POLLIN, deadline);
		if (event != CHILD_FRAME)
			return (event);
		/* A partial frame is shorter than the buffer. */
		ssize_t got = read(
		    child->from, &child->buffer[child->len], ROOM - child->len);

		if (got == 0)
			return (CHILD_ENDED);
		if (got > 0)
			child->len += (size_t)got;
		else if (errno != EAGAIN && errno != EINTR)
			return (CHILD_FAILED);
	}
}

/* Wait up to GRACE_MS; say whether the process has ended. */
static bool
wait_gently(pid_t pid, int *status)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	int64_t deadline = clock_monotonic_ms() + GRACE_MS;

	while (clock_monotonic_ms() < deadline) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return (true);
		(void)nanosleep(&pause, NULL);
	}
	return (false);
}

int
child_end(struct child *child, bool kill_it)
{
	int status = 0;

	(void)close(child->to);
	(void)close(child->from);
	child->to = -1;
	child->from = -1;
	if (kill_it || !wait_gently(child->pid, &status)) {
		(void)kill(child->pid, SIGKILL);
		while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
			continue;
	}
	child->pid = 0;
	return (status);
}

void
child_free(struct child *child)
{
	if (child == NULL)
		return;
	if (child->pid != 0)
		(void)child_end(child, true);
	free(child);
}
