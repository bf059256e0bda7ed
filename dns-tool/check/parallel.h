/*
 * parallel.h: tasks side by side, each with findings of its own.
 */
#ifndef CHECK_PARALLEL_H
#define CHECK_PARALLEL_H

#include "check/finding.h"

/* Tasks of one call; more are done one after the other, by whoever is first. */
#define PARALLEL_MAX_THREADS 64

typedef void parallel_task(
    void *cookie, size_t index, struct finding_list *findings);

/**
 * parallel_run(task, cookie, count, findings):
 * Call ${task} with each index below ${count}, in threads, and append what they
 * found to ${findings}, in the order of the indices.
 */
void parallel_run(parallel_task *task, void *cookie, size_t count,
    struct finding_list *findings);

#endif
