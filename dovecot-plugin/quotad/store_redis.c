/*
 * The ledger in Redis or Valkey, for several machines.  A record is a string,
 * "VERSION TEXT"; whoever writes one names the version that he has read, so
 * that of two who decided upon the same numbers only the first is right.
 */
#include "store_redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record_text.h"

#define PREFIX STORE_REDIS_PREFIX
#define MAX_VALUE (RECORD_TEXT_MAX + 24)
/* Stale leases of a holder that a count ends at once. */
#define MAX_STALE 64

static struct store_redis *
redis_of(struct store *store)
{
	return ((struct store_redis *)(void *)store);
}

static const char *
key_of(struct arena *arena, const char *kind, const char *name)
{
	return (arena_printf(arena, PREFIX "%s:%s", kind, name));
}

static const char *
lease_name(struct arena *arena, uint64_t id)
{
	return (arena_printf(arena, "%llu", (unsigned long long)id));
}

/* The record's text after its version, in a value of the server. */
static bool
take_version(const redisReply *value, uint64_t *version, struct span *text)
{
	int64_t number;

	if (value->type != REDIS_REPLY_STRING || value->len > MAX_VALUE)
		return (false);
	*text = span_new(value->str, value->len);
	if (record_shares_number(text, &number) != 0 || number <= 0)
		return (false);
	*version = (uint64_t)number;
	return (true);
}

static void
read_account(const redisReply *value, struct record_account *out)
{
	struct record_account read = { 0 };
	struct span text;

	if (!take_version(value, &read.version, &text) ||
	    record_text_parse_account(text, &read) != 0)
		return;
	(void)stpcpy(read.key, out->key);
	*out = read;
}

static void
read_holder(const redisReply *value, struct record_holder *out)
{
	struct record_holder read = { 0 };
	struct span text;

	if (!take_version(value, &read.version, &text) ||
	    record_text_parse_holder(text, &read) != 0)
		return;
	(void)stpcpy(read.name, out->name);
	*out = read;
}

static void
read_lease(const redisReply *value, struct record_lease *out)
{
	struct record_lease read = { .id = out->id };
	struct span text;

	if (take_version(value, &read.version, &text) &&
	    record_text_parse_lease(text, &read) == 0)
		*out = read;
}

/* Nobody has set anything yet. */
static void
clear_account(struct record_account *account)
{
	account->set.hard =
	    (struct ledger_amount){ RECORD_UNSET, RECORD_UNSET };
	account->set.soft = account->set.hard;
	account->set.period_s = RECORD_UNSET;
}

/* The values of ${command}'s keys, for the caller to free. */
static redisReply *
get_all(struct store_redis *redis, const struct store_redis_command *command)
{
	redisReply *reply = store_redis_run(redis, command);

	if (reply == NULL)
		return (NULL);
	if (reply->type == REDIS_REPLY_ARRAY &&
	    reply->elements + 1 == (size_t)command->count)
		return (reply);
	freeReplyObject(reply);
	return (NULL);
}

/* First whose they are, then what they count for: a second round only where the
 * first named accounts that the request did not. */
static bool
load_head(
    struct store_redis *redis, struct store_unit *unit, struct arena *arena)
{
	struct store_redis_command command = { .arena = arena };
	redisReply *reply;

	store_redis_add(&command, "MGET");
	store_redis_add(&command,
	    key_of(arena, "lease", lease_name(arena, unit->lease.id)));
	store_redis_add(&command, key_of(arena, "holder", unit->holder.name));
	for (size_t i = 0; i < unit->account_count; i++)
		store_redis_add(
		    &command, key_of(arena, "account", unit->accounts[i].key));
	reply = get_all(redis, &command);
	if (reply == NULL)
		return (false);
	if (unit->lease.id != 0)
		read_lease(reply->element[0], &unit->lease);
	if (unit->holder.name[0] != '\0')
		read_holder(reply->element[1], &unit->holder);
	for (size_t i = 0; i < unit->account_count; i++) {
		clear_account(&unit->accounts[i]);
		read_account(reply->element[2 + i], &unit->accounts[i]);
	}
	freeReplyObject(reply);
	return (true);
}

/* The accounts from ${first} on. */
static bool
load_accounts(struct store_redis *redis, struct store_unit *unit, size_t first,
    struct arena *arena)
{
	struct store_redis_command command = { .arena = arena };
	redisReply *reply;

	if (first == unit->account_count)
		return (true);
	store_redis_add(&command, "MGET");
	for (size_t i = first; i < unit->account_count; i++)
		store_redis_add(
		    &command, key_of(arena, "account", unit->accounts[i].key));
	reply = get_all(redis, &command);
	if (reply == NULL)
		return (false);
	for (size_t i = first; i < unit->account_count; i++) {
		clear_account(&unit->accounts[i]);
		read_account(reply->element[i - first], &unit->accounts[i]);
	}
	freeReplyObject(reply);
	return (true);
}

/* The holder that only the lease names. */
static bool
load_holder(
    struct store_redis *redis, struct store_unit *unit, struct arena *arena)
{
	struct store_redis_command command = { .arena = arena };
	redisReply *reply;

	(void)stpcpy(unit->holder.name, unit->lease.holder);
	store_redis_add(&command, "MGET");
	store_redis_add(&command, key_of(arena, "holder", unit->holder.name));
	reply = get_all(redis, &command);
	if (reply == NULL)
		return (false);
	read_holder(reply->element[0], &unit->holder);
	freeReplyObject(reply);
	return (true);
}

static bool
load_whole(
    struct store_redis *redis, struct store_unit *unit, struct arena *arena)
{
	size_t named = unit->account_count;

	if (!load_head(redis, unit, arena))
		return (false);
	if (unit->holder.name[0] == '\0' && unit->lease.exists &&
	    !load_holder(redis, unit, arena))
		return (false);
	store_name_shares(unit);
	return (load_accounts(redis, unit, named, arena));
}

static enum store_result
load(struct store *store, struct store_unit *unit)
{
	struct arena *arena = arena_new();
	bool loaded = load_whole(redis_of(store), unit, arena);

	arena_free(arena);
	return (loaded ? STORE_OK : STORE_AWAY);
}

/* A unit on its way into the script: its keys, then its arguments. */
struct saving {
	struct store_redis_command keys, arguments;
};

static void
add_record(struct saving *saving, const char *kind, const char *name,
    uint64_t version, const char *text, const char *word)
{
	struct arena *arena = saving->keys.arena;

	store_redis_add(&saving->keys, key_of(arena, kind, name));
	store_redis_add(
	    &saving->arguments, version == 0 ? "" : lease_name(arena, version));
	store_redis_add(&saving->arguments,
	    text[0] == '\0' ? ""
			    : arena_printf(arena, "%llu %s",
				  (unsigned long long)version + 1, text));
	store_redis_add(&saving->arguments, kind);
	store_redis_add(&saving->arguments, name);
	store_redis_add(&saving->arguments, word);
}

static void
add_account(struct saving *saving, const struct record_account *account)
{
	char text[RECORD_TEXT_MAX];

	record_text_account(account, text);
	add_record(saving, "account", account->key, account->version, text, "");
}

static void
add_holder(struct saving *saving, const struct record_holder *holder)
{
	char text[RECORD_TEXT_MAX] = "";

	if (holder->exists)
		record_text_holder(holder, text);
	add_record(saving, "holder", holder->name, holder->version, text,
	    holder->dirty ? "d" : "");
}

static void
add_lease(struct saving *saving, const struct record_lease *lease)
{
	struct arena *arena = saving->keys.arena;
	char text[RECORD_TEXT_MAX] = "";

	if (lease->exists)
		record_text_lease(lease, text);
	add_record(saving, "lease", lease_name(arena, lease->id),
	    lease->version, text,
	    lease->stale ? arena_printf(arena, "%s stale", lease->holder)
			 : arena_printf(arena, "%s %lld", lease->holder,
			       (long long)lease->expires));
}

/* The names in a set, for the caller to free. */
redisReply *
store_redis_members(
    struct store_redis *redis, struct arena *arena, const char *set)
{
	struct store_redis_command command = { .arena = arena };
	redisReply *reply;

	store_redis_add(&command, "SMEMBERS");
	store_redis_add(&command, arena_printf(arena, PREFIX "%s", set));
	reply = store_redis_run(redis, &command);
	if (reply == NULL || reply->type == REDIS_REPLY_ARRAY)
		return (reply);
	freeReplyObject(reply);
	return (NULL);
}

/* Show the leases whose numbers are in ${names}, and free that. */
static enum store_result
see_leases(struct store_redis *redis, struct arena *arena, redisReply *names,
    store_see_lease *see, void *cookie)
{
	enum store_result result = names != NULL ? STORE_OK : STORE_AWAY;

	for (size_t i = 0; result == STORE_OK && i < names->elements; i++) {
		struct store_redis_command command = { .arena = arena };
		struct record_lease lease = { 0 };
		redisReply *reply;

		if (names->element[i]->type != REDIS_REPLY_STRING)
			continue;
		lease.id = strtoull(names->element[i]->str, NULL, 10);
		store_redis_add(&command, "MGET");
		store_redis_add(&command,
		    key_of(arena, "lease", lease_name(arena, lease.id)));
		reply = get_all(redis, &command);
		if (reply == NULL) {
			result = STORE_AWAY;
			break;
		}
		read_lease(reply->element[0], &lease);
		freeReplyObject(reply);
		if (lease.exists)
			see(cookie, &lease);
	}
	if (names != NULL)
		freeReplyObject(names);
	return (result);
}

struct wanted {
	store_see_lease *see;
	void *cookie;
	bool stale;
};

static void
see_wanted(void *cookie, const struct record_lease *lease)
{
	const struct wanted *wanted = cookie;

	if (lease->stale == wanted->stale)
		wanted->see(wanted->cookie, lease);
}

static enum store_result
leases(struct store *store, const char *holder, bool stale,
    store_see_lease *see, void *cookie)
{
	struct store_redis *redis = redis_of(store);
	struct arena *arena = arena_new();
	struct wanted wanted = { see, cookie, stale };
	redisReply *names = store_redis_members(
	    redis, arena, arena_printf(arena, "leases:%s", holder));
	enum store_result result =
	    see_leases(redis, arena, names, see_wanted, &wanted);

	arena_free(arena);
	return (result);
}

struct stale {
	struct saving *saving;
	size_t count;
};

static void
drop_lease(void *cookie, const struct record_lease *lease)
{
	struct stale *stale = cookie;
	struct record_lease gone = *lease;

	if (stale->count++ >= MAX_STALE)
		return;
	gone.exists = false;
	add_lease(stale->saving, &gone);
}

/* Return false when they cannot all go at once. */
static bool
drop_stale(struct store *store, struct saving *saving, const char *holder)
{
	struct stale stale = { saving, 0 };

	return (leases(store, holder, true, drop_lease, &stale) == STORE_OK &&
		stale.count <= MAX_STALE);
}

static enum store_result
save_in(struct store *store, struct store_unit *unit, struct arena *arena)
{
	struct saving saving = { { .arena = arena }, { .arena = arena } };
	struct store_redis_command whole = { .arena = arena };

	for (size_t i = 0; i < unit->account_count; i++)
		if (unit->save_account[i])
			add_account(&saving, &unit->accounts[i]);
	if (unit->save_holder)
		add_holder(&saving, &unit->holder);
	if (unit->save_lease)
		add_lease(&saving, &unit->lease);
	if (unit->drop_stale && !drop_stale(store, &saving, unit->holder.name))
		return (STORE_AWAY);
	store_redis_add(&whole, arena_printf(arena, "%d", saving.keys.count));
	for (int i = 0; i < saving.keys.count; i++)
		store_redis_add(&whole, saving.keys.words[i]);
	for (int i = 0; i < saving.arguments.count; i++)
		store_redis_add(&whole, saving.arguments.words[i]);
	return (store_redis_save(redis_of(store), &whole));
}

static enum store_result
save(struct store *store, struct store_unit *unit)
{
	struct arena *arena = arena_new();
	enum store_result result = save_in(store, unit, arena);

	arena_free(arena);
	return (result);
}

/* What the script has written, others see at once. */
static enum store_result
flush(struct store *store)
{
	(void)store;
	return (STORE_OK);
}

static enum store_result
due(struct store *store, int64_t now, size_t limit, store_see_lease *see,
    void *cookie)
{
	struct store_redis *redis = redis_of(store);
	struct arena *arena = arena_new();
	struct store_redis_command command = { .arena = arena };
	enum store_result result;

	store_redis_add(&command, "ZRANGEBYSCORE");
	store_redis_add(&command, PREFIX "due");
	store_redis_add(&command, "-inf");
	store_redis_add(&command, arena_printf(arena, "%lld", (long long)now));
	store_redis_add(&command, "LIMIT");
	store_redis_add(&command, "0");
	store_redis_add(&command, arena_printf(arena, "%zu", limit));
	redisReply *names = store_redis_run(redis, &command);

	if (names != NULL && names->type != REDIS_REPLY_ARRAY) {
		freeReplyObject(names);
		names = NULL;
	}
	result = see_leases(redis, arena, names, see, cookie);
	arena_free(arena);
	return (result);
}

/* Only when it is due is it read again: the set alone needs to know. */
static enum store_result
renew(struct store *store, const uint64_t *ids, size_t count, int64_t expires)
{
	struct arena *arena = arena_new();
	struct store_redis_command command = { .arena = arena };
	redisReply *reply;

	store_redis_add(&command, "ZADD");
	store_redis_add(&command, PREFIX "due");
	store_redis_add(&command, "XX");
	for (size_t i = 0;
	     i < count && command.count + 2 <= STORE_REDIS_MAX_WORDS; i++) {
		store_redis_add(
		    &command, arena_printf(arena, "%lld", (long long)expires));
		store_redis_add(&command, lease_name(arena, ids[i]));
	}
	reply = store_redis_run(redis_of(store), &command);
	arena_free(arena);
	if (reply == NULL)
		return (STORE_AWAY);
	freeReplyObject(reply);
	return (STORE_OK);
}

/* The bindings of a user, of all machines: their numbers mean the same on all
 * that share mailboxes. */
static const char *
binding_key(struct arena *arena, uint32_t uid, const char *holder)
{
	return (arena_printf(arena, PREFIX "binding:%u:%s", uid, holder));
}

static enum store_result
bind_user(struct store *store, const struct record_binding *binding)
{
	struct arena *arena = arena_new();
	struct store_redis_command command = { .arena = arena };
	const char *text = "";
	redisReply *reply;

	for (size_t i = 0; i < binding->account_count; i++)
		text =
		    arena_printf(arena, "%s%s\n", text, binding->accounts[i]);
	store_redis_add(&command, binding->account_count == 0 ? "DEL" : "SET");
	store_redis_add(
	    &command, binding_key(arena, binding->uid, binding->holder));
	if (binding->account_count > 0)
		store_redis_add(&command, text);
	reply = store_redis_run(redis_of(store), &command);
	arena_free(arena);
	if (reply == NULL)
		return (STORE_AWAY);
	freeReplyObject(reply);
	return (STORE_OK);
}

static enum store_result
bound(struct store *store, uint32_t uid, const char *holder,
    struct record_binding *out)
{
	struct arena *arena = arena_new();
	struct store_redis_command command = { .arena = arena };
	redisReply *reply;

	*out = (struct record_binding){ .uid = uid };
	store_redis_add(&command, "GET");
	store_redis_add(&command, binding_key(arena, uid, holder));
	reply = store_redis_run(redis_of(store), &command);
	arena_free(arena);
	if (reply == NULL)
		return (STORE_AWAY);
	if (reply->type == REDIS_REPLY_STRING)
		store_parse_accounts(span_new(reply->str, reply->len), out);
	freeReplyObject(reply);
	return (STORE_OK);
}

static const char *
error_of(const struct store *store)
{
	const struct store_redis *redis =
	    (const struct store_redis *)(const void *)store;

	return (redis->error);
}

static struct store *
open_store(const struct store_options *options, struct arena *arena,
    const char **error)
{
	struct store_redis *redis = store_redis_open(options, arena, error);

	if (redis == NULL)
		return (NULL);
	redis->store.driver = &store_redis_driver;
	return (&redis->store);
}

static void
close_store(struct store *store)
{
	store_redis_close(redis_of(store));
}

const struct store_driver store_redis_driver = {
	.open = open_store,
	.close = close_store,
	.load = load,
	.save = save,
	.flush = flush,
	.leases = leases,
	.due = due,
	.renew = renew,
	.accounts = store_redis_accounts,
	.top = store_redis_top,
	.holders = store_redis_holders,
	.mark = store_redis_mark,
	.bind = bind_user,
	.bound = bound,
	.count = store_redis_count,
	.error = error_of,
};
