/*
 * metrics_process.h: what Prometheus expects to hear of every process, under
 * the names that its own libraries use.
 */
#ifndef METRICS_METRICS_PROCESS_H
#define METRICS_METRICS_PROCESS_H

#include <stdint.h>

#include "base/buf.h"

struct metrics_process;

/**
 * metrics_process_new(started, version):
 * Return the metrics of this process, which began at ${started}, seconds since
 * 1970, as ${version} of Mailreeve.
 */
struct metrics_process *metrics_process_new(
    int64_t started, const char *version);

/**
 * metrics_process_free(process):
 * Free ${process}.  NULL is harmless.
 */
void metrics_process_free(struct metrics_process *process);

/**
 * metrics_process_print(process, page):
 * Append to ${page} what holds now: mailreeve_build_info,
 * process_start_time_seconds, process_cpu_seconds_total,
 * process_resident_memory_bytes, process_open_fds and process_max_fds.  What
 * the system does not tell is 0.
 */
void metrics_process_print(struct metrics_process *process, struct buf *page);

#endif
