/*
 * control.h: the daemon's life: signals, reloads, ticks, the end.
 */
#ifndef POLICYD_CONTROL_H
#define POLICYD_CONTROL_H

#include "config.h"
#include "engine.h"
#include "metrics/metrics_monitor.h"
#include "serve.h"

/* A tenth of a second: how often the engine is told of the time. */
#define CONTROL_TICK_MS 100

struct control {
	struct event_base *base;
	struct engine *engine;
	struct serve *serve;
	struct metrics_monitor *monitor;
	const struct config *started; /* what the process began with */
	struct log *log;
	const char *path; /* of the configuration file */
	const struct config_reader *reader;
};

/**
 * control_now(void):
 * Return the milliseconds since 1970.
 */
int64_t control_now(void);

/**
 * control_run(control):
 * Serve until SIGTERM or SIGINT; SIGUSR1 and SIGHUP load the configuration
 * anew, and keep the one in force when it is wrong.  Return an exit status of
 * sysexits.h: 0 when all had their replies within drain_timeout.
 */
int control_run(const struct control *control);

#endif
