/*
 * monitor.h: what the page of metrics says.
 */
#ifndef MILTER_MONITOR_H
#define MILTER_MONITOR_H

#include "metrics/metrics_monitor.h"
#include "service.h"

/**
 * monitor_new(service):
 * Return a monitor of ${service}, which must outlive it; it serves nothing yet.
 */
struct metrics_monitor *monitor_new(struct service *service);

#endif
