/*
 * listen.h: the socket on which the MTA connects.
 */
#ifndef MILTER_LISTEN_H
#define MILTER_LISTEN_H

#include "base/arena.h"
#include "config.h"

/**
 * listen_check(settings, arena):
 * Return NULL when the socket of ${settings} has a place where we could make it
 * and its group reaches it, whoever listens there now; or what is wrong with
 * its cure, allocated from ${arena}.
 */
const char *listen_check(
    const struct config_settings *settings, struct arena *arena);

/**
 * listen_check_metrics(settings, arena):
 * The same for the address where ${settings} want the metrics, if any.
 */
const char *listen_check_metrics(
    const struct config_settings *settings, struct arena *arena);

/**
 * listen_open(settings, arena):
 * Open the socket of ${settings} for libmilter: a UNIX socket with its group
 * and mode 0660, a TCP socket with TCP_NODELAY.  Return NULL, or what went
 * wrong with its cure, allocated from ${arena}.
 */
const char *listen_open(
    const struct config_settings *settings, struct arena *arena);

/**
 * listen_close(settings):
 * Take the name of a UNIX socket away, so that the MTA no longer finds us while
 * we finish what is in hand.
 */
void listen_close(const struct config_settings *settings);

/**
 * listen_hang_up(settings):
 * Read no more from the MTA's connections to the socket of ${settings}:
 * libmilter still writes the reply that it may owe, then finds the end and
 * closes.
 */
void listen_hang_up(const struct config_settings *settings);

#endif
