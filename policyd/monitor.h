/*
 * monitor.h: the page of metrics, and where it is served.
 */
#ifndef POLICYD_MONITOR_H
#define POLICYD_MONITOR_H

#include "base/clock.h"
#include "base/log.h"
#include "config.h"

struct meter;
struct monitor;

/**
 * monitor_new(meter, log, clock):
 * Return a monitor of ${meter}, which must outlive it, as ${log} must; it
 * serves nothing yet.
 */
struct monitor *monitor_new(
    struct meter *meter, const struct log *log, const struct clock *clock);

/**
 * monitor_follow(monitor, settings):
 * From now on serve the metrics where ${settings} say, or nowhere.  When that
 * fails, log an error metrics_failed and go on as before: mail is worth more
 * than figures.
 */
void monitor_follow(
    struct monitor *monitor, const struct config_settings *settings);

/**
 * monitor_free(monitor):
 * Serve no more and free ${monitor}.  NULL is harmless.
 */
void monitor_free(struct monitor *monitor);

#endif
