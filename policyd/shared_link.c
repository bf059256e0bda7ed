#include "shared_link.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include "base/arena_impl.h"
#include "daemon/endpoint.h"
#include "shared_script.h"
#include "shared_tls.h"

#define DIGEST_LEN 40
#define MAX_REASON ((size_t)200)

struct place {
	const char *path; /* of a UNIX socket; NULL: TCP */
	char host[INET6_ADDRSTRLEN];
	int port;
};

/* At the end. */
#define LAST_WRITES 8

struct shared_link {
	struct event_base *base;
	const struct log *log;
	struct arena *arena; /* of the settings */
	struct place server;
	struct place sentinels[SHARED_MAX_SENTINELS];
	size_t sentinel_count; /* 0: the server is known */
	const char *sentinel_name;
	const char *username;
	const char *password;
	struct shared_tls *tls;

	redisAsyncContext *context; /* of the server, or of a sentinel */
	bool asks_sentinel;
	bool ready;
	char digest[DIGEST_LEN + 1];
	size_t sentinel; /* the one to ask */
	size_t asked;    /* of them since the last try began */
	struct event *timer;
	int64_t retry_ms;
	bool lost; /* was logged, for this reason */
	char reason[MAX_REASON];
};

static void
set_timer(struct shared_link *link, int64_t ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000 };

	(void)evtimer_add(link->timer, &tv);
}

/* Without a link, its callbacks do nothing any more. */
static void
disconnect(struct shared_link *link)
{
	redisAsyncContext *context = link->context;

	link->ready = false;
	link->context = NULL;
	if (context == NULL)
		return;
	context->data = NULL;
	redisAsyncFree(context);
}

/* Once for each reason: a server that is gone for hours is tried often. */
static void
say_lost(struct shared_link *link, const char *reason)
{
	if (link->lost && strncmp(reason, link->reason, MAX_REASON - 1) == 0)
		return;
	link->lost = true;
	(void)snprintf(link->reason, MAX_REASON, "%s", reason);
	log_error(link->log, "shared_lost", LOG_TEXT("reason", link->reason),
	    LOG_TEXT("then", "this machine enforces its share of each limit"));
}

static void
say_back(struct shared_link *link)
{
	if (link->lost)
		log_warning(link->log, "shared_back");
	link->lost = false;
}

static void
retry_later(struct shared_link *link)
{
	set_timer(link, link->retry_ms);
	link->retry_ms *= 2;
	if (link->retry_ms > SHARED_LAST_RETRY_MS)
		link->retry_ms = SHARED_LAST_RETRY_MS;
}

/* hiredis 1.2 tells of a handshake that failed by errno alone, which is 0. */
static const char *
explain(const struct shared_link *link, const char *reason)
{
	if (link->tls == NULL || strcmp(reason, strerror(0)) != 0)
		return (reason);
	return ("no TLS: shared_tls_ca does not vouch for the certificate, or "
		"the server speaks none");
}

/* ${reason} may be the connection's own. */
static void
failed(struct shared_link *link, const char *reason)
{
	bool next = link->asks_sentinel && link->asked < link->sentinel_count;
	char why[MAX_REASON];

	(void)snprintf(why, sizeof(why), "%s%s",
	    link->asks_sentinel ? "sentinel: " : "", explain(link, reason));
	disconnect(link);
	if (link->asks_sentinel)
		link->sentinel = (link->sentinel + 1) % link->sentinel_count;
	if (next) {
		/* A moment later: this may be called by what connects. */
		set_timer(link, 0);
		return;
	}
	link->asked = 0;
	say_lost(link, why);
	retry_later(link);
}

void
shared_link_drop(struct shared_link *link, const char *reason)
{
	if (link->ready)
		failed(link, reason);
}

/* Give what a reply says instead of what was hoped for. */
static const char *
reason_of(const redisReply *reply, const char *otherwise)
{
	return (reply->type == REDIS_REPLY_ERROR ? reply->str : otherwise);
}

static bool
is_ok(const redisReply *reply)
{
	return (
	    reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, "OK") == 0);
}

static void
logged_in(redisAsyncContext *context, void *reply, void *cookie)
{
	(void)cookie;
	if (context->data != NULL && reply != NULL && !is_ok(reply))
		failed(context->data,
		    reason_of(reply, "AUTH is answered by something else"));
}

/* A sentinel may still name the one that was the master. */
static void
role_known(redisAsyncContext *context, void *cookie_reply, void *cookie)
{
	const redisReply *reply = cookie_reply;

	(void)cookie;
	if (context->data == NULL || reply == NULL)
		return;
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 &&
	    reply->element[0]->type == REDIS_REPLY_STRING &&
	    strcmp(reply->element[0]->str, "master") == 0)
		return;
	failed(context->data, reason_of(reply, "the server is no master"));
}

/* That it can write, too. */
static void
probed(redisAsyncContext *context, void *cookie_reply, void *cookie)
{
	const redisReply *reply = cookie_reply;
	struct shared_link *link = context->data;

	(void)cookie;
	if (link == NULL || reply == NULL)
		return;
	if (reply->type != REDIS_REPLY_ARRAY) {
		failed(link,
		    reason_of(reply, "the script is answered by something "
				     "else"));
		return;
	}
	link->ready = true;
	link->asked = 0;
	link->retry_ms = SHARED_FIRST_RETRY_MS;
	(void)evtimer_del(link->timer);
	say_back(link);
}

static void
script_loaded(redisAsyncContext *context, void *cookie_reply, void *cookie)
{
	const redisReply *reply = cookie_reply;
	struct shared_link *link = context->data;
	const struct shared_charge probe = shared_script_probe();
	struct shared_script_command command;
	struct arena *arena;

	(void)cookie;
	if (link == NULL || reply == NULL)
		return;
	if (reply->type != REDIS_REPLY_STRING || reply->len != DIGEST_LEN) {
		failed(link,
		    reason_of(reply, "SCRIPT LOAD is answered by something "
				     "else"));
		return;
	}
	memcpy(link->digest, reply->str, DIGEST_LEN);
	arena = arena_new();
	shared_script_command(
	    "EVALSHA", link->digest, &probe, 1, 0, arena, &command);
	if (redisAsyncCommandArgv(context, probed, NULL, command.count,
		command.words, command.lengths) != REDIS_OK)
		failed(link, "cannot send");
	arena_free(arena);
}

/* What a new connection to the server begins with; false: cannot be sent. */
static bool
greet(struct shared_link *link)
{
	redisAsyncContext *context = link->context;
	int result = REDIS_OK;

	if (link->password != NULL && link->username != NULL)
		result = redisAsyncCommand(context, logged_in, NULL,
		    "AUTH %s %s", link->username, link->password);
	else if (link->password != NULL)
		result = redisAsyncCommand(
		    context, logged_in, NULL, "AUTH %s", link->password);
	if (result == REDIS_OK && link->sentinel_count > 0)
		result = redisAsyncCommand(context, role_known, NULL, "ROLE");
	if (result == REDIS_OK)
		result = redisAsyncCommand(context, script_loaded, NULL,
		    "SCRIPT LOAD %s", shared_script_text());
	return (result == REDIS_OK);
}

/* hiredis frees what could not connect, after this. */
static void
connected(const redisAsyncContext *context, int status)
{
	struct shared_link *link = context->data;

	if (link == NULL || status == REDIS_OK)
		return;
	link->context->data = NULL;
	link->context = NULL;
	failed(link, context->errstr);
}

/* And what was cut off. */
static void
disconnected(const redisAsyncContext *context, int status)
{
	struct shared_link *link = context->data;

	(void)status;
	if (link == NULL)
		return;
	link->context = NULL;
	failed(link,
	    context->err != 0 ? context->errstr : "the connection was closed");
}

/* Set out to ${place}.  Return false, with the reason logged, when that
 * fails at once. */
static bool
connect_to(struct shared_link *link, const struct place *place)
{
	redisAsyncContext *context =
	    place->path != NULL ? redisAsyncConnectUnix(place->path)
				: redisAsyncConnect(place->host, place->port);

	if (context == NULL) {
		failed(link, "no memory");
		return (false);
	}
	link->context = context;
	if (context->err != 0 ||
	    (link->tls != NULL &&
		shared_tls_start(link->tls, &context->c) != 0) ||
	    redisLibeventAttach(context, link->base) != REDIS_OK) {
		failed(link,
		    context->err != 0 ? context->errstr : context->c.errstr);
		return (false);
	}
	context->data = link;
	(void)redisAsyncSetConnectCallback(context, connected);
	(void)redisAsyncSetDisconnectCallback(context, disconnected);
	set_timer(link, SHARED_CONNECT_MS);
	return (true);
}

static void
connect_to_server(struct shared_link *link)
{
	link->asks_sentinel = false;
	if (connect_to(link, &link->server) && !greet(link))
		failed(link, "cannot send");
}

/* A sentinel names hosts only if it was told to; looking one up would wait. */
static bool
read_place(const redisReply *host, const redisReply *port, struct place *out)
{
	struct in6_addr address;
	uint64_t number;

	if ((inet_pton(AF_INET, host->str, &address) != 1 &&
		inet_pton(AF_INET6, host->str, &address) != 1) ||
	    !span_to_u64(span_str(port->str), 5, &number) ||
	    number > UINT16_MAX)
		return (false);
	*out = (struct place){ .port = (int)number };
	(void)snprintf(out->host, sizeof(out->host), "%s", host->str);
	return (true);
}

/* The master's address, as two strings. */
static void
master_known(redisAsyncContext *context, void *cookie_reply, void *cookie)
{
	const redisReply *reply = cookie_reply;
	struct shared_link *link = context->data;

	(void)cookie;
	if (link == NULL || reply == NULL)
		return;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
	    reply->element[0]->type != REDIS_REPLY_STRING ||
	    reply->element[1]->type != REDIS_REPLY_STRING) {
		failed(link, reason_of(reply, "knows no such master"));
		return;
	}
	if (!read_place(reply->element[0], reply->element[1], &link->server)) {
		failed(link, "names the master by no address");
		return;
	}
	disconnect(link);
	connect_to_server(link);
}

static void
ask_sentinel(struct shared_link *link)
{
	link->asks_sentinel = true;
	link->asked++;
	if (connect_to(link, &link->sentinels[link->sentinel]) &&
	    redisAsyncCommand(link->context, master_known, NULL,
		"SENTINEL get-master-addr-by-name %s",
		link->sentinel_name) != REDIS_OK)
		failed(link, "cannot send");
}

/* The time for a try has come, or that of one is over. */
static void
on_timer(evutil_socket_t fd, short what, void *cookie)
{
	struct shared_link *link = cookie;

	(void)fd;
	(void)what;
	if (link->context != NULL)
		failed(link, "no answer in time");
	else if (link->sentinel_count > 0)
		ask_sentinel(link);
	else
		connect_to_server(link);
}

static const char *
set_place(struct shared_link *link, const char *text, struct place *out)
{
	struct endpoint endpoint;
	const char *error = endpoint_parse(text, link->arena, &endpoint);
	char port[sizeof("65535")];

	if (error != NULL)
		return (error);
	*out = (struct place){ .path = endpoint.path };
	if (endpoint.path != NULL)
		return (NULL);
	(void)getnameinfo((struct sockaddr *)&endpoint.address,
	    endpoint.address_len, out->host, sizeof(out->host), port,
	    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	out->port = atoi(port);
	return (NULL);
}

static const char *
copy(struct shared_link *link, const char *text)
{
	return (text == NULL ? NULL : arena_strdup(link->arena, text));
}

static const char *
set_sentinels(struct shared_link *link, const struct shared_options *options)
{
	const char *error = NULL;

	if (options->sentinels == NULL || options->sentinels->count == 0)
		return ("neither a server nor sentinels are named");
	if (options->sentinels->count > SHARED_MAX_SENTINELS)
		return ("more sentinels than SHARED_MAX_SENTINELS");
	if (options->sentinel_name == NULL)
		return ("sentinels need the name of their master");
	link->sentinel_count = options->sentinels->count;
	link->sentinel_name = copy(link, options->sentinel_name);
	for (size_t i = 0; i < link->sentinel_count && error == NULL; i++)
		error = set_place(
		    link, options->sentinels->items[i], &link->sentinels[i]);
	return (error);
}

static const char *
set_all(struct shared_link *link, const struct shared_options *options,
    struct arena *arena)
{
	const char *error =
	    options->server != NULL
		? set_place(link, options->server, &link->server)
		: set_sentinels(link, options);

	link->username = copy(link, options->username);
	link->password = copy(link, options->password);
	if (error != NULL)
		return (arena_printf(arena, "shared limits: %s", error));
	if (options->tls)
		link->tls = shared_tls_new(options->tls_ca, arena, &error);
	return (error);
}

struct shared_link *
shared_link_new(struct event_base *base, const struct shared_options *options,
    const struct log *log, struct arena *arena, const char **error)
{
	struct shared_link *link = arena_impl_malloc(sizeof(*link));

	*link = (struct shared_link){ .base = base,
		.log = log,
		.arena = arena_new(),
		.retry_ms = SHARED_FIRST_RETRY_MS };
	*error = set_all(link, options, arena);
	if (*error != NULL) {
		shared_link_free(link);
		return (NULL);
	}
	link->timer = evtimer_new(base, on_timer, link);
	set_timer(link, 0);
	return (link);
}

/* Nobody turns the event loop any more. */
static void
send_rest(const struct shared_link *link)
{
	int done = 0;

	for (int i = 0; i < LAST_WRITES && link->ready && done == 0; i++)
		if (redisBufferWrite(&link->context->c, &done) != REDIS_OK)
			return;
}

void
shared_link_free(struct shared_link *link)
{
	if (link == NULL)
		return;
	send_rest(link);
	disconnect(link);
	if (link->timer != NULL)
		event_free(link->timer);
	shared_tls_free(link->tls);
	arena_free(link->arena);
	free(link);
}

redisAsyncContext *
shared_link_context(const struct shared_link *link)
{
	return (link->ready ? link->context : NULL);
}

const char *
shared_link_script(const struct shared_link *link)
{
	return (link->digest);
}
