#include "store/store_explain.h"

#include <sqlite3.h>

#include "base/shell.h"

const char *
store_explain_away(struct arena *arena, const char *path, const char *what)
{
	const char *other = arena_printf(arena, "%s.bad", path);

	return (arena_printf(arena,
	    "%s %s; move it away, so that a new one is made, with: mv %s %s",
	    path, what, shell_word(arena, path), shell_word(arena, other)));
}

const char *
store_explain(struct arena *arena, const char *path, int code, const char *what)
{
	switch (code) {
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return (store_explain_away(
		    arena, path, arena_printf(arena, "is damaged (%s)", what)));
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return (arena_printf(arena,
		    "cannot write %s (%s): let this user write it and the "
		    "folder that it is in",
		    path, what));
	case SQLITE_FULL:
		return (arena_printf(arena,
		    "cannot write %s (%s): make room on its file system", path,
		    what));
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return (arena_printf(arena,
		    "cannot write %s (%s): another program keeps it locked",
		    path, what));
	case SQLITE_IOERR:
		return (arena_printf(arena,
		    "cannot read or write %s (%s): see whether its file "
		    "system is full, or fails",
		    path, what));
	case SQLITE_ERROR: /* such as a table that is missing */
	case SQLITE_DONE:
		return (store_explain_away(arena, path,
		    arena_printf(arena, "is not as we left it (%s)", what)));
	default:
		return (arena_printf(arena, "%s: %s", path, what));
	}
}
