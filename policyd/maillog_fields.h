/*
 * maillog_fields.h: the fields of a line that Mailreeve's own programs log, as
 * text or JSON (base/log.h).
 */
#ifndef POLICYD_MAILLOG_FIELDS_H
#define POLICYD_MAILLOG_FIELDS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

/* A line being read. */
struct maillog_fields {
	struct span rest;
	struct arena *arena;
	bool json;
};

/**
 * maillog_fields_begin(fields, text, event, arena):
 * Say whether ${text} is a line of ${event}, and begin with its fields.
 */
bool maillog_fields_begin(struct maillog_fields *fields, struct span text,
    const char *event, struct arena *arena);

/**
 * maillog_fields_next(fields, name, value):
 * Store the next field; ${value} without quotes and escapes lives as long as
 * the arena and the line.  Return false at the end, or where the line is
 * malformed.
 */
bool maillog_fields_next(
    struct maillog_fields *fields, struct span *name, struct span *value);

#endif
