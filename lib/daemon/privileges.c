#include "daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/shell.h"

void
privileges_raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

const char *
privileges_drop(const char *user, struct arena *arena)
{
	/* Whatever we are, no program we might start gains anything. */
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (geteuid() != 0)
		return (NULL);
	const struct passwd *entry = getpwnam(user);

	if (entry == NULL)
		return (arena_printf(arena,
		    "there is no user %s; set `user', or make it with: adduser "
		    "--system --group --no-create-home %s",
		    user, shell_word(arena, user)));
	if (entry->pw_uid == 0)
		return ("`user' must not be root");
	if (initgroups(user, entry->pw_gid) != 0 ||
	    setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 ||
	    setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0)
		return (arena_printf(
		    arena, "cannot become user %s: %s", user, strerror(errno)));
	return (NULL);
}

const char *
privileges_check(const char *user, const char *what, struct arena *arena)
{
	const struct passwd *entry = getpwnam(user);

	if (entry == NULL)
		return (arena_printf(arena,
		    "there is no user %s; make it with: adduser --system "
		    "--group --no-create-home %s",
		    user, shell_word(arena, user)));
	if (entry->pw_uid == 0)
		return (arena_printf(arena,
		    "the %s never runs as root; name another user", what));
	return (NULL);
}
