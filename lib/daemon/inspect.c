#include "daemon/inspect.h"

#include <stdio.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/complain.h"
#include "daemon/privileges.h"

/* In a child of root: check, and never come back.  What the parent has still
 * to write is his. */
_Noreturn static void
check_as(const char *user, inspect_check *check, void *cookie)
{
	struct arena *arena = arena_new();
	const char *error = privileges_drop(user, arena);
	int status = EX_CONFIG;

	if (error != NULL)
		complain_print_error(NULL, error);
	else
		status = check(cookie);
	arena_free(arena);
	(void)fflush(stdout);
	_exit(status);
}

int
inspect_as(const char *user, inspect_check *check, void *cookie)
{
	int status = 0;

	if (geteuid() != 0)
		return (check(cookie));
	(void)fflush(NULL);
	pid_t child = fork();

	if (child == 0)
		check_as(user, check, cookie);
	if (child > 0 && waitpid(child, &status, 0) == child &&
	    WIFEXITED(status))
		return (WEXITSTATUS(status));
	complain_print_error(NULL, "the process that checks did not end well");
	return (EX_OSERR);
}
