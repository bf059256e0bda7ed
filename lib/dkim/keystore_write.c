#include "dkim/keystore_write.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/shell.h"
#include "dkim/keypair.h"
#include "dkim/keystore_folder.h"
#include "dkim/keystore_list.h"

#define FILE_MODE 0640
#define FOLDER_MODE 0750
#define PARENT_MODE 0755

/* How long we wait for another who writes to the same folder. */
#define LOCK_TRIES 50
#define LOCK_PAUSE_NS 100000000L

struct writer {
	const struct keystore_addition *addition;
	const struct keyfile_owner *owner;
	struct arena *arena;
	struct keystore_folder folder;
	json_t *list;
	enum keystore_outcome outcome;
	const char *text;
};

static int
fail(struct writer *writer, enum keystore_outcome outcome, const char *text)
{
	writer->outcome = outcome;
	writer->text = text;
	return (-1);
}

/* As fail(), because of errno at ${path}. */
static int
fail_system(struct writer *writer, const char *path)
{
	const char *text;
	enum keystore_outcome outcome =
	    keystore_folder_trouble(path, writer->arena, &text);

	return (fail(writer, outcome, text));
}

static int
open_folder(struct writer *writer)
{
	const char *text = NULL;
	enum keystore_outcome outcome = keystore_folder_open(
	    writer->addition->directory, writer->addition->domain,
	    writer->owner, writer->arena, &writer->folder, &text);

	return (outcome == KEYSTORE_ADDED ? 0 : fail(writer, outcome, text));
}

static int
lock_folder(struct writer *writer)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(writer->folder.fd, LOCK_EX | LOCK_NB) == 0)
			return (0);
		if (errno != EWOULDBLOCK && errno != EINTR)
			return (fail_system(writer, writer->folder.path));
		(void)nanosleep(&pause, NULL);
	}
	return (fail(writer, KEYSTORE_FAILED,
	    arena_printf(writer->arena,
		"another program has had %s locked for five seconds; see which: "
		"fuser -v %s",
		writer->folder.path,
		shell_word(writer->arena, writer->folder.path))));
}

static int
write_all(int fd, const char *text)
{
	struct span rest = span_str(text);

	while (rest.len > 0) {
		ssize_t wrote = write(fd, rest.data, rest.len);

		if (wrote < 0 && errno != EINTR)
			return (-1);
		span_skip(&rest, wrote < 0 ? 0 : (size_t)wrote);
	}
	return (0);
}

/* Write ${text} to KEYSTORE_NEW_FILE and to the disk. */
static int
write_new(struct writer *writer, const char *text)
{
	(void)unlinkat(writer->folder.fd, KEYSTORE_NEW_FILE, 0);
	int fd = openat(writer->folder.fd, KEYSTORE_NEW_FILE,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    S_IRUSR | S_IWUSR);

	if (fd < 0)
		return (-1);
	bool good = fchown(fd, (uid_t)-1, writer->owner->group) == 0 &&
	            write_all(fd, text) == 0 && fchmod(fd, FILE_MODE) == 0 &&
	            fsync(fd) == 0;
	int error = errno;

	if (close(fd) != 0 && good) {
		good = false;
		error = errno;
	}
	errno = error;
	return (good ? 0 : -1);
}

/* Write the file ${name}, which may be there only if ${replace}. */
static int
write_file(
    struct writer *writer, const char *name, const char *text, bool replace)
{
	int result = write_new(writer, text);

	if (result == 0 && replace)
		result = renameat(writer->folder.fd, KEYSTORE_NEW_FILE,
		    writer->folder.fd, name);
	else if (result == 0) /* unlike a rename, this never replaces */
		result = linkat(writer->folder.fd, KEYSTORE_NEW_FILE,
		    writer->folder.fd, name, 0);
	int error = errno;

	(void)unlinkat(writer->folder.fd, KEYSTORE_NEW_FILE, 0);
	errno = error;
	return (result == 0
		    ? 0
		    : fail_system(writer, arena_printf(writer->arena, "%s/%s",
					      writer->folder.path, name)));
}

static int
write_list(struct writer *writer)
{
	const char *text = keystore_list_print(writer->list, writer->arena);

	if (text == NULL)
		return (fail(writer, KEYSTORE_REFUSED,
		    arena_printf(writer->arena,
			"%s/" KEYSTORE_LIST_NAME " would grow too large",
			writer->folder.path)));
	return (write_file(writer, KEYSTORE_LIST_NAME, text, true));
}

/* The folder is new, or a run that made it died.  Keys without a list would be
 * an error for the milter, so the list comes first. */
static int
begin_list(struct writer *writer)
{
	const char *text = NULL;
	enum keystore_outcome outcome = keystore_folder_take(
	    &writer->folder, writer->owner, writer->arena, &text);

	if (outcome != KEYSTORE_ADDED)
		return (fail(writer, outcome, text));
	writer->list = json_pack("{sis[]}", "schema", 1, "keys");
	return (write_list(writer));
}

static int
read_list(struct writer *writer)
{
	const char *error;

	writer->list = keystore_list_read(
	    writer->folder.path, writer->owner, writer->arena, &error);
	if (writer->list != NULL)
		return (0);
	return (fail(writer, KEYSTORE_REFUSED,
	    arena_printf(writer->arena,
		"%s/" KEYSTORE_LIST_NAME ": %s; nothing was changed",
		writer->folder.path, error)));
}

static int
find_list(struct writer *writer)
{
	switch (keystore_list_find(writer->folder.path, writer->arena)) {
	case KEYSTORE_LIST_PRESENT:
		return (read_list(writer));
	case KEYSTORE_LIST_ABSENT:
		return (begin_list(writer));
	case KEYSTORE_LIST_LOST:
		break;
	}
	return (fail(writer, KEYSTORE_REFUSED,
	    arena_printf(writer->arena, "%s: %s", writer->folder.path,
		keystore_list_lost(
		    writer->folder.path, writer->owner, writer->arena))));
}

/* Retired and revoked keys keep their selectors: what was signed with them is
 * still looked up there. */
static int
check_entries(struct writer *writer, const char *selector)
{
	struct arena *arena = writer->arena;
	const json_t *keys = json_object_get(writer->list, "keys");
	size_t index;
	const json_t *entry;
	struct keystore_key key;

	if (json_array_size(keys) + writer->addition->count > KEYSTORE_MAX_KEYS)
		return (fail(writer, KEYSTORE_REFUSED,
		    arena_printf(arena,
			"%s/" KEYSTORE_LIST_NAME " holds %zu keys, and %d are "
			"the most; take old ones out of it",
			writer->folder.path, json_array_size(keys),
			KEYSTORE_MAX_KEYS)));
	json_array_foreach(keys, index, entry)
	{
		if (keystore_list_key(writer->folder.path,
			writer->addition->domain, entry, arena, &key) != 0)
			return (fail(writer, KEYSTORE_REFUSED,
			    arena_printf(arena,
				"%s/" KEYSTORE_LIST_NAME ": its key number "
				"%zu lacks a selector, an algorithm or a "
				"state; nothing was changed",
				writer->folder.path, index + 1)));
		if (strcmp(key.selector, selector) == 0)
			return (fail(writer, KEYSTORE_TAKEN,
			    arena_printf(arena,
				"%s already has a key with the selector %s",
				writer->addition->domain, selector)));
	}
	return (0);
}

static int
check_files(struct writer *writer, const char *selector)
{
	static const enum dkim_algorithm algorithms[] = { DKIM_RSA_SHA256,
		DKIM_ED25519_SHA256 };
	struct stat status;

	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]);
	     i++) {
		const char *name =
		    keystore_list_file(selector, algorithms[i], writer->arena);

		if (fstatat(writer->folder.fd, name, &status,
			AT_SYMLINK_NOFOLLOW) == 0)
			return (fail(writer, KEYSTORE_TAKEN,
			    arena_printf(writer->arena,
				"%s/%s exists, though " KEYSTORE_LIST_NAME
				" does not list it",
				writer->folder.path, name)));
	}
	return (0);
}

static int
check_selectors(struct writer *writer)
{
	for (size_t i = 0; i < writer->addition->count; i++) {
		const char *selector = writer->addition->keys[i].selector;

		if (check_entries(writer, selector) != 0 ||
		    check_files(writer, selector) != 0)
			return (-1);
	}
	return (0);
}

static const char *
file_of(const struct writer *writer, const struct keystore_pair *pair)
{
	return (keystore_list_file(pair->selector,
	    dkim_private_algorithm(pair->private), writer->arena));
}

static int
write_key(struct writer *writer, const struct keystore_pair *pair)
{
	char *pem = keypair_pem(pair->private, writer->arena);

	if (pem == NULL)
		return (fail(
		    writer, KEYSTORE_FAILED, "OpenSSL cannot write a key"));
	int result = write_file(writer, file_of(writer, pair), pem, false);

	explicit_bzero(pem, strlen(pem));
	return (result);
}

/* Write the keys and list them; or take away again what was not listed. */
static int
write_keys(struct writer *writer)
{
	const struct keystore_addition *addition = writer->addition;
	json_t *keys = json_object_get(writer->list, "keys");
	size_t written = 0;
	int result = 0;

	for (; written < addition->count; written++) {
		const struct keystore_pair *pair = &addition->keys[written];

		result = write_key(writer, pair);
		if (result != 0)
			break;
		(void)json_array_append_new(
		    keys, keystore_list_entry(pair->selector,
			      dkim_private_algorithm(pair->private),
			      addition->state, addition->now, writer->arena));
	}
	/* The keys' names reach the disk before the list that tells of them. */
	if (result == 0 && fsync(writer->folder.fd) != 0)
		result = fail_system(writer, writer->folder.path);
	if (result == 0)
		result = write_list(writer);
	if (result == 0) {
		(void)fsync(writer->folder.fd);
		return (0);
	}
	while (written-- > 0)
		(void)unlinkat(writer->folder.fd,
		    file_of(writer, &addition->keys[written]), 0);
	return (-1);
}

/* Two at once find what the other made. */
static int
make_folder(const char *path, mode_t mode, const struct keyfile_owner *owner)
{
	if (mkdir(path, S_IRWXU) != 0)
		return (errno == EEXIST ? 0 : -1);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int result = fd < 0 ? -1 : 0;

	if (result == 0 && mode == FOLDER_MODE)
		result = fchown(fd, (uid_t)-1, owner->group);
	if (result == 0)
		result = fchmod(fd, mode);
	int error = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = error;
	return (result);
}

enum keystore_outcome
keystore_make(const char *directory, const struct keyfile_owner *owner,
    struct arena *arena, const char **text)
{
	struct writer writer = { .arena = arena, .outcome = KEYSTORE_ADDED };
	const char *parent = dirname(arena_strdup(arena, directory));
	struct stat status;

	if (stat(directory, &status) == 0 || errno != ENOENT)
		return (KEYSTORE_ADDED);
	if (make_folder(parent, PARENT_MODE, owner) != 0 ||
	    make_folder(directory, FOLDER_MODE, owner) != 0)
		(void)fail_system(&writer, directory);
	*text = writer.text;
	return (writer.outcome);
}

enum keystore_outcome
keystore_add(const struct keystore_addition *addition,
    const struct keyfile_owner *owner, struct arena *arena, const char **text)
{
	struct writer writer = { .addition = addition,
		.owner = owner,
		.arena = arena,
		.folder = { .fd = -1 },
		.outcome = KEYSTORE_ADDED };

	if (open_folder(&writer) == 0 && lock_folder(&writer) == 0 &&
	    find_list(&writer) == 0 && check_selectors(&writer) == 0 &&
	    write_keys(&writer) == 0)
		writer.text = writer.folder.path;
	json_decref(writer.list);
	if (writer.folder.fd >= 0)
		(void)close(writer.folder.fd); /* and with it the lock */
	*text = writer.text;
	return (writer.outcome);
}
