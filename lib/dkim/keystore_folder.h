/*
 * keystore_folder.h: the folder of one domain in the key store, opened to write
 * there; for keystore_write.c.  No name is trusted twice: each step goes on
 * from a descriptor that was checked.
 */
#ifndef DKIM_KEYSTORE_FOLDER_H
#define DKIM_KEYSTORE_FOLDER_H

#include <stdbool.h>

#include "dkim/keystore_write.h"

/* A file on its way.  There is one at a time, by whoever has the lock, and no
 * reader takes it for a key; a run that died may have left it. */
#define KEYSTORE_NEW_FILE ".new"

struct keystore_folder {
	const char *path;
	int fd;
	bool made; /* by us, just now */
};

/**
 * keystore_folder_open(directory, domain, owner, arena, out, text):
 * Open the folder of ${domain} in the store ${directory}, under whatever
 * spelling it has there, or make it; KEYSTORE_ADDED if ${out} has it.  Neither
 * may be another's than root's and ${owner}'s or open for others to write, and
 * the folder no symbolic link.  Store the reason of any other outcome, with its
 * cure, in ${text}, allocated from ${arena}.
 */
enum keystore_outcome keystore_folder_open(const char *directory,
    const char *domain, const struct keyfile_owner *owner, struct arena *arena,
    struct keystore_folder *out, const char **text);

/**
 * keystore_folder_take(folder, owner, arena, text):
 * Give ${folder}, in which there are neither keys nor a list, its group and
 * mode, if we made it or a run of ours that died: it belongs to us and nothing
 * else is in it.  KEYSTORE_ADDED if it was given them; else the outcome, with
 * the reason and its cure in ${text}, and all is as it was.
 */
enum keystore_outcome keystore_folder_take(const struct keystore_folder *folder,
    const struct keyfile_owner *owner, struct arena *arena, const char **text);

/**
 * keystore_folder_trouble(path, arena, text):
 * Return the outcome of errno when writing to ${path}, with what to say of it,
 * allocated from ${arena}, in ${text}.
 */
enum keystore_outcome keystore_folder_trouble(
    const char *path, struct arena *arena, const char **text);

#endif
