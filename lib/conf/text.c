#include "conf/text.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/shell.h"
#include "conf/conf.h"

static int
fail(struct text_error *error, int line, const char *text)
{
	*error = (struct text_error){ .line = line, .text = text };
	return (-1);
}

static int
read_all(struct arena *arena, int fd, size_t size, struct span *out)
{
	unsigned char *bytes = arena_alloc(arena, size);
	size_t len = 0;

	while (len < size) {
		/* UNSAFE: len is less than size. */
		ssize_t got = read(fd, bytes + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return (-1);
		if (got == 0)
			break;
		len += (size_t)got;
	}
	*out = span_new(bytes, len);
	return (0);
}

static int
read_regular(struct arena *arena, int fd, struct span *out, const char **why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return (-1);
	if (!S_ISREG(st.st_mode)) {
		*why = "this is no regular file";
		return (-1);
	}
	if ((size_t)st.st_size > CONF_FILE_SIZE_MAX) {
		*why = arena_printf(arena,
		    "the file has %lld bytes, allowed are %zu",
		    (long long)st.st_size, CONF_FILE_SIZE_MAX);
		return (-1);
	}
	return (read_all(arena, fd, (size_t)st.st_size, out));
}

static bool
is_shut(const char *folder)
{
	return (access(folder, X_OK) != 0 && errno == EACCES);
}

/* Why the file ${path} could not be opened, as errno says, with the cure.  It
 * holds no secret. */
static const char *
explain(const char *path, struct arena *arena)
{
	int error = errno;
	const char *folder = dirname(arena_strdup(arena, path));
	const struct passwd *user = getpwuid(geteuid());

	if (error == ENOENT)
		return (arena_printf(arena,
		    "there is no such file; as every option has a default, an "
		    "empty one will do, make it with: install -D -m 644 "
		    "/dev/null %s",
		    shell_word(arena, path)));
	if (error != EACCES)
		return (arena_printf(
		    arena, "cannot read the file: %s", strerror(error)));
	return (arena_printf(arena,
	    "user %s cannot read the file; run it with sudo, or let everybody "
	    "read it, with: %schmod a+r %s",
	    user != NULL ? user->pw_name : "of this process",
	    is_shut(folder) ? arena_printf(arena, "chmod a+x %s && ",
				  shell_word(arena, folder))
			    : "",
	    shell_word(arena, path)));
}

int
text_read(struct arena *arena, const char *path, struct span *out,
    struct text_error *error)
{
	const char *why = NULL;
	/* A FIFO must not make us wait. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc = fd < 0 ? -1 : read_regular(arena, fd, out, &why);

	if (rc != 0 && why == NULL)
		why = explain(path, arena);
	if (fd >= 0)
		(void)close(fd);
	return (rc == 0 ? 0 : fail(error, 0, why));
}

/* The text on its way through text_clean(). */
struct cleaner {
	struct span rest;
	struct buf out;
	int line;
	int before;         /* the byte before rest, or -1 */
	unsigned int depth; /* of open braces */
	int depth_line;     /* of the outermost */
	struct text_error *error;
};

static int
complain(struct cleaner *cleaner, const char *text)
{
	return (fail(cleaner->error, cleaner->line, text));
}

/* Move one byte, or put ${instead} in its place. */
static void
step(struct cleaner *cleaner, int instead)
{
	int byte = span_peek(cleaner->rest);

	if (byte == '\n') {
		cleaner->line++;
		instead = byte;
	}
	buf_add_byte(&cleaner->out, (unsigned char)instead);
	cleaner->before = instead;
	span_skip(&cleaner->rest, 1);
}

static void
keep(struct cleaner *cleaner)
{
	step(cleaner, span_peek(cleaner->rest));
}

static bool
is_control(int byte)
{
	return (
	    byte >= 0 && byte != '\t' && span_is_control((unsigned char)byte));
}

/* What stands before a comment: a blank, or the end of a value. */
static bool
may_precede_comment(int byte)
{
	return (byte < 0 || strchr(" \t\n{}(),=\"'", byte) != NULL);
}

static int
clean_line_comment(struct cleaner *cleaner)
{
	while (cleaner->rest.len > 0 && span_peek(cleaner->rest) != '\n')
		step(cleaner, ' ');
	return (0);
}

static int
clean_block_comment(struct cleaner *cleaner)
{
	int line = cleaner->line;

	step(cleaner, ' ');
	step(cleaner, ' ');
	while (!span_starts(cleaner->rest, "*/")) {
		if (cleaner->rest.len == 0)
			return (fail(
			    cleaner->error, line, "this comment has no end"));
		step(cleaner, ' ');
	}
	step(cleaner, ' ');
	step(cleaner, ' ');
	return (0);
}

/* One byte of a string in ${quote}, or a byte and its backslash. */
static int
clean_quoted_byte(struct cleaner *cleaner, int quote)
{
	int byte = span_peek(cleaner->rest);
	int next = span_at(cleaner->rest, 1);

	if (byte < 0 || byte == '\n')
		return (complain(cleaner, "this line's string has no end"));
	if (is_control(byte) && byte != '\r')
		return (complain(cleaner, "a string holds a control byte"));
	if (byte == '\r')
		return (complain(cleaner, "this line's string has no end"));
	/* The scanner would put an environment variable in its place. */
	if (quote == '"' && span_starts(cleaner->rest, "${"))
		buf_add_byte(&cleaner->out, '\\');
	if (byte == '\\' && quote == '"') {
		if (next < 0 || strchr("\"\\$", next) == NULL)
			return (complain(cleaner,
			    "a backslash stands only before "
			    "\", \\ or $; single quotes keep it as it is"));
		keep(cleaner);
	} else if (byte == '\\' && (next == '\'' || next == '\\')) {
		keep(cleaner);
	}
	keep(cleaner);
	return (0);
}

static int
clean_quoted(struct cleaner *cleaner)
{
	int quote = span_peek(cleaner->rest);

	keep(cleaner);
	while (span_peek(cleaner->rest) != quote)
		if (clean_quoted_byte(cleaner, quote) != 0)
			return (-1);
	keep(cleaner);
	return (0);
}

static void
clean_blanks(struct cleaner *cleaner)
{
	while (cleaner->rest.len > 0 && span_is_space(cleaner->rest.data[0]))
		step(cleaner, ' ');
}

/* What stands in ( ): one string.  libconfuse leaks what it has read of
 * anything else. */
static int
clean_argument(struct cleaner *cleaner)
{
	static const char expected[] =
	    "one file name in quotes should stand in ( )";
	int byte;

	keep(cleaner);
	clean_blanks(cleaner);
	byte = span_peek(cleaner->rest);
	if (byte != '"' && byte != '\'')
		return (complain(cleaner, expected));
	if (clean_quoted(cleaner) != 0)
		return (-1);
	clean_blanks(cleaner);
	if (span_peek(cleaner->rest) != ')')
		return (complain(cleaner, expected));
	keep(cleaner);
	return (0);
}

/* A byte outside of strings and comments. */
static int
clean_plain(struct cleaner *cleaner)
{
	int byte = span_peek(cleaner->rest);

	if (byte == '\r') {
		step(cleaner, ' ');
		return (0);
	}
	if (byte != '\n' && is_control(byte))
		return (complain(cleaner, "the file holds a control byte"));
	if (byte == '*' || byte == '|' || span_starts(cleaner->rest, "${") ||
	    (byte == '+' && span_at(cleaner->rest, 1) != '='))
		return (complain(cleaner,
		    "write a value that holds *, |, + or ${ in quotes"));
	if (byte == '{' && cleaner->depth++ == 0)
		cleaner->depth_line = cleaner->line;
	else if (byte == '}' && cleaner->depth > 0)
		cleaner->depth--;
	keep(cleaner);
	if (byte == '+')
		keep(cleaner);
	return (0);
}

static int
clean_next(struct cleaner *cleaner)
{
	int byte = span_peek(cleaner->rest);
	bool in_word = !may_precede_comment(cleaner->before);
	bool block = span_starts(cleaner->rest, "/*");

	if (in_word && (block || byte == '#'))
		return (complain(cleaner, "a comment begins inside a word; "
					  "write a value that holds # or /* "
					  "in quotes"));
	if (block)
		return (clean_block_comment(cleaner));
	/* A word may hold two slashes, as a URL does. */
	if (byte == '#' || (!in_word && span_starts(cleaner->rest, "//")))
		return (clean_line_comment(cleaner));
	if (byte == '"' || byte == '\'')
		return (clean_quoted(cleaner));
	if (byte == '(')
		return (clean_argument(cleaner));
	return (clean_plain(cleaner));
}

int
text_clean(struct arena *arena, struct span text, struct span *out,
    struct text_error *error)
{
	struct cleaner cleaner = {
		.rest = text, .line = 1, .before = -1, .error = error
	};

	/* A byte order mark. */
	if (span_starts(text, "\xef\xbb\xbf"))
		span_skip(&cleaner.rest, 3);
	/* Two bytes may become three: see clean_quoted_byte(). */
	buf_init(&cleaner.out, arena, 2 * text.len + 1);
	while (cleaner.rest.len > 0)
		if (clean_next(&cleaner) != 0)
			return (-1);
	/* libconfuse lets a file end inside a section. */
	if (cleaner.depth > 0)
		return (
		    fail(error, cleaner.depth_line, "this line's { has no }"));
	buf_add_byte(&cleaner.out, ' ');
	*out = buf_span(&cleaner.out);
	return (0);
}
