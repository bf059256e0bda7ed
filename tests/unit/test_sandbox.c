#include "support/unit.h"

#include "receiver/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "receiver/inside.h"

/* What a process does in the sandbox; it returns 0 when it could. */
typedef int attempt(void);

static int
do_nothing(void)
{
	return (0);
}

/* What every library needs. */
static int
think(void)
{
	struct arena *arena = arena_new();
	char *big = arena_alloc(arena, (size_t)16 * 1024 * 1024);
	char byte;

	memset(big, 1, (size_t)16 * 1024 * 1024);
	arena_free(arena);
	if (time(NULL) <= 0 || write(SANDBOX_OUT, "x", 1) != 1)
		return (-1);
	return (read(SANDBOX_IN, &byte, 1) == 1 && byte == 'y' ? 0 : -1);
}

static int
open_file(void)
{
	return (open("/etc/passwd", O_RDONLY));
}

static int
open_socket(void)
{
	return (socket(AF_INET, SOCK_DGRAM, 0));
}

static int
make_process(void)
{
	return ((int)syscall(SYS_fork));
}

static int
run_program(void)
{
	char *const arguments[] = { (char[]){ "true" }, NULL };

	return (execv("/bin/true", arguments));
}

static int
kill_parent(void)
{
	return (kill(getppid(), 0));
}

static int
kill_other(void)
{
	return ((int)syscall(SYS_tgkill, 1, 1, SIGTERM));
}

static int
map_code(void)
{
	return (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
}

static int
trace_other(void)
{
	return ((int)syscall(SYS_ptrace, 0, 0, 0, 0));
}

static int
change_limit(void)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	return (setrlimit(RLIMIT_AS, &none));
}

static int
read_elsewhere(void)
{
	char byte;

	return ((int)read(2, &byte, 1));
}

/* Not fatal: so that abort() can say why. */
static int
write_elsewhere(void)
{
	return (write(2, "x", 1) == -1 && errno == EBADF ? 0 : -1);
}

static int
take_memory(void)
{
	void *taken = mmap(NULL, 2 * SANDBOX_MEMORY_BYTES,
	    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return (taken == MAP_FAILED && errno == ENOMEM ? 0 : -1);
}

static int
end_badly(void)
{
	abort();
}

struct sandbox_case {
	attempt *run;
	int signal; /* that kills it, or 0: it ends with 0 */
};

static const struct sandbox_case cases[] = {
	{ do_nothing, 0 },
	{ think, 0 },
	{ write_elsewhere, 0 },
	{ take_memory, 0 },
	{ end_badly, SIGABRT },
	{ open_file, SIGSYS },
	{ open_socket, SIGSYS },
	{ make_process, SIGSYS },
	{ run_program, SIGSYS },
	{ kill_parent, SIGSYS },
	{ kill_other, SIGSYS },
	{ map_code, SIGSYS },
	{ trace_other, SIGSYS },
	{ change_limit, SIGSYS },
	{ read_elsewhere, SIGSYS },
};

/* Run ${run} in the sandbox, in a process whose two pipes are ours.  Return its
 * status. */
static int
run_inside(attempt *run)
{
	int to[2], from[2], status;

	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	assert_int_equal(write(to[1], "y", 1), 1);
	pid_t pid = fork();

	if (pid == 0) {
		(void)dup2(to[0], SANDBOX_IN);
		(void)dup2(from[1], SANDBOX_OUT);
		if (sandbox_enter() != 0)
			inside_exit(71);
		inside_exit(run() == 0 ? 0 : 1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(to[0]);
	(void)close(to[1]);
	(void)close(from[0]);
	(void)close(from[1]);
	return (status);
}

static void
test_attempts(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		int status = run_inside(cases[i].run);

		if (WIFSIGNALED(status) != (cases[i].signal != 0) ||
		    (WIFSIGNALED(status) &&
			WTERMSIG(status) != cases[i].signal) ||
		    (WIFEXITED(status) && WEXITSTATUS(status) != 0))
			fail_msg("case %zu: status %x", i, (unsigned)status);
	}
}

/* The kernel's words about the process ${pid}. */
static const char *
status_line(struct arena *arena, pid_t pid, const char *name)
{
	FILE *file =
	    fopen(arena_printf(arena, "/proc/%d/status", (int)pid), "r");
	char line[256];
	const char *found = "";

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			found = arena_strdup(arena, &line[strlen(name)]);
	(void)fclose(file);
	return (found);
}

/* Root is nobody inside, without groups and capabilities. */
static void
test_identity(void **state)
{
	struct arena *arena = arena_new();
	int to[2], from[2], status;
	char byte;

	(void)state;
	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	pid_t pid = fork();

	if (pid == 0) {
		(void)dup2(to[0], SANDBOX_IN);
		(void)dup2(from[1], SANDBOX_OUT);
		(void)close(to[1]);
		inside_exit(sandbox_enter() == 0 && think() == 0 ? 0 : 1);
	}
	/* It has entered when it writes, and waits for us. */
	assert_int_equal(read(from[0], &byte, 1), 1);
	assert_string_equal(status_line(arena, pid, "NoNewPrivs:\t"), "1\n");
	assert_string_equal(status_line(arena, pid, "Seccomp:\t"), "2\n");
	assert_string_equal(
	    status_line(arena, pid, "CapEff:\t"), "0000000000000000\n");
	if (geteuid() == 0) {
		assert_string_equal(status_line(arena, pid, "Uid:\t"),
		    "65534\t65534\t65534\t65534\n");
		assert_string_equal(status_line(arena, pid, "Gid:\t"),
		    "65534\t65534\t65534\t65534\n");
		assert_null(strpbrk(
		    status_line(arena, pid, "Groups:\t"), "0123456789"));
	}
	assert_int_equal(write(to[1], "y", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attempts),
		cmocka_unit_test(test_identity),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
