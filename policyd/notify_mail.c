#include "notify_mail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_format.h"

/* Bytes of a name in Subject, each of which takes four at most: RFC 5322 2.1.1
 * gives a line 998. */
#define MAX_SUBJECT_PART 70
/* Likewise, of a value in the text. */
#define MAX_VALUE 240
#define MAX_MESSAGE ((size_t)16384)

/* What the program says is cut here. */
#define MAX_COMPLAINT 400

/* Between two looks at whether it has ended. */
#define NAP_MS 20

static void
add_ascii(struct buf *out, const char *text, size_t most)
{
	struct span rest = span_head(span_str(text), most);

	for (size_t i = 0; i < rest.len; i++) {
		unsigned char byte = rest.data[i];

		if (span_is_control(byte) || span_is_8bit(byte))
			buf_printf(out, "\\x%02X", (unsigned int)byte);
		else
			buf_add_byte(out, byte);
	}
}

static void
add_header(struct buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(out, "%s: ", name);
	add_ascii(out, value, MAX_VALUE);
	buf_add_byte(out, '\n');
}

static void
add_date(struct buf *out, int64_t when)
{
	time_t seconds = (time_t)(when / 1000);
	char date[64];
	struct tm tm;

	/* RFC 5322 3.3 has English names: this program sets no locale. */
	if (gmtime_r(&seconds, &tm) != NULL &&
	    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm) >
		0)
		add_header(out, "Date", date);
}

static void
add_subject(
    struct buf *out, const struct notify_notice *notice, const char *host)
{
	buf_add_str(out, "Subject: [");
	add_ascii(out, host, MAX_SUBJECT_PART);
	buf_add_str(out, "] account ");
	add_ascii(out, notice->user, MAX_SUBJECT_PART);
	buf_add_str(out, ": ");
	add_ascii(out, notice->what, MAX_SUBJECT_PART);
	buf_add_str(out, ", ");
	add_ascii(out, notice->action, MAX_SUBJECT_PART);
	buf_add_byte(out, '\n');
}

static void
add_value(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "  %-8s ", name);
	log_format_printable(out, span_head(span_str(value), MAX_VALUE));
	buf_add_byte(out, '\n');
}

/* What an action means, for somebody who reads of it at night. */
static const char *
meaning(const char *action)
{
	static const struct {
		const char *action;
		const char *meaning;
	} meanings[] = {
		{ "alarm", "Nothing was done but to tell you." },
		{ "defer", "Further mail is deferred; programs try again." },
		{ "hold", "Further mail is accepted and held in Postfix's hold "
			  "queue (postqueue -p)." },
		{ "lock",
		    "Further mail is held, and Dovecot is asked to refuse "
		    "the login." },
		{ "reject", "Further mail is refused." },
	};

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strcmp(meanings[i].action, action) == 0)
			return (meanings[i].meaning);
	return (NULL);
}

static void
add_text(struct buf *out, const struct notify_notice *notice, const char *host)
{
	const char *means = meaning(notice->action);

	buf_add_str(out, "An account on ");
	add_ascii(out, host, MAX_SUBJECT_PART);
	buf_add_str(out, " behaves as stolen ones do.\n\n");
	add_value(out, "account", notice->user);
	add_value(out, "what", notice->what);
	add_value(out, "detail", notice->detail);
	add_value(out, "action", notice->action);
	if (means != NULL)
		buf_printf(out, "\n%s\n", means);
	buf_add_str(out,
	    "\nIf its owner did not send that mail, change the password, end "
	    "its sessions\n(doveadm kick), and delete what waits in the queue. "
	    " mailreeve-policyctl(8)\nshows the account and releases it.\n");
}

struct span
notify_mail_compose(struct arena *arena, const struct notify_options *options,
    const struct notify_notice *notice, const char *host)
{
	struct buf out;

	buf_init(&out, arena, MAX_MESSAGE);
	add_header(&out, "From", options->from);
	add_header(&out, "To", options->to);
	add_subject(&out, notice, host);
	add_date(&out, notice->when);
	/* RFC 3834 5: no robot answers this. */
	add_header(&out, "Auto-Submitted", "auto-generated");
	add_header(&out, "MIME-Version", "1.0");
	add_header(&out, "Content-Type", "text/plain; charset=utf-8");
	add_header(&out, "Content-Transfer-Encoding", "8bit");
	buf_add_byte(&out, '\n');
	add_text(&out, notice, host);
	return (buf_span(&out));
}

/* Return a file without a name that holds ${message}, read from its beginning,
 * or -1: a program that does not read cannot stop us. */
static int
hold(struct span message)
{
	int fd = memfd_create("notice", MFD_CLOEXEC);

	if (fd < 0)
		return (-1);
	if (write(fd, message.data, message.len) == (ssize_t)message.len &&
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

static char **
make_arguments(struct arena *arena, const struct notify_options *options)
{
	char **arguments = arena_array(arena, 7, sizeof(*arguments));
	size_t count = 0;

	arguments[count++] = arena_strdup(arena, options->sendmail);
	arguments[count++] = arena_strdup(arena, "-i");
	if (options->from != NULL) {
		arguments[count++] = arena_strdup(arena, "-f");
		arguments[count++] = arena_strdup(arena, options->from);
	}
	arguments[count++] = arena_strdup(arena, "--");
	arguments[count] = arena_strdup(arena, options->to);
	return (arguments);
}

/* Return 0 and the process, or an error number. */
static int
start(char *const *arguments, int in, int out, pid_t *pid)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[] = { path, NULL };
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
		failed = posix_spawn(pid, arguments[0], &files, &attributes,
		    arguments, environment);
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
			       MAX_COMPLAINT - complaint->len));
	return (count > 0);
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
wait_for(struct arena *arena, pid_t pid, int fd, int64_t deadline)
{
	struct buf complaint;
	bool speaks = true;
	int status;

	buf_init(&complaint, arena, MAX_COMPLAINT);
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
			speaks = listen_to(fd, &complaint);
		else
			(void)poll(&nothing, 1, NAP_MS);
	}
	/* What it said last. */
	if (speaks)
		(void)listen_to(fd, &complaint);
	return (judge(arena, status, &complaint));
}

static const char *
run(struct arena *arena, const struct notify_options *options, int in,
    int64_t deadline)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return ("no pipe");
	/* Only our end: programs expect theirs to block. */
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	int failed = start(make_arguments(arena, options), in, ends[1], &pid);

	(void)close(ends[1]);
	const char *reason = failed != 0
	                         ? arena_printf(arena, "%s: %s",
				       options->sendmail, strerror(failed))
	                         : wait_for(arena, pid, ends[0], deadline);

	(void)close(ends[0]);
	return (reason);
}

const char *
notify_mail_send(struct arena *arena, const struct notify_options *options,
    const struct notify_notice *notice, const char *host, int64_t deadline)
{
	int in = hold(notify_mail_compose(arena, options, notice, host));

	if (in < 0)
		return ("no memory for the message");
	const char *reason = run(arena, options, in, deadline);

	(void)close(in);
	return (reason);
}
