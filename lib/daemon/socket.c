#include "daemon/socket.h"

#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/shell.h"
#include "daemon/endpoint.h"

#define STREAM (SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK)

static struct sockaddr_un
address_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return (address);
}

/* One that has too many connections waiting serves, too: EAGAIN. */
bool
socket_is_served(const char *path)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, STREAM, 0);

	if (fd < 0)
		return (false);
	bool served = connect(fd, (const struct sockaddr *)&address,
			  sizeof(address)) == 0 ||
	              errno == EAGAIN;

	(void)close(fd);
	return (served);
}

/* Root may give a socket to any group, others to one of their own. */
const char *
socket_give(
    const char *path, const struct socket_place *place, struct arena *arena)
{
	const char *name = place->group;
	const struct group *group = getgrnam(name);

	if (chmod(path, 0660) != 0)
		return (arena_printf(
		    arena, "%s: %s: %s", place->option, path, strerror(errno)));
	if (group == NULL)
		return (arena_printf(arena,
		    "socket_group: there is no group %s; name Postfix's group, "
		    "or make it with: addgroup --system %s",
		    name, shell_word(arena, name)));
	if (chown(path, (uid_t)-1, group->gr_gid) != 0)
		return (arena_printf(arena,
		    "socket_group: cannot give %s to group %s: %s; add our "
		    "user to it with: adduser %s %s",
		    path, name, strerror(errno), shell_word(arena, place->user),
		    shell_word(arena, name)));
	return (NULL);
}

/* Bind ${fd} to ${path} in the place of a socket that nobody serves, with a
 * mode that lets nobody in before it has its group. */
static bool
bind_unix(int fd, const char *path)
{
	struct sockaddr_un address = address_of(path);
	struct stat status;

	if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
		(void)unlink(path);
	mode_t old = umask(0177);
	bool bound =
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;

	(void)umask(old);
	return (bound);
}

/* A server on TCP stalls about 40 ms when its last small write waits for a
 * delayed ACK; accepted sockets inherit the option from this one. */
static bool
bind_tcp(int fd, const struct endpoint *endpoint)
{
	const int on = 1;

	return (
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	    bind(fd, (const struct sockaddr *)&endpoint->address,
		endpoint->address_len) == 0);
}

static const char *
explain(const struct socket_place *place, int error, struct arena *arena)
{
	if (error == EADDRINUSE)
		return (arena_printf(arena,
		    "%s: cannot listen on %s: another program does; see: ss "
		    "-lptn",
		    place->option, place->where));
	return (arena_printf(arena, "%s: cannot listen on %s: %s",
	    place->option, place->where, strerror(error)));
}

static const char *
listen_at(int fd, const struct socket_place *place,
    const struct endpoint *endpoint, int backlog, struct arena *arena)
{
	bool is_unix = endpoint->path != NULL;
	const char *error = NULL;

	if (fd < 0 ||
	    !(is_unix ? bind_unix(fd, endpoint->path) : bind_tcp(fd, endpoint)))
		return (explain(place, errno, arena));
	if (is_unix)
		error = socket_give(endpoint->path, place, arena);
	if (error == NULL && listen(fd, backlog) != 0)
		error = explain(place, errno, arena);
	if (error != NULL && is_unix)
		(void)unlink(endpoint->path);
	return (error);
}

int
socket_open(const struct socket_place *place, int backlog, struct arena *arena,
    const char **error)
{
	struct endpoint endpoint;

	*error = socket_check(place, arena);
	if (*error != NULL)
		return (-1);
	(void)endpoint_parse(place->where, arena, &endpoint);
	if (endpoint.path != NULL && socket_is_served(endpoint.path)) {
		*error = arena_printf(arena,
		    "%s: another program already listens on %s", place->option,
		    endpoint.path);
		return (-1);
	}
	int fd =
	    socket(endpoint.path != NULL ? AF_UNIX : endpoint.address.ss_family,
		STREAM, 0);

	*error = listen_at(fd, place, &endpoint, backlog, arena);
	if (*error == NULL)
		return (fd);
	if (fd >= 0)
		(void)close(fd);
	return (-1);
}
