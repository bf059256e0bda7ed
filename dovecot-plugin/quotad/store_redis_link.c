#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/arena_impl.h"
#include "base/clock.h"
#include "daemon/endpoint.h"
#include "store_redis.h"

/* Milliseconds for which a server that failed is left alone. */
#define PAUSE_MS 1000
#define MAX_PASSWORD 512

/* KEYS: the records; ARGV: five for each: the version that it must have (""
 * when it must not be there), what it becomes ("" when it goes), and what the
 * indexes want to know: its kind, its name, and a word.  Numbers are compared
 * as text: Lua's are exact to 2^53 only. */
static const char script[] =
    "local p = 'mailreeve:1:quota:' "
    "for i, key in ipairs(KEYS) do"
    " local now = redis.call('GET', key)"
    " local version = now and string.match(now, '^%d+') or ''"
    " if version ~= ARGV[5 * i - 4] then return 0 end "
    "end "
    "local function index(set, name, is) "
    " if is then redis.call('SADD', p .. set, name)"
    " else redis.call('SREM', p .. set, name) end "
    "end "
    "for i, key in ipairs(KEYS) do"
    " local text, kind = ARGV[5 * i - 3], ARGV[5 * i - 2]"
    " local name, word = ARGV[5 * i - 1], ARGV[5 * i]"
    " local there = text ~= ''"
    " if there then redis.call('SET', key, text)"
    " else redis.call('DEL', key) end"
    " if kind == 'account' then index('accounts', name, there)"
    " elseif kind == 'holder' then"
    "  index('holders', name, there)"
    "  index('dirty', name, there and string.find(word, 'd') ~= nil)"
    " else"
    "  local holder, due = string.match(word, '^(.*) (.-)$')"
    "  index('leases:' .. holder, name, there)"
    "  index('stale', name, there and due == 'stale')"
    "  if there and due ~= 'stale' then"
    "   redis.call('ZADD', p .. 'due', due, name)"
    "  else redis.call('ZREM', p .. 'due', name) end"
    " end "
    "end "
    "return 1";

static const char *
read_password(const char *path, struct arena *arena, const char **error)
{
	char line[MAX_PASSWORD] = "";
	FILE *file = fopen(path, "r");

	if (file == NULL || fgets(line, sizeof(line), file) == NULL)
		*error = arena_printf(
		    arena, "store_password_file: cannot read %s", path);
	if (file != NULL)
		(void)fclose(file);
	line[strcspn(line, "\r\n")] = '\0';
	return (arena_strdup(arena, line));
}

static void
set_address(struct store_redis *redis, const struct endpoint *endpoint)
{
	char host[INET6_ADDRSTRLEN] = "";
	const struct sockaddr_in *in =
	    (const struct sockaddr_in *)&endpoint->address;
	const struct sockaddr_in6 *in6 =
	    (const struct sockaddr_in6 *)&endpoint->address;

	redis->path = endpoint->path;
	if (endpoint->path != NULL)
		return;
	if (endpoint->address.ss_family == AF_INET) {
		(void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		redis->port = ntohs(in->sin_port);
	} else {
		(void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		redis->port = ntohs(in6->sin6_port);
	}
	redis->host = arena_strdup(redis->arena, host);
}

struct store_redis *
store_redis_open(const struct store_options *options, struct arena *arena,
    const char **error)
{
	struct store_redis *redis = arena_impl_malloc(sizeof(*redis));
	struct endpoint endpoint;
	const char *wrong;

	*redis = (struct store_redis){ .arena = arena_new(),
		.timeout_ms = options->timeout_ms };
	wrong = endpoint_parse(options->where, redis->arena, &endpoint);
	if (wrong != NULL)
		*error = arena_printf(arena, "store: %s", wrong);
	else
		set_address(redis, &endpoint);
	if (wrong == NULL && options->password_file != NULL)
		redis->password =
		    read_password(options->password_file, redis->arena, error);
	if (*error == NULL)
		return (redis);
	*error = arena_strdup(arena, *error);
	store_redis_close(redis);
	return (NULL);
}

static void
disconnect(struct store_redis *redis)
{
	if (redis->context != NULL)
		redisFree(redis->context);
	redis->context = NULL;
}

void
store_redis_close(struct store_redis *redis)
{
	disconnect(redis);
	arena_free(redis->arena);
	free(redis);
}

static redisReply *
fail(struct store_redis *redis, const char *reason)
{
	(void)snprintf(redis->error, sizeof(redis->error), "%s: %s",
	    redis->path != NULL ? redis->path : redis->host, reason);
	redis->failed_at = clock_monotonic_ms();
	disconnect(redis);
	return (NULL);
}

static bool
log_in(struct store_redis *redis)
{
	redisReply *reply;
	bool good;

	if (redis->password == NULL)
		return (true);
	reply = redisCommand(redis->context, "AUTH %s", redis->password);
	good = reply != NULL && reply->type != REDIS_REPLY_ERROR;
	if (!good)
		(void)fail(redis, "it does not take the password");
	if (reply != NULL)
		freeReplyObject(reply);
	return (good);
}

static bool
connect_now(struct store_redis *redis)
{
	const struct timeval limit = { .tv_sec = redis->timeout_ms / 1000,
		.tv_usec = redis->timeout_ms % 1000 * 1000 };

	if (redis->context != NULL)
		return (true);
	if (redis->failed_at != 0 &&
	    clock_monotonic_ms() - redis->failed_at < PAUSE_MS)
		return (false);
	redis->context =
	    redis->path != NULL
		? redisConnectUnixWithTimeout(redis->path, limit)
		: redisConnectWithTimeout(redis->host, redis->port, limit);
	if (redis->context == NULL || redis->context->err != 0) {
		(void)fail(redis, redis->context == NULL
				      ? "no memory"
				      : redis->context->errstr);
		return (false);
	}
	(void)redisSetTimeout(redis->context, limit);
	return (log_in(redis));
}

void
store_redis_add(struct store_redis_command *command, const char *word)
{
	if (command->count == STORE_REDIS_MAX_WORDS)
		abort();
	command->words[command->count] = arena_strdup(command->arena, word);
	command->lens[command->count++] = strlen(word);
}

redisReply *
store_redis_run(
    struct store_redis *redis, const struct store_redis_command *command)
{
	const char **words =
	    arena_array(command->arena, (size_t)command->count, sizeof(*words));
	redisReply *reply;

	if (!connect_now(redis))
		return (NULL);
	for (int i = 0; i < command->count; i++)
		words[i] = command->words[i];
	reply = redisCommandArgv(
	    redis->context, command->count, words, command->lens);
	if (reply == NULL)
		return (fail(redis, redis->context->errstr));
	if (reply->type == REDIS_REPLY_ERROR) {
		(void)fail(redis, reply->str);
		freeReplyObject(reply);
		return (NULL);
	}
	redis->failed_at = 0;
	return (reply);
}

enum store_result
store_redis_save(
    struct store_redis *redis, const struct store_redis_command *command)
{
	struct store_redis_command whole = { .arena = command->arena };
	redisReply *reply;
	enum store_result result;

	/* EVAL keeps what it has compiled; the text is short. */
	store_redis_add(&whole, "EVAL");
	store_redis_add(&whole, script);
	for (int i = 0; i < command->count; i++)
		store_redis_add(&whole, command->words[i]);
	reply = store_redis_run(redis, &whole);
	if (reply == NULL)
		return (STORE_AWAY);
	result = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1
	             ? STORE_OK
	             : STORE_CHANGED;
	freeReplyObject(reply);
	return (result);
}
