/*
 * meter.h: what the daemon counts; families in meter_families.c.
 */
#ifndef POLICYD_METER_H
#define POLICYD_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "decide.h"

struct engine;
struct meter;
struct serve;

/**
 * meter_new(void), meter_free(meter):
 * All is 0.
 */
struct meter *meter_new(void);
void meter_free(struct meter *meter);

/**
 * meter_decided(meter, state, decision, us):
 * A request was answered after ${us} microseconds.
 */
void meter_decided(struct meter *meter, enum request_state state,
    const struct decision *decision, int64_t us);

/**
 * meter_repeated(meter):
 * A request was answered as before, and nothing counted.
 */
void meter_repeated(struct meter *meter);

/**
 * meter_trouble(meter, trouble):
 * Something of ours failed for a request.
 */
void meter_trouble(struct meter *meter, enum decide_trouble trouble);

/**
 * meter_looked_up(meter, us):
 * What had to be asked of others took ${us} microseconds.
 */
void meter_looked_up(struct meter *meter, int64_t us);

/**
 * meter_reload(meter, good):
 * A configuration was loaded, or refused.
 */
void meter_reload(struct meter *meter, bool good);

/**
 * meter_snapshot(meter, engine, serve):
 * In the event loop's thread: take over what the parts keep.
 */
void meter_snapshot(
    struct meter *meter, struct engine *engine, const struct serve *serve);

/**
 * meter_print(meter, page):
 * Append the metrics; any thread may call it.
 */
void meter_print(struct meter *meter, struct buf *page);

#endif
