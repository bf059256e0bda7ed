#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/endpoint.h"

struct socket_place
listener_place(const char *where, const char *group, const char *user)
{
	return ((struct socket_place){ .option = "sockets",
	    .where = where,
	    .group = group,
	    .user = user,
	    .unit = "mailreeve-policyd",
	    .file = "policy.sock" });
}

/* systemd's own options need not be what we live by. */
static const char *
prepare(int fd, struct arena *arena)
{
	const int on = 1;
	int flags = fcntl(fd, F_GETFL);

	if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
		return (arena_printf(arena,
		    "sockets: descriptor %d from systemd is no listening "
		    "stream socket; see: systemctl cat mailreeve-policyd.socket",
		    fd));
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return (arena_printf(
		    arena, "sockets: descriptor %d: %s", fd, strerror(errno)));
	if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) == 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return (NULL);
}

/* Take over ${count} descriptors; their names are systemd's. */
static const char *
take_passed(size_t count, struct arena *arena, struct listeners *out)
{
	const char *error = NULL;

	if (count > LISTENER_MAX)
		return ("sockets: systemd passes too many");
	for (size_t i = 0; i < count && error == NULL; i++) {
		int fd = SD_LISTEN_FDS_START + (int)i;

		out->items[out->count++] = (struct listener){ .fd = fd };
		error = prepare(fd, arena);
	}
	return (error);
}

static bool
is_at(int fd, const struct endpoint *endpoint)
{
	if (endpoint->path != NULL)
		return (sd_is_socket_unix(
			    fd, SOCK_STREAM, 1, endpoint->path, 0) > 0);
	return (sd_is_socket_sockaddr(fd, SOCK_STREAM,
		    (const struct sockaddr *)&endpoint->address,
		    endpoint->address_len, 1) > 0);
}

/* Where nobody listens though the configuration says so: it is systemd's that
 * counts. */
static void
warn_of_others(const struct conf_list *sockets, const struct log *log,
    struct arena *arena, const struct listeners *passed)
{
	for (size_t i = 0; i < sockets->count; i++) {
		struct endpoint endpoint;
		bool found =
		    endpoint_parse(sockets->items[i], arena, &endpoint) != NULL;

		for (size_t j = 0; j < passed->count && !found; j++)
			found = is_at(passed->items[j].fd, &endpoint);
		if (!found)
			log_warning(log, "socket_ignored",
			    LOG_TEXT("socket", sockets->items[i]),
			    LOG_TEXT("reason",
				"systemd passes others; see: systemctl cat "
				"mailreeve-policyd.socket"));
	}
}

static void
remember_name(struct listener *listener, const char *path)
{
	struct stat status;

	listener->path = path;
	if (lstat(path, &status) == 0)
		listener->inode = status.st_ino;
}

static const char *
open_own(const struct socket_place *place, int backlog, struct arena *arena,
    struct listeners *out)
{
	struct listener *listener = &out->items[out->count];
	struct endpoint endpoint;
	const char *error = NULL;

	*listener = (struct listener){ .fd = socket_open(
					   place, backlog, arena, &error) };
	if (error != NULL)
		return (error);
	out->count++;
	if (endpoint_parse(place->where, arena, &endpoint) == NULL &&
	    endpoint.path != NULL)
		remember_name(listener, endpoint.path);
	return (NULL);
}

const char *
listener_open(const struct conf_list *sockets, const char *group,
    const char *user, int backlog, const struct log *log, struct arena *arena,
    struct listeners *out)
{
	int passed = sd_listen_fds(1);
	const char *error = NULL;

	*out = (struct listeners){ .count = 0 };
	if (passed > 0) {
		log_info(log, "sockets", LOG_TEXT("from", "systemd"),
		    LOG_NUMBER("count", passed));
		error = take_passed((size_t)passed, arena, out);
		if (error == NULL)
			warn_of_others(sockets, log, arena, out);
	} else if (sockets->count > LISTENER_MAX) {
		error = "sockets: these are too many";
	} else {
		for (size_t i = 0; i < sockets->count && error == NULL; i++) {
			struct socket_place place =
			    listener_place(sockets->items[i], group, user);

			error = open_own(&place, backlog, arena, out);
		}
	}
	if (error != NULL)
		listener_close(out);
	return (error);
}

static void
remove_name(const struct listener *listener)
{
	struct stat status;

	if (listener->path != NULL && lstat(listener->path, &status) == 0 &&
	    status.st_ino == listener->inode)
		(void)unlink(listener->path);
}

void
listener_close(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++) {
		remove_name(&listeners->items[i]);
		(void)close(listeners->items[i].fd);
	}
	listeners->count = 0;
}
