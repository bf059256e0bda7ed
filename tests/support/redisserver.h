/*
 * redisserver.h: a real Redis or Valkey, whichever is installed, in a temporary
 * folder, on a UNIX socket and a port of 127.0.0.1.
 */
#ifndef SUPPORT_REDISSERVER_H
#define SUPPORT_REDISSERVER_H

#include "base/arena.h"
#include "base/compat.h"

struct redisserver;

/**
 * redisserver_new(arena):
 * Return a server that does not run yet, allocated from ${arena}.
 */
struct redisserver *redisserver_new(struct arena *arena);

/**
 * redisserver_option(server, line):
 * Append ${line} to the configuration.
 */
void redisserver_option(struct redisserver *server, const char *line);

/**
 * redisserver_start(server, is_sentinel):
 * Start it, or start it again, and wait until it answers.  Return -1 when it
 * does not.
 */
int redisserver_start(
    struct redisserver *server, bool is_sentinel) COMPAT_MUST_CHECK;

/**
 * redisserver_signal(server, number):
 * Send it a signal.
 */
void redisserver_signal(struct redisserver *server, int number);

/**
 * redisserver_kill(server), redisserver_free(server):
 * Kill it; and remove its folder too.
 */
void redisserver_kill(struct redisserver *server);
void redisserver_free(struct redisserver *server);

/**
 * redisserver_socket(server), redisserver_port(server):
 * Return the path of its socket, or its port.
 */
const char *redisserver_socket(const struct redisserver *server);
unsigned int redisserver_port(const struct redisserver *server);

#endif
