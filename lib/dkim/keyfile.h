/*
 * keyfile.h: the files of keys, opened only where nobody can change them but
 * those who may.
 */
#ifndef DKIM_KEYFILE_H
#define DKIM_KEYFILE_H

#include <sys/types.h>

#include "base/arena.h"

/* Who may have keys, besides root: the user and the group of the daemon. */
struct keyfile_owner {
	uid_t user;
	gid_t group;
};

enum keyfile_kind {
	KEYFILE_PRIVATE, /* nobody else may read it */
	KEYFILE_LIST,    /* no secret */
};

/**
 * keyfile_open(path, owner, kind, arena, error):
 * Open the regular file ${path} to read.  It must belong to root or ${owner},
 * and so must its folder; no other group and not the world may write to either,
 * nor read a private key.  Return a descriptor; on failure -1, with a reason
 * that names the cure, allocated from ${arena}, in ${error}.
 */
int keyfile_open(const char *path, const struct keyfile_owner *owner,
    enum keyfile_kind kind, struct arena *arena, const char **error);

/**
 * keyfile_check_folder(fd, path, owner, arena):
 * Return NULL if the folder ${path}, which is open as ${fd}, is as those of
 * keys must be for keyfile_open(); else the reason with its cure, allocated
 * from ${arena}.
 */
const char *keyfile_check_folder(int fd, const char *path,
    const struct keyfile_owner *owner, struct arena *arena);

/**
 * keyfile_explain(path, owner, arena):
 * Return why ${path}, a file or a folder, just could not be opened, as errno
 * says, with the cure, allocated from ${arena}.  Whoever is neither root nor
 * ${owner} need only be root.
 */
const char *keyfile_explain(
    const char *path, const struct keyfile_owner *owner, struct arena *arena);

/**
 * keyfile_closed_folder(path, arena):
 * Return the first folder on the way to ${path} that we may not enter, or NULL.
 */
const char *keyfile_closed_folder(const char *path, struct arena *arena);

/**
 * keyfile_group(owner, arena):
 * Return the name of the group of ${owner}, or its number.
 */
const char *keyfile_group(
    const struct keyfile_owner *owner, struct arena *arena);

/**
 * keyfile_make_folder(path, owner, arena):
 * Return the command that makes ${path} a folder for keys of ${owner}.
 */
const char *keyfile_make_folder(
    const char *path, const struct keyfile_owner *owner, struct arena *arena);

#endif
