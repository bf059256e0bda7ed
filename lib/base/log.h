/*
 * log.h: events with key=value fields, at levels that state the consequence,
 * to stderr, syslog or journald.
 *
 *	error    the operator must act
 *	warning  odd, but served
 *	info     one line a message
 *	debug    for those who ask
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

enum log_format {
	LOG_FORMAT_TEXT, /* event key=value key="two words" */
	LOG_FORMAT_JSON, /* {"event":"...","key":"value"} */
};

enum log_sink {
	LOG_SINK_AUTO, /* journald under systemd, else stderr */
	LOG_SINK_STDERR,
	LOG_SINK_SYSLOG, /* facility mail */
	LOG_SINK_JOURNALD,
};

/* A value with its name.  Make one with LOG_TEXT, LOG_SPAN or LOG_NUMBER. */
struct log_field {
	const char *key; /* NULL: no field */
	struct span text;
	int64_t number;
	bool is_number;
};

#define LOG_TEXT(name, string)                                                 \
	((struct log_field){ .key = (name), .text = span_str(string) })
#define LOG_SPAN(name, bytes)                                                  \
	((struct log_field){ .key = (name), .text = (bytes) })
#define LOG_NUMBER(name, value)                                                \
	((struct log_field){                                                   \
	    .key = (name), .number = (int64_t)(value), .is_number = true })

struct log;

/* A function that takes a finished line instead of a sink, for tests. */
typedef void log_writer(void *cookie, enum log_level level, const char *line);

/**
 * log_new(program):
 * Return a log that writes text at level info to stderr for ${program}, which
 * must outlive it.
 */
struct log *log_new(const char *program);

/**
 * log_free(log):
 * Free a log that log_new() returned.  NULL is harmless.
 */
void log_free(struct log *log);

/**
 * log_set(log, sink, format, level):
 * From now on write lines up to ${level} as ${format} to ${sink}.  Call this
 * before there are threads; log_set_level() may be called at any time.
 */
void log_set(struct log *log, enum log_sink sink, enum log_format format,
    enum log_level level);
void log_set_level(struct log *log, enum log_level level);

/**
 * log_set_writer(log, writer, cookie):
 * Give each line to ${writer} with ${cookie}, instead of a sink.
 */
void log_set_writer(struct log *log, log_writer *writer, void *cookie);

/**
 * log_child(arena, parent, field):
 * Return a log that writes as ${parent} does, with ${field} (queue id, client)
 * in each line.  It lives as long as ${arena}; the bytes of ${field} must too.
 */
const struct log *log_child(
    struct arena *arena, const struct log *parent, struct log_field field);

/**
 * log_wants(log, level):
 * Say whether lines of ${level} are written, to save the work of making one.
 */
bool log_wants(const struct log *log, enum log_level level);

/**
 * log_count(log, level):
 * Return how many events of ${level} there were, written or not, in ${log} and
 * its children.
 */
uint64_t log_count(const struct log *log, enum log_level level);

/**
 * log_write(log, level, event, fields):
 * Write one line: ${event}, the fields of the context, then ${fields} up to the
 * one without a key.  Foreign bytes cannot break the line or forge a field, and
 * a value is cut at LOG_VALUE_MAX bytes.  Use the macros below.
 */
void log_write(const struct log *log, enum log_level level, const char *event,
    const struct log_field *fields);

#define LOG_VALUE_MAX 512

/* The fields and the one without a key that ends them.  A comma needs something
 * before it even when there are none, so the first element is skipped. */
#define LOG_FIELDS(...)                                                        \
	(&((const struct log_field[]){                                         \
	    { .key = "" }, ##__VA_ARGS__, { .key = NULL } })[1])

#define log_error(log, event, ...)                                             \
	log_write(log, LOG_LEVEL_ERROR, event, LOG_FIELDS(__VA_ARGS__))
#define log_warning(log, event, ...)                                           \
	log_write(log, LOG_LEVEL_WARNING, event, LOG_FIELDS(__VA_ARGS__))
#define log_info(log, event, ...)                                              \
	log_write(log, LOG_LEVEL_INFO, event, LOG_FIELDS(__VA_ARGS__))
#define log_debug(log, event, ...)                                             \
	log_write(log, LOG_LEVEL_DEBUG, event, LOG_FIELDS(__VA_ARGS__))

#endif
