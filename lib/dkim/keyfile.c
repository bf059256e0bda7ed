#include "dkim/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/shell.h"

/* Names as they are; for a command, they are made words of a shell. */
static const char *
group_name(struct arena *arena, gid_t id)
{
	const struct group *group = getgrgid(id);

	return (group != NULL ? arena_strdup(arena, group->gr_name)
			      : arena_printf(arena, "%u", (unsigned int)id));
}

static const char *
user_name(struct arena *arena, uid_t id)
{
	const struct passwd *user = getpwuid(id);

	return (user != NULL ? arena_strdup(arena, user->pw_name)
			     : arena_printf(arena, "%u", (unsigned int)id));
}

static const char *
group_word(struct arena *arena, gid_t id)
{
	return (shell_word(arena, group_name(arena, id)));
}

static bool
is_foreign_user(const struct stat *status, const struct keyfile_owner *owner)
{
	return (status->st_uid != 0 && status->st_uid != owner->user);
}

static bool
is_foreign_group(const struct stat *status, const struct keyfile_owner *owner)
{
	return (status->st_gid != 0 && status->st_gid != owner->group);
}

const char *
keyfile_closed_folder(const char *path, struct arena *arena)
{
	char *folder = arena_strdup(arena, path);

	for (char *at = strchr(folder, '/'); at != NULL;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		if (at != folder && access(folder, X_OK) != 0)
			return (folder);
		*at = '/';
	}
	return (NULL);
}

/* The commands after which the daemon, and nobody else, reads ${path}. */
static const char *
cure(const char *path, const struct stat *status,
    const struct keyfile_owner *owner, struct arena *arena)
{
	bool foreign = is_foreign_user(status, owner);
	const char *word = shell_word(arena, path);

	return (arena_printf(arena, "%s%s %s && chmod %s %s",
	    foreign ? "chown root:" : "chgrp ", group_word(arena, owner->group),
	    word, S_ISDIR(status->st_mode) ? "750" : "640", word));
}

static const char *
explain_denied(
    const char *path, const struct keyfile_owner *owner, struct arena *arena)
{
	const char *user = user_name(arena, geteuid());
	const char *folder = keyfile_closed_folder(path, arena);
	struct stat status;

	if (geteuid() != 0 && geteuid() != owner->user)
		return (arena_printf(
		    arena, "user %s cannot read this; run it with sudo", user));
	if (folder != NULL) {
		folder = shell_word(arena, folder);
		return (arena_printf(arena,
		    "user %s cannot enter the folder %s; move the key to "
		    "another folder, or mend it with: chgrp %s %s && chmod g+x "
		    "%s",
		    user, folder, group_word(arena, owner->group), folder,
		    folder));
	}
	if (stat(path, &status) != 0)
		return (arena_printf(arena, "%s", strerror(errno)));
	return (
	    arena_printf(arena, "user %s cannot read this; mend it with: %s",
		user, cure(path, &status, owner, arena)));
}

const char *
keyfile_explain(
    const char *path, const struct keyfile_owner *owner, struct arena *arena)
{
	int error = errno;
	const char *text = arena_strdup(arena, strerror(error));

	if (error == EACCES)
		text = arena_printf(
		    arena, "%s: %s", text, explain_denied(path, owner, arena));
	return (text);
}

const char *
keyfile_group(const struct keyfile_owner *owner, struct arena *arena)
{
	return (group_name(arena, owner->group));
}

const char *
keyfile_make_folder(
    const char *path, const struct keyfile_owner *owner, struct arena *arena)
{
	return (arena_printf(arena, "install -d -o root -g %s -m 750 %s",
	    group_word(arena, owner->group), shell_word(arena, path)));
}

/* As keyfile_explain(), when a private key may be missing. */
static const char *
explain_private(
    const char *path, const struct keyfile_owner *owner, struct arena *arena)
{
	const char *folder = dirname(arena_strdup(arena, path));
	struct stat status;

	if (errno != ENOENT)
		return (keyfile_explain(path, owner, arena));
	const char *make_folder =
	    stat(folder, &status) == 0
		? ""
		: arena_printf(arena, "%s && ",
		      keyfile_make_folder(folder, owner, arena));
	const char *word = shell_word(arena, path);

	return (arena_printf(arena,
	    "there is no such file; name another, or make a key with: %sopenssl "
	    "genpkey %s -out %s && chgrp %s %s && chmod 640 %s",
	    make_folder,
	    strstr(path, ".ed25519.") != NULL
		? "-algorithm ED25519"
		: "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
	    word, group_word(arena, owner->group), word, word));
}

/* Who can write to the folder can put another file in the place of ours. */
static const char *
check_folder(const char *path, const struct stat *status,
    const struct keyfile_owner *owner, struct arena *arena)
{
	const char *word = shell_word(arena, path);

	if (is_foreign_user(status, owner))
		return (arena_printf(arena,
		    "the folder belongs to user %s, who could replace the "
		    "file; mend it with: chown root %s",
		    user_name(arena, status->st_uid), word));
	if ((status->st_mode & S_IWOTH) != 0)
		return (arena_printf(arena,
		    "others can write to the folder and replace the file; mend "
		    "it with: chmod o-w %s",
		    word));
	if ((status->st_mode & S_IWGRP) != 0 && is_foreign_group(status, owner))
		return (arena_printf(arena,
		    "group %s can write to the folder and replace the file; "
		    "mend it with: chmod g-w %s",
		    group_name(arena, status->st_gid), word));
	return (NULL);
}

static const char *
check_file(const char *path, const struct stat *status,
    const struct keyfile_owner *owner, enum keyfile_kind kind,
    struct arena *arena)
{
	mode_t refused = S_IWGRP | S_IWOTH;
	const char *verb = "write";
	const char *word = shell_word(arena, path);

	if (kind == KEYFILE_PRIVATE) {
		refused = S_IRWXG | S_IRWXO;
		verb = "read";
	}
	if (!S_ISREG(status->st_mode))
		return ("not a regular file");
	if (is_foreign_user(status, owner))
		return (arena_printf(arena,
		    "the file belongs to user %s, who could change it; mend it "
		    "with: %s",
		    user_name(arena, status->st_uid),
		    cure(path, status, owner, arena)));
	if ((status->st_mode & refused & S_IRWXO) != 0)
		return (arena_printf(arena,
		    "others can %s this file; mend it with: chmod o%s %s", verb,
		    kind == KEYFILE_PRIVATE ? "=" : "-w", word));
	if ((status->st_mode & refused & S_IRWXG) != 0 &&
	    is_foreign_group(status, owner))
		return (arena_printf(arena,
		    "group %s can %s this file; mend it with: chgrp %s %s",
		    group_name(arena, status->st_gid), verb,
		    group_word(arena, owner->group), word));
	return (NULL);
}

const char *
keyfile_check_folder(int fd, const char *path,
    const struct keyfile_owner *owner, struct arena *arena)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return (strerror(errno));
	return (check_folder(path, &status, owner, arena));
}

/* The file and its folder, as they are open. */
static const char *
check_open(int file, int folder, const char *path,
    const struct keyfile_owner *owner, enum keyfile_kind kind,
    struct arena *arena)
{
	struct stat status;

	if (fstat(file, &status) != 0)
		return (strerror(errno));
	const char *error = check_file(path, &status, owner, kind, arena);

	if (error != NULL)
		return (error);
	return (keyfile_check_folder(
	    folder, dirname(arena_strdup(arena, path)), owner, arena));
}

int
keyfile_open(const char *path, const struct keyfile_owner *owner,
    enum keyfile_kind kind, struct arena *arena, const char **error)
{
	/* What is checked is what is read, whatever its name comes to mean. */
	int folder = open(dirname(arena_strdup(arena, path)),
	    O_PATH | O_DIRECTORY | O_CLOEXEC);
	int file = folder < 0
	               ? -1
	               : openat(folder, basename(arena_strdup(arena, path)),
			     O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (file < 0)
		*error = kind == KEYFILE_PRIVATE
		             ? explain_private(path, owner, arena)
		             : keyfile_explain(path, owner, arena);
	else
		*error = check_open(file, folder, path, owner, kind, arena);
	if (folder >= 0)
		(void)close(folder);
	if (*error == NULL)
		return (file);
	if (file >= 0)
		(void)close(file);
	return (-1);
}
