/*
 * metrics_monitor.h: the page of metrics where the configuration says, which a
 * reload may change.
 */
#ifndef METRICS_METRICS_MONITOR_H
#define METRICS_METRICS_MONITOR_H

#include <stdint.h>

#include "metrics/metrics_serve.h"

struct metrics_monitor_options {
	metrics_page *page; /* what this program counts */
	void *cookie;
	const struct log *log; /* must outlive the monitor */
	int64_t started;       /* seconds since 1970 */
};

struct metrics_monitor;

/**
 * metrics_monitor_new(options):
 * Return a monitor of ${options}->page, after which it prints the metrics of
 * the process; it serves nothing yet.
 */
struct metrics_monitor *metrics_monitor_new(
    const struct metrics_monitor_options *options);

/**
 * metrics_monitor_follow(monitor, where):
 * From now on serve the metrics at ${where}, the words of an endpoint, or
 * nowhere when it is NULL.  When that fails, log an error metrics_failed and go
 * on as before: mail is worth more than figures.
 */
void metrics_monitor_follow(struct metrics_monitor *monitor, const char *where);

/**
 * metrics_monitor_check(where, port, arena):
 * Return NULL when ${where} is a loopback address with a port, or NULL itself;
 * else why not, with ${port} as an example, allocated from ${arena}.
 */
const char *metrics_monitor_check(
    const char *where, unsigned int port, struct arena *arena);

/**
 * metrics_monitor_free(monitor):
 * Serve no more and free ${monitor}.  NULL is harmless.
 */
void metrics_monitor_free(struct metrics_monitor *monitor);

#endif
