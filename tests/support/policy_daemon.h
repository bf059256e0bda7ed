/*
 * policy_daemon.h: mailreeve-policyd as the daemon of a test.
 */
#ifndef SUPPORT_POLICY_DAEMON_H
#define SUPPORT_POLICY_DAEMON_H

#include "base/arena.h"
#include "support/daemon.h"
#include "support/policy_client.h"

/**
 * policy_daemon_options(daemon):
 * Set the options that every test needs: the files in the daemon's folder (a
 * UNIX socket, the control socket "control", the store "state", the zone file
 * "zone", which the test writes), no default limits and lists, a JSON log.
 */
void policy_daemon_options(struct daemon *daemon);

/**
 * policy_daemon_address(daemon, arena):
 * Return the address of its UNIX socket, for policy_client_open(), in ${arena}.
 */
const char *policy_daemon_address(struct daemon *daemon, struct arena *arena);

#endif
