/*
 * files.h: whole files and folders, for tests.
 */
#ifndef SUPPORT_FILES_H
#define SUPPORT_FILES_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/compat.h"
#include "base/span.h"

/**
 * files_read(arena, path, out):
 * Store the bytes of ${path}, allocated from ${arena}, in ${out}.  Return 0, or
 * -1 with errno set.
 */
int files_read(
    struct arena *arena, const char *path, struct span *out) COMPAT_MUST_CHECK;

/**
 * files_write(path, bytes, mode):
 * Replace ${path} by a file of ${mode} with ${bytes}.  Return 0, or -1 with
 * errno set.
 */
int files_write(
    const char *path, struct span bytes, mode_t mode) COMPAT_MUST_CHECK;

/**
 * files_folder(arena, name):
 * Make an empty folder of mode 0700 for temporary files and return its path,
 * allocated from ${arena}; ${name} occurs in it.  Return NULL with errno set
 * when that fails.
 */
char *files_folder(struct arena *arena, const char *name);

/**
 * files_own(path, user, group):
 * Give the folder ${path} and all below it to ${user} and ${group}.  Return 0,
 * or -1 with errno set.
 */
int files_own(const char *path, uid_t user, gid_t group) COMPAT_MUST_CHECK;

/**
 * files_remove(path):
 * Remove the folder ${path} and all below it; what is not there is no error.
 */
void files_remove(const char *path);

#endif
