/*
 * meter_names.h: metrics whose labels are names of the configuration: rules,
 * DNS lists, tables.  Nobody else can make a series.
 */
#ifndef POLICYD_METER_NAMES_H
#define POLICYD_METER_NAMES_H

#include <stdbool.h>

#include "base/buf.h"

struct engine;
struct meter_names;

/* Rules that are counted; past them, which takes many reloads, none is. */
#define METER_NAMES_MAX_RULES ((size_t)256)

/**
 * meter_names_new(void), meter_names_free(names):
 * Nothing is counted yet.
 */
struct meter_names *meter_names_new(void);
void meter_names_free(struct meter_names *names);

/**
 * meter_names_rule(names, rule, shadow):
 * ${rule} decided, or would have.  In the event loop's thread.
 */
void meter_names_rule(struct meter_names *names, const char *rule, bool shadow);

/**
 * meter_names_snapshot(names, engine):
 * Take over what DNS lists and tables say, and make it ready to be printed.  In
 * the event loop's thread.
 */
void meter_names_snapshot(struct meter_names *names, struct engine *engine);

/**
 * meter_names_print(names, page):
 * Append the last snapshot; any thread may call it.
 */
void meter_names_print(struct meter_names *names, struct buf *page);

#endif
