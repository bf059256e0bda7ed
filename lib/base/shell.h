/*
 * shell.h: names in the commands that messages tell to run.
 */
#ifndef BASE_SHELL_H
#define BASE_SHELL_H

#include "base/arena.h"

/**
 * shell_word(arena, text):
 * Return ${text} as one word of a POSIX shell, in quotes only if it needs them,
 * allocated from ${arena}.  Neither ": " nor "&&" stands in it, and no colon at
 * its end: what looks in a message for a command is not misled by a name.
 */
const char *shell_word(struct arena *arena, const char *text);

#endif
