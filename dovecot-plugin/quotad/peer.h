/*
 * peer.h: what the kernel says of who is at the other end (SO_PEERCRED), and
 * what follows from it.
 */
#ifndef QUOTAD_PEER_H
#define QUOTAD_PEER_H

#include <sys/types.h>

#include "config.h"
#include "ledger.h"

struct peer_users;

/**
 * peer_users_new(settings, arena):
 * Look up the users that ${settings} name; what is returned lives in ${arena}.
 */
struct peer_users *peer_users_new(
    const struct config_settings *settings, struct arena *arena);

struct peer {
	struct ledger_peer may;
	bool may_command; /* root and the daemon's own user */
	pid_t pid;
};

/**
 * peer_of(fd, users, arena, out):
 * Store in ${out}, with strings of ${arena}, what the client on ${fd} may:
 * root, dovecot and `trusted_users' book for anyone; `asking_users' may ask
 * only; others what a binding gives them.  Return -1 if the kernel does not
 * say.
 */
int peer_of(int fd, const struct peer_users *users, struct arena *arena,
    struct peer *out);

#endif
