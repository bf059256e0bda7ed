/*
 * privileges.h: root no longer, before anything foreign is read.
 */
#ifndef DAEMON_PRIVILEGES_H
#define DAEMON_PRIVILEGES_H

#include "base/arena.h"

/**
 * privileges_raise_files(void):
 * Allow as many open files as our hard limit does: a flood of questions to
 * silent name servers opens thousands of sockets.
 */
void privileges_raise_files(void);

/**
 * privileges_drop(user, arena):
 * When root, become ${user} with his groups for good; else do nothing.  Return
 * NULL, or what went wrong with its cure, allocated from ${arena}.
 */
const char *privileges_drop(const char *user, struct arena *arena);

/**
 * privileges_check(user, what, arena):
 * Return NULL when root could start ${what} ("daemon") as ${user}; else why
 * not, with the cure, allocated from ${arena}.
 */
const char *privileges_check(
    const char *user, const char *what, struct arena *arena);

#endif
