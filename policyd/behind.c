#include "behind.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/arena_impl.h"
#include "base/clock.h"
#include "behind_batch.h"
#include "behind_queue.h"
#include "store/store.h"

/* So many bytes are written before their time, and more are not welcome. */
#define MANY_BYTES ((size_t)2 * 1024 * 1024)

struct behind {
	struct store *store;
	const struct log *log;
	bool started;
	pthread_t thread;

	pthread_mutex_t mutex; /* for all up to the next comment */
	pthread_cond_t wake;
	struct behind_queue queue; /* what is not yet taken by the thread */
	size_t taken_bytes;        /* that is */
	int64_t now;               /* 0: ask the system */
	bool stop;
	struct behind_counters counters;

	/* The thread's own. */
	struct behind_queue taken;
	struct behind_batch *batch;
	int64_t began; /* the last write */
	int64_t retry_ms;
	struct arena *reason_arena;
	const char *reason; /* that was logged; NULL: all is well */
};

/* While the store fails, what waits for longest goes, unless the thread has it.
 * The mutex is held. */
static void
make_room(struct behind *behind)
{
	size_t dropped = 1;

	while (behind->queue.bytes + behind->taken_bytes > BEHIND_MAX_BYTES &&
	       dropped > 0) {
		dropped = behind_queue_drop(&behind->queue);
		behind->counters.waiting -= dropped;
		behind->counters.dropped += dropped;
	}
}

static bool
has_many(const struct behind *behind)
{
	return (!behind->counters.failing && behind->queue.bytes >= MANY_BYTES);
}

static void
put(struct behind *behind, const char *kind, struct span key,
    struct behind_queue_change *change, const void *record)
{
	(void)pthread_mutex_lock(&behind->mutex);
	behind_queue_put(&behind->queue, kind, key, change, record);
	behind->counters.waiting++;
	make_room(behind);
	if (has_many(behind))
		(void)pthread_cond_signal(&behind->wake);
	(void)pthread_mutex_unlock(&behind->mutex);
}

bool
behind_has_room(struct behind *behind)
{
	bool has_room;

	(void)pthread_mutex_lock(&behind->mutex);
	has_room = behind->queue.bytes < MANY_BYTES;
	(void)pthread_mutex_unlock(&behind->mutex);
	return (has_room);
}

void
behind_put(struct behind *behind, const char *kind, struct span key,
    const void *record, size_t size, const struct table_codec *codec,
    int64_t expires)
{
	struct behind_queue_change change = { .codec = codec,
		.expires = expires,
		.record_size = (uint32_t)size };

	assert(size <= TABLE_MAX_RECORD && codec != NULL);
	if (behind->store != NULL)
		put(behind, kind, key, &change, record);
}

void
behind_remove(struct behind *behind, const char *kind, struct span key)
{
	struct behind_queue_change change = { .codec = NULL };

	if (behind->store != NULL)
		put(behind, kind, key, &change, NULL);
}

void
behind_now(struct behind *behind, int64_t now)
{
	(void)pthread_mutex_lock(&behind->mutex);
	behind->now = now;
	(void)pthread_mutex_unlock(&behind->mutex);
}

void
behind_counters(struct behind *behind, struct behind_counters *out)
{
	(void)pthread_mutex_lock(&behind->mutex);
	*out = behind->counters;
	(void)pthread_mutex_unlock(&behind->mutex);
}

/* Forget what is written. */
static void
advance(struct behind *behind, struct behind_queue_place place)
{
	size_t before = behind->taken.changes;

	behind_queue_forget(&behind->taken, place);
	(void)pthread_mutex_lock(&behind->mutex);
	behind->taken_bytes = behind->taken.bytes;
	behind->counters.waiting -= before - behind->taken.changes;
	behind->counters.written += behind_batch_count(behind->batch);
	(void)pthread_mutex_unlock(&behind->mutex);
}

/* Take what came in, behind what is left of before. */
static int64_t
take(struct behind *behind)
{
	int64_t now;

	(void)pthread_mutex_lock(&behind->mutex);
	behind_queue_move(&behind->queue, &behind->taken);
	behind->taken_bytes = behind->taken.bytes;
	now = behind->now;
	(void)pthread_mutex_unlock(&behind->mutex);
	return (now != 0 ? now : clock_now(&clock_system) * 1000);
}

static void
set_failing(struct behind *behind, bool failing)
{
	(void)pthread_mutex_lock(&behind->mutex);
	behind->counters.failing = failing;
	behind->counters.failures += failing;
	(void)pthread_mutex_unlock(&behind->mutex);
}

/* Say so once for each reason, not with each try. */
static void
failed(struct behind *behind)
{
	const char *reason = store_error(behind->store);

	set_failing(behind, true);
	if (behind->retry_ms == 0)
		behind->retry_ms = BEHIND_INTERVAL_MS;
	else if (behind->retry_ms * 2 <= BEHIND_MAX_RETRY_MS)
		behind->retry_ms *= 2;
	else
		behind->retry_ms = BEHIND_MAX_RETRY_MS;
	if (behind->reason != NULL && strcmp(reason, behind->reason) == 0)
		return;
	arena_free(behind->reason_arena);
	behind->reason_arena = arena_new();
	behind->reason = arena_strdup(behind->reason_arena, reason);
	log_error(behind->log, "store_failed", LOG_TEXT("reason", reason),
	    LOG_TEXT("then", "all goes on from memory"));
}

static void
well_again(struct behind *behind)
{
	if (behind->reason == NULL)
		return;
	arena_free(behind->reason_arena);
	behind->reason_arena = NULL;
	behind->reason = NULL;
	behind->retry_ms = 0;
	set_failing(behind, false);
	log_warning(behind->log, "store_back");
}

/* Write what there is.  Return -1 when the store fails. */
static int
write_all(struct behind *behind)
{
	int64_t now;

	if (behind->reason != NULL && store_reopen(behind->store) != 0) {
		failed(behind);
		return (-1);
	}
	now = take(behind);
	while (behind->taken.first != NULL) {
		struct behind_queue_place place =
		    behind_batch_collect(behind->batch, &behind->taken);

		if (behind_batch_write(behind->batch, behind->store, now) !=
		    0) {
			failed(behind);
			return (-1);
		}
		advance(behind, place);
		well_again(behind);
	}
	return (0);
}

/* Wait for the time of the next write.  Return false at the end. */
static bool
wait_for_time(struct behind *behind)
{
	/* From the start of the last one: a slow disk is no reason to be late
	 * with the next. */
	int64_t ms =
	    behind->began +
	    (behind->retry_ms > 0 ? behind->retry_ms : BEHIND_INTERVAL_MS);
	struct timespec until = { .tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000 };
	int result = 0;
	bool go_on;

	(void)pthread_mutex_lock(&behind->mutex);
	while (result == 0 && !behind->stop && !has_many(behind))
		result = pthread_cond_timedwait(
		    &behind->wake, &behind->mutex, &until);
	go_on = !behind->stop;
	(void)pthread_mutex_unlock(&behind->mutex);
	behind->began = clock_monotonic_ms();
	return (go_on);
}

static void *
run(void *cookie)
{
	struct behind *behind = cookie;

	behind->began = clock_monotonic_ms();
	while (wait_for_time(behind))
		(void)write_all(behind);
	return (NULL);
}

struct behind *
behind_new(struct store *store, const struct log *log)
{
	struct behind *behind = arena_impl_malloc(sizeof(*behind));
	pthread_condattr_t attributes;

	memset(behind, 0, sizeof(*behind));
	behind->store = store;
	behind->log = log;
	behind->batch = behind_batch_new();
	(void)pthread_mutex_init(&behind->mutex, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&behind->wake, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return (behind);
}

/* Signals are for the thread of the event loop. */
void
behind_start(struct behind *behind)
{
	sigset_t all;
	sigset_t old;

	if (behind->store == NULL)
		return;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&behind->thread, NULL, run, behind) != 0)
		abort();
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	behind->started = true;
}

/* End the thread, and write the rest in this one. */
static int
finish(struct behind *behind)
{
	int result;

	(void)pthread_mutex_lock(&behind->mutex);
	behind->stop = true;
	(void)pthread_cond_signal(&behind->wake);
	(void)pthread_mutex_unlock(&behind->mutex);
	if (behind->started)
		(void)pthread_join(behind->thread, NULL);
	result = write_all(behind);
	if (result != 0)
		log_error(behind->log, "store_lost",
		    LOG_NUMBER("records", behind->counters.waiting),
		    LOG_TEXT("reason", behind->reason));
	store_close(behind->store);
	return (result);
}

int
behind_free(struct behind *behind)
{
	int result = 0;

	if (behind == NULL)
		return (0);
	if (behind->store != NULL)
		result = finish(behind);
	behind_queue_free(&behind->taken);
	behind_queue_free(&behind->queue);
	behind_batch_free(behind->batch);
	arena_free(behind->reason_arena);
	(void)pthread_cond_destroy(&behind->wake);
	(void)pthread_mutex_destroy(&behind->mutex);
	free(behind);
	return (result);
}
