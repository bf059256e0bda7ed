#include "support/milter_daemon.h"

#include <grp.h>
#include <pwd.h>

static void
set(struct daemon *daemon, struct arena *arena, const char *name,
    const char *value)
{
	daemon_option(daemon, arena_printf(arena, "%s = \"%s\"", name, value));
}

void
milter_daemon_options(struct daemon *daemon)
{
	struct arena *arena = arena_new();
	const struct passwd *user = getpwuid(daemon_user(daemon));
	const struct group *group = getgrgid(daemon_group(daemon));

	milter_daemon_socket(daemon, false);
	set(daemon, arena, "authserv_id", "mx.example");
	set(daemon, arena, "key_store", daemon_path(daemon, "keys"));
	daemon_option(daemon, arena_printf(arena, "resolvers = {\"zone:%s\"}",
				  daemon_path(daemon, "zone")));
	daemon_option(daemon, "trusted_networks = {\"127.0.0.0/8\"}");
	daemon_option(daemon, "originating_daemons = {\"submission\"}");
	set(daemon, arena, "log_level", "debug");
	set(daemon, arena, "log_format", "json");
	set(daemon, arena, "log_to", "stderr");
	if (user != NULL)
		set(daemon, arena, "user", user->pw_name);
	if (group != NULL)
		set(daemon, arena, "socket_group", group->gr_name);
	arena_free(arena);
}

void
milter_daemon_socket(struct daemon *daemon, bool inet)
{
	struct arena *arena = arena_new();

	set(daemon, arena, "socket",
	    inet ? arena_printf(arena, "inet:%u@127.0.0.1", daemon_free_port())
		 : arena_printf(
		       arena, "unix:%s", daemon_path(daemon, "socket")));
	arena_free(arena);
}

const char *
milter_daemon_address(struct daemon *daemon)
{
	return (daemon_option_value(daemon, "socket"));
}

struct milter_client *
milter_daemon_session(struct arena *arena, const char *socket,
    const char *address, const char *name, const char **error)
{
	struct milter_client *client =
	    milter_client_open(socket, 0, arena, error);

	if (client == NULL)
		return (NULL);
	milter_client_macro(client, "j", "mx.example");
	milter_client_macro(client, "{daemon_name}", "mx.example");
	milter_client_macro(client, "{daemon_addr}", "192.0.2.1");
	milter_client_macro(client, "v", "Postfix 3.7.11");
	milter_client_macro(
	    client, "_", arena_printf(arena, "%s [%s]", name, address));
	if (milter_client_connect(client, name, address, 40000) == 0 &&
	    milter_client_helo(client, name) == 0)
		return (client);
	*error = arena_strdup(arena, milter_client_error(client));
	milter_client_close(client);
	return (NULL);
}
