/*
 * cure.h: commands in messages.  Where a command mends what a message says,
 * the message ends with it, after "with: ".  Names in it are shell_word()s.
 */
#ifndef DAEMON_CURE_H
#define DAEMON_CURE_H

#include "base/arena.h"

/**
 * cure_with_sudo(text, arena):
 * Return ${text} with sudo before each part of the command that it ends with,
 * if any; the parts are joined by &&.
 */
const char *cure_with_sudo(const char *text, struct arena *arena);

#endif
