/*
 * privileges.h: root no longer, before anything foreign is read.
 */
#ifndef MILTER_PRIVILEGES_H
#define MILTER_PRIVILEGES_H

#include <sys/types.h>

#include "base/arena.h"

/**
 * privileges_drop(user, arena):
 * When root, become ${user} with his groups for good; else do nothing.  Return
 * NULL, or what went wrong with its cure, allocated from ${arena}.
 */
const char *privileges_drop(const char *user, struct arena *arena);

/**
 * privileges_group(user):
 * Return the group that the daemon runs with: that of ${user} when root, else
 * our own.
 */
gid_t privileges_group(const char *user);

#endif
