/*
 * socket.h: the place where Postfix connects: whether there could be one that
 * it reaches, and a socket there.
 */
#ifndef DAEMON_SOCKET_H
#define DAEMON_SOCKET_H

#include <stdbool.h>

#include "base/arena.h"

struct socket_place {
	const char *option; /* that says where, for messages: "socket" */
	const char *where;  /* see endpoint_parse() */
	const char *group;  /* Postfix's, who gets a UNIX socket */
	const char *user;   /* as whom we listen */
	const char *unit;   /* of systemd, for messages: "mailreeve-milter" */
	const char *file;   /* a good name for messages: "milter.sock" */
};

/**
 * socket_check(place, arena):
 * Return NULL when a socket could be made at ${place} and its group reaches it,
 * whoever listens there now; or what is wrong with its cure, allocated from
 * ${arena}.
 */
const char *socket_check(const struct socket_place *place, struct arena *arena);

/**
 * socket_check_group(where, group, arena):
 * Return NULL when there is a ${group}, or ${where} is no UNIX socket, which
 * alone needs one; else what is wrong with its cure.
 */
const char *socket_check_group(
    const char *where, const char *group, struct arena *arena);

/**
 * socket_is_served(path):
 * Say whether somebody listens on the UNIX socket ${path}: who binds it takes
 * it away from him.
 */
bool socket_is_served(const char *path);

/**
 * socket_give(path, place, arena):
 * Give the UNIX socket ${path} mode 0660 and to the group of ${place}.  Return
 * NULL, or what went wrong with its cure, allocated from ${arena}.
 */
const char *socket_give(
    const char *path, const struct socket_place *place, struct arena *arena);

/**
 * socket_open(place, backlog, arena, error):
 * Listen at ${place}: a UNIX socket with its group and mode 0660 in the place
 * of one that nobody serves, or TCP with TCP_NODELAY.  Return the descriptor,
 * which does not block, or -1 with the reason and its cure, allocated from
 * ${arena}, in ${error}.
 */
int socket_open(const struct socket_place *place, int backlog,
    struct arena *arena, const char **error);

#endif
