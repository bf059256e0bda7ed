/*
 * peer.h: what the kernel says of who is at the other end (SO_PEERCRED), and
 * what follows from it.
 */
#ifndef QUOTAD_PEER_H
#define QUOTAD_PEER_H

#include <sys/types.h>

#include "config.h"
#include "ledger.h"

/* The numbers of the users that the configuration names, looked up once. */
struct peer_users;

struct peer_users *peer_users_new(
    const struct config_settings *settings, struct arena *arena);

struct peer {
	struct ledger_peer may;
	bool may_command; /* root and the daemon's own user */
	pid_t pid;
};

/**
 * peer_of(fd, users, out):
 * Store in ${out} what the client on ${fd} may: root, dovecot and
 * `trusted_users' book for anyone; `asking_users' may ask only; others what a
 * binding gives them.  Return -1 if the kernel does not say.
 */
int peer_of(int fd, const struct peer_users *users, struct peer *out);

#endif
