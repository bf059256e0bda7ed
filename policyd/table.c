#include "table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "base/hash.h"
#include "behind.h"
#include "slabs.h"

#define MAX_KIND 64
/* How many records are compared when one has to go. */
#define SAMPLE 16
#define SEGMENT_BITS 10
#define SEGMENT ((size_t)1 << SEGMENT_BITS)
#define FIRST_BUCKETS ((size_t)64)
/* How many of the removed may wait for their turn in the queue, beside half as
 * many as there are records, and how many turns it then gets. */
#define MANY_DEAD ((size_t)1024)
#define DEAD_TURNS ((size_t)64)
/* The end of the queue. */
#define LAST UINT32_MAX
/* In a node's length: removed while it was queued. */
#define DEAD ((uint16_t)0x8000)

/* Followed by the record, the key's length as uint16_t, and the key. */
struct node {
	int64_t expires;
	uint32_t next;   /* in its bucket; 0: the last */
	uint32_t queued; /* the next that changed, or LAST; 0: written */
	unsigned char bytes[];
};

/* Linear hashing: the table grows by one bucket for each record that comes, so
 * that no request waits until all have moved.  Names are those of slabs.h. */
struct table {
	char kind[MAX_KIND + 1];
	size_t record_size;
	size_t length_at; /* in bytes[] of a node */
	size_t max_records;
	const struct table_codec *codec;
	struct behind *behind;
	struct hash_key hash_key;
	struct slabs *slabs;
	uint32_t **segments; /* of SEGMENT buckets: the first node, or 0 */
	size_t segment_room;
	size_t buckets;
	size_t half; /* the largest power of two that is not above buckets */
	size_t count;
	size_t swept; /* the bucket where the next sweep begins */
	uint64_t random;
	uint64_t evicted;
	uint32_t first_queued; /* 0: none */
	uint32_t last_queued;
	size_t queue_len;
	size_t dead;
	uint32_t last; /* what was found or added last; 0: it is gone */
	void *scratch; /* a record, for table_load() */
};

static struct node *
node_at(const struct table *table, uint32_t name)
{
	return (slabs_at(table->slabs, name));
}

static uint16_t
length_of(const struct table *table, const struct node *node)
{
	uint16_t length;

	memcpy(&length, &node->bytes[table->length_at], sizeof(length));
	return (length);
}

static void
set_length(const struct table *table, struct node *node, uint16_t length)
{
	memcpy(&node->bytes[table->length_at], &length, sizeof(length));
}

static struct span
key_of(const struct table *table, const struct node *node)
{
	return (span_new(&node->bytes[table->length_at + sizeof(uint16_t)],
	    length_of(table, node) & ~DEAD));
}

static struct node *
node_of(void *record)
{
	/* UNSAFE: records that we hand out are the bytes of a node. */
	return ((void *)((char *)record - offsetof(struct node, bytes)));
}

static uint32_t *
bucket_at(const struct table *table, size_t i)
{
	return (&table->segments[i >> SEGMENT_BITS][i & (SEGMENT - 1)]);
}

static uint64_t
digest_of(const struct table *table, struct span key)
{
	return (hash_digest(&table->hash_key, key));
}

static uint32_t *
bucket_of(const struct table *table, uint64_t digest)
{
	size_t i = digest & (table->half * 2 - 1);

	return (bucket_at(table, i < table->buckets ? i : i - table->half));
}

/* The link that holds the name of the node at ${key}, whose digest that is, or
 * the 0 where it would stand. */
static uint32_t *
find(const struct table *table, struct span key, uint64_t digest)
{
	uint32_t *link = bucket_of(table, digest);

	while (*link != 0) {
		struct node *node = node_at(table, *link);

		if (span_eq(key_of(table, node), key))
			break;
		link = &node->next;
	}
	return (link);
}

/* Room for the bucket ${i}. */
static void
add_bucket(struct table *table, size_t i)
{
	size_t segment = i >> SEGMENT_BITS;
	size_t room = table->segment_room;

	if ((i & (SEGMENT - 1)) != 0)
		return;
	if (segment == room) {
		uint32_t **more;

		room = room == 0 ? 1 : room * 2;
		more = arena_impl_malloc(room * sizeof(*more));
		if (segment > 0)
			memcpy(more, table->segments, segment * sizeof(*more));
		free(table->segments);
		table->segments = more;
		table->segment_room = room;
	}
	table->segments[segment] =
	    memset(arena_impl_malloc(SEGMENT * sizeof(uint32_t)), 0,
		SEGMENT * sizeof(uint32_t));
}

/* One bucket more: those of the bucket half a table before it that belong there
 * move. */
static void
split(struct table *table)
{
	uint32_t *link = bucket_at(table, table->buckets - table->half);
	uint32_t *to;

	add_bucket(table, table->buckets);
	to = bucket_at(table, table->buckets);
	table->buckets++;
	while (*link != 0) {
		uint32_t name = *link;
		struct node *node = node_at(table, name);

		if (bucket_of(table, digest_of(table, key_of(table, node))) !=
		    to) {
			link = &node->next;
			continue;
		}
		*link = node->next;
		node->next = *to;
		*to = name;
	}
	if (table->buckets == table->half * 2)
		table->half = table->buckets;
}

struct table *
table_new(const struct table_options *options, struct behind *behind)
{
	struct table *table = arena_impl_malloc(sizeof(*table));
	size_t record_size = options->record_size;
	size_t length_at = (record_size + 1) / 2 * 2;

	assert(record_size > 0 && record_size <= TABLE_MAX_RECORD);
	assert(strlen(options->kind) <= MAX_KIND);
	*table = (struct table){
		.record_size = record_size,
		.length_at = length_at,
		.max_records = options->max_records,
		.codec = options->codec,
		.behind = behind,
		.slabs = slabs_new(),
		.buckets = FIRST_BUCKETS,
		.half = FIRST_BUCKETS,
		.scratch = arena_impl_malloc(record_size),
	};
	if (table->max_records < 1)
		table->max_records = 1;
	if (table->max_records > TABLE_MAX_RECORDS)
		table->max_records = TABLE_MAX_RECORDS;
	memcpy(table->kind, options->kind, strlen(options->kind));
	hash_key_init(&table->hash_key);
	table->random = hash_digest(&table->hash_key, span_str("sample"));
	add_bucket(table, 0);
	return (table);
}

static size_t
flush(struct table *table, size_t count)
{
	while (table->first_queued != 0 && count-- > 0) {
		uint32_t name = table->first_queued;
		struct node *node = node_at(table, name);

		table->first_queued = node->queued == LAST ? 0 : node->queued;
		node->queued = 0;
		table->queue_len--;
		if ((length_of(table, node) & DEAD) != 0) {
			table->dead--;
			slabs_take(table->slabs, name);
			continue;
		}
		behind_put(table->behind, table->kind, key_of(table, node),
		    node->bytes, table->record_size, table->codec,
		    node->expires);
	}
	return (table->queue_len - table->dead);
}

void
table_free(struct table *table)
{
	if (table == NULL)
		return;
	(void)flush(table, SIZE_MAX);
	for (size_t i = 0; i < table->buckets; i += SEGMENT)
		free(table->segments[i >> SEGMENT_BITS]);
	free(table->segments);
	slabs_free(table->slabs);
	free(table->scratch);
	free(table);
}

static void *
get(struct table *table, struct span key, uint64_t digest)
{
	uint32_t name = *find(table, key, digest);

	if (name == 0)
		return (NULL);
	table->last = name;
	return (node_at(table, name)->bytes);
}

void *
table_get(struct table *table, struct span key)
{
	key = span_head(key, TABLE_MAX_KEY);
	return (get(table, key, digest_of(table, key)));
}

/* Drop the node that ${link} names.  What waits in the queue keeps its place
 * there.  The store forgets it at ${expires} by itself, unless it knows another
 * time, or the time is not yet over. */
static void
drop(struct table *table, uint32_t *link, bool tell)
{
	uint32_t name = *link;
	struct node *node = node_at(table, name);
	bool queued = node->queued != 0;

	*link = node->next;
	table->count--;
	if (table->last == name)
		table->last = 0;
	if (table->behind != NULL && (tell || queued))
		behind_remove(table->behind, table->kind, key_of(table, node));
	if (!queued) {
		slabs_take(table->slabs, name);
		return;
	}
	set_length(table, node, length_of(table, node) | DEAD);
	table->dead++;
	if (table->dead > MANY_DEAD + table->count / 2)
		(void)flush(table, DEAD_TURNS);
}

/* Xorshift: which bucket is looked at is no secret worth more. */
static size_t
random_bucket(struct table *table)
{
	table->random ^= table->random << 13;
	table->random ^= table->random >> 7;
	table->random ^= table->random << 17;
	return (table->random % table->buckets);
}

/* The link to the record that is worth nothing first, of a sample. */
struct worst {
	uint32_t *link; /* NULL: none seen yet */
	int64_t expires;
	size_t seen;
};

static void
compare(const struct table *table, uint32_t *link, struct worst *worst)
{
	for (; *link != 0; worst->seen++) {
		struct node *node = node_at(table, *link);

		if (worst->link == NULL || node->expires < worst->expires) {
			worst->link = link;
			worst->expires = node->expires;
		}
		link = &node->next;
	}
}

static void
evict(struct table *table, int64_t now)
{
	size_t bucket = random_bucket(table);
	struct worst worst = { .link = NULL };

	for (size_t i = 0; i < table->buckets && worst.seen < SAMPLE; i++) {
		compare(table, bucket_at(table, bucket), &worst);
		bucket = bucket + 1 == table->buckets ? 0 : bucket + 1;
	}
	assert(worst.link != NULL);
	if (worst.expires > now)
		table->evicted++;
	drop(table, worst.link, worst.expires > now);
}

/* ${key} is not there yet. */
static struct node *
add(struct table *table, struct span key, uint64_t digest, int64_t expires)
{
	size_t size = offsetof(struct node, bytes) + table->length_at +
	              sizeof(uint16_t) + key.len;
	uint32_t name = slabs_add(table->slabs, size);
	struct node *node = memset(slabs_at(table->slabs, name), 0, size);
	uint32_t *bucket;

	node->expires = expires;
	set_length(table, node, (uint16_t)key.len);
	if (key.len > 0)
		memcpy(&node->bytes[table->length_at + sizeof(uint16_t)],
		    key.data, key.len);
	table->count++;
	if (table->count > table->buckets)
		split(table);
	bucket = bucket_of(table, digest);
	node->next = *bucket;
	*bucket = name;
	table->last = name;
	return (node);
}

void *
table_add(struct table *table, struct span key, int64_t now)
{
	uint64_t digest;
	void *record;

	key = span_head(key, TABLE_MAX_KEY);
	digest = digest_of(table, key);
	record = get(table, key, digest);
	if (record != NULL)
		return (record);
	if (table->count >= table->max_records)
		evict(table, now);
	return (add(table, key, digest, now)->bytes);
}

/* Most records are changed right after they were asked for. */
static uint32_t
name_of(const struct table *table, const struct node *node)
{
	struct span key = key_of(table, node);

	if (table->last != 0 && node_at(table, table->last) == node)
		return (table->last);
	return (*find(table, key, digest_of(table, key)));
}

void
table_changed(struct table *table, void *record, int64_t expires)
{
	struct node *node = node_of(record);
	uint32_t name;

	node->expires = expires;
	if (table->behind == NULL || node->queued != 0)
		return;
	name = name_of(table, node);
	assert(name != 0 && node_at(table, name) == node);
	node->queued = LAST;
	if (table->first_queued == 0)
		table->first_queued = name;
	else
		node_at(table, table->last_queued)->queued = name;
	table->last_queued = name;
	table->queue_len++;
}

bool
table_remove(struct table *table, struct span key)
{
	uint32_t *link;

	key = span_head(key, TABLE_MAX_KEY);
	link = find(table, key, digest_of(table, key));
	if (*link == 0)
		return (false);
	drop(table, link, true);
	return (true);
}

void
table_sweep(struct table *table, int64_t now, size_t count)
{
	if (count > table->buckets)
		count = table->buckets;
	while (count-- > 0) {
		uint32_t *link = bucket_at(table, table->swept);

		while (*link != 0) {
			struct node *node = node_at(table, *link);

			if (node->expires <= now)
				drop(table, link, false);
			else
				link = &node->next;
		}
		table->swept++;
		if (table->swept >= table->buckets)
			table->swept = 0;
	}
}

size_t
table_flush(struct table *table, size_t count)
{
	if (table->first_queued != 0 && !behind_has_room(table->behind))
		count = 0;
	return (flush(table, count));
}

bool
table_load(
    struct table *table, struct span key, struct span text, int64_t expires)
{
	uint64_t digest;
	uint32_t name;
	struct node *node;

	memset(table->scratch, 0, table->record_size);
	if (key.len > TABLE_MAX_KEY ||
	    !table->codec->parse(text, table->scratch))
		return (false);
	digest = digest_of(table, key);
	name = *find(table, key, digest);
	if (name == 0 && table->count >= table->max_records)
		evict(table, INT64_MIN);
	node =
	    name == 0 ? add(table, key, digest, expires) : node_at(table, name);
	if (node->queued != 0)
		return (true);
	node->expires = expires;
	memcpy(node->bytes, table->scratch, table->record_size);
	return (true);
}

/* False when ${visit} wants no more. */
static bool
visit_bucket(
    struct table *table, size_t bucket, table_visit *visit, void *cookie)
{
	uint32_t name = *bucket_at(table, bucket);

	while (name != 0) {
		struct node *node = node_at(table, name);

		if (!visit(cookie, key_of(table, node), node->bytes,
			node->expires))
			return (false);
		name = node->next;
	}
	return (true);
}

void
table_each(struct table *table, table_visit *visit, void *cookie)
{
	for (size_t i = 0; i < table->buckets; i++)
		if (!visit_bucket(table, i, visit, cookie))
			return;
}

bool
table_walk(struct table *table, size_t *place, size_t count, table_visit *visit,
    void *cookie)
{
	/* A bucket that is split gives to one behind all others. */
	for (; count > 0 && *place < table->buckets; count--)
		if (!visit_bucket(table, (*place)++, visit, cookie))
			return (false);
	return (*place < table->buckets);
}

size_t
table_count(const struct table *table)
{
	return (table->count);
}

uint64_t
table_evicted(const struct table *table)
{
	return (table->evicted);
}

const char *
table_kind(const struct table *table)
{
	return (table->kind);
}

size_t
table_bytes(const struct table *table)
{
	size_t segments = (table->buckets + SEGMENT - 1) / SEGMENT;

	return (sizeof(*table) + table->record_size +
		table->segment_room * sizeof(*table->segments) +
		segments * SEGMENT * sizeof(uint32_t) +
		slabs_bytes(table->slabs));
}
