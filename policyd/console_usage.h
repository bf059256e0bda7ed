/*
 * console_usage.h: limits and what is used of them, for whoever asks; all keys
 * of all limits, in slices.
 */
#ifndef POLICYD_CONSOLE_USAGE_H
#define POLICYD_CONSOLE_USAGE_H

#include "console_job.h"
#include "counter.h"
#include "limit.h"

/* One key of one limit. */
struct console_usage {
	const struct limit *limit;
	struct span key;
	struct counter_rule rule; /* with the rate in force */
	const char *source;       /* of that rate */
	struct counter_reading reading;
};

/**
 * console_usage_read(job, limit, key, record, out):
 * Store how ${key} of ${limit} stands in ${out}; NULL ${record}: nothing is
 * counted yet.  It lives as long as the configuration, the key and the record.
 */
void console_usage_read(struct console_job *job, const struct limit *limit,
    struct span key, const void *record, struct console_usage *out);

/**
 * console_usage_json(usage):
 * Return it as an object.
 */
json_t *console_usage_json(const struct console_usage *usage);

/* Where a walk over counters is.  All zero at first. */
struct console_walk {
	size_t index; /* of the limit */
	size_t place; /* in its table */
};

/* Takes a record; it may not change the table. */
typedef void console_usage_take(struct console_job *job,
    const struct limit *limit, struct span key, const void *record);

/**
 * console_usage_walk(job, walk, take):
 * Give the next records of all limits, or of the command's one, to ${take}.
 * Return false at the end.
 */
bool console_usage_walk(struct console_job *job, struct console_walk *walk,
    console_usage_take *take);

/**
 * console_usage_limit(job, name):
 * Return the limit ${name}, or NULL.
 */
const struct limit *console_usage_limit(
    struct console_job *job, const char *name);

/**
 * console_usage_concerns(key, who):
 * Say whether ${who} is ${key}, or one of its parts between bars, or the domain
 * of one.
 */
bool console_usage_concerns(struct span key, struct span who);

/**
 * console_usage_network(job, who):
 * Return the network that counters know the address ${who} by, or ${who}.
 */
struct span console_usage_network(struct console_job *job, const char *who);

/**
 * console_usage_facts(job):
 * Return the facts of mail by the command's who, as far as his name says.
 */
struct facts *console_usage_facts(struct console_job *job);

#endif
