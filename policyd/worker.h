/*
 * worker.h: threads for what blocks.  Jobs run there; their results come back
 * in the event loop.
 */
#ifndef POLICYD_WORKER_H
#define POLICYD_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct workers;

/* Jobs that may wait for a thread; more are refused at once. */
#define WORKER_MAX_WAITING 1000

/* In a worker's thread. */
typedef void worker_run(void *job);
/* In the event loop, once for each job that was taken, also at the end. */
typedef void worker_done(void *job);

struct worker_load {
	size_t waiting;
	size_t running;
	uint64_t refused;
};

/**
 * workers_new(base, count):
 * Start ${count} threads, which take no signals.  Return NULL, with the reason
 * in errno, when that cannot be.
 */
struct workers *workers_new(struct event_base *base, size_t count);

/**
 * workers_start(workers, run, done, job):
 * Have ${job} run.  Return false, and do nothing, when too many wait.
 */
bool workers_start(
    struct workers *workers, worker_run *run, worker_done *done, void *job);

/**
 * workers_load(workers, out):
 * Store how busy they are.
 */
void workers_load(struct workers *workers, struct worker_load *out);

/**
 * workers_free(workers):
 * Wait for running jobs, whose look-ups have deadlines; call done for all, also
 * for those that still wait: they have not run.  NULL is harmless.
 */
void workers_free(struct workers *workers);

#endif
