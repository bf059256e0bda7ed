/*
 * text.h: the text of a configuration file, read and checked before libconfuse
 * sees it, because its scanner drops or expands some characters in silence.
 */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include "base/arena.h"
#include "base/span.h"

/* What is wrong with a text, and where. */
struct text_error {
	int line; /* 0: the whole file */
	const char *text;
};

/**
 * text_read(arena, path, out, error):
 * Store the bytes of the regular file ${path} in ${out}; they live as long as
 * ${arena}.  Return -1, with ${error} set, when it cannot be read or has more
 * than CONF_FILE_SIZE_MAX bytes.
 */
int text_read(struct arena *arena, const char *path, struct span *out,
    struct text_error *error);

/**
 * text_clean(arena, text, out, error):
 * Store in ${out}, which lives as long as ${arena} and is never empty,
 * the ${text} with comments and carriage returns as blanks.  Return -1, with
 * ${error} set, for what the scanner would not take literally: control bytes,
 * ${NAME} outside quotes, escapes other than \" \\ \$, a string, a
 * comment or a brace without end, and, outside of quotes, `*', `+' and a
 * comment that touches a word.
 */
int text_clean(struct arena *arena, struct span text, struct span *out,
    struct text_error *error);

#endif
