/*
 * maillog_queue.h: what earlier lines of a mail log said of the messages that
 * are under way.
 */
#ifndef POLICYD_MAILLOG_QUEUE_H
#define POLICYD_MAILLOG_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/list.h"

/* Bytes of a value that is remembered; a longer one is not.  RFC 5321 4.5.3.1
 * gives a path 256, and names and logins are not much longer. */
#define MAILLOG_QUEUE_MAX_VALUE ((size_t)512)
#define MAILLOG_QUEUE_MAX_KEY ((size_t)600)

enum maillog_queue_value {
	MAILLOG_QUEUE_CLIENT_NAME,
	MAILLOG_QUEUE_CLIENT_ADDRESS,
	MAILLOG_QUEUE_SASL_USERNAME,
	MAILLOG_QUEUE_SENDER,
	MAILLOG_QUEUE_VALUES,
};

struct maillog_message {
	struct hash_node node;
	struct list link;                   /* the oldest first */
	char *values[MAILLOG_QUEUE_VALUES]; /* NULL: not known */
	uint64_t size;
	uint64_t recipient_count;
	bool queued;   /* qmgr told of it; of a retry it tells again */
	bool again;    /* it comes back from a content filter */
	bool filtered; /* another queue id goes on with it */
	char key[];
};

struct maillog_queue;

/**
 * maillog_queue_new(void), maillog_queue_free(queue):
 * It holds MAILLOG_MAX_QUEUE messages, then forgets the oldest.
 */
struct maillog_queue *maillog_queue_new(void);
void maillog_queue_free(struct maillog_queue *queue);

/**
 * maillog_queue_key(arena, host, instance, queue_id):
 * Return the name of a message: short queue ids of two hosts, or of two
 * instances of Postfix on one, are often the same.
 */
struct span maillog_queue_key(struct arena *arena, struct span host,
    struct span instance, struct span queue_id);

/**
 * maillog_queue_find(queue, key), maillog_queue_add(queue, key):
 * Return the message at ${key}, or NULL; a new one, where there must be none.
 */
struct maillog_message *maillog_queue_find(
    struct maillog_queue *queue, struct span key);
struct maillog_message *maillog_queue_add(
    struct maillog_queue *queue, struct span key);

/**
 * maillog_queue_forget(queue, message):
 * It is no longer under way.
 */
void maillog_queue_forget(
    struct maillog_queue *queue, struct maillog_message *message);

/**
 * maillog_queue_remember(message, value, text):
 * Keep a copy of ${text}.
 */
void maillog_queue_remember(struct maillog_message *message,
    enum maillog_queue_value value, struct span text);

#endif
