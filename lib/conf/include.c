#include "conf/include.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

static const char wildcards[] = "*?[";

/* A folder's own name may hold what glob() takes for wildcards. */
static void
add_escaped(struct buf *buf, struct span folder)
{
	for (; folder.len > 0; span_skip(&folder, 1)) {
		if (strchr("*?[\\", folder.data[0]) != NULL)
			buf_add_byte(buf, '\\');
		buf_add_byte(buf, folder.data[0]);
	}
}

static const char *
absolute(struct arena *arena, const char *includer, const char *pattern)
{
	const char *slash = strrchr(includer, '/');
	struct buf path;

	if (pattern[0] == '/' || slash == NULL)
		return (pattern);
	buf_init(&path, arena, (size_t)3 * PATH_MAX);
	add_escaped(&path, span_new(includer, (size_t)(slash - includer) + 1));
	buf_add_str(&path, pattern);
	return (path.overflow ? NULL : buf_str(&path));
}

/* A folder that is not there has no files; one that is shut may have. */
static int
on_glob_error(const char *path, int code)
{
	(void)path;
	return (code != ENOENT && code != ENOTDIR);
}

static void
copy_paths(struct arena *arena, const glob_t *found, struct conf_list *out)
{
	const char **items =
	    arena_array(arena, found->gl_pathc, sizeof(*items));

	for (size_t i = 0; i < found->gl_pathc; i++)
		items[i] = arena_strdup(arena, found->gl_pathv[i]);
	*out = (struct conf_list){ .items = items, .count = found->gl_pathc };
}

const char *
include_find(struct arena *arena, const char *includer, const char *pattern,
    struct conf_list *out)
{
	const char *path = absolute(arena, includer, pattern);
	const char *problem = NULL;
	glob_t found = { 0 };

	*out = (struct conf_list){ 0 };
	if (pattern[0] == '\0' || path == NULL)
		return ("the file name is empty or too long");
	int rc = glob(path, 0, on_glob_error, &found);

	if (rc == 0)
		copy_paths(arena, &found, out);
	else if (rc != GLOB_NOMATCH)
		problem =
		    arena_printf(arena, "%s: cannot list the files", pattern);
	else if (strpbrk(pattern, wildcards) == NULL)
		problem =
		    arena_printf(arena, "%s: there is no such file", pattern);
	globfree(&found);
	return (problem);
}
