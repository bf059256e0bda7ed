/*
 * greylist_queue.h: keys that wait, in the order in which they came, so that
 * those that never came again, and those that go when there is no room, are
 * found without a walk through the table.
 */
#ifndef POLICYD_GREYLIST_QUEUE_H
#define POLICYD_GREYLIST_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/span.h"

struct greylist_queue {
	struct list keys;
	size_t count;
};

struct greylist_waiting {
	struct list link;
	int64_t first_ms; /* when the key came first */
	int64_t due_ms;   /* when it is too late to come again */
	size_t len;
	unsigned char key[]; /* of len bytes */
};

/**
 * greylist_queue_init(queue), greylist_queue_done(queue):
 * Make ${queue} empty; free what is in it.
 */
void greylist_queue_init(struct greylist_queue *queue);
void greylist_queue_done(struct greylist_queue *queue);

/**
 * greylist_queue_add(queue, key, first, due):
 * Remember that ${key} came at ${first} and must come again by ${due}.
 */
void greylist_queue_add(
    struct greylist_queue *queue, struct span key, int64_t first, int64_t due);

/**
 * greylist_queue_first(queue), greylist_queue_take(queue):
 * Return the first key, or NULL; take it, to be freed by the caller.
 */
const struct greylist_waiting *greylist_queue_first(
    const struct greylist_queue *queue);
struct greylist_waiting *greylist_queue_take(struct greylist_queue *queue);

/**
 * greylist_queue_sort(queue):
 * Put the keys into the order in which they are due.
 */
void greylist_queue_sort(struct greylist_queue *queue);

#endif
