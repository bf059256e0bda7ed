#include "transaction.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "transaction_impl.h"

static struct transaction *
transaction_at(struct list *link)
{
	return (LIST_VALUE(link, struct transaction, link));
}

struct transactions *
transactions_new(int64_t hold_ms, transaction_ended *ended, void *cookie)
{
	struct transactions *set = arena_impl_malloc(sizeof(*set));

	*set = (struct transactions){ .by_instance = hash_new(),
		.by_connection = hash_new(),
		.texts = hash_new(),
		.hold_ms = hold_ms,
		.tell = ended,
		.cookie = cookie };
	hash_key_init(&set->hash_key);
	list_init(&set->open);
	list_init(&set->ended);
	list_init(&set->spare);
	return (set);
}

static void
clear_note(struct transaction *transaction)
{
	free(transaction->note.header);
	free(transaction->note.reason);
	transaction->note = (struct transaction_note){ .scored = false };
}

/* ${connection} is not seen with anything any more: then it says nothing. */
static void
drop_connection(
    struct transactions *set, struct transaction_connection *connection)
{
	if (set->last_connection == connection->number)
		set->last = NULL;
	list_take(&connection->link);
	hash_take(set->by_connection, &connection->node);
	free(connection);
}

static void
end(struct transaction *transaction, enum transaction_state state)
{
	struct transactions *set = transaction->set;

	transaction_charges_free(transaction);
	if (transaction->state == TRANSACTION_OPEN)
		set->open_count--;
	transaction->state = state;
	list_take(&transaction->link);
	list_add_last(&set->ended, &transaction->link);
}

static void
abort_one(struct transaction *transaction, int64_t now)
{
	struct transactions *set = transaction->set;
	struct transaction_charges *charges = transaction->charges;

	if (transaction->state != TRANSACTION_OPEN)
		return;
	if (charges != NULL && charges->count > 0)
		set->tell(set->cookie, transaction, charges->items,
		    charges->count, now);
	end(transaction, TRANSACTION_ABORTED);
	transaction->news = now;
	transaction->had_data = false;
	/* What passed was charged, and is not any more: ask again.  But Postfix
	 * keeps the header that it got. */
	transaction_replies_free(transaction);
	set->aborted++;
}

/* Forget one that ended. */
static void
forget(struct transaction *transaction)
{
	struct transactions *set = transaction->set;
	struct list *connections = &transaction->connections;

	assert(transaction->state != TRANSACTION_OPEN);
	for (struct list *at = connections->next; at != connections;) {
		struct list *next = at->next;

		drop_connection(
		    set, LIST_VALUE(at, struct transaction_connection, link));
		at = next;
	}
	if (set->last == transaction)
		set->last = NULL;
	transaction_replies_free(transaction);
	clear_note(transaction);
	hash_take(set->by_instance, &transaction->node);
	list_take(&transaction->link);
	list_add_first(&set->spare, &transaction->link);
}

void
transactions_free(struct transactions *transactions)
{
	struct list *link;

	if (transactions == NULL)
		return;
	while (!list_is_empty(&transactions->open))
		end(transaction_at(transactions->open.next),
		    TRANSACTION_COMMITTED);
	while (!list_is_empty(&transactions->ended))
		forget(transaction_at(transactions->ended.next));
	while ((link = list_take_first(&transactions->spare)) != NULL)
		free(transaction_at(link));
	assert(hash_count(transactions->texts) == 0);
	assert(transactions->bytes == 0);
	hash_free(transactions->by_instance);
	hash_free(transactions->by_connection);
	hash_free(transactions->texts);
	free(transactions);
}

/* Make room for one more: those that ended first go first. */
static void
make_room(struct transactions *set, int64_t now)
{
	while (hash_count(set->by_instance) >= TRANSACTION_MAX ||
	       set->bytes > TRANSACTION_MAX_BYTES) {
		if (!list_is_empty(&set->ended))
			forget(transaction_at(set->ended.next));
		else if (!list_is_empty(&set->open))
			abort_one(transaction_at(set->open.next), now);
		else
			break;
	}
}

static struct transaction *
add(struct transactions *set, struct span instance, int64_t now)
{
	struct transaction *transaction;
	struct list *link;

	make_room(set, now);
	link = list_take_first(&set->spare);
	transaction = link == NULL ? arena_impl_malloc(sizeof(*transaction))
	                           : transaction_at(link);
	memset(transaction, 0, sizeof(*transaction));
	transaction->set = set;
	list_init(&transaction->connections);
	memcpy(transaction->instance, instance.data, instance.len);
	transaction->node.key = span_new(transaction->instance, instance.len);
	hash_add(set->by_instance, &transaction->node);
	list_add_last(&set->open, &transaction->link);
	set->open_count++;
	return (transaction);
}

/* It is seen: it goes on, or begins again. */
static void
refresh(struct transaction *transaction, int64_t now)
{
	struct transactions *set = transaction->set;

	if (transaction->state == TRANSACTION_COMMITTED)
		return;
	transaction->news = now;
	if (transaction->state == TRANSACTION_ABORTED)
		set->open_count++;
	transaction->state = TRANSACTION_OPEN;
	list_take(&transaction->link);
	list_add_last(&set->open, &transaction->link);
}

static struct transaction_connection *
find_connection(const struct transactions *set, uint64_t number)
{
	struct hash_node *node =
	    hash_get(set->by_connection, span_new(&number, sizeof(number)));

	return (node == NULL
		    ? NULL
		    : LIST_VALUE(node, struct transaction_connection, node));
}

static struct transaction_connection *
add_connection(struct transactions *set, uint64_t number)
{
	struct transaction_connection *connection =
	    arena_impl_malloc(sizeof(*connection));

	*connection = (struct transaction_connection){ .number = number };
	connection->node.key =
	    span_new(&connection->number, sizeof(connection->number));
	hash_add(set->by_connection, &connection->node);
	return (connection);
}

/* SMTPD_POLICY_README: another instance on a connection means that the one
 * before was completed or aborted. */
static void
show(struct transaction *transaction, uint64_t number, int64_t now)
{
	struct transactions *set = transaction->set;
	struct transaction_connection *connection =
	    find_connection(set, number);

	if (connection == NULL) {
		connection = add_connection(set, number);
	} else if (connection->transaction != transaction) {
		list_take(&connection->link);
		abort_one(connection->transaction, now);
	} else {
		return;
	}
	connection->transaction = transaction;
	list_add_last(&transaction->connections, &connection->link);
}

static struct transaction *
find(const struct transactions *set, struct span instance)
{
	struct hash_node *node = hash_get(set->by_instance, instance);

	return (
	    node == NULL ? NULL : LIST_VALUE(node, struct transaction, node));
}

struct transaction *
transactions_follow(struct transactions *transactions, uint64_t connection,
    struct span instance, int64_t now)
{
	struct transaction *transaction = transactions->last;

	if (instance.len == 0 || instance.len > TRANSACTION_MAX_INSTANCE)
		return (NULL);
	if (transaction != NULL &&
	    transactions->last_connection == connection &&
	    span_eq(transaction->node.key, instance)) {
		refresh(transaction, now);
		return (transaction);
	}
	transaction = find(transactions, instance);
	if (transaction == NULL)
		transaction = add(transactions, instance, now);
	refresh(transaction, now);
	show(transaction, connection, now);
	transactions->last = transaction;
	transactions->last_connection = connection;
	return (transaction);
}

struct transaction *
transactions_find(const struct transactions *transactions, struct span instance)
{
	struct transaction *transaction = find(transactions, instance);

	return (transaction == NULL || transaction->state == TRANSACTION_ABORTED
		    ? NULL
		    : transaction);
}

void
transactions_closed(struct transactions *transactions, uint64_t connection)
{
	struct transaction_connection *closed =
	    find_connection(transactions, connection);

	if (closed != NULL)
		drop_connection(transactions, closed);
}

/* Whether the first of ${list} had no news for too long.  A clock that was set
 * back begins the time again. */
static bool
is_due(const struct transactions *set, struct list *list, int64_t now)
{
	struct transaction *first;

	if (list_is_empty(list))
		return (false);
	first = transaction_at(list->next);
	if (first->news > now)
		first->news = now;
	return (now - first->news >= set->hold_ms);
}

void
transactions_sweep(struct transactions *transactions, int64_t now)
{
	while (is_due(transactions, &transactions->ended, now))
		forget(transaction_at(transactions->ended.next));
	while (is_due(transactions, &transactions->open, now))
		abort_one(transaction_at(transactions->open.next), now);
}

void
transactions_abort(struct transactions *transactions, int64_t now)
{
	while (!list_is_empty(&transactions->open))
		abort_one(transaction_at(transactions->open.next), now);
}

size_t
transactions_count(const struct transactions *transactions)
{
	return (transactions->open_count);
}

uint64_t
transactions_aborted(const struct transactions *transactions)
{
	return (transactions->aborted);
}

void
transaction_commit(struct transaction *transaction)
{
	if (transaction->state == TRANSACTION_OPEN)
		end(transaction, TRANSACTION_COMMITTED);
}

bool
transaction_is_committed(const struct transaction *transaction)
{
	return (transaction->state == TRANSACTION_COMMITTED);
}

void
transaction_saw_data(struct transaction *transaction)
{
	transaction->had_data = true;
}

bool
transaction_had_data(const struct transaction *transaction)
{
	return (transaction->had_data);
}

struct span
transaction_instance(const struct transaction *transaction)
{
	return (transaction->node.key);
}

void
transaction_passed(struct transaction *transaction, struct span recipient)
{
	struct transaction_note *note = &transaction->note;
	uint64_t hash = hash_digest(&transaction->set->hash_key, recipient);

	if (note->passed == 0 || note->last_passed != hash)
		note->passed++;
	note->last_passed = hash;
}

struct transaction_note *
transaction_note(struct transaction *transaction)
{
	return (&transaction->note);
}
