/*
 * supervisor.h: what systemd is told of our life (sd_notify(3)), and what it
 * wants to hear.  All of it does nothing where no supervisor listens.
 */
#ifndef DAEMON_SUPERVISOR_H
#define DAEMON_SUPERVISOR_H

#include <stdint.h>

/**
 * supervisor_ready(void):
 * Say that we serve: after the start, and after each supervisor_reloading().
 */
void supervisor_ready(void);

/**
 * supervisor_reloading(void):
 * Say that a reload begins now.
 */
void supervisor_reloading(void);

/**
 * supervisor_stopping(patience_s):
 * Say that we end, which may take ${patience_s} seconds: more than systemd
 * would wait by itself.
 */
void supervisor_stopping(int64_t patience_s);

/**
 * supervisor_interval_ms(void):
 * Return how often supervisor_alive() is to be called, in milliseconds; 0 when
 * nobody waits for it (sd_watchdog_enabled(3)).
 */
int64_t supervisor_interval_ms(void);

/**
 * supervisor_alive(void):
 * Say that the event loop turns.
 */
void supervisor_alive(void);

#endif
