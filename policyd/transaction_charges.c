/* What was counted for a transaction. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "transaction_impl.h"

/* Up to so many are searched one by one. */
#define FEW ((size_t)8)
#define MORE_KEYS ((size_t)4000)
/* How many of the last charges may have had the same key. */
#define LOOK_BACK ((size_t)16)
/* Of what is released, so many parts go in one. */
#define RELEASED_TOGETHER ((size_t)32)

static struct transaction_charges *
charges_of(struct transaction *transaction)
{
	struct transaction_charges *charges = transaction->charges;

	if (charges != NULL)
		return (charges);
	charges = arena_impl_malloc(sizeof(*charges));
	*charges = (struct transaction_charges){ .items = charges->few,
		.room = TRANSACTION_IMPL_CHARGES };
	transaction->set->bytes += sizeof(*charges);
	transaction->charges = charges;
	return (charges);
}

/* The bytes of the items that do not stand in few. */
static size_t
item_bytes(const struct transaction_charges *charges)
{
	return (charges->items == charges->few
		    ? 0
		    : charges->room * sizeof(struct charge));
}

static void
free_index(struct transaction *transaction)
{
	struct transaction_charges *charges = transaction->charges;

	transaction->set->bytes -= charges->index_room * sizeof(uint16_t);
	free(charges->index);
	charges->index = NULL;
	charges->index_room = 0;
	charges->gone = 0;
}

void
transaction_charges_free(struct transaction *transaction)
{
	struct transaction_charges *charges = transaction->charges;

	if (charges == NULL)
		return;
	free_index(transaction);
	while (charges->keys != NULL) {
		struct transaction_keys *keys = charges->keys;

		charges->keys = keys->next;
		transaction->set->bytes -= sizeof(*keys) + keys->room;
		free(keys);
	}
	transaction->set->bytes -= sizeof(*charges) + item_bytes(charges);
	if (charges->items != charges->few)
		free(charges->items);
	free(charges);
	transaction->charges = NULL;
}

static size_t
place_of(
    const struct transaction *transaction, struct span key, uint64_t recipient)
{
	return ((hash_digest(&transaction->set->hash_key, key) +
		    recipient * 0x9e3779b97f4a7c15ULL) &
		(transaction->charges->index_room - 1));
}

/* Put the charge ${number} into the index. */
static void
put(struct transaction *transaction, size_t number)
{
	struct transaction_charges *charges = transaction->charges;
	const struct charge *charge = &charges->items[number];
	size_t at = place_of(transaction, charge->key, charge->recipient);

	while (charges->index[at] != 0)
		at = (at + 1) & (charges->index_room - 1);
	charges->index[at] = (uint16_t)(number + 1);
}

static void
make_index(struct transaction *transaction)
{
	struct transaction_charges *charges = transaction->charges;
	size_t room = FEW;

	free_index(transaction);
	while (room < charges->count * 4)
		room *= 2;
	charges->index = arena_impl_malloc(room * sizeof(uint16_t));
	memset(charges->index, 0, room * sizeof(uint16_t));
	charges->index_room = room;
	transaction->set->bytes += room * sizeof(uint16_t);
	for (size_t i = 0; i < charges->count; i++)
		put(transaction, i);
}

static bool
is(const struct charge *charge, const char *limit, struct span key,
    uint64_t recipient)
{
	return (charge->recipient == recipient &&
		(charge->limit == limit || strcmp(charge->limit, limit) == 0) &&
		span_eq(charge->key, key));
}

static struct charge *
find_among_few(const struct transaction_charges *charges, const char *limit,
    struct span key, uint64_t recipient)
{
	for (size_t i = 0; i < charges->count; i++)
		if (is(&charges->items[i], limit, key, recipient))
			return (&charges->items[i]);
	return (NULL);
}

static struct charge *
find_in_index(const struct transaction *transaction, const char *limit,
    struct span key, uint64_t recipient)
{
	const struct transaction_charges *charges = transaction->charges;
	size_t at = place_of(transaction, key, recipient);

	for (; charges->index[at] != 0;
	     at = (at + 1) & (charges->index_room - 1)) {
		struct charge *charge;

		if (charges->index[at] == TRANSACTION_IMPL_GONE)
			continue;
		charge = &charges->items[charges->index[at] - 1];
		if (is(charge, limit, key, recipient))
			return (charge);
	}
	return (NULL);
}

static struct charge *
find(const struct transaction *transaction, const char *limit, struct span key,
    uint64_t recipient)
{
	const struct transaction_charges *charges = transaction->charges;

	if (charges == NULL)
		return (NULL);
	return (charges->index == NULL
		    ? find_among_few(charges, limit, key, recipient)
		    : find_in_index(transaction, limit, key, recipient));
}

struct charge *
transaction_find(struct transaction *transaction, const char *limit,
    struct span key, uint64_t recipient)
{
	return (find(transaction, limit, key, recipient));
}

bool
transaction_has(const struct transaction *transaction, const char *limit,
    struct span key, uint64_t recipient)
{
	const struct charge *charge = find(transaction, limit, key, recipient);

	return (charge != NULL && !charge->refused);
}

/* Room for ${len} bytes of a key. */
static unsigned char *
key_room(struct transaction *transaction, size_t len)
{
	struct transaction_charges *charges = transaction->charges;
	struct transaction_keys *keys = charges->keys;
	size_t at = charges->few_keys_used;

	if (len <= sizeof(charges->few_keys) - at) {
		charges->few_keys_used += len;
		return (&charges->few_keys[at]);
	}
	if (keys == NULL || keys->room - keys->used < len) {
		size_t room = len > MORE_KEYS ? len : MORE_KEYS;

		keys = arena_impl_malloc(sizeof(*keys) + room);
		*keys = (struct transaction_keys){ .next = charges->keys,
			.room = room };
		charges->keys = keys;
		transaction->set->bytes += sizeof(*keys) + room;
	}
	at = keys->used;
	keys->used += len;
	return (&keys->bytes[at]);
}

static struct span
copy_key(struct transaction *transaction, struct span key)
{
	if (key.len == 0)
		return (span_new("", 0));
	return (
	    span_new(memcpy(key_room(transaction, key.len), key.data, key.len),
		key.len));
}

/* Return ${key} as it lives with the transaction: recipients of one message
 * share most of them. */
static struct span
keep_key(struct transaction *transaction, struct span key)
{
	const struct transaction_charges *charges = transaction->charges;
	size_t last =
	    charges->count > LOOK_BACK ? charges->count - LOOK_BACK : 0;

	for (size_t i = charges->count; i > last; i--)
		if (span_eq(charges->items[i - 1].key, key))
			return (charges->items[i - 1].key);
	return (copy_key(transaction, key));
}

static void
grow(struct transaction *transaction)
{
	struct transaction_charges *charges = transaction->charges;
	size_t size = charges->room * sizeof(struct charge);
	struct charge *more = arena_impl_malloc(size * 2);

	memcpy(more, charges->items, size);
	transaction->set->bytes += size * 2 - item_bytes(charges);
	if (charges->items != charges->few)
		free(charges->items);
	charges->items = more;
	charges->room *= 2;
}

bool
transaction_charge(struct transaction *transaction, const struct charge *charge)
{
	struct transaction_charges *charges;
	struct charge *item;

	if (transaction->state != TRANSACTION_OPEN)
		return (false);
	charges = charges_of(transaction);
	if (charges->count >= TRANSACTION_MAX_CHARGES)
		return (false);
	if (charges->count == charges->room)
		grow(transaction);
	item = &charges->items[charges->count];
	*item = *charge;
	item->key = keep_key(transaction, charge->key);
	charges->count++;
	if (charges->index != NULL &&
	    (charges->count + charges->gone) * 2 <= charges->index_room)
		put(transaction, charges->count - 1);
	else if (charges->count > FEW)
		make_index(transaction);
	return (true);
}

/* The place of the charge ${number} in the index. */
static uint16_t *
place_in_index(struct transaction *transaction, size_t number)
{
	struct transaction_charges *charges = transaction->charges;
	const struct charge *charge = &charges->items[number];
	size_t at = place_of(transaction, charge->key, charge->recipient);

	while (charges->index[at] != number + 1) {
		assert(charges->index[at] != 0);
		at = (at + 1) & (charges->index_room - 1);
	}
	return (&charges->index[at]);
}

/* The last one takes the place of the charge ${number}. */
static void
drop(struct transaction *transaction, size_t number)
{
	struct transaction_charges *charges = transaction->charges;
	size_t last = charges->count - 1;

	if (charges->index != NULL) {
		*place_in_index(transaction, number) = TRANSACTION_IMPL_GONE;
		charges->gone++;
		if (number != last)
			*place_in_index(transaction, last) =
			    (uint16_t)(number + 1);
	}
	charges->items[number] = charges->items[last];
	charges->count--;
}

void
transaction_forget(struct transaction *transaction, struct charge *charge)
{
	drop(transaction, (size_t)(charge - transaction->charges->items));
}

void
transaction_uncharge(struct transaction *transaction, uint64_t recipient,
    transaction_ended *ended, void *cookie, int64_t now)
{
	struct transaction_charges *charges = transaction->charges;

	if (charges == NULL)
		return;
	for (size_t i = charges->count; i > 0; i--) {
		struct charge charge = charges->items[i - 1];

		if (charge.recipient != recipient || charge.refused ||
		    charge.pending || !charge.refunds)
			continue;
		drop(transaction, i - 1);
		ended(cookie, transaction, &charge, 1, now);
	}
}

static bool
is_under(const struct charge *charge, const char *limit, struct span key)
{
	return (is(charge, limit, key, charge->recipient));
}

uint64_t
transaction_sum(const struct transaction *transaction, const char *limit,
    struct span key, bool held)
{
	const struct transaction_charges *charges = transaction->charges;
	uint64_t sum = 0;

	for (size_t i = 0; charges != NULL && i < charges->count; i++) {
		const struct charge *charge = &charges->items[i];

		if ((held ? charge->held : !charge->refused) &&
		    is_under(charge, limit, key))
			sum += charge->amount;
	}
	return (sum);
}

void
transaction_release(struct transaction *transaction, const char *limit,
    struct span key, uint64_t amount, transaction_ended *ended, void *cookie,
    int64_t now)
{
	struct transaction_charges *charges = transaction->charges;
	struct charge parts[RELEASED_TOGETHER];
	size_t count = 0;

	if (charges == NULL)
		return;
	for (size_t i = charges->count; i > 0 && amount > 0; i--) {
		struct charge *charge = &charges->items[i - 1];
		struct charge part = *charge;

		if (part.refused || part.pending || part.amount == 0 ||
		    !is_under(&part, limit, key))
			continue;
		if (part.amount > amount)
			part.amount = amount;
		amount -= part.amount;
		charge->amount -= part.amount;
		if (charge->amount == 0)
			drop(transaction, i - 1);
		parts[count++] = part;
		if (count == RELEASED_TOGETHER) {
			ended(cookie, transaction, parts, count, now);
			count = 0;
		}
	}
	if (count > 0)
		ended(cookie, transaction, parts, count, now);
}

const struct charge *
transaction_charges(const struct transaction *transaction, size_t *count)
{
	const struct transaction_charges *charges = transaction->charges;

	*count = charges == NULL ? 0 : charges->count;
	return (charges == NULL ? NULL : charges->items);
}
