/*
 * warn.h: tell people that an account fills up: by a script, and by mail to the
 * user or the domain's owner.  Levels, not crossings: who is over one, and was
 * not told of it within the period, is told.
 */
#ifndef QUOTAD_WARN_H
#define QUOTAD_WARN_H

#include "base/log.h"
#include "config.h"
#include "meter.h"
#include "record.h"

/* Warnings that wait for their turn. */
#define WARN_MAX_WAITING 100
#define WARN_TIMEOUT_MS 10000

struct warn;

/**
 * warn_new(config, log, meter):
 * A thread that runs the script and sendmail(1), one at a time, each for
 * WARN_TIMEOUT_MS at most.  Events: warned, warn_failed.
 */
struct warn *warn_new(
    const struct config *config, const struct log *log, struct meter *meter);

/**
 * warn_free(warn):
 * Wait for the program that runs; what waits is dropped.  NULL is harmless.
 */
void warn_free(struct warn *warn);

/**
 * warn_configure(warn, config):
 * From now on do as ${config} says, of which what is needed is copied.
 */
void warn_configure(struct warn *warn, const struct config *config);

/**
 * warn_due(account, limits, config, now):
 * Return the level, in percent, that is to be told of at ${now} (seconds since
 * 1970), or 0.  Decides only.
 */
int64_t warn_due(const struct record_account *account,
    const struct record_limits *limits, const struct config *config,
    int64_t now);

/**
 * warn_tell(warn, account, limits, level):
 * Queue a warning; false when the queue is full, or nobody is to be told: then
 * nothing was done.
 */
bool warn_tell(struct warn *warn, const struct record_account *account,
    const struct record_limits *limits, int64_t level);

#endif
