/*
 * store_redis.h: the connection to a Redis or Valkey server, and the script
 * that saves a unit.
 */
#ifndef QUOTAD_STORE_REDIS_H
#define QUOTAD_STORE_REDIS_H

#include <hiredis/hiredis.h>

#include "store_driver.h"

#define STORE_REDIS_PREFIX "mailreeve:1:quota:"

struct store_redis {
	struct store store;
	struct arena *arena; /* of the settings */
	const char *path;    /* of a UNIX socket; NULL: TCP */
	const char *host;
	int port;
	const char *password; /* or NULL */
	int64_t timeout_ms;
	redisContext *context; /* NULL: not connected */
	int64_t failed_at;     /* clock_monotonic_ms(); 0: it did not */
	char error[256];
};

/* The words of a command, as Redis takes them. */
#define STORE_REDIS_MAX_WORDS 512
struct store_redis_command {
	struct arena *arena;
	const char *words[STORE_REDIS_MAX_WORDS];
	size_t lens[STORE_REDIS_MAX_WORDS];
	int count;
};

/**
 * store_redis_open(options, arena, error), store_redis_close(redis):
 * A connection to come.  NULL with the reason in ${error} when the address
 * makes no sense or the password cannot be read.
 */
struct store_redis *store_redis_open(const struct store_options *options,
    struct arena *arena, const char **error);
void store_redis_close(struct store_redis *redis);

/**
 * store_redis_add(command, word):
 * Add a word to ${command}, which lives in its arena.
 */
void store_redis_add(struct store_redis_command *command, const char *word);

/**
 * store_redis_run(redis, command):
 * Return the answer, for the caller to free, or NULL with the reason kept: no
 * answer in time, or an error.  After a failure the server is left alone for a
 * second.
 */
redisReply *store_redis_run(
    struct store_redis *redis, const struct store_redis_command *command);

/**
 * store_redis_save(redis, command):
 * Run the script with the keys and arguments in ${command}: STORE_OK when all
 * records were as expected and are written, STORE_CHANGED when not.
 */
enum store_result store_redis_save(
    struct store_redis *redis, const struct store_redis_command *command);

/**
 * store_redis_members(redis, arena, set):
 * Return the names in a ${set} of ours, for the caller to free, or NULL.
 */
redisReply *store_redis_members(
    struct store_redis *redis, struct arena *arena, const char *set);

/**
 * store_redis_accounts(store, prefix, after, limit, see, cookie),
 * store_redis_top(store, prefix, limit, see, cookie),
 * store_redis_holders(store, prefix, after, dirty, limit, see, cookie),
 * store_redis_mark(store), store_redis_count(store, out):
 * As store_accounts() and those after it.  All names are sorted here: fit for
 * what people ask, and not for each request.
 */
enum store_result store_redis_accounts(struct store *store, const char *prefix,
    const char *after, size_t limit, store_see_account *see, void *cookie);
enum store_result store_redis_top(struct store *store, const char *prefix,
    size_t limit, store_see_account *see, void *cookie);
enum store_result store_redis_holders(struct store *store, const char *prefix,
    const char *after, bool dirty, size_t limit, store_see_holder *see,
    void *cookie);
enum store_result store_redis_mark(struct store *store);
enum store_result store_redis_count(
    struct store *store, struct store_totals *out);

#endif
