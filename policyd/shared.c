#include "shared.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include "base/arena_impl.h"
#include "base/clock.h"
#include "base/list.h"
#include "shared_link.h"
#include "shared_script.h"

#define MAX_DIGITS 19

struct shared {
	struct shared_link *link;
	int64_t timeout_ms;
	uint64_t nodes;
	struct list waiting; /* for an answer, the oldest first */
	size_t under_way;    /* those, and those that no one waits for */
	struct event *timer; /* the oldest has waited for long enough */
	struct event *heartbeat;
	unsigned int silent; /* so many in a row */
};

/* A request. */
struct asked {
	struct list link; /* while its answer is waited for */
	struct shared *shared;
	struct arena *arena;
	struct shared_charge *charges;
	size_t count;
	int64_t now;
	int64_t until; /* monotonic */
	bool in_full;  /* the server did not know the script */
	shared_done *done;
	void *cookie;
};

static void
set_timer(struct event *timer, int64_t ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000 };

	(void)evtimer_add(timer, &tv);
}

/* Nobody waits for it any more. */
static void
answer(struct asked *asked, bool available)
{
	shared_done *done = asked->done;

	list_take(&asked->link);
	list_init(&asked->link);
	asked->done = NULL;
	if (done != NULL)
		done(asked->cookie, available, asked->charges, asked->count);
}

static void
forget(struct asked *asked)
{
	asked->shared->under_way--;
	arena_free(asked->arena);
}

static bool
read_one(struct shared_charge *charge, const redisReply *fits,
    const redisReply *text, int64_t now)
{
	if (fits->type != REDIS_REPLY_INTEGER ||
	    text->type != REDIS_REPLY_STRING)
		return (false);
	return (shared_script_answer(charge, fits->integer != 0,
	    span_new(text->str, (size_t)text->len), now));
}

/* The server's time, then for each charge whether it fits and its text. */
static bool
read_answer(struct asked *asked, const redisReply *reply)
{
	uint64_t now;

	if (reply->type != REDIS_REPLY_ARRAY ||
	    reply->elements != 1 + asked->count * 2 ||
	    reply->element[0]->type != REDIS_REPLY_STRING ||
	    !span_to_u64(span_new(reply->element[0]->str,
			     (size_t)reply->element[0]->len),
		MAX_DIGITS, &now))
		return (false);
	for (size_t i = 0; i < asked->count; i++) {
		if (!read_one(&asked->charges[i], reply->element[1 + i * 2],
			reply->element[2 + i * 2], (int64_t)now))
			return (false);
	}
	return (true);
}

static bool send_command(struct asked *asked);

static bool
is_unknown_script(const redisReply *reply)
{
	return (reply->type == REDIS_REPLY_ERROR &&
		strncmp(reply->str, "NOSCRIPT", strlen("NOSCRIPT")) == 0);
}

/* A reply, in time or not; NULL when the connection is gone. */
static void
replied(redisAsyncContext *context, void *cookie_reply, void *cookie)
{
	const redisReply *reply = cookie_reply;
	struct asked *asked = cookie;
	struct shared *shared = asked->shared;
	bool good;

	(void)context;
	if (reply != NULL && is_unknown_script(reply) && !asked->in_full &&
	    !list_is_empty(&asked->link)) {
		asked->in_full = true;
		if (send_command(asked))
			return;
	}
	good = reply != NULL && read_answer(asked, reply);
	if (good && !list_is_empty(&asked->link))
		shared->silent = 0;
	answer(asked, good);
	forget(asked);
	if (!good && reply != NULL)
		shared_link_drop(shared->link,
		    reply->type == REDIS_REPLY_ERROR
			? reply->str
			: "the script is answered by something else");
}

static bool
send_command(struct asked *asked)
{
	struct shared *shared = asked->shared;
	redisAsyncContext *context = shared_link_context(shared->link);
	struct shared_script_command command;

	if (context == NULL)
		return (false);
	shared_script_command(asked->in_full ? "EVAL" : "EVALSHA",
	    asked->in_full ? shared_script_text()
			   : shared_link_script(shared->link),
	    asked->charges, asked->count, asked->now, asked->arena, &command);
	return (redisAsyncCommandArgv(context, replied, asked, command.count,
		    command.words, command.lengths) == REDIS_OK);
}

static struct asked *
asked_new(struct shared *shared, const struct shared_charge *charges,
    size_t count, int64_t now)
{
	struct arena *arena = arena_new();
	struct asked *asked = arena_alloc(arena, sizeof(*asked));

	*asked = (struct asked){ .shared = shared,
		.arena = arena,
		.charges = arena_array(arena, count + 1, sizeof(*charges)),
		.count = count,
		.now = now,
		.until = clock_monotonic_ms() + shared->timeout_ms };
	list_init(&asked->link);
	for (size_t i = 0; i < count; i++) {
		asked->charges[i] = charges[i];
		asked->charges[i].limit = arena_strdup(arena, charges[i].limit);
		asked->charges[i].key = arena_dup(arena, charges[i].key);
	}
	shared->under_way++;
	return (asked);
}

void
shared_charge(struct shared *shared, const struct shared_charge *charges,
    size_t count, int64_t now, shared_done *done, void *cookie)
{
	struct asked *asked;

	if (shared_link_context(shared->link) == NULL ||
	    shared->under_way >= SHARED_MAX_UNDER_WAY ||
	    count > SHARED_MAX_CHARGES) {
		if (done != NULL)
			done(cookie, false, charges, count);
		return;
	}
	asked = asked_new(shared, charges, count, now);
	if (!send_command(asked)) {
		forget(asked);
		if (done != NULL)
			done(cookie, false, charges, count);
		return;
	}
	asked->done = done;
	asked->cookie = cookie;
	if (list_is_empty(&shared->waiting))
		set_timer(shared->timer, shared->timeout_ms);
	list_add_last(&shared->waiting, &asked->link);
}

/* Whoever has waited for long enough goes on without an answer; what comes
 * later is dropped, and may have been counted. */
static void
on_timer(evutil_socket_t fd, short what, void *cookie)
{
	struct shared *shared = cookie;
	int64_t now = clock_monotonic_ms();

	(void)fd;
	(void)what;
	while (!list_is_empty(&shared->waiting)) {
		struct asked *asked =
		    LIST_VALUE(shared->waiting.next, struct asked, link);

		if (asked->until > now) {
			set_timer(shared->timer, asked->until - now);
			break;
		}
		shared->silent++;
		answer(asked, false);
	}
	if (shared->silent < SHARED_MAX_SILENT)
		return;
	shared->silent = 0;
	shared_link_drop(shared->link, "the server does not answer in time");
}

/* An idle connection may be cut without a word, and a server that became a
 * replica goes on reading. */
static void
on_heartbeat(evutil_socket_t fd, short what, void *cookie)
{
	struct shared *shared = cookie;
	const struct shared_charge charge = shared_script_probe();

	(void)fd;
	(void)what;
	shared_charge(shared, &charge, 1, 0, NULL, NULL);
}

struct shared *
shared_new(struct event_base *base, const struct shared_options *options,
    const struct log *log, struct arena *arena, const char **error)
{
	struct timeval beat = { .tv_sec = SHARED_HEARTBEAT_MS / 1000 };
	struct shared_link *link =
	    shared_link_new(base, options, log, arena, error);
	struct shared *shared;

	if (link == NULL)
		return (NULL);
	shared = arena_impl_malloc(sizeof(*shared));
	*shared = (struct shared){ .link = link,
		.timeout_ms = options->timeout_ms,
		.nodes = options->nodes };
	list_init(&shared->waiting);
	shared->timer = evtimer_new(base, on_timer, shared);
	shared->heartbeat =
	    event_new(base, -1, EV_PERSIST, on_heartbeat, shared);
	(void)event_add(shared->heartbeat, &beat);
	return (shared);
}

void
shared_free(struct shared *shared)
{
	if (shared == NULL)
		return;
	/* This answers all that waits. */
	shared_link_free(shared->link);
	event_free(shared->timer);
	event_free(shared->heartbeat);
	free(shared);
}

bool
shared_forget(struct shared *shared, const char *limit, struct span key)
{
	static const enum counter_algorithm all[] = { COUNTER_GCRA,
		COUNTER_WINDOW, COUNTER_DISTINCT };
	redisAsyncContext *context = shared_link_context(shared->link);
	struct arena *arena;
	bool sent = context != NULL;

	if (!sent)
		return (false);
	arena = arena_new();
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && sent; i++) {
		struct span name = shared_script_key(all[i], limit, key, arena);

		sent = redisAsyncCommand(context, NULL, NULL, "DEL %b",
			   name.data, name.len) == REDIS_OK;
	}
	arena_free(arena);
	return (sent);
}

bool
shared_is_available(const struct shared *shared)
{
	return (shared_link_context(shared->link) != NULL);
}

uint64_t
shared_nodes(const struct shared *shared)
{
	return (shared->nodes);
}
