#include "listen.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/endpoint.h"
#include "daemon/socket.h"
#include <libmilter/mfapi.h>

#define BACKLOG 1024

static struct socket_place
place_of(const struct config_settings *settings, const char *option,
    const char *where)
{
	return ((struct socket_place){ .option = option,
	    .where = where,
	    .group = settings->socket_group,
	    .user = settings->user,
	    .unit = "mailreeve-milter",
	    .file = "milter.sock" });
}

const char *
listen_check(const struct config_settings *settings, struct arena *arena)
{
	struct socket_place place =
	    place_of(settings, "socket", settings->socket);

	return (socket_check(&place, arena));
}

const char *
listen_check_metrics(
    const struct config_settings *settings, struct arena *arena)
{
	struct socket_place place =
	    place_of(settings, "metrics", settings->metrics);

	return (place.where == NULL ? NULL : socket_check(&place, arena));
}

typedef void socket_action(int fd, void *cookie);

/* libmilter does not show its descriptors, but /proc does. */
static void
each_descriptor(socket_action *action, void *cookie)
{
	DIR *folder = opendir("/proc/self/fd");

	if (folder == NULL)
		return;
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
		if (entry->d_name[0] != '.')
			action(atoi(entry->d_name), cookie);
	(void)closedir(folder);
}

static bool
is_listening(int fd)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	return (
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 &&
	    listening != 0);
}

/* A filter on TCP stalls about 40 ms a message when its last small write waits
 * for a delayed ACK; accepted sockets inherit the option from this one. */
static void
set_nodelay(int fd, void *unused)
{
	int on = 1;

	(void)unused;
	if (is_listening(fd))
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

union place {
	struct sockaddr any;
	struct sockaddr_in inet;
	struct sockaddr_in6 inet6;
	struct sockaddr_un local;
};

static bool
is_at_inet(const struct endpoint *ours, const union place *place)
{
	struct sockaddr_in inet;

	memcpy(&inet, &ours->address, sizeof(inet));
	return (place->inet.sin_port == inet.sin_port &&
		(inet.sin_addr.s_addr == htonl(INADDR_ANY) ||
		    place->inet.sin_addr.s_addr == inet.sin_addr.s_addr));
}

static bool
is_at_inet6(const struct endpoint *ours, const union place *place)
{
	struct sockaddr_in6 inet6;

	memcpy(&inet6, &ours->address, sizeof(inet6));
	return (
	    place->inet6.sin6_port == inet6.sin6_port &&
	    (IN6_IS_ADDR_UNSPECIFIED(&inet6.sin6_addr) ||
		IN6_ARE_ADDR_EQUAL(&place->inet6.sin6_addr, &inet6.sin6_addr)));
}

/* Connections share the address of the socket that accepted them.  The metrics
 * are served in this process too: they have another one. */
static bool
is_at(const struct endpoint *ours, int fd)
{
	union place place = { .any.sa_family = AF_UNSPEC };
	socklen_t len = sizeof(place);

	if (getsockname(fd, &place.any, &len) != 0)
		return (false);
	if (ours->path != NULL)
		return (place.any.sa_family == AF_UNIX &&
			strncmp(place.local.sun_path, ours->path,
			    sizeof(place.local.sun_path)) == 0);
	if (place.any.sa_family != ours->address.ss_family)
		return (false);
	return (place.any.sa_family == AF_INET ? is_at_inet(ours, &place)
					       : is_at_inet6(ours, &place));
}

static void
hang_up(int fd, void *cookie)
{
	const struct endpoint *ours = cookie;

	if (!is_listening(fd) && is_at(ours, fd))
		(void)shutdown(fd, SHUT_RD);
}

void
listen_hang_up(const struct config_settings *settings)
{
	struct arena *arena = arena_new();
	struct endpoint endpoint;

	if (endpoint_parse(settings->socket, arena, &endpoint) == NULL)
		each_descriptor(hang_up, &endpoint);
	arena_free(arena);
}

/* Let libmilter open the socket.  It tells its reasons to syslog; errno is a
 * hint, if it set it. */
static const char *
open_socket(const struct config_settings *settings, struct arena *arena)
{
	mode_t old = umask(0117);

	errno = 0;
	bool open =
	    smfi_setconn(arena_strdup(arena, settings->socket)) == MI_SUCCESS &&
	    smfi_setbacklog(BACKLOG) == MI_SUCCESS &&
	    smfi_opensocket(true) == MI_SUCCESS;
	int error = errno;

	(void)umask(old);
	if (open)
		return (NULL);
	if (error == EADDRINUSE)
		return (arena_printf(arena,
		    "socket: cannot listen on %s: another program does; see: "
		    "ss -lptn",
		    settings->socket));
	return (arena_printf(arena, "socket: cannot listen on %s: %s",
	    settings->socket,
	    error != 0 ? strerror(error) : "libmilter's reason is in syslog"));
}

/* libmilter takes over the socket of another filter; we look first. */
const char *
listen_open(const struct config_settings *settings, struct arena *arena)
{
	struct socket_place place =
	    place_of(settings, "socket", settings->socket);
	struct endpoint endpoint;
	const char *error = socket_check(&place, arena);

	if (error != NULL)
		return (error);
	(void)endpoint_parse(settings->socket, arena, &endpoint);
	if (endpoint.path != NULL && socket_is_served(endpoint.path))
		error = arena_printf(arena,
		    "socket: a filter already listens on %s", endpoint.path);
	if (error == NULL)
		error = open_socket(settings, arena);
	if (error != NULL)
		return (error);
	if (endpoint.path != NULL)
		return (socket_give(endpoint.path, &place, arena));
	each_descriptor(set_nodelay, NULL);
	return (NULL);
}

void
listen_close(const struct config_settings *settings)
{
	struct arena *arena = arena_new();
	struct endpoint endpoint;

	if (endpoint_parse(settings->socket, arena, &endpoint) == NULL &&
	    endpoint.path != NULL)
		(void)unlink(endpoint.path);
	arena_free(arena);
}
