/*
 * watch_lock.h: the file by which Dovecot refuses logins: a passwd-file with a
 * name a line, for a passdb with deny = yes.
 */
#ifndef POLICYD_WATCH_LOCK_H
#define POLICYD_WATCH_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

/* RFC 5321 4.5.3.1: a path has no more than 256 octets, a login may be a little
 * longer. */
#define WATCH_LOCK_MAX_USER 320
#define WATCH_LOCK_MAX_WHY 100

/* Who is locked. */
struct watch_lock {
	int64_t since; /* milliseconds since 1970 */
	char why[WATCH_LOCK_MAX_WHY + 1];
};

extern const struct table_codec watch_lock_codec;

/**
 * watch_lock_set(lock, why, now):
 * Make ${lock} one since ${now} because of ${why}, which is cut at its limit.
 */
void watch_lock_set(struct watch_lock *lock, struct span why, int64_t now);

/**
 * watch_lock_can_name(user):
 * Say whether ${user} can stand in the file: it has no colon and no control
 * byte, does not begin as a comment does, and is not too long.
 */
bool watch_lock_can_name(struct span user);

/**
 * watch_lock_write(locked, path, now):
 * Write the keys of the table ${locked} to ${path}: whole or not at all.  The
 * file is for all to read, or for its group only where its folder gives that
 * (set-group-ID).  Return NULL, or what failed, with errno set.
 */
const char *watch_lock_write(
    struct table *locked, const char *path, int64_t now);

#endif
