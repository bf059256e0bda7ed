#include "dkim/headerhash.h"

#include <assert.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/list.h"
#include "dkim/canon.h"
#include "dkim/digest.h"

#define NONE ((size_t)-1)

/* All fields of one name. */
struct name {
	struct hash_node node; /* its key is the name in lower case */
	size_t lowest;         /* the field nearest to the body */
	size_t count;
	size_t next;   /* the next one to choose in this run, or NONE */
	uint64_t turn; /* the run in which next was set */
};

struct headerhash {
	struct arena *arena;
	const struct header_list *headers;
	struct hash *names;
	size_t *above; /* for each field the next higher one of its name */
	uint64_t turn;
	struct buf text; /* reused for every signature */
};

static struct span
lower(struct arena *arena, struct span name)
{
	unsigned char *copy = arena_alloc(arena, name.len + 1);

	for (size_t i = 0; i < name.len; i++)
		copy[i] = span_lower(name.data[i]);
	return (span_new(copy, name.len));
}

static struct name *
find(const struct headerhash *index, struct span name)
{
	struct hash_node *node =
	    hash_get(index->names, lower(index->arena, name));

	return (node == NULL ? NULL : LIST_VALUE(node, struct name, node));
}

static void
add_field(struct headerhash *index, size_t number)
{
	struct span key =
	    lower(index->arena, index->headers->fields[number].name);
	struct hash_node *node = hash_get(index->names, key);

	if (node == NULL) {
		struct name *name =
		    arena_alloc(index->arena, sizeof(struct name));

		name->node.key = key;
		name->lowest = NONE;
		node = &name->node;
		hash_add(index->names, node);
	}
	struct name *name = LIST_VALUE(node, struct name, node);

	index->above[number] = name->lowest;
	name->lowest = number;
	name->count++;
}

struct headerhash *
headerhash_new(struct arena *arena, const struct header_list *headers)
{
	struct headerhash *index = arena_alloc(arena, sizeof(*index));

	index->arena = arena;
	index->headers = headers;
	index->names = hash_new();
	index->above =
	    arena_array(arena, headers->count, sizeof(*index->above));
	for (size_t i = 0; i < headers->count; i++)
		add_field(index, i);
	return (index);
}

void
headerhash_free(struct headerhash *index)
{
	if (index != NULL)
		hash_free(index->names);
}

size_t
headerhash_count(const struct headerhash *index, struct span name)
{
	const struct name *found = find(index, name);

	return (found == NULL ? 0 : found->count);
}

/* RFC 6376 5.4.2: the lowest field of that name that was not chosen yet. */
static const struct header_field *
choose(
    struct headerhash *index, struct span text, const struct header_field *self)
{
	struct name *name = find(index, text);

	if (name == NULL)
		return (NULL);
	if (name->turn != index->turn)
		name->next = name->lowest;
	name->turn = index->turn;
	if (name->next != NONE && &index->headers->fields[name->next] == self)
		name->next = index->above[name->next];
	if (name->next == NONE)
		return (NULL);
	const struct header_field *field = &index->headers->fields[name->next];

	name->next = index->above[name->next];
	return (field);
}

void
headerhash_compute(struct headerhash *index, enum dkim_canon canon,
    const struct span *names, size_t count,
    const struct header_field *signature, const struct header_field *self,
    unsigned char hash[32])
{
	struct buf *text = &index->text;
	size_t limit = index->headers->bytes + signature->raw_name.len + 1 +
	               signature->value.len;

	if (text->data == NULL || text->limit < limit)
		buf_init(text, index->arena, limit);
	buf_cut(text, 0);
	index->turn++;
	for (size_t i = 0; i < count; i++) {
		const struct header_field *field =
		    choose(index, names[i], self);

		/* RFC 6376 3.7: an absent field counts as nothing at all. */
		if (field == NULL)
			continue;
		canon_header(text, canon, field);
		buf_add_str(text, "\r\n");
	}
	canon_header(text, canon, signature);
	/* No canonicalization makes a field longer. */
	assert(!text->overflow);
	struct digest *digest = digest_new();

	digest_add(digest, buf_span(text));
	digest_get(digest, hash);
	digest_free(digest);
}
