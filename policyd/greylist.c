#include "greylist.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "greylist_queue.h"
#include "numbers.h"

/* Places looked at, records written and keys given up in a tenth of a second.
 */
#define SWEEP_PER_TICK 1024
#define FLUSH_PER_TICK 4096
#define LOST_PER_TICK 256

struct greylist {
	struct table *keys;
	struct table *clients;
	greylist_lost *lost; /* or NULL */
	void *cookie;
	struct greylist_queue queue;
	bool queued; /* what was loaded is in the queue */
};

/* What is known of a message's key and client, before and after. */
struct view {
	struct greylist_record key;
	struct greylist_client client;
	bool key_changed;
	bool client_changed;
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
		.max_records = max_records,
		.codec = &client_codec };

	*greylist = (struct greylist){ .keys = table_new(&keys, behind),
		.clients = table_new(&clients, behind),
		.lost = lost,
		.cookie = cookie };
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

/* Whether something last used at ${used} should be renewed.  A clock that was
 * set back must not leave it in the future. */
static bool
is_to_renew(const struct greylist_rules *rules, int64_t used, int64_t now)
{
	int64_t step = rules->lifetime_ms / 16;

	if (step > GREYLIST_RENEW_MS)
		step = GREYLIST_RENEW_MS;
	return (now < used || now - used >= step);
}

static bool
has_passed(const struct greylist_rules *rules,
    const struct greylist_record *key, int64_t now)
{
	return (
	    key->passed_ms > 0 &&
	    (now < key->last_ms || now - key->last_ms < rules->lifetime_ms));
}

/* Forget what is too old of the client. */
static void
age_client(const struct greylist_rules *rules, struct greylist_client *client,
    int64_t now)
{
	if (now >= client->used_ms &&
	    now - client->used_ms >= rules->lifetime_ms)
		client->passes = 0;
	if (now < client->since_ms || now - client->since_ms > rules->window_ms)
		client->waiting = 0;
}

static void
count_pass(const struct greylist_rules *rules, struct view *view, bool first,
    int64_t now)
{
	struct greylist_client *client = &view->client;
	int64_t step = first ? GREYLIST_COUNT_MS : GREYLIST_COUNT_AGAIN_MS;

	if (first && client->waiting > 0) {
		client->waiting--;
		view->client_changed = true;
	}
	if (now < client->counted_ms) {
		client->counted_ms = now;
		view->client_changed = true;
	} else if (client->passes == 0 || now - client->counted_ms >= step) {
		client->counted_ms = now;
		if (client->passes < UINT32_MAX)
			client->passes++;
		client->used_ms = now;
		view->client_changed = true;
	}
	if (is_to_renew(rules, client->used_ms, now)) {
		client->used_ms = now;
		view->client_changed = true;
	}
}

static void
pass_again(const struct greylist_rules *rules, struct view *view, int64_t now,
    struct greylist_answer *answer)
{
	answer->result = GREYLIST_PASS;
	if (is_to_renew(rules, view->key.last_ms, now)) {
		view->key.last_ms = now;
		view->key_changed = true;
	}
	count_pass(rules, view, false, now);
}

static void
pass_first(const struct greylist_rules *rules, struct view *view, int64_t now,
    struct greylist_answer *answer)
{
	answer->result = GREYLIST_PASS;
	answer->first_pass = true;
	view->key.passed_ms = now;
	view->key.last_ms = now;
	view->key.tries++;
	view->key_changed = true;
	count_pass(rules, view, true, now);
}

static void
begin(const struct greylist_rules *rules, struct view *view, int64_t now,
    struct greylist_answer *answer)
{
	struct greylist_client *client = &view->client;

	answer->result = GREYLIST_NEW;
	answer->wait_ms = rules->delay_ms;
	if (client->waiting >= GREYLIST_MAX_WAITING)
		return;
	view->key = (struct greylist_record){ .first_ms = now, .tries = 1 };
	view->key_changed = true;
	if (client->waiting == 0)
		client->since_ms = now;
	client->waiting++;
	view->client_changed = true;
}

/* Whether the key is there and can still be taken up.  A first time in the
 * future is that of a clock that was set back since. */
static bool
waits(const struct greylist_rules *rules, const struct greylist_record *key,
    int64_t now)
{
	return (key->tries > 0 && key->passed_ms == 0 && now >= key->first_ms &&
		now - key->first_ms <= rules->window_ms);
}

/* Decide, and change ${view} to what is to be remembered.  The first time of a
 * key stays, however often it comes too early. */
static void
evaluate(const struct greylist_rules *rules, struct view *view, int64_t now,
    struct greylist_answer *answer)
{
	*answer = (struct greylist_answer){ .result = GREYLIST_ALLOWED };
	age_client(rules, &view->client, now);
	if (rules->auto_allow > 0 && view->client.passes >= rules->auto_allow) {
		count_pass(rules, view, false, now);
		return;
	}
	if (has_passed(rules, &view->key, now)) {
		pass_again(rules, view, now, answer);
		return;
	}
	if (!waits(rules, &view->key, now)) {
		if (rules->delay_ms <= 0)
			pass_first(rules, view, now, answer);
		else
			begin(rules, view, now, answer);
		return;
	}
	answer->waited_ms = now - view->key.first_ms;
	if (answer->waited_ms >= rules->delay_ms) {
		pass_first(rules, view, now, answer);
		return;
	}
	answer->result = GREYLIST_EARLY;
	answer->wait_ms = rules->delay_ms - answer->waited_ms;
	view->key.tries++;
	view->key_changed = true;
}

static void
look(struct greylist *greylist, const struct greylist_rules *rules,
    struct span key, struct span client, int64_t now, struct view *view,
    struct greylist_answer *answer)
{
	const struct greylist_record *known = table_get(greylist->keys, key);
	const struct greylist_client *who =
	    table_get(greylist->clients, client);

	*view = (struct view){ 0 };
	if (known != NULL)
		view->key = *known;
	if (who != NULL)
		view->client = *who;
	evaluate(rules, view, now, answer);
}

/* What passed is worth more than what waits, whoever comes last: a flood of new
 * keys pushes out new keys. */
static int64_t
key_expires(
    const struct greylist_rules *rules, const struct greylist_record *key)
{
	return (key->passed_ms > 0
		    ? key->last_ms + rules->lifetime_ms
		    : key->first_ms + rules->window_ms + GREYLIST_LOST_MS);
}

static int64_t
client_expires(
    const struct greylist_rules *rules, const struct greylist_client *client)
{
	return (client->passes > 0 ? client->used_ms + rules->lifetime_ms
				   : client->since_ms + rules->window_ms);
}

void
greylist_ask(struct greylist *greylist, const struct greylist_rules *rules,
    struct span key, struct span client, int64_t now,
    struct greylist_answer *answer)
{
	struct view view;

	look(greylist, rules, key, client, now, &view, answer);
	if (view.key_changed) {
		struct greylist_record *record =
		    table_add(greylist->keys, key, now);

		*record = view.key;
		table_changed(
		    greylist->keys, record, key_expires(rules, record));
	}
	if (view.client_changed) {
		struct greylist_client *record =
		    table_add(greylist->clients, client, now);

		*record = view.client;
		table_changed(
		    greylist->clients, record, client_expires(rules, record));
	}
	if (greylist->lost != NULL && view.key_changed &&
	    answer->result == GREYLIST_NEW)
		greylist_queue_add(
		    &greylist->queue, key, now, now + rules->window_ms);
}

void
greylist_peek(struct greylist *greylist, const struct greylist_rules *rules,
    struct span key, struct span client, int64_t now,
    struct greylist_answer *answer)
{
	struct view view;

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
	if (has_passed(release->rules, found, release->now) ||
	    (release->text.len > 0 &&
		memmem(key.data, key.len, release->text.data,
		    release->text.len) == NULL))
		return (true);
	found->passed_ms = release->now;
	found->last_ms = release->now;
	table_changed(
	    release->greylist->keys, found, key_expires(release->rules, found));
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
	return (greylist->queue.count < GREYLIST_QUEUE_MAX);
}

/* The store is read between greylist_new() and the first tick. */
static void
queue_loaded(struct greylist *greylist)
{
	if (greylist->queued || greylist->lost == NULL)
		return;
	greylist->queued = true;
	greylist_queue_done(&greylist->queue);
	table_each(greylist->keys, queue_key, greylist);
	greylist_queue_sort(&greylist->queue);
}

/* ${waiting} is too late: unless it passed, or began anew, it is lost. */
static void
give_up(struct greylist *greylist, const struct greylist_waiting *waiting)
{
	struct span key = span_new(waiting->key, waiting->len);
	const struct greylist_record *record = table_get(greylist->keys, key);

	if (record == NULL || record->passed_ms > 0 ||
	    record->first_ms != waiting->first_ms)
		return;
	greylist->lost(greylist->cookie, key);
	(void)table_remove(greylist->keys, key);
}

void
greylist_tick(struct greylist *greylist, int64_t now)
{
	struct greylist_waiting *waiting;

	queue_loaded(greylist);
	for (int i = 0; i < LOST_PER_TICK; i++) {
		waiting = greylist_queue_take(&greylist->queue, now);
		if (waiting == NULL)
			break;
		give_up(greylist, waiting);
		free(waiting);
	}
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
