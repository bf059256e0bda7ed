#include "policyctl_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "maillog.h"

#define ROOM (4 * MAILLOG_MAX_LINE)

struct policyctl_lines {
	const char *path; /* NULL: not a file */
	bool follow;
	int fd;
	pid_t child; /* journalctl, or 0 */
	size_t begin;
	size_t end;
	bool skips; /* the rest of a line that was too long */
	char bytes[ROOM];
};

/* In the child: systemd's journal as a log, of mail and of our milter, which
 * writes without a facility. */
_Noreturn static void
become_journalctl(int output, bool follow)
{
	if (dup2(output, STDOUT_FILENO) >= 0)
		(void)execlp("journalctl", "journalctl", "--quiet",
		    "--output=short-iso", "--no-pager",
		    follow ? "--lines=0" : "--lines=all",
		    follow ? "--follow" : "--no-tail", "SYSLOG_FACILITY=2", "+",
		    "SYSLOG_IDENTIFIER=mailreeve-milter", (char *)NULL);
	_exit(EX_UNAVAILABLE);
}

static int
open_journal(struct policyctl_lines *lines)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return (-1);
	lines->child = fork();
	if (lines->child == 0)
		become_journalctl(ends[1], lines->follow);
	(void)close(ends[1]);
	return (ends[0]);
}

static int
open_file(struct policyctl_lines *lines)
{
	int fd = open(lines->path, O_RDONLY | O_CLOEXEC);

	/* What was there before was fed before. */
	if (fd >= 0 && lines->follow)
		(void)lseek(fd, 0, SEEK_END);
	return (fd);
}

struct policyctl_lines *
policyctl_lines_open(const struct policyctl_lines_options *options,
    struct arena *arena, const char **error)
{
	struct policyctl_lines *lines = arena_alloc(arena, sizeof(*lines));
	bool is_file = !options->journal && options->path != NULL &&
	               strcmp(options->path, "-") != 0;

	if (!options->journal && options->path == NULL &&
	    isatty(STDIN_FILENO) == 1) {
		*error = "name a log, such as /var/log/mail.log, or say "
			 "--journal; - is standard input";
		return (NULL);
	}
	lines->path = is_file ? options->path : NULL;
	lines->follow = options->follow;
	if (options->journal)
		lines->fd = open_journal(lines);
	else
		lines->fd = is_file ? open_file(lines) : STDIN_FILENO;
	if (lines->fd < 0) {
		*error = arena_printf(arena, "cannot read %s: %s",
		    is_file ? options->path : "the journal", strerror(errno));
		return (NULL);
	}
	return (lines);
}

void
policyctl_lines_close(struct policyctl_lines *lines)
{
	if (lines == NULL)
		return;
	if (lines->fd != STDIN_FILENO)
		(void)close(lines->fd);
	if (lines->child > 0) {
		(void)kill(lines->child, SIGTERM);
		(void)waitpid(lines->child, NULL, 0);
	}
}

/* Take a line out of what was read; one that fills all room is cut. */
static bool
take(struct policyctl_lines *lines, struct span *out)
{
	struct span rest =
	    span_new(&lines->bytes[lines->begin], lines->end - lines->begin);
	size_t len = span_find(rest, '\n');
	bool whole = len < rest.len;
	bool skipped = lines->skips;

	if (!whole && rest.len < ROOM)
		return (false);
	lines->begin += whole ? len + 1 : len;
	lines->skips = !whole;
	*out = span_head(rest, len < MAILLOG_MAX_LINE ? len : MAILLOG_MAX_LINE);
	return (!skipped || (whole && take(lines, out)));
}

/* Another file has the name by now, or this one begins anew. */
static bool
reopen(struct policyctl_lines *lines)
{
	struct stat ours;
	struct stat theirs;

	if (fstat(lines->fd, &ours) != 0 || stat(lines->path, &theirs) != 0)
		return (false);
	if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino) {
		if (lseek(lines->fd, 0, SEEK_CUR) > theirs.st_size)
			(void)lseek(lines->fd, 0, SEEK_SET);
		return (false);
	}
	int fd = open(lines->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return (false);
	(void)close(lines->fd);
	lines->fd = fd;
	return (true);
}

static void
pause_ms(int ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&time, NULL);
}

/* Read more; LINE means that there is some. */
static enum policyctl_line
fill(struct policyctl_lines *lines, int wait_ms)
{
	struct pollfd poller = { .fd = lines->fd, .events = POLLIN };

	memmove(lines->bytes, &lines->bytes[lines->begin],
	    lines->end - lines->begin);
	lines->end -= lines->begin;
	lines->begin = 0;
	if (poll(&poller, 1, wait_ms) <= 0)
		return (POLICYCTL_LINE_LATER);
	ssize_t got =
	    read(lines->fd, &lines->bytes[lines->end], ROOM - lines->end);

	if (got < 0)
		return (errno == EINTR ? POLICYCTL_LINE_LATER
				       : POLICYCTL_LINE_ERROR);
	lines->end += (size_t)got;
	if (got > 0)
		return (POLICYCTL_LINE);
	if (!lines->follow || lines->path == NULL)
		return (POLICYCTL_LINE_END);
	if (!reopen(lines))
		pause_ms(wait_ms < 500 ? wait_ms : 500);
	return (POLICYCTL_LINE_LATER);
}

enum policyctl_line
policyctl_lines_next(
    struct policyctl_lines *lines, int wait_ms, struct span *out)
{
	while (!take(lines, out)) {
		enum policyctl_line status = fill(lines, wait_ms);

		/* The last line may have no end. */
		if (status == POLICYCTL_LINE_END && lines->end > lines->begin &&
		    !lines->skips) {
			*out = span_head(span_new(&lines->bytes[lines->begin],
					     lines->end - lines->begin),
			    MAILLOG_MAX_LINE);
			lines->begin = lines->end;
			return (POLICYCTL_LINE);
		}
		if (status != POLICYCTL_LINE)
			return (status);
	}
	return (POLICYCTL_LINE);
}

int
policyctl_lines_year(struct span line, int64_t now)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t seconds = (time_t)now;
	struct tm local = { .tm_year = 70 };

	(void)localtime_r(&seconds, &local);
	for (int i = 0; i < 12; i++)
		if (span_starts(line, months[i]) && i > local.tm_mon)
			return (local.tm_year + 1900 - 1);
	return (local.tm_year + 1900);
}
