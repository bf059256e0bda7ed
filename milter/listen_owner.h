/*
 * listen_owner.h: who listens where we want to.
 */
#ifndef MILTER_LISTEN_OWNER_H
#define MILTER_LISTEN_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * listen_owner_of_port(port, user):
 * Store in ${user} whose TCP socket listens on ${port} of this host.  Return
 * false when none does, or nobody can say.
 */
bool listen_owner_of_port(unsigned int port, uid_t *user);

#endif
