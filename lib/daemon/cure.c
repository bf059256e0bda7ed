#include "daemon/cure.h"

#include <string.h>

#include "base/buf.h"

#define CURE_MARK "with: "
#define AND_MARK " && "

/* A configuration line and a path are far shorter. */
#define TEXT_MAX_BYTES 65536

/* Append ${command}, up to the next && or its end, with sudo; return what
 * follows. */
static const char *
add_part(struct buf *out, const char *command)
{
	const char *end = strstr(command, AND_MARK);

	buf_add_str(out, "sudo ");
	if (end == NULL) {
		buf_add_str(out, command);
		return (NULL);
	}
	/* UNSAFE: end is in the string, and the mark is there. */
	buf_add(out, span_new(command, (size_t)(end - command)));
	buf_add_str(out, AND_MARK);
	return (end + strlen(AND_MARK));
}

/* Where the command in ${text} begins: after the last mark; or NULL. */
static const char *
find_command(const char *text)
{
	const char *found = NULL;

	for (const char *at = text; (at = strstr(at, CURE_MARK)) != NULL;) {
		/* UNSAFE: the mark is there. */
		at += strlen(CURE_MARK);
		found = at;
	}
	return (found);
}

const char *
cure_with_sudo(const char *text, struct arena *arena)
{
	const char *command = find_command(text);
	struct buf out;

	if (command == NULL)
		return (text);
	buf_init(&out, arena, TEXT_MAX_BYTES);
	/* UNSAFE: the command is a part of the text. */
	buf_add(&out, span_new(text, (size_t)(command - text)));
	while (command != NULL)
		command = add_part(&out, command);
	return (out.overflow ? text : buf_str(&out));
}
