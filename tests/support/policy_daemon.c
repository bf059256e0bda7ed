#include "support/policy_daemon.h"

#include <grp.h>
#include <pwd.h>

static void
set(struct daemon *daemon, struct arena *arena, const char *name,
    const char *value)
{
	daemon_option(daemon, arena_printf(arena, "%s = \"%s\"", name, value));
}

void
policy_daemon_options(struct daemon *daemon)
{
	struct arena *arena = arena_new();
	const struct passwd *user = getpwuid(daemon_user(daemon));
	const struct group *group = getgrgid(daemon_group(daemon));

	daemon_option(daemon, arena_printf(arena, "sockets = {\"%s\"}",
				  policy_daemon_address(daemon, arena)));
	set(daemon, arena, "control_socket", daemon_path(daemon, "control"));
	set(daemon, arena, "state", daemon_path(daemon, "state"));
	daemon_option(daemon, arena_printf(arena, "resolvers = {\"zone:%s\"}",
				  daemon_path(daemon, "zone")));
	daemon_option(daemon, "default_limits = false");
	daemon_option(daemon, "default_lists = false");
	set(daemon, arena, "log_level", "info");
	set(daemon, arena, "log_format", "json");
	set(daemon, arena, "log_to", "stderr");
	if (user != NULL)
		set(daemon, arena, "user", user->pw_name);
	if (group != NULL)
		set(daemon, arena, "socket_group", group->gr_name);
	arena_free(arena);
}

const char *
policy_daemon_address(struct daemon *daemon, struct arena *arena)
{
	return (arena_printf(arena, "unix:%s", daemon_path(daemon, "socket")));
}
