#include "support/files.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)256 * 1024 * 1024)
#define READ_SIZE 65536
#define OPEN_FILES 16

int
files_read(struct arena *arena, const char *path, struct span *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char *data = NULL;
	size_t size = 0;
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return (-1);
	while (n > 0 && len < FILE_MAX) {
		if (size - len < READ_SIZE) {
			size_t more = size == 0 ? READ_SIZE : size * 2;

			data = arena_grow(arena, data, size, more);
			size = more;
		}
		/* UNSAFE: READ_SIZE bytes are free there. */
		n = read(fd, data + len,
		    size - len < READ_SIZE ? size - len : READ_SIZE);
		if (n > 0)
			len += (size_t)n;
	}
	if (n > 0)
		errno = EFBIG;
	close(fd);
	*out = span_new(data, len);
	return (n == 0 ? 0 : -1);
}

int
files_write(const char *path, struct span bytes, mode_t mode)
{
	int fd;

	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return (-1);
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.data, bytes.len);

		if (n < 0 && errno != EINTR)
			break;
		if (n > 0)
			span_skip(&bytes, (size_t)n);
	}
	/* The mode is meant as given, whatever the umask. */
	if (fchmod(fd, mode) != 0 || bytes.len > 0) {
		close(fd);
		return (-1);
	}
	return (close(fd));
}

char *
files_folder(struct arena *arena, const char *name)
{
	const char *top = getenv("TMPDIR");
	char *path = arena_printf(arena, "%s/mailreeve-%s.XXXXXX",
	    top != NULL && *top != '\0' ? top : "/tmp", name);

	return (mkdtemp(path));
}

int
files_own(const char *path, uid_t user, gid_t group)
{
	char *name = strdup(path);
	char *const paths[] = { name, NULL };
	FTS *tree = name == NULL ? NULL : fts_open(paths, FTS_PHYSICAL, NULL);
	int result = tree == NULL ? -1 : 0;

	for (FTSENT *entry; result == 0 && (entry = fts_read(tree)) != NULL;)
		if (entry->fts_info != FTS_DP)
			result = lchown(entry->fts_accpath, user, group);
	if (tree != NULL)
		(void)fts_close(tree);
	free(name);
	return (result);
}

static int
remove_entry(
    const char *path, const struct stat *stat, int type, struct FTW *where)
{
	(void)stat;
	(void)type;
	(void)where;
	(void)!remove(path);
	return (0);
}

void
files_remove(const char *path)
{
	(void)nftw(path, remove_entry, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
}
