/*
 * transaction_impl.h: what the files of transaction.c share.
 */
#ifndef POLICYD_TRANSACTION_IMPL_H
#define POLICYD_TRANSACTION_IMPL_H

#include "base/hash.h"
#include "base/list.h"
#include "transaction.h"

enum transaction_state {
	TRANSACTION_OPEN,
	TRANSACTION_ABORTED,
	TRANSACTION_COMMITTED,
};

/* An answer that was given, shared by all who got it. */
struct transaction_text {
	struct hash_node node;
	size_t uses;
	unsigned char bytes[];
};

struct transaction_reply {
	uint64_t digest; /* of the request */
	uint64_t connection;
	struct transaction_text *text; /* NULL: this place is free */
};

/* As many answers as a message with one recipient gets. */
#define TRANSACTION_IMPL_REPLIES ((size_t)2)

struct transaction_replies {
	struct transaction_reply *all; /* NULL: they stand in few */
	size_t room;                   /* of all: a power of two */
	size_t count;
	struct transaction_reply few[TRANSACTION_IMPL_REPLIES];
};

/* As many charges, and bytes of keys, as most messages have. */
#define TRANSACTION_IMPL_CHARGES ((size_t)4)
#define TRANSACTION_IMPL_KEYS ((size_t)112)

/* Bytes of keys, which stay where they are. */
struct transaction_keys {
	struct transaction_keys *next;
	size_t room;
	size_t used;
	unsigned char bytes[];
};

struct transaction_charges {
	struct charge *items; /* few, at first */
	size_t count;
	size_t room;
	/* Where each stands, by open addressing: its number and one; 0: free;
	 * TRANSACTION_IMPL_GONE: search on.  NULL while they are few. */
	uint16_t *index;
	size_t index_room; /* a power of two */
	size_t gone;
	struct transaction_keys *keys; /* those that are not in few_keys */
	size_t few_keys_used;
	struct charge few[TRANSACTION_IMPL_CHARGES];
	unsigned char few_keys[TRANSACTION_IMPL_KEYS];
};

#define TRANSACTION_IMPL_GONE UINT16_MAX

struct transaction {
	struct hash_node node;
	struct list link; /* of those that are open, or ended; or spare */
	struct transactions *set;
	int64_t news; /* when it was last seen, or ended */
	struct list connections;
	enum transaction_state state;
	bool had_data;
	struct transaction_charges *charges; /* NULL: none */
	struct transaction_replies replies;
	struct transaction_note note;
	char instance[TRANSACTION_MAX_INSTANCE + 1];
};

/* What a connection was last seen with. */
struct transaction_connection {
	struct hash_node node;
	struct list link;
	struct transaction *transaction;
	uint64_t number;
};

struct transactions {
	struct hash *by_instance;
	struct hash *by_connection;
	struct hash *texts;
	struct hash_key hash_key;
	struct list open;  /* the one without news for the longest first */
	struct list ended; /* the one that ended first, first */
	struct list spare;
	/* What was followed last: one request asks several times. */
	struct transaction *last; /* or NULL */
	uint64_t last_connection;
	size_t open_count;
	uint64_t aborted;
	size_t bytes; /* of charges and replies */
	int64_t hold_ms;
	transaction_ended *tell;
	void *cookie;
};

/**
 * transaction_charges_free(transaction), transaction_replies_free(transaction):
 * Forget them all.
 */
void transaction_charges_free(struct transaction *transaction);
void transaction_replies_free(struct transaction *transaction);

#endif
