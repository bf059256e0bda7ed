/*
 * monitor.h: the page of metrics, and where it is served.
 */
#ifndef MILTER_MONITOR_H
#define MILTER_MONITOR_H

#include "config.h"
#include "service.h"

struct monitor;

/**
 * monitor_new(service):
 * Return a monitor of ${service}, which must outlive it; it serves nothing yet.
 */
struct monitor *monitor_new(struct service *service);

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
