/*
 * warn.h: tell people that an account fills up: a script, mail to the user and
 * to the domain's owner.  Levels, not crossings: whoever is over one and was
 * not told of it within the period is told.
 */
#ifndef QUOTAD_WARN_H
#define QUOTAD_WARN_H

#include "base/log.h"
#include "config.h"
#include "meter.h"
#include "record.h"

struct warn;

/**
 * warn_new(config, log, meter), warn_free(warn):
 * A warner with a thread of its own, which runs the script and sendmail(1), one
 * at a time, each for a limited time; warn_free() waits for the one that runs.
 */
struct warn *warn_new(
    const struct config *config, const struct log *log, struct meter *meter);
void warn_free(struct warn *warn);
void warn_configure(struct warn *warn, const struct config *config);

/**
 * warn_due(account, limits, settings, now):
 * Return the level, in percent, that is to be told of at ${now} (seconds since
 * 1970), or 0.  Decides only.
 */
int64_t warn_due(const struct record_account *account,
    const struct record_limits *limits, const struct config_settings *settings,
    int64_t now);

/**
 * warn_tell(warn, account, limits, percent):
 * Queue a warning of that level; when the queue is full, return false and do
 * nothing: the next change tries again.
 */
bool warn_tell(struct warn *warn, const struct record_account *account,
    const struct record_limits *limits, int64_t percent);

#endif
