/*
 * listener.h: the sockets where Postfix asks: ours, or those that systemd
 * passes (sd_listen_fds(3)), which stay open across a restart.
 */
#ifndef POLICYD_LISTENER_H
#define POLICYD_LISTENER_H

#include <stddef.h>

#include "base/arena.h"
#include "base/log.h"
#include "conf/conf.h"
#include "daemon/socket.h"

#define LISTENER_MAX ((size_t)64)

struct listener {
	int fd;
	const char *path;    /* of a UNIX socket that we made; or NULL */
	unsigned long inode; /* of that */
};

struct listeners {
	struct listener items[LISTENER_MAX];
	size_t count;
};

/**
 * listener_place(where, group, user):
 * Return the place ${where} of a socket of ours.
 */
struct socket_place listener_place(
    const char *where, const char *group, const char *user);

/**
 * listener_open(sockets, group, user, backlog, log, arena, out):
 * Store in ${out} what systemd passed, or else listen at all ${sockets}.
 * Return NULL, or what went wrong with its cure, allocated from ${arena}; then
 * none is open.
 */
const char *listener_open(const struct conf_list *sockets, const char *group,
    const char *user, int backlog, const struct log *log, struct arena *arena,
    struct listeners *out);

/**
 * listener_close(listeners):
 * Listen no more, and take away the names of UNIX sockets that we made, unless
 * somebody else has made them anew.
 */
void listener_close(struct listeners *listeners);

#endif
