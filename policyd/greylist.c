#include "greylist.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "greylist_eval.h"
#include "greylist_queue.h"
#include "numbers.h"

/* Places looked at, records written and keys given up in a tenth of a second.
 */
#define SWEEP_PER_TICK 256
#define FLUSH_PER_TICK 2048
#define LOST_PER_TICK 256
/* Keys that go for one that comes; more than one when they passed since. */
#define ROOM_PER_KEY 16

struct greylist {
	struct table *keys;
	struct table *clients;
	greylist_lost *lost; /* or NULL */
	void *cookie;
	struct greylist_queue queue;
	bool queued; /* what was loaded is in the queue */
	size_t max_records;
};

static void
print_key(const void *record, struct buf *text)
{
	const struct greylist_record *key = record;

	buf_printf(text, "first=%lld passed=%lld last=%lld tries=%llu",
	    (long long)key->first_ms, (long long)key->passed_ms,
	    (long long)key->last_ms, (unsigned long long)key->tries);
}

static bool
parse_key(struct span text, void *record)
{
	struct greylist_record *key = record;

	return (numbers_take_time(&text, "first", &key->first_ms) &&
		numbers_take_time(&text, "passed", &key->passed_ms) &&
		numbers_take_time(&text, "last", &key->last_ms) &&
		numbers_take(&text, "tries", &key->tries) && text.len == 0);
}

static void
print_client(const void *record, struct buf *text)
{
	const struct greylist_client *client = record;

	buf_printf(text,
	    "counted=%lld used=%lld since=%lld passes=%u waiting=%u",
	    (long long)client->counted_ms, (long long)client->used_ms,
	    (long long)client->since_ms, client->passes, client->waiting);
}

static bool
parse_client(struct span text, void *record)
{
	struct greylist_client *client = record;
	uint64_t passes;
	uint64_t waiting;

	if (!numbers_take_time(&text, "counted", &client->counted_ms) ||
	    !numbers_take_time(&text, "used", &client->used_ms) ||
	    !numbers_take_time(&text, "since", &client->since_ms) ||
	    !numbers_take(&text, "passes", &passes) ||
	    !numbers_take(&text, "waiting", &waiting) || text.len > 0 ||
	    passes > UINT32_MAX || waiting > UINT32_MAX)
		return (false);
	client->passes = (uint32_t)passes;
	client->waiting = (uint32_t)waiting;
	return (true);
}

static const struct table_codec key_codec = { print_key, parse_key };
static const struct table_codec client_codec = { print_client, parse_client };

struct greylist *
greylist_new(struct behind *behind, size_t max_records, greylist_lost *lost,
    void *cookie)
{
	struct greylist *greylist = arena_impl_malloc(sizeof(*greylist));
	struct table_options keys = { .kind = "greylist",
		.record_size = sizeof(struct greylist_record),
		.max_records = max_records,
		.codec = &key_codec };
	struct table_options clients = { .kind = "greyclient",
		.record_size = sizeof(struct greylist_client),
		.max_records = max_records / 2,
		.codec = &client_codec };

	*greylist = (struct greylist){ .keys = table_new(&keys, behind),
		.clients = table_new(&clients, behind),
		.lost = lost,
		.cookie = cookie,
		.max_records = max_records };
	greylist_queue_init(&greylist->queue);
	return (greylist);
}

void
greylist_free(struct greylist *greylist)
{
	if (greylist == NULL)
		return;
	table_free(greylist->keys);
	table_free(greylist->clients);
	greylist_queue_done(&greylist->queue);
	free(greylist);
}

static void
look(struct greylist *greylist, const struct greylist_rules *rules,
    struct span key, struct span client, int64_t now,
    struct greylist_view *view, struct greylist_answer *answer)
{
	const struct greylist_record *known = table_get(greylist->keys, key);
	const struct greylist_client *who =
	    table_get(greylist->clients, client);

	*view = (struct greylist_view){ 0 };
	if (known != NULL)
		view->key = *known;
	if (who != NULL)
		view->client = *who;
	greylist_eval(rules, view, now, answer);
}

/* Whether ${waiting} did not pass, nor began anew, since. */
static bool
still_waits(
    const struct greylist *greylist, const struct greylist_waiting *waiting)
{
	const struct greylist_record *record =
	    table_get(greylist->keys, span_new(waiting->key, waiting->len));

	return (record != NULL && record->passed_ms == 0 &&
		record->first_ms == waiting->first_ms);
}

/* Take the first key out of the queue and forget it. */
static void
forget_first(struct greylist *greylist)
{
	struct greylist_waiting *waiting =
	    greylist_queue_take(&greylist->queue);

	if (still_waits(greylist, waiting))
		(void)table_remove(
		    greylist->keys, span_new(waiting->key, waiting->len));
	free(waiting);
}

/* A flood of new keys pushes out new keys, the oldest first, and takes nothing
 * from those that passed: a full table drops one of a sample, which is now and
 * then one of these. */
static void
make_room(struct greylist *greylist)
{
	size_t limit = greylist->max_records / GREYLIST_WAITING_SHARE;

	for (int i = 0; i < ROOM_PER_KEY; i++) {
		if (greylist->queue.count <= limit)
			return;
		forget_first(greylist);
	}
}

void
greylist_ask(struct greylist *greylist, const struct greylist_rules *rules,
    struct span key, struct span client, int64_t now,
    struct greylist_answer *answer)
{
	struct greylist_view view;

	look(greylist, rules, key, client, now, &view, answer);
	if (view.key_changed) {
		if (answer->result == GREYLIST_NEW) {
			make_room(greylist);
			greylist_queue_add(
			    &greylist->queue, key, now, now + rules->window_ms);
		}
		struct greylist_record *record =
		    table_add(greylist->keys, key, now);

		*record = view.key;
		table_changed(greylist->keys, record,
		    greylist_eval_key_expires(rules, record));
	}
	if (view.client_changed) {
		struct greylist_client *record =
		    table_add(greylist->clients, client, now);

		*record = view.client;
		table_changed(greylist->clients, record,
		    greylist_eval_client_expires(rules, record));
	}
}

void
greylist_peek(struct greylist *greylist, const struct greylist_rules *rules,
    struct span key, struct span client, int64_t now,
    struct greylist_answer *answer)
{
	struct greylist_view view;

	look(greylist, rules, key, client, now, &view, answer);
}

struct release {
	struct greylist *greylist;
	const struct greylist_rules *rules;
	struct span text;
	int64_t now;
	size_t count;
};

static bool
release_key(void *cookie, struct span key, void *record, int64_t expires)
{
	struct release *release = cookie;
	struct greylist_record *found = record;

	(void)expires;
	if (greylist_eval_has_passed(release->rules, found, release->now) ||
	    (release->text.len > 0 &&
		memmem(key.data, key.len, release->text.data,
		    release->text.len) == NULL))
		return (true);
	found->passed_ms = release->now;
	found->last_ms = release->now;
	table_changed(release->greylist->keys, found,
	    greylist_eval_key_expires(release->rules, found));
	release->count++;
	return (true);
}

size_t
greylist_release(struct greylist *greylist, struct span text,
    const struct greylist_rules *rules, int64_t now)
{
	struct release release = {
		.greylist = greylist, .rules = rules, .now = now
	};
	struct arena *arena = arena_new();
	struct buf lower;

	buf_init(&lower, arena, GREYLIST_MAX_KEY + 1);
	for (size_t i = 0; i < text.len && i <= GREYLIST_MAX_KEY; i++)
		buf_add_byte(&lower, span_lower(text.data[i]));
	release.text = buf_span(&lower);
	table_each(greylist->keys, release_key, &release);
	arena_free(arena);
	return (release.count);
}

static bool
queue_key(void *cookie, struct span key, void *record, int64_t expires)
{
	struct greylist *greylist = cookie;
	const struct greylist_record *found = record;

	if (found->passed_ms == 0)
		greylist_queue_add(&greylist->queue, key, found->first_ms,
		    expires - GREYLIST_LOST_MS);
	return (true);
}

/* The store is read between greylist_new() and the first tick. */
static void
queue_loaded(struct greylist *greylist)
{
	if (greylist->queued)
		return;
	greylist->queued = true;
	greylist_queue_done(&greylist->queue);
	table_each(greylist->keys, queue_key, greylist);
	greylist_queue_sort(&greylist->queue);
}

/* Forget the first key of the queue if it is too late, and tell who learns of
 * it; let go of it if it passed.  Return false when it is neither. */
static bool
give_up_first(struct greylist *greylist, int64_t now)
{
	const struct greylist_waiting *first =
	    greylist_queue_first(&greylist->queue);

	if (first == NULL)
		return (false);
	if (still_waits(greylist, first)) {
		if (first->due_ms >= now)
			return (false);
		if (greylist->lost != NULL)
			greylist->lost(
			    greylist->cookie, span_new(first->key, first->len));
	}
	forget_first(greylist);
	return (true);
}

void
greylist_tick(struct greylist *greylist, int64_t now)
{
	queue_loaded(greylist);
	for (int i = 0; i < LOST_PER_TICK; i++)
		if (!give_up_first(greylist, now))
			break;
	table_sweep(greylist->keys, now, SWEEP_PER_TICK);
	table_sweep(greylist->clients, now, SWEEP_PER_TICK);
	(void)table_flush(greylist->keys, FLUSH_PER_TICK);
	(void)table_flush(greylist->clients, FLUSH_PER_TICK);
}

struct table *
greylist_table(struct greylist *greylist, const char *kind)
{
	if (strcmp(kind, "greylist") == 0)
		return (greylist->keys);
	if (strcmp(kind, "greyclient") == 0)
		return (greylist->clients);
	return (NULL);
}
