#include "greylist_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"

static struct greylist_waiting *
waiting_at(struct list *link)
{
	return (LIST_VALUE(link, struct greylist_waiting, link));
}

void
greylist_queue_init(struct greylist_queue *queue)
{
	list_init(&queue->keys);
	queue->count = 0;
}

void
greylist_queue_done(struct greylist_queue *queue)
{
	struct list *link;

	while ((link = list_take_first(&queue->keys)) != NULL)
		free(waiting_at(link));
	queue->count = 0;
}

void
greylist_queue_add(
    struct greylist_queue *queue, struct span key, int64_t first, int64_t due)
{
	struct greylist_waiting *waiting =
	    arena_impl_malloc(sizeof(*waiting) + key.len);

	list_init(&waiting->link);
	waiting->first_ms = first;
	waiting->due_ms = due;
	waiting->len = key.len;
	if (key.len > 0)
		memcpy(waiting->key, key.data, key.len);
	list_add_last(&queue->keys, &waiting->link);
	queue->count++;
}

const struct greylist_waiting *
greylist_queue_first(const struct greylist_queue *queue)
{
	return (
	    list_is_empty(&queue->keys) ? NULL : waiting_at(queue->keys.next));
}

struct greylist_waiting *
greylist_queue_take(struct greylist_queue *queue)
{
	struct list *link = list_take_first(&queue->keys);

	if (link == NULL)
		return (NULL);
	queue->count--;
	return (waiting_at(link));
}

static int
compare(const void *a, const void *b)
{
	const struct greylist_waiting *one =
	    *(struct greylist_waiting *const *)a;
	const struct greylist_waiting *other =
	    *(struct greylist_waiting *const *)b;

	return ((one->due_ms > other->due_ms) - (one->due_ms < other->due_ms));
}

void
greylist_queue_sort(struct greylist_queue *queue)
{
	struct greylist_waiting **all;
	struct list *link;
	size_t count = 0;

	if (queue->count == 0)
		return;
	all =
	    arena_impl_malloc(queue->count * sizeof(struct greylist_waiting *));
	while ((link = list_take_first(&queue->keys)) != NULL)
		all[count++] = waiting_at(link);
	qsort(all, count, sizeof(struct greylist_waiting *), compare);
	for (size_t i = 0; i < count; i++)
		list_add_last(&queue->keys, &all[i]->link);
	free(all);
}
