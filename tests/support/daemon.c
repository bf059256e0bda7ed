#include "support/daemon.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "support/files.h"

#define CONFIG_MAX 65536
#define OPTIONS_MAX 64
#define POLL_MS 20
#define NOTIFY_MAX 512

struct daemon {
	struct arena *arena;
	const char *program;
	const char *folder;
	const char *error;
	const char *options[OPTIONS_MAX];
	size_t option_count;
	struct buf text;
	pid_t pid;  /* 0: not running */
	int status; /* of the last one; -1: none has ended */
	int notify;
	int passed; /* a socket to start with, or -1 */
	uid_t user;
	gid_t group;
};

static void
choose_user(struct daemon *daemon)
{
	const struct passwd *nobody = getpwnam("nobody");

	daemon->user = geteuid();
	daemon->group = getegid();
	if (daemon->user != 0 || nobody == NULL)
		return;
	daemon->user = nobody->pw_uid;
	daemon->group = nobody->pw_gid;
}

/* Another user may not reach the build folder; he gets a copy. */
static int
place_program(struct daemon *daemon, const char *program)
{
	struct arena *arena;
	struct span bytes;
	int result;

	daemon->program = arena_strdup(daemon->arena, program);
	if (daemon->user == geteuid())
		return (0);
	daemon->program = daemon_path(daemon, "program");
	arena = arena_new();
	result = files_read(arena, program, &bytes);
	if (result == 0)
		result = files_write(daemon->program, bytes, 0755);
	arena_free(arena);
	return (result);
}

struct daemon *
daemon_new(const char *program, const char *name)
{
	struct arena *arena = arena_new();
	struct daemon *daemon = arena_alloc(arena, sizeof(*daemon));

	daemon->arena = arena;
	daemon->folder = files_folder(arena, name);
	daemon->notify = -1;
	daemon->passed = -1;
	daemon->status = -1;
	buf_init(&daemon->text, arena, CONFIG_MAX);
	choose_user(daemon);
	/* The group reaches the socket. */
	if (daemon->folder != NULL && chmod(daemon->folder, 0750) == 0 &&
	    place_program(daemon, program) == 0)
		return (daemon);
	if (daemon->folder != NULL)
		files_remove(daemon->folder);
	arena_free(arena);
	return (NULL);
}

void
daemon_free(struct daemon *daemon)
{
	if (daemon == NULL)
		return;
	if (daemon->pid > 0) {
		(void)kill(daemon->pid, SIGKILL);
		(void)waitpid(daemon->pid, NULL, 0);
	}
	if (daemon->notify >= 0)
		close(daemon->notify);
	files_remove(daemon->folder);
	arena_free(daemon->arena);
}

uid_t
daemon_user(const struct daemon *daemon)
{
	return (daemon->user);
}

gid_t
daemon_group(const struct daemon *daemon)
{
	return (daemon->group);
}

const char *
daemon_path(struct daemon *daemon, const char *name)
{
	return (arena_printf(daemon->arena, "%s/%s", daemon->folder, name));
}

const char *
daemon_error(const struct daemon *daemon)
{
	return (daemon->error);
}

static int
fail(struct daemon *daemon, const char *what)
{
	daemon->error = arena_strdup(daemon->arena, what);
	return (-1);
}

static int
fail_errno(struct daemon *daemon, const char *what)
{
	daemon->error =
	    arena_printf(daemon->arena, "%s: %s", what, strerror(errno));
	return (-1);
}

static bool
is_option_name(unsigned char byte)
{
	return (span_is_alnum(byte) || byte == '_');
}

static struct span
option_name(const char *line)
{
	struct span cursor = span_str(line);

	return (span_take_while(&cursor, is_option_name));
}

void
daemon_option(struct daemon *daemon, const char *line)
{
	struct span name = option_name(line);
	size_t i = 0;

	while (i < daemon->option_count &&
	       !span_eq(option_name(daemon->options[i]), name))
		i++;
	if (i == OPTIONS_MAX)
		return;
	daemon->options[i] = arena_strdup(daemon->arena, line);
	if (i == daemon->option_count)
		daemon->option_count++;
}

void
daemon_unset(struct daemon *daemon, const char *name)
{
	for (size_t i = 0; i < daemon->option_count; i++)
		if (span_is(option_name(daemon->options[i]), name))
			daemon->options[i] = "";
}

const char *
daemon_option_value(struct daemon *daemon, const char *name)
{
	for (size_t i = 0; i < daemon->option_count; i++) {
		struct span line = span_str(daemon->options[i]);
		struct span value;

		if (!span_is(option_name(daemon->options[i]), name) ||
		    !span_take_until(&line, '"', &value))
			continue;
		(void)span_take_until(&line, '"', &value);
		return (arena_str(daemon->arena, value));
	}
	return (NULL);
}

void
daemon_text(struct daemon *daemon, const char *line)
{
	buf_add_str(&daemon->text, line);
	buf_add_byte(&daemon->text, '\n');
}

int
daemon_write(struct daemon *daemon)
{
	const char *path = daemon_path(daemon, "milter.conf");
	struct buf out;

	buf_init(&out, daemon->arena, CONFIG_MAX);
	for (size_t i = 0; i < daemon->option_count; i++)
		buf_printf(&out, "%s\n", daemon->options[i]);
	buf_add(&out, buf_span(&daemon->text));
	if (files_write(path, buf_span(&out), 0640) != 0)
		return (fail_errno(daemon, path));
	if (daemon->user != geteuid() &&
	    files_own(daemon->folder, daemon->user, daemon->group) != 0)
		return (fail_errno(daemon, daemon->folder));
	return (0);
}

/* The socket that the program tells systemd's words to. */
static int
open_notify(struct daemon *daemon)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = daemon_path(daemon, "notify");

	if (daemon->notify >= 0)
		close(daemon->notify);
	(void)unlink(path);
	daemon->notify = -1;
	if (strlen(path) >= sizeof(address.sun_path))
		return (fail(daemon, "TMPDIR is too long for a socket"));
	memcpy(address.sun_path, path, strlen(path) + 1);
	daemon->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (daemon->notify < 0 ||
	    bind(daemon->notify, (struct sockaddr *)&address,
		sizeof(address)) != 0)
		return (fail_errno(daemon, path));
	return (0);
}

void
daemon_pass(struct daemon *daemon, int fd)
{
	daemon->passed = fd;
}

/* In the child: sd_listen_fds(3), whose first descriptor is 3. */
static void
pass_socket(const struct daemon *daemon)
{
	char pid[32];

	(void)unsetenv("LISTEN_FDS");
	if (daemon->passed < 0)
		return;
	if (dup2(daemon->passed, 3) < 0 || fcntl(3, F_SETFD, 0) != 0)
		_exit(127);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	(void)setenv("LISTEN_PID", pid, 1);
	(void)setenv("LISTEN_FDS", "1", 1);
}

/* In the child: become the program. */
static void
run_program(const struct daemon *daemon, const char *config, const char *notify,
    const char *log)
{
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0640);
	int null = open("/dev/null", O_RDONLY);

	if (daemon->user != geteuid() &&
	    (setgroups(0, NULL) != 0 ||
		setresgid(daemon->group, daemon->group, daemon->group) != 0 ||
		setresuid(daemon->user, daemon->user, daemon->user) != 0))
		_exit(127);
	/* A test that is killed takes its daemon along. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || null < 0 || dup2(null, 0) < 0 || dup2(fd, 1) < 0 ||
	    dup2(fd, 2) < 0)
		_exit(127);
	(void)setenv("NOTIFY_SOCKET", notify, 1);
	(void)unsetenv("JOURNAL_STREAM");
	pass_socket(daemon);
	execl(daemon->program, daemon->program, "-f", "-c", config, NULL);
	fprintf(stderr, "%s: %s\n", daemon->program, strerror(errno));
	_exit(127);
}

/* Say whether READY=1 is among the lines that wait at the notify socket. */
static bool
said_ready(struct daemon *daemon, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = daemon->notify, .events = POLLIN };
	char text[NOTIFY_MAX];
	ssize_t n;

	if (poll(&poll_fd, 1, timeout_ms) <= 0)
		return (false);
	n = recv(daemon->notify, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return (false);
	text[n] = '\0';
	return (strstr(text, "READY=1") != NULL);
}

/* What the program said, shortened for an error message. */
static char *
last_words(struct daemon *daemon)
{
	struct span log = daemon_log(daemon, daemon->arena);

	return (arena_str(
	    daemon->arena, log.len > CONFIG_MAX / 16
			       ? span_tail(log, log.len - CONFIG_MAX / 16)
			       : log));
}

static int
fail_ended(struct daemon *daemon, int status)
{
	return (
	    fail(daemon, arena_printf(daemon->arena,
			     "the program ended with status %d and said:\n%s",
			     status, last_words(daemon))));
}

int
daemon_start(struct daemon *daemon)
{
	const char *config = daemon_path(daemon, "milter.conf");
	const char *notify = daemon_path(daemon, "notify");
	const char *log = daemon_path(daemon, "log");
	int64_t deadline = clock_monotonic_ms() + DAEMON_START_MS;

	if (open_notify(daemon) != 0 || daemon_write(daemon) != 0)
		return (-1);
	fflush(NULL);
	daemon->pid = fork();
	if (daemon->pid < 0) {
		daemon->pid = 0;
		return (fail_errno(daemon, "fork"));
	}
	if (daemon->pid == 0)
		run_program(daemon, config, notify, log);
	while (clock_monotonic_ms() < deadline) {
		int status;

		if (said_ready(daemon, POLL_MS))
			return (0);
		status = daemon_wait(daemon, 0);
		if (status >= 0)
			return (fail_ended(daemon, status));
	}
	return (fail(daemon,
	    arena_printf(daemon->arena,
		"the program does not say that it is ready; it said:\n%s",
		last_words(daemon))));
}

int
daemon_reload(struct daemon *daemon, int number)
{
	int64_t deadline = clock_monotonic_ms() + DAEMON_RELOAD_MS;

	if (daemon_write(daemon) != 0)
		return (-1);
	daemon_signal(daemon, number);
	while (clock_monotonic_ms() < deadline && daemon_is_running(daemon))
		if (said_ready(daemon, POLL_MS))
			return (0);
	return (fail(daemon, "no READY=1 after the signal to reload"));
}

int
daemon_wait(struct daemon *daemon, int timeout_ms)
{
	int64_t deadline = clock_monotonic_ms() + timeout_ms;
	int status;

	for (;;) {
		pid_t pid = daemon->pid > 0
		                ? waitpid(daemon->pid, &status, WNOHANG)
		                : -1;

		if (pid > 0 || (pid < 0 && errno != EINTR))
			break;
		if (clock_monotonic_ms() >= deadline)
			return (-1);
		(void)poll(NULL, 0, POLL_MS);
	}
	if (daemon->pid > 0)
		daemon->status = WIFEXITED(status) ? WEXITSTATUS(status)
		                                   : 128 + WTERMSIG(status);
	daemon->pid = 0;
	return (daemon->status);
}

int
daemon_last_status(const struct daemon *daemon)
{
	return (daemon->status);
}

int
daemon_stop(struct daemon *daemon)
{
	int status;

	if (daemon->pid == 0)
		return (fail(daemon, "the program is not running"));
	daemon_signal(daemon, SIGTERM);
	status = daemon_wait(daemon, DAEMON_STOP_MS);
	if (status > 0)
		return (fail_ended(daemon, status));
	if (status == 0)
		return (0);
	daemon_signal(daemon, SIGKILL);
	(void)daemon_wait(daemon, DAEMON_STOP_MS);
	return (
	    fail(daemon, arena_printf(daemon->arena,
			     "SIGTERM did not end the program; it said:\n%s",
			     last_words(daemon))));
}

bool
daemon_is_running(struct daemon *daemon)
{
	siginfo_t info = { .si_pid = 0 };

	/* Look without taking the exit status away from daemon_wait(). */
	return (daemon->pid > 0 &&
		waitid(P_PID, (id_t)daemon->pid, &info,
		    WEXITED | WNOHANG | WNOWAIT) == 0 &&
		info.si_pid == 0);
}

void
daemon_signal(struct daemon *daemon, int number)
{
	if (daemon->pid > 0)
		(void)kill(daemon->pid, number);
}

/* The number that the kernel tells of the process under ${name}. */
static long
read_status(struct daemon *daemon, const char *name)
{
	struct arena *arena = arena_new();
	struct span text;
	struct span line;
	long number = 0;

	if (files_read(arena,
		arena_printf(arena, "/proc/%d/status", (int)daemon->pid),
		&text) == 0)
		while (span_take_line(&text, &line))
			if (span_starts(line, name))
				number =
				    strtol(arena_str(arena,
					       span_tail(line, strlen(name))),
					NULL, 10);
	arena_free(arena);
	return (number);
}

long
daemon_rss(struct daemon *daemon)
{
	return (read_status(daemon, "VmRSS:"));
}

long
daemon_peak(struct daemon *daemon)
{
	return (read_status(daemon, "VmHWM:"));
}

long
daemon_threads(struct daemon *daemon)
{
	return (read_status(daemon, "Threads:"));
}

long
daemon_files(struct daemon *daemon)
{
	struct arena *arena = arena_new();
	DIR *folder =
	    opendir(arena_printf(arena, "/proc/%d/fd", (int)daemon->pid));
	long count = 0;

	arena_free(arena);
	if (folder == NULL)
		return (0);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
		if (entry->d_name[0] != '.')
			count++;
	(void)closedir(folder);
	return (count);
}

struct span
daemon_log(struct daemon *daemon, struct arena *arena)
{
	struct span text = { NULL, 0 };

	(void)!files_read(arena, daemon_path(daemon, "log"), &text);
	return (text);
}

static bool
find_line(struct span log, struct arena *arena, const char *event,
    const regex_t *regex)
{
	const char *mark = arena_printf(arena, "\"event\":\"%s\"", event);
	struct span line;

	while (span_take_line(&log, &line)) {
		char *text = arena_str(arena, line);

		if (strstr(text, mark) != NULL &&
		    regexec(regex, text, 0, NULL, 0) == 0)
			return (true);
	}
	return (false);
}

bool
daemon_logged(struct daemon *daemon, const char *event, const char *pattern,
    int timeout_ms)
{
	int64_t deadline = clock_monotonic_ms() + timeout_ms;
	bool found = false;
	regex_t regex;

	if (regcomp(&regex, pattern == NULL ? "" : pattern,
		REG_EXTENDED | REG_NOSUB) != 0)
		return (false);
	for (;;) {
		struct arena *arena = arena_new();

		found =
		    find_line(daemon_log(daemon, arena), arena, event, &regex);
		arena_free(arena);
		if (found || clock_monotonic_ms() >= deadline)
			break;
		(void)poll(NULL, 0, POLL_MS);
	}
	regfree(&regex);
	return (found);
}

unsigned int
daemon_free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unsigned int port = 0;

	if (fd < 0)
		return (0);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&address, &len) == 0)
		port = ntohs(address.sin_port);
	close(fd);
	return (port);
}
