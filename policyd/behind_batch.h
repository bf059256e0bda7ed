/*
 * behind_batch.h: a part of the queue, written in one transaction: each record
 * once, however often it changed.
 */
#ifndef POLICYD_BEHIND_BATCH_H
#define POLICYD_BEHIND_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "behind_queue.h"

/* Changes of a batch at most. */
#define BEHIND_BATCH_MAX ((size_t)32768)

struct behind_batch;
struct store;

/**
 * behind_batch_new(void), behind_batch_free(batch):
 * Return an empty batch; free one.
 */
struct behind_batch *behind_batch_new(void);
void behind_batch_free(struct behind_batch *batch);

/**
 * behind_batch_collect(batch, queue):
 * Make ${batch} the newest change of each record among the next of ${queue},
 * which stay there.  Return the place behind them.
 */
struct behind_queue_place behind_batch_collect(
    struct behind_batch *batch, const struct behind_queue *queue);

/**
 * behind_batch_count(batch):
 * Return of how many records.
 */
size_t behind_batch_count(const struct behind_batch *batch);

/**
 * behind_batch_write(batch, store, now):
 * Write ${batch} to ${store}, and delete there some of what has expired at
 * ${now}.  Return 0, or -1 when nothing was written.
 */
int behind_batch_write(
    const struct behind_batch *batch, struct store *store, int64_t now);

#endif
