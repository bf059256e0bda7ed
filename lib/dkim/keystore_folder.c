#include "dkim/keystore_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/shell.h"
#include "dkim/keystore_list.h"
#include "dns/name.h"

#define FOLDER_MODE 0750

/* What to do about ${error} at ${path}. */
static const char *
cure(int error, const char *path, struct arena *arena)
{
	if ((error == EACCES || error == EPERM) && geteuid() != 0)
		return ("; run it with sudo");
	if (error == ENOSPC || error == EDQUOT)
		return (arena_printf(arena, "; make room there, see: df -h %s",
		    shell_word(arena, path)));
	if (error == EROFS)
		return ("; nothing can be written to that file system");
	return ("");
}

enum keystore_outcome
keystore_folder_trouble(
    const char *path, struct arena *arena, const char **text)
{
	int error = errno;
	bool denied = error == EACCES || error == EPERM || error == EROFS;

	*text = arena_printf(arena, "cannot write to %s: %s%s", path,
	    strerror(error), cure(error, path, arena));
	return (denied ? KEYSTORE_DENIED : KEYSTORE_FAILED);
}

/* The folder of ${domain} in the open ${store} under whatever spelling it has,
 * such as U-labels; or the one that it will have. */
static const char *
name_of(int store, const char *domain, struct arena *arena)
{
	const char *name = domain;
	int fd = openat(store, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folders = fd < 0 ? NULL : fdopendir(fd);

	for (struct dirent *entry;
	     folders != NULL && (entry = readdir(folders)) != NULL;) {
		const char *found =
		    name_to_ascii(arena, span_str(entry->d_name));

		if (found != NULL && strcmp(found, domain) == 0)
			name = arena_strdup(arena, entry->d_name);
	}
	if (folders != NULL)
		(void)closedir(folders);
	else if (fd >= 0)
		(void)close(fd);
	return (name);
}

/* As keyfile_check_folder(), of what is open. */
static enum keystore_outcome
check(int fd, const char *path, const struct keyfile_owner *owner,
    struct arena *arena, const char **text)
{
	const char *error = keyfile_check_folder(fd, path, owner, arena);

	if (error == NULL)
		return (KEYSTORE_ADDED);
	*text = arena_printf(arena, "%s: nothing was changed; %s",
	    shell_word(arena, path), error);
	return (KEYSTORE_REFUSED);
}

/* Why ${name} in ${store}, called ${path}, cannot be opened, as errno says. */
static enum keystore_outcome
explain(int store, const char *name, const char *path, struct arena *arena,
    const char **text)
{
	int error = errno;
	struct stat status;

	if (fstatat(store, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(status.st_mode)) {
		path = shell_word(arena, path);
		*text = arena_printf(arena,
		    "%s is a symbolic link, and keys are written to no place "
		    "but the key store; nothing was changed; remove the link "
		    "with: rm %s",
		    path, path);
		return (KEYSTORE_REFUSED);
	}
	errno = error;
	return (keystore_folder_trouble(path, arena, text));
}

/* The folder ${name} in the open ${store}. */
static enum keystore_outcome
open_in(int store, const char *directory, const char *name,
    struct keystore_folder *out, struct arena *arena, const char **text)
{
	out->path = arena_printf(arena, "%s/%s", directory, name);
	out->made = mkdirat(store, name, S_IRWXU) == 0;
	/* The folder's name in the store is to last. */
	if (out->made ? fsync(store) != 0 : errno != EEXIST)
		return (keystore_folder_trouble(directory, arena, text));
	out->fd = openat(
	    store, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return (out->fd >= 0 ? KEYSTORE_ADDED
			     : explain(store, name, out->path, arena, text));
}

enum keystore_outcome
keystore_folder_open(const char *directory, const char *domain,
    const struct keyfile_owner *owner, struct arena *arena,
    struct keystore_folder *out, const char **text)
{
	int store = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*out = (struct keystore_folder){ .path = directory, .fd = -1 };
	if (store < 0)
		return (keystore_folder_trouble(directory, arena, text));
	enum keystore_outcome outcome =
	    check(store, directory, owner, arena, text);

	if (outcome == KEYSTORE_ADDED)
		outcome = open_in(store, directory,
		    name_of(store, domain, arena), out, arena, text);
	(void)close(store);
	if (outcome == KEYSTORE_ADDED)
		outcome = check(out->fd, out->path, owner, arena, text);
	return (outcome);
}

/* Whether there is nothing in the folder, or what a run of ours left. */
static bool
is_empty(const struct keystore_folder *folder)
{
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = fd < 0 ? NULL : fdopendir(fd);
	bool empty = files != NULL;

	for (struct dirent *entry; empty && (entry = readdir(files)) != NULL;)
		empty = strcmp(entry->d_name, ".") == 0 ||
		        strcmp(entry->d_name, "..") == 0 ||
		        strcmp(entry->d_name, KEYSTORE_NEW_FILE) == 0;
	if (files != NULL)
		(void)closedir(files);
	else if (fd >= 0)
		(void)close(fd);
	return (empty);
}

/* NULL, or why ${folder} is not ours to change. */
static const char *
refuse(const struct keystore_folder *folder, struct arena *arena)
{
	const char *path = shell_word(arena, folder->path);
	struct stat status;

	if (folder->made)
		return (NULL);
	if (!is_empty(folder))
		return (arena_printf(arena,
		    "%s has files in it but no " KEYSTORE_LIST_NAME
		    ", so it is another program's; nothing was changed; name "
		    "another key store with --key-store, or if nothing needs "
		    "them take the files away, see: ls -lA %s",
		    path, path));
	if (fstat(folder->fd, &status) == 0 && status.st_uid == geteuid())
		return (NULL);
	return (arena_printf(arena,
	    "%s belongs to another user; nothing was changed; for a folder of "
	    "our own to be made remove it with: rmdir %s",
	    path, path));
}

enum keystore_outcome
keystore_folder_take(const struct keystore_folder *folder,
    const struct keyfile_owner *owner, struct arena *arena, const char **text)
{
	const char *problem = refuse(folder, arena);

	if (problem != NULL) {
		*text = problem;
		return (KEYSTORE_REFUSED);
	}
	if (fchown(folder->fd, (uid_t)-1, owner->group) != 0 ||
	    fchmod(folder->fd, FOLDER_MODE) != 0)
		return (keystore_folder_trouble(folder->path, arena, text));
	return (KEYSTORE_ADDED);
}
