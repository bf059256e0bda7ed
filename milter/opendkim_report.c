#include "opendkim_report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/shell.h"
#include "dkim/keyfile.h"

static const char *placed(const struct opendkim_report *report,
    const struct opendkim_place *place, const char *format, va_list ap)
    COMPAT_PRINTF(3, 0);

static const char *
placed(const struct opendkim_report *report, const struct opendkim_place *place,
    const char *format, va_list ap)
{
	return (arena_printf(report->arena, "%s:%d: %s", place->file,
	    place->line, arena_vprintf(report->arena, format, ap)));
}

void
opendkim_error(const struct opendkim_report *report,
    const struct opendkim_place *place, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	report->error(report->cookie, placed(report, place, format, ap));
	va_end(ap);
}

void
opendkim_warning(const struct opendkim_report *report,
    const struct opendkim_place *place, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	report->warning(report->cookie, placed(report, place, format, ap));
	va_end(ap);
}

/* Folders on the way to ${path} from the first that we may not enter, for a
 * command. */
static const char *
shut_folders(const char *path, struct arena *arena)
{
	const char *first = keyfile_closed_folder(path, arena);
	char *folder = arena_strdup(arena, path);
	const char *names = "";

	if (first == NULL)
		return ("");
	for (char *at = &folder[strlen(first)]; at != NULL;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		names = arena_printf(
		    arena, "%s %s", names, shell_word(arena, folder));
		*at = '/';
	}
	return (names);
}

/* Tables are no secret; OpenDKIM wants only its keys to be for itself. */
static const char *
explain(const char *path, struct arena *arena)
{
	if (errno != EACCES)
		return (arena_printf(arena, "%s: %s", path, strerror(errno)));
	const char *folders = shut_folders(path, arena);

	return (arena_printf(arena,
	    "%s: this user may not read it; mend it with: %s%s%schmod o+r %s",
	    path, folders[0] == '\0' ? "" : "chmod o+x", folders,
	    folders[0] == '\0' ? "" : " && ", shell_word(arena, path)));
}

static const char *
read_open(int fd, const char *path, struct arena *arena, struct span *out)
{
	struct stat status;
	size_t len = 0;
	ssize_t got = 1;

	if (fstat(fd, &status) != 0)
		return (explain(path, arena));
	if (!S_ISREG(status.st_mode))
		return (arena_printf(arena, "%s: not a regular file", path));
	if (status.st_size > (off_t)OPENDKIM_FILE_MAX)
		return (
		    arena_printf(arena, "%s: larger than %zu bytes; split it",
			path, OPENDKIM_FILE_MAX));
	size_t size = (size_t)status.st_size;
	unsigned char *bytes = arena_alloc(arena, size + 1);

	while (len < size && got > 0) {
		/* UNSAFE: len < size, the size of bytes. */
		got = read(fd, bytes + len, size - len);
		len += got > 0 ? (size_t)got : 0;
	}
	*out = span_new(bytes, len);
	return (got < 0 ? explain(path, arena) : NULL);
}

const char *
opendkim_read(const char *path, struct arena *arena, struct span *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return (explain(path, arena));
	const char *error = read_open(fd, path, arena, out);

	(void)close(fd);
	return (error);
}
