#include "absence.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool
find_mark(char path[PATH_MAX])
{
	const char *folder = getenv("RUNTIME_DIRECTORY");
	int len;

	/* Without a socket that outlives us, clients were turned away. */
	if (folder == NULL || getenv("LISTEN_FDS") == NULL)
		return (false);
	len = snprintf(path, PATH_MAX, "%s/stopped", folder);
	return (len > 0 && len < PATH_MAX);
}

void
absence_begins(void)
{
	char path[PATH_MAX];
	int fd;

	if (!find_mark(path))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)close(fd);
}

bool
absence_was_noticed(void)
{
	char path[PATH_MAX];

	return (!find_mark(path) || unlink(path) != 0);
}
