#include "base/shell.h"

#include <string.h>

#include "base/buf.h"
#include "base/span.h"

/* A quoted quote has four bytes. */
#define QUOTED_BYTES 4

static bool
is_plain(unsigned char byte)
{
	return (span_is_alnum(byte) ||
		(byte != '\0' && strchr("/._-+=:@%,", byte) != NULL));
}

static bool
is_word(const char *text)
{
	struct span rest = span_str(text);
	struct span plain = span_take_while(&rest, is_plain);

	/* A colon at the end would make a mark with the blank that follows. */
	return (rest.len == 0 && plain.len > 0 && text[plain.len - 1] != ':');
}

/* Whether ${byte} after ${last} would make a mark that messages have. */
static bool
makes_mark(char last, char byte)
{
	return ((last == ':' && byte == ' ') || (last == '&' && byte == '&'));
}

const char *
shell_word(struct arena *arena, const char *text)
{
	struct buf out;
	char last = '\0';

	if (is_word(text))
		return (arena_strdup(arena, text));
	buf_init(&out, arena, QUOTED_BYTES * strlen(text) + 2);
	buf_add_byte(&out, '\'');
	for (; *text != '\0'; text++) {
		/* The quotes end and begin again: the word is the same. */
		if (makes_mark(last, *text))
			buf_add_str(&out, "''");
		if (*text == '\'')
			buf_add_str(&out, "'\\''");
		else
			buf_add_byte(&out, (unsigned char)*text);
		last = *text;
	}
	buf_add_byte(&out, '\'');
	return (buf_str(&out));
}
