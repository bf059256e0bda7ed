/*
 * control.h: the daemon's life: signals, reload, stop.
 *
 *	SIGUSR1, SIGHUP  reload the configuration, or keep the old one if wrong
 *	SIGTERM, SIGINT  finish the messages in hand, then end
 */
#ifndef MILTER_CONTROL_H
#define MILTER_CONTROL_H

#include "config.h"
#include "metrics/metrics_monitor.h"
#include "service.h"

struct control {
	struct service *service;
	struct metrics_monitor *monitor;
	const struct config *started; /* what the process began with */
	struct log *log;
	const char *path; /* of the configuration file */
	const struct config_reader *reader;
};

/**
 * control_run(control):
 * Serve until a signal ends it.  Return an exit status of sysexits.h: 0 after
 * SIGTERM with nothing left in hand.
 */
int control_run(const struct control *control);

#endif
