#include "dkim/bodyhash.h"

#include <assert.h>
#include <string.h>

#include "dkim/canon.h"
#include "dkim/digest.h"

/* One hash that somebody wants: the first ${limit} bytes of a stream. */
struct wish {
	enum dkim_canon canon;
	uint64_t limit;
	bool done;
	unsigned char hash[BODYHASH_SIZE];
};

/*
 * One canonicalization on its way into one digest, whatever the number of
 * limits: where a limit is reached, the hash so far is noted.
 */
struct stream {
	struct bodyhash *set;
	struct digest *digest;
	uint64_t length; /* bytes so far, those behind the last limit too */
	uint64_t next;   /* the lowest limit that is not reached */
	bool wanted;     /* there is one */
	struct canon_body body;
};

struct bodyhash {
	struct arena *arena;
	struct wish *wishes;
	size_t count;
	size_t size;
	struct stream *streams[2]; /* by canonicalization; NULL: unwanted */
};

struct bodyhash *
bodyhash_new(struct arena *arena)
{
	struct bodyhash *set = arena_alloc(arena, sizeof(*set));

	set->arena = arena;
	return (set);
}

void
bodyhash_free(struct bodyhash *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < 2; i++)
		if (set->streams[i] != NULL)
			digest_free(set->streams[i]->digest);
}

/* Find the lowest limit that ${stream} has not reached. */
static void
choose_next(struct stream *stream)
{
	const struct bodyhash *set = stream->set;

	stream->wanted = false;
	for (size_t i = 0; i < set->count; i++) {
		const struct wish *wish = &set->wishes[i];

		if (wish->done || wish->canon != stream->body.canon)
			continue;
		if (!stream->wanted || wish->limit < stream->next)
			stream->next = wish->limit;
		stream->wanted = true;
	}
}

/* Give the hash so far to all wishes up to ${limit}. */
static void
grant(struct stream *stream, uint64_t limit)
{
	const struct bodyhash *set = stream->set;
	unsigned char hash[BODYHASH_SIZE];

	digest_get(stream->digest, hash);
	for (size_t i = 0; i < set->count; i++) {
		struct wish *wish = &set->wishes[i];

		if (wish->done || wish->canon != stream->body.canon ||
		    wish->limit > limit)
			continue;
		memcpy(wish->hash, hash, sizeof(hash));
		wish->done = true;
	}
	choose_next(stream);
}

static void
take_bytes(void *cookie, struct span bytes)
{
	struct stream *stream = cookie;

	while (stream->wanted && stream->next - stream->length <= bytes.len) {
		struct span part =
		    span_head(bytes, (size_t)(stream->next - stream->length));

		digest_add(stream->digest, part);
		span_skip(&bytes, part.len);
		stream->length += part.len;
		grant(stream, stream->length);
	}
	if (stream->wanted)
		digest_add(stream->digest, bytes);
	stream->length += bytes.len;
}

static struct stream *
stream_new(struct bodyhash *set, enum dkim_canon canon)
{
	struct stream *stream = arena_alloc(set->arena, sizeof(*stream));

	stream->set = set;
	stream->digest = digest_new();
	canon_body_init(&stream->body, canon, take_bytes, stream);
	return (stream);
}

int
bodyhash_want(struct bodyhash *set, enum dkim_canon canon, uint64_t limit)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->wishes[i].canon == canon &&
		    set->wishes[i].limit == limit)
			return ((int)i);
	if (set->count == set->size) {
		size_t size = set->size == 0 ? 4 : set->size * 2;

		set->wishes = arena_grow(set->arena, set->wishes,
		    set->count * sizeof(struct wish),
		    size * sizeof(struct wish));
		set->size = size;
	}
	set->wishes[set->count] =
	    (struct wish){ .canon = canon, .limit = limit };
	if (set->streams[canon] == NULL)
		set->streams[canon] = stream_new(set, canon);
	set->count++;
	choose_next(set->streams[canon]);
	return ((int)set->count - 1);
}

void
bodyhash_add(struct bodyhash *set, struct span bytes)
{
	for (size_t i = 0; i < 2; i++)
		if (set->streams[i] != NULL)
			canon_body_add(&set->streams[i]->body, bytes);
}

void
bodyhash_finish(struct bodyhash *set)
{
	for (size_t i = 0; i < 2; i++) {
		struct stream *stream = set->streams[i];

		if (stream == NULL)
			continue;
		canon_body_finish(&stream->body);
		/* RFC 6376 3.5: a limit behind the end hashes what is there;
		 * the caller compares it with the length. */
		if (stream->wanted)
			grant(stream, UINT64_MAX);
	}
}

void
bodyhash_get(const struct bodyhash *set, int number, uint64_t *length,
    unsigned char hash[BODYHASH_SIZE])
{
	assert(number >= 0 && (size_t)number < set->count);
	const struct wish *wish = &set->wishes[number];

	assert(wish->done);
	*length = set->streams[wish->canon]->length;
	memcpy(hash, wish->hash, BODYHASH_SIZE);
}
