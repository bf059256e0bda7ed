/*
 * console_job.h: one command on its way: answered in slices, so that nothing
 * that an admin asks holds up mail.
 */
#ifndef POLICYD_CONSOLE_JOB_H
#define POLICYD_CONSOLE_JOB_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/span.h"
#include "console_command.h"
#include "engine.h"
#include "table.h"

/* How long one command may keep the loop before it turns, in microseconds, and
 * how many records are looked at before the clock is. */
#define CONSOLE_JOB_SLICE_US INT64_C(300)
#define CONSOLE_JOB_SLICE ((size_t)32)

struct evbuffer;
struct serve;

enum console_progress {
	CONSOLE_MORE, /* call again */
	CONSOLE_WAIT, /* woken later */
	CONSOLE_DONE,
};

struct console_job;

/* Does a slice of the work. */
typedef enum console_progress console_step(struct console_job *job);

struct console_job {
	struct arena *arena; /* of this command alone */
	struct engine *engine;
	const struct serve *serve;
	const struct log *log;
	struct evbuffer *out;
	struct console_command command;
	int64_t now; /* milliseconds since 1970 */
	console_step *step;
	void *state;    /* of the command */
	bool waits;     /* somebody else holds it */
	bool abandoned; /* who asked has gone */
	void (*wake)(void *cookie);
	void *cookie;
};

/**
 * console_job_new(void), console_job_free(job):
 * Return a job with an arena.  NULL is harmless to free.
 */
struct console_job *console_job_new(void);
void console_job_free(struct console_job *job);

/**
 * console_job_line(job, kind, line):
 * Send ${line}, which is taken, as an object of that ${kind}.
 */
void console_job_line(struct console_job *job, const char *kind, json_t *line);

/**
 * console_job_end(job, line), console_job_fail(job, format, ...):
 * Send the last line: taken, NULL for an empty one; or why there is no answer.
 * Return CONSOLE_DONE.
 */
enum console_progress console_job_end(struct console_job *job, json_t *line);
enum console_progress console_job_fail(
    struct console_job *job, const char *format, ...) COMPAT_PRINTF(2, 3);

/**
 * console_job_walk(table, place, visit, cookie):
 * As table_walk(), for a slice of time.
 */
bool console_job_walk(
    struct table *table, size_t *place, table_visit *visit, void *cookie);

/**
 * console_job_text(text):
 * Return a string of ${text}; bytes that are no UTF-8 stand as \xHH.
 */
json_t *console_job_text(struct span text);

/**
 * console_job_rate(rate):
 * Return a number, or null for no limit.
 */
json_t *console_job_rate(uint64_t rate);

#endif
