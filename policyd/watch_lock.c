#include "watch_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

/* A folder with such a group gives it to its files, without our being a member
 * of it; elsewhere all may read: the names of accounts are no secret to those
 * who have an account on the host. */
#define MODE_OF_ALL 0644
#define MODE_OF_GROUP 0640

/* All that WATCH_MAX_LOCKED names take. */
#define MAX_FILE ((size_t)16 * 1024 * 1024)

static const char head[] =
    "# Written by mailreeve-policyd: accounts that may not log in.\n";

void
watch_lock_set(struct watch_lock *lock, struct span why, int64_t now)
{
	memset(lock, 0, sizeof(*lock));
	lock->since = now;
	why = span_head(why, WATCH_LOCK_MAX_WHY);
	for (size_t i = 0; i < why.len; i++)
		lock->why[i] =
		    (char)(span_is_control(why.data[i]) ? '?' : why.data[i]);
}

static void
print_lock(const void *record, struct buf *text)
{
	const struct watch_lock *lock = record;

	buf_printf(text, "%" PRId64 " %s", lock->since, lock->why);
}

static bool
parse_lock(struct span text, void *record)
{
	struct span since;
	uint64_t value;

	if (!span_take_until(&text, ' ', &since) ||
	    !span_to_u64(since, 18, &value) || text.len > WATCH_LOCK_MAX_WHY)
		return (false);
	watch_lock_set(record, text, (int64_t)value);
	return (true);
}

const struct table_codec watch_lock_codec = { print_lock, parse_lock };

bool
watch_lock_can_name(struct span user)
{
	for (size_t i = 0; i < user.len; i++)
		if (span_is_control(user.data[i]) || user.data[i] == ':')
			return (false);
	return (user.len > 0 && user.len <= WATCH_LOCK_MAX_USER &&
		span_peek(user) != '#');
}

static bool
add_name(void *cookie, struct span key, void *record, int64_t expires)
{
	struct buf *text = cookie;

	(void)record;
	(void)expires;
	if (watch_lock_can_name(key)) {
		buf_add(text, key);
		/* No password fits, if anybody asks for it. */
		buf_add_str(text, ":!:\n");
	}
	return (true);
}

static bool
write_all(int fd, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t count = write(fd, bytes.data, bytes.len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return (false);
		span_skip(&bytes, (size_t)count);
	}
	return (true);
}

/* Dovecot reads the file again when its size or its time in whole seconds is
 * another one: two versions of one second must differ in it. */
static bool
set_time(int fd, const char *path, int64_t now)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_sec = (time_t)(now / 1000) } };
	struct stat before;

	if (stat(path, &before) == 0 &&
	    before.st_mtim.tv_sec >= times[1].tv_sec)
		times[1].tv_sec = before.st_mtim.tv_sec + 1;
	return (futimens(fd, times) == 0);
}

/* Make what the file at ${fd} is to be at ${path}. */
static const char *
fill(int fd, int folder, const char *path, struct span text, int64_t now)
{
	struct stat status;

	if (fstat(folder, &status) != 0)
		return ("fstat");
	if (fchmod(fd, (status.st_mode & S_ISGID) != 0 ? MODE_OF_GROUP
						       : MODE_OF_ALL) != 0)
		return ("fchmod");
	if (!write_all(fd, text))
		return ("write");
	if (!set_time(fd, path, now))
		return ("futimens");
	return (fsync(fd) != 0 ? "fsync" : NULL);
}

/* As ${path}, with the descriptor of its folder. */
static const char *
replace(int folder, const char *path, const char *temporary, struct span text,
    int64_t now)
{
	int fd = open(temporary,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	const char *failed;

	if (fd < 0)
		return ("open");
	failed = fill(fd, folder, path, text, now);
	if (close(fd) != 0 && failed == NULL)
		failed = "close";
	if (failed == NULL && rename(temporary, path) != 0)
		failed = "rename";
	if (failed == NULL && fsync(folder) != 0)
		failed = "fsync";
	if (failed != NULL) {
		int error = errno;

		(void)unlink(temporary);
		errno = error;
	}
	return (failed);
}

static const char *
folder_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return (".");
	if (slash == path)
		return ("/");
	/* UNSAFE: both point into one string. */
	return (arena_str(arena, span_new(path, (size_t)(slash - path))));
}

const char *
watch_lock_write(struct table *locked, const char *path, int64_t now)
{
	struct arena *arena = arena_new();
	const char *failed = "open";
	struct buf text;
	int folder =
	    open(folder_of(arena, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	buf_init(&text, arena, MAX_FILE);
	buf_add_str(&text, head);
	table_each(locked, add_name, &text);
	if (folder >= 0) {
		failed = replace(folder, path,
		    arena_printf(arena, "%s.new", path), buf_span(&text), now);
		int error = errno;

		(void)close(folder);
		errno = error;
	}
	arena_free(arena);
	return (failed);
}
