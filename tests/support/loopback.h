/*
 * loopback.h: ports of 127.0.0.1 for servers of tests.
 */
#ifndef SUPPORT_LOOPBACK_H
#define SUPPORT_LOOPBACK_H

#include <netinet/in.h>

/**
 * loopback_bind(type, port, at):
 * Return a socket of ${type} at ${port}, in network byte order, of 127.0.0.1,
 * or at any free one if that is 0, and store its address in ${at}.  Return -1
 * when the port is taken.  The process ends where there are no sockets.
 */
int loopback_bind(int type, in_port_t port, struct sockaddr_in *at);

#endif
