#include "maillog_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "base/buf.h"
#include "maillog.h"

struct maillog_queue {
	struct hash *messages;
	struct list oldest;
};

struct maillog_queue *
maillog_queue_new(void)
{
	struct maillog_queue *queue = arena_impl_malloc(sizeof(*queue));

	queue->messages = hash_new();
	list_init(&queue->oldest);
	return (queue);
}

static struct maillog_message *
oldest(struct maillog_queue *queue)
{
	return (LIST_VALUE(queue->oldest.next, struct maillog_message, link));
}

void
maillog_queue_forget(
    struct maillog_queue *queue, struct maillog_message *message)
{
	hash_take(queue->messages, &message->node);
	list_take(&message->link);
	for (size_t i = 0; i < MAILLOG_QUEUE_VALUES; i++)
		free(message->values[i]);
	free(message);
}

void
maillog_queue_free(struct maillog_queue *queue)
{
	if (queue == NULL)
		return;
	while (!list_is_empty(&queue->oldest))
		maillog_queue_forget(queue, oldest(queue));
	hash_free(queue->messages);
	free(queue);
}

struct span
maillog_queue_key(struct arena *arena, struct span host, struct span instance,
    struct span queue_id)
{
	struct buf key;

	buf_init(&key, arena, MAILLOG_QUEUE_MAX_KEY);
	buf_add(&key, queue_id);
	buf_add_byte(&key, ' ');
	buf_add(&key, instance);
	buf_add_byte(&key, ' ');
	buf_add(&key, host);
	return (buf_span(&key));
}

struct maillog_message *
maillog_queue_find(struct maillog_queue *queue, struct span key)
{
	struct hash_node *node = hash_get(queue->messages, key);

	return (node == NULL ? NULL
			     : LIST_VALUE(node, struct maillog_message, node));
}

struct maillog_message *
maillog_queue_add(struct maillog_queue *queue, struct span key)
{
	struct maillog_message *message =
	    arena_impl_malloc(sizeof(*message) + key.len);

	if (hash_count(queue->messages) >= MAILLOG_MAX_QUEUE)
		maillog_queue_forget(queue, oldest(queue));
	memset(message, 0, sizeof(*message));
	memcpy(message->key, key.data, key.len);
	message->node.key = span_new(message->key, key.len);
	hash_add(queue->messages, &message->node);
	list_add_last(&queue->oldest, &message->link);
	return (message);
}

void
maillog_queue_remember(struct maillog_message *message,
    enum maillog_queue_value value, struct span text)
{
	char **at = &message->values[value];

	free(*at);
	*at = NULL;
	if (text.len == 0 || text.len > MAILLOG_QUEUE_MAX_VALUE)
		return;
	*at = arena_impl_malloc(text.len + 1);
	memcpy(*at, text.data, text.len);
	(*at)[text.len] = '\0';
}
