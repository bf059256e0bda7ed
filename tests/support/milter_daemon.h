/*
 * milter_daemon.h: mailreeve-milter as the daemon of a test.
 */
#ifndef SUPPORT_MILTER_DAEMON_H
#define SUPPORT_MILTER_DAEMON_H

#include <stdbool.h>

#include "base/arena.h"
#include "support/daemon.h"
#include "support/milter_client.h"

/**
 * milter_daemon_options(daemon):
 * Set the options that every test needs: the files in the daemon's folder (a
 * UNIX socket, the key store "keys", the zone file "zone"), authserv_id
 * mx.example, 127.0.0.0/8 as trusted network, "submission" as originating
 * daemon, a JSON log.
 */
void milter_daemon_options(struct daemon *daemon);

/**
 * milter_daemon_socket(daemon, inet):
 * Let it listen on TCP on a free port if ${inet}, else on a UNIX socket.
 */
void milter_daemon_socket(struct daemon *daemon, bool inet);

/**
 * milter_daemon_address(daemon):
 * Return the address where it listens, for milter_client_open().
 */
const char *milter_daemon_address(struct daemon *daemon);

/**
 * milter_daemon_session(arena, socket, address, name, error):
 * Connect to the daemon at ${socket} and play the start of a session as Postfix
 * on the host mx.example does for the client ${name} at ${address}: macros,
 * CONNECT and HELO.  On failure return NULL and store the reason, in ${arena},
 * in ${error}.
 */
struct milter_client *milter_daemon_session(struct arena *arena,
    const char *socket, const char *address, const char *name,
    const char **error);

#endif
