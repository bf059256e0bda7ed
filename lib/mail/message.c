#include "mail/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "mail/crlf.h"

#define READ_SIZE ((size_t)64 * 1024)

/* Drop the line that parts messages in an mbox.  "From :" is no such line but
 * the author field in obsolete syntax (RFC 5322 4.5). */
static void
skip_mbox_line(struct span *text)
{
	struct span rest = *text;
	struct span line;

	if (!span_starts(rest, "From ") || !span_take_line(&rest, &line))
		return;
	span_skip(&line, sizeof("From") - 1);
	(void)span_take_while(&line, span_is_wsp);
	if (span_peek(line) != ':')
		*text = rest;
}

/* As message_parse() for a ${text} that lives as long as ${arena}. */
static void
parse_kept(struct arena *arena, struct span text, struct message *out)
{
	skip_mbox_line(&text);
	header_list_init(&out->headers, arena);
	out->body = crlf_from_lf(arena, header_parse(&out->headers, text));
}

void
message_parse(struct arena *arena, struct span text, struct message *out)
{
	parse_kept(arena, arena_dup(arena, text), out);
}

/* Append all that can be read from ${fd} to ${buf}.  Return 0 or an errno. */
static int
read_all(struct arena *arena, int fd, struct buf *buf)
{
	unsigned char *block = arena_alloc(arena, READ_SIZE);

	while (!buf->overflow) {
		ssize_t got = read(fd, block, READ_SIZE);

		if (got == 0)
			return (0);
		if (got > 0)
			buf_add(buf, span_new(block, (size_t)got));
		else if (errno != EINTR)
			return (errno);
	}
	return (EFBIG);
}

int
message_read(struct arena *arena, const char *path, size_t limit,
    struct message *out, const char **error)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct buf buf;

	buf_init(&buf, arena, limit);
	int failed = fd < 0 ? errno : read_all(arena, fd, &buf);

	if (fd >= 0 && !is_stdin)
		(void)close(fd);
	if (buf.overflow)
		*error = arena_printf(arena,
		    "%s: the message has more than %zu bytes", path, limit);
	else if (failed != 0)
		*error = arena_printf(arena, "%s: %s", path, strerror(failed));
	if (failed != 0)
		return (-1);
	parse_kept(arena, buf_span(&buf), out);
	return (0);
}
