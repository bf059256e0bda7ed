/* What was answered to the requests of a transaction. */
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "transaction_impl.h"

#define FIRST_ROOM ((size_t)8)

static struct transaction_text *
text_at(struct hash_node *node)
{
	return (LIST_VALUE(node, struct transaction_text, node));
}

/* Most answers are one of a few. */
static struct transaction_text *
take_text(struct transactions *set, struct span reply)
{
	struct hash_node *node = hash_get(set->texts, reply);
	struct transaction_text *text;

	if (node != NULL) {
		text_at(node)->uses++;
		return (text_at(node));
	}
	text = arena_impl_malloc(sizeof(*text) + reply.len);
	*text = (struct transaction_text){ .uses = 1 };
	if (reply.len > 0)
		memcpy(text->bytes, reply.data, reply.len);
	text->node.key = span_new(text->bytes, reply.len);
	hash_add(set->texts, &text->node);
	set->bytes += sizeof(*text) + reply.len;
	return (text);
}

static void
give_text(struct transactions *set, struct transaction_text *text)
{
	if (--text->uses > 0)
		return;
	set->bytes -= sizeof(*text) + text->node.key.len;
	hash_take(set->texts, &text->node);
	free(text);
}

void
transaction_replies_free(struct transaction *transaction)
{
	struct transaction_replies *replies = &transaction->replies;
	struct transaction_reply *all =
	    replies->all == NULL ? replies->few : replies->all;
	size_t room =
	    replies->all == NULL ? TRANSACTION_IMPL_REPLIES : replies->room;

	for (size_t i = 0; i < room; i++)
		if (all[i].text != NULL)
			give_text(transaction->set, all[i].text);
	transaction->set->bytes -= replies->room * sizeof(*all);
	free(replies->all);
	*replies = (struct transaction_replies){ .all = NULL };
}

static uint64_t
digest_of(const struct transaction *transaction, const struct request *request)
{
	const struct hash_key *key = &transaction->set->hash_key;
	struct span recipient = request->attributes[REQUEST_RECIPIENT];
	struct span context = request->attributes[REQUEST_POLICY_CONTEXT];
	uint64_t digest = (uint64_t)request->state * 0x9e3779b97f4a7c15ULL;

	if (context.len > 0)
		digest += hash_digest(key, context) * 3;
	if (recipient.len > 0)
		digest += hash_digest(key, recipient);
	return (digest ^ digest >> 32);
}

/* The place of ${digest}, or the free one where it would stand; NULL: there is
 * none. */
static struct transaction_reply *
find(struct transaction_replies *replies, uint64_t digest)
{
	size_t at = digest & (replies->room - 1);

	if (replies->all == NULL) {
		for (at = 0; at < TRANSACTION_IMPL_REPLIES; at++)
			if (replies->few[at].text == NULL ||
			    replies->few[at].digest == digest)
				return (&replies->few[at]);
		return (NULL);
	}
	while (
	    replies->all[at].text != NULL && replies->all[at].digest != digest)
		at = (at + 1) & (replies->room - 1);
	return (&replies->all[at]);
}

static void
grow(struct transaction *transaction)
{
	struct transaction_replies *replies = &transaction->replies;
	struct transaction_replies old = *replies;
	size_t count = old.all == NULL ? TRANSACTION_IMPL_REPLIES : old.room;
	const struct transaction_reply *from =
	    old.all == NULL ? old.few : old.all;
	size_t size;

	replies->room = old.all == NULL ? FIRST_ROOM : old.room * 2;
	size = replies->room * sizeof(*replies->all);
	replies->all = memset(arena_impl_malloc(size), 0, size);
	for (size_t i = 0; i < count; i++)
		if (from[i].text != NULL)
			*find(replies, from[i].digest) = from[i];
	free(old.all);
	transaction->set->bytes +=
	    (replies->room - old.room) * sizeof(*replies->all);
}

enum transaction_repeat
transaction_repeat(const struct transaction *transaction, uint64_t connection,
    const struct request *request, struct span *reply)
{
	/* find() gives a place that may be written, which is not done here. */
	struct transaction_replies replies = transaction->replies;
	const struct transaction_reply *found;

	if (replies.count == 0)
		return (TRANSACTION_NEW);
	found = find(&replies, digest_of(transaction, request));
	if (found == NULL || found->text == NULL)
		return (TRANSACTION_NEW);
	*reply = found->text->node.key;
	return (found->connection == connection ? TRANSACTION_AGAIN
						: TRANSACTION_RESENT);
}

void
transaction_answered(struct transaction *transaction, uint64_t connection,
    const struct request *request, struct span reply)
{
	struct transaction_replies *replies = &transaction->replies;
	uint64_t digest = digest_of(transaction, request);
	struct transaction_reply *place = find(replies, digest);
	struct transaction_text *text;

	if (place == NULL || place->text == NULL) {
		if (replies->count >= TRANSACTION_MAX_RECIPIENTS)
			return;
		replies->count++;
		if (place == NULL ||
		    (replies->all != NULL &&
			replies->count * 4 > replies->room * 3)) {
			grow(transaction);
			place = find(replies, digest);
		}
	}
	text = take_text(transaction->set, reply);
	if (place->text != NULL)
		give_text(transaction->set, place->text);
	*place = (struct transaction_reply){ digest, connection, text };
}
