/* What people and the operator ask for: many records, by name or by size. */
#include <stdlib.h>
#include <string.h>

#include "store_redis.h"

static struct store_redis *
redis_of(struct store *store)
{
	return ((struct store_redis *)(void *)store);
}

static int
compare_names(const void *a, const void *b)
{
	const redisReply *const *first = a;
	const redisReply *const *second = b;

	return (strcmp((*first)->str, (*second)->str));
}

static bool
is_listed(const char *name, const char *prefix, const char *after)
{
	return (strncmp(name, prefix, strlen(prefix)) == 0 &&
		strcmp(name, after) > 0);
}

/* The names of a set, in order. */
static redisReply *
sorted(struct store_redis *redis, struct arena *arena, const char *set)
{
	redisReply *names = store_redis_members(redis, arena, set);

	if (names != NULL && names->elements > 0)
		qsort(names->element, names->elements, sizeof(redisReply *),
		    compare_names);
	return (names);
}

enum store_result
store_redis_accounts(struct store *store, const char *prefix, const char *after,
    size_t limit, store_see_account *see, void *cookie)
{
	struct arena *arena = arena_new();
	redisReply *names = sorted(redis_of(store), arena, "accounts");
	enum store_result result = names != NULL ? STORE_OK : STORE_AWAY;

	for (size_t i = 0;
	     result == STORE_OK && i < names->elements && limit > 0; i++) {
		struct store_unit unit = { .account_count = 1 };
		const char *name = names->element[i]->str;

		if (!is_listed(name, prefix, after) ||
		    strlen(name) > RECORD_MAX_NAME)
			continue;
		(void)stpcpy(unit.accounts[0].key, name);
		result = store_load(store, &unit);
		if (result == STORE_OK)
			see(cookie, &unit.accounts[0]);
		limit--;
	}
	if (names != NULL)
		freeReplyObject(names);
	arena_free(arena);
	return (result);
}

struct top {
	struct record_account *items;
	size_t count, limit;
};

static void
see_top(void *cookie, const struct record_account *account)
{
	struct top *top = cookie;
	size_t i = top->count;

	if (top->count == top->limit &&
	    (i == 0 || top->items[i - 1].used.bytes >= account->used.bytes))
		return;
	if (top->count < top->limit)
		top->count++;
	else
		i--;
	for (; i > 0 && top->items[i - 1].used.bytes < account->used.bytes; i--)
		top->items[i] = top->items[i - 1];
	top->items[i] = *account;
}

enum store_result
store_redis_top(struct store *store, const char *prefix, size_t limit,
    store_see_account *see, void *cookie)
{
	struct arena *arena = arena_new();
	struct top top = { arena_array(arena, limit, sizeof(*top.items)), 0,
		limit };
	enum store_result result =
	    store_redis_accounts(store, prefix, "", SIZE_MAX, see_top, &top);

	for (size_t i = 0; result == STORE_OK && i < top.count; i++)
		see(cookie, &top.items[i]);
	arena_free(arena);
	return (result);
}

enum store_result
store_redis_holders(struct store *store, const char *prefix, const char *after,
    bool dirty, size_t limit, store_see_holder *see, void *cookie)
{
	struct arena *arena = arena_new();
	redisReply *names =
	    sorted(redis_of(store), arena, dirty ? "dirty" : "holders");
	enum store_result result = names != NULL ? STORE_OK : STORE_AWAY;

	for (size_t i = 0;
	     result == STORE_OK && i < names->elements && limit > 0; i++) {
		struct store_unit unit = { .account_count = 0 };
		const char *name = names->element[i]->str;

		if (!is_listed(name, prefix, after) ||
		    strlen(name) > RECORD_MAX_NAME)
			continue;
		(void)stpcpy(unit.holder.name, name);
		result = store_load(store, &unit);
		if (result == STORE_OK && unit.holder.exists)
			see(cookie, &unit.holder);
		limit--;
	}
	if (names != NULL)
		freeReplyObject(names);
	arena_free(arena);
	return (result);
}

static enum store_result
mark_one(struct store *store, const char *name)
{
	enum store_result result = STORE_CHANGED;

	while (result == STORE_CHANGED) {
		struct store_unit unit = { .save_holder = true };

		(void)stpncpy(unit.holder.name, name, RECORD_MAX_NAME);
		result = store_load(store, &unit);
		if (result != STORE_OK || !unit.holder.exists)
			break;
		unit.holder.dirty = true;
		unit.holder.sequence++;
		result = store_save(store, &unit);
	}
	return (result);
}

enum store_result
store_redis_mark(struct store *store)
{
	struct arena *arena = arena_new();
	redisReply *names =
	    store_redis_members(redis_of(store), arena, "holders");
	enum store_result result = names != NULL ? STORE_OK : STORE_AWAY;

	for (size_t i = 0; result == STORE_OK && i < names->elements; i++)
		result = mark_one(store, names->element[i]->str);
	if (names != NULL)
		freeReplyObject(names);
	arena_free(arena);
	return (result);
}

static int64_t
cardinality(struct store_redis *redis, const char *word, const char *set)
{
	struct arena *arena = arena_new();
	struct store_redis_command command = { .arena = arena };
	redisReply *reply;
	int64_t count = -1;

	store_redis_add(&command, word);
	store_redis_add(
	    &command, arena_printf(arena, STORE_REDIS_PREFIX "%s", set));
	reply = store_redis_run(redis, &command);
	arena_free(arena);
	if (reply == NULL)
		return (-1);
	if (reply->type == REDIS_REPLY_INTEGER)
		count = reply->integer;
	freeReplyObject(reply);
	return (count);
}

enum store_result
store_redis_count(struct store *store, struct store_totals *out)
{
	struct store_redis *redis = redis_of(store);

	out->holders = cardinality(redis, "SCARD", "holders");
	out->dirty = cardinality(redis, "SCARD", "dirty");
	out->accounts = cardinality(redis, "SCARD", "accounts");
	out->leases = cardinality(redis, "ZCARD", "due");
	out->stale = cardinality(redis, "SCARD", "stale");
	return (out->stale < 0 ? STORE_AWAY : STORE_OK);
}
