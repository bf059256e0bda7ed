/*
 * control.h: signals, reloads, ticks, and the end.
 */
#ifndef QUOTAD_CONTROL_H
#define QUOTAD_CONTROL_H

#include <event2/event.h>

#include "config.h"
#include "metrics/metrics_monitor.h"
#include "serve.h"
#include "warn.h"

struct control {
	struct event_base *base;
	const char *path;
	const struct config_reader *reader;
	struct log *log;
	struct config *config; /* in force; who runs it frees it */
	struct config *started;
	struct ledger *ledger;
	struct serve *serve;
	struct warn *warn;
	struct metrics_monitor *monitor;
};

/**
 * control_run(control):
 * Serve until SIGTERM or SIGINT; SIGUSR1 and SIGHUP reload.  Return an exit
 * status (sysexits.h).
 */
int control_run(struct control *control);

#endif
