/*
 * socket_owner.h: who listens where we want to.
 */
#ifndef DAEMON_SOCKET_OWNER_H
#define DAEMON_SOCKET_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * socket_owner_of_port(port, user):
 * Store in ${user} whose TCP socket listens on ${port} of this host.  Return
 * false when none does, or nobody can say.
 */
bool socket_owner_of_port(unsigned int port, uid_t *user);

#endif
