#include "behind.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/arena_impl.h"
#include "base/clock.h"
#include "base/hash.h"
#include "store/store.h"

#define CHUNK_BYTES ((size_t)64 * 1024)
/* Records of one transaction at most; how many stored ones are looked at with
 * each for whether they have expired. */
#define BATCH 4096
#define LOOKED_AT 2000
/* So many bytes are written before their time. */
#define MANY_BYTES ((size_t)4 * 1024 * 1024)

/* A change, followed by the record, the kind with its NUL, and the key. */
struct change {
	const struct table_codec *codec; /* NULL: the record is gone */
	int64_t expires;
	uint32_t bytes; /* of all this */
	uint32_t record_size;
	uint16_t kind_len; /* with its NUL */
	uint16_t key_len;
};

struct chunk {
	struct chunk *next;
	size_t used;
	size_t changes;
	alignas(max_align_t) unsigned char data[CHUNK_BYTES];
};

/* The newest change of a key in a batch. */
struct newest {
	struct hash_node node; /* first: hash_get() finds it */
	const struct change *change;
};

struct behind {
	struct store *store;
	const struct log *log;
	bool started;
	pthread_t thread;

	pthread_mutex_t mutex; /* for all up to the next comment */
	pthread_cond_t wake;
	struct chunk *first; /* what is not yet taken by the thread */
	struct chunk *last;
	size_t bytes; /* of it, and of what the thread has */
	int64_t now;  /* 0: ask the system */
	bool stop;
	struct behind_counters counters;

	/* The thread's own. */
	struct chunk *taken;
	size_t done; /* bytes of the first one that are written */
	int64_t retry_ms;
	struct arena *reason_arena;
	const char *reason; /* that was logged; NULL: all is well */
	struct newest newest[BATCH];
};

static size_t
round_up(size_t size)
{
	return (
	    (size + sizeof(int64_t) - 1) / sizeof(int64_t) * sizeof(int64_t));
}

static const struct change *
change_at(const struct chunk *chunk, size_t at)
{
	return ((const void *)&chunk->data[at]);
}

static const void *
record_of(const struct change *change)
{
	/* UNSAFE: append() put it right behind the change. */
	return (change + 1);
}

/* The kind, a NUL and the key: what tells records apart. */
static struct span
name_of(const struct change *change)
{
	/* UNSAFE: append() put it behind the record. */
	return (
	    span_new((const unsigned char *)(change + 1) + change->record_size,
		(size_t)change->kind_len + change->key_len));
}

/* While the store fails, what waits for longest goes, unless the thread has it.
 * The mutex is held. */
static void
make_room(struct behind *behind)
{
	while (
	    behind->bytes > BEHIND_MAX_BYTES && behind->first != behind->last) {
		struct chunk *chunk = behind->first;

		behind->first = chunk->next;
		behind->bytes -= chunk->used;
		behind->counters.waiting -= chunk->changes;
		behind->counters.dropped += chunk->changes;
		free(chunk);
	}
}

static struct chunk *
chunk_with_room(struct behind *behind, size_t bytes)
{
	struct chunk *chunk = behind->last;

	if (chunk != NULL && bytes <= CHUNK_BYTES - chunk->used)
		return (chunk);
	chunk = arena_impl_malloc(sizeof(*chunk));
	chunk->next = NULL;
	chunk->used = 0;
	chunk->changes = 0;
	if (behind->last == NULL)
		behind->first = chunk;
	else
		behind->last->next = chunk;
	behind->last = chunk;
	return (chunk);
}

static void
append(struct behind *behind, const char *kind, struct span key,
    const struct change *change, const void *record)
{
	struct chunk *chunk = chunk_with_room(behind, change->bytes);
	unsigned char *at = &chunk->data[chunk->used];

	memcpy(at, change, sizeof(*change));
	/* UNSAFE: chunk_with_room() made room for change->bytes, which
	 * put() counted. */
	at += sizeof(*change);
	if (record != NULL)
		memcpy(at, record, change->record_size);
	at += change->record_size;
	memcpy(at, kind, change->kind_len);
	at += change->kind_len;
	if (key.len > 0)
		memcpy(at, key.data, key.len);
	chunk->used += change->bytes;
	chunk->changes++;
	behind->bytes += change->bytes;
	behind->counters.waiting++;
}

static void
put(struct behind *behind, const char *kind, struct span key,
    struct change *change, const void *record)
{
	size_t kind_len = strlen(kind) + 1;
	size_t bytes = round_up(
	    sizeof(*change) + change->record_size + kind_len + key.len);

	assert(bytes <= CHUNK_BYTES && key.len <= UINT16_MAX);
	change->bytes = (uint32_t)bytes;
	change->kind_len = (uint16_t)kind_len;
	change->key_len = (uint16_t)key.len;
	(void)pthread_mutex_lock(&behind->mutex);
	append(behind, kind, key, change, record);
	make_room(behind);
	if (behind->bytes > MANY_BYTES && !behind->counters.failing)
		(void)pthread_cond_signal(&behind->wake);
	(void)pthread_mutex_unlock(&behind->mutex);
}

void
behind_put(struct behind *behind, const char *kind, struct span key,
    const void *record, size_t size, const struct table_codec *codec,
    int64_t expires)
{
	struct change change = { .codec = codec,
		.expires = expires,
		.record_size = (uint32_t)size };

	assert(size <= TABLE_MAX_RECORD && codec != NULL);
	if (behind->store != NULL)
		put(behind, kind, key, &change, record);
}

void
behind_remove(struct behind *behind, const char *kind, struct span key)
{
	struct change change = { .codec = NULL };

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

/* A part of what was taken: from a place, up to another one. */
struct batch {
	const struct chunk *chunk; /* where the next one begins */
	size_t done;
	size_t bytes;
	size_t changes;
	size_t count; /* different records in newest[] */
	int64_t now;
};

/* Collect the newest change of each record among the next BATCH. */
static void
collect(struct behind *behind, struct batch *batch)
{
	struct hash *hash = hash_new();

	while (batch->chunk != NULL && batch->changes < BATCH) {
		const struct change *change =
		    change_at(batch->chunk, batch->done);
		struct newest *newest = (void *)hash_get(hash, name_of(change));

		if (newest == NULL) {
			newest = &behind->newest[batch->count++];
			newest->node.key = name_of(change);
			hash_add(hash, &newest->node);
		}
		newest->change = change;
		batch->changes++;
		batch->bytes += change->bytes;
		batch->done += change->bytes;
		if (batch->done == batch->chunk->used) {
			batch->chunk = batch->chunk->next;
			batch->done = 0;
		}
	}
	hash_free(hash);
}

static int
write_change(
    struct behind *behind, const struct change *change, struct arena *arena)
{
	struct span name = name_of(change);
	struct store_record record = { .kind = (const char *)name.data,
		.key = span_tail(name, change->kind_len),
		.expires = change->expires };
	struct buf text;

	buf_init(&text, arena, BEHIND_MAX_TEXT);
	if (change->codec != NULL) {
		change->codec->print(record_of(change), &text);
		assert(!text.overflow);
		record.value = text.len == 0 ? span_str("") : buf_span(&text);
	}
	return (store_put(behind->store, &record));
}

static int
write_batch(struct behind *behind, const struct batch *batch)
{
	int result = store_begin(behind->store);

	for (size_t i = 0; i < batch->count && result == 0; i++) {
		struct arena *arena = arena_new();

		result = write_change(behind, behind->newest[i].change, arena);
		arena_free(arena);
	}
	if (result == 0)
		result = store_expire(behind->store, batch->now, LOOKED_AT);
	return (result == 0 ? store_commit(behind->store) : -1);
}

/* Forget what is written. */
static void
advance(struct behind *behind, const struct batch *batch)
{
	while (behind->taken != batch->chunk) {
		struct chunk *chunk = behind->taken;

		behind->taken = chunk->next;
		free(chunk);
	}
	behind->done = batch->done;
	(void)pthread_mutex_lock(&behind->mutex);
	behind->bytes -= batch->bytes;
	behind->counters.waiting -= batch->changes;
	behind->counters.written += batch->count;
	(void)pthread_mutex_unlock(&behind->mutex);
}

/* Take what came in, behind what is left of before. */
static int64_t
take(struct behind *behind)
{
	struct chunk **end = &behind->taken;
	int64_t now;

	while (*end != NULL)
		end = &(*end)->next;
	(void)pthread_mutex_lock(&behind->mutex);
	*end = behind->first;
	behind->first = behind->last = NULL;
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
	while (behind->taken != NULL) {
		struct batch batch = {
			.chunk = behind->taken, .done = behind->done, .now = now
		};

		collect(behind, &batch);
		if (write_batch(behind, &batch) != 0) {
			failed(behind);
			return (-1);
		}
		advance(behind, &batch);
		well_again(behind);
	}
	return (0);
}

/* Wait for the time of the next write.  Return false at the end. */
static bool
wait_for_time(struct behind *behind)
{
	int64_t ms =
	    behind->retry_ms > 0 ? behind->retry_ms : BEHIND_INTERVAL_MS;
	struct timespec until;
	int result = 0;
	bool go_on;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	(void)pthread_mutex_lock(&behind->mutex);
	while (result == 0 && !behind->stop &&
	       (behind->bytes <= MANY_BYTES || behind->retry_ms > 0))
		result = pthread_cond_timedwait(
		    &behind->wake, &behind->mutex, &until);
	go_on = !behind->stop;
	(void)pthread_mutex_unlock(&behind->mutex);
	return (go_on);
}

static void *
run(void *cookie)
{
	struct behind *behind = cookie;

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

static void
free_chunks(struct chunk *chunk)
{
	while (chunk != NULL) {
		struct chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
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
	free_chunks(behind->taken);
	free_chunks(behind->first);
	arena_free(behind->reason_arena);
	(void)pthread_cond_destroy(&behind->wake);
	(void)pthread_mutex_destroy(&behind->mutex);
	free(behind);
	return (result);
}
