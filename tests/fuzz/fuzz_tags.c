/*
 * fuzz_tags.c: a tag list is refused as a whole, or its tags are parts of it
 * whose values decode within bounds.
 */
#include <string.h>

#include "dkim/tags.h"
#include "fuzz.h"

static void
check_inside(struct span part, struct span whole)
{
	FUZZ_CHECK(part.len == 0 ||
		   (part.data >= whole.data &&
		       part.data + part.len <= whole.data + whole.len));
}

static void
check_base64(struct arena *arena, struct span value)
{
	struct span bytes, again;

	if (!tags_decode_base64(arena, value, &bytes))
		return;
	FUZZ_CHECK(bytes.len <= value.len);
	char *text = tags_encode_base64(arena, bytes);

	FUZZ_CHECK(tags_decode_base64(arena, span_str(text), &again));
	FUZZ_CHECK(span_eq(bytes, again));
}

static void
check_items(struct span value)
{
	struct span cursor = value, item;
	size_t count = 0, colons = 0;
	bool more = true;

	while (tags_take_item(&cursor, &more, &item)) {
		check_inside(item, value);
		count++;
	}
	for (size_t i = 0; i < value.len; i++)
		colons += value.data[i] == ':' ? 1 : 0;
	FUZZ_CHECK(count == colons + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct span text = span_new(data, size), unquoted;
	struct tag_list list;

	if (tags_parse(text, &list) == NULL)
		FUZZ_CHECK(list.count > 0 && list.count <= TAGS_MAX);
	for (size_t i = 0; i < list.count; i++) {
		const struct tag *tag = &list.tags[i];

		check_inside(tag->name, text);
		check_inside(tag->raw, text);
		check_inside(tag->value, tag->raw);
		/* No name is there twice: the first one found is this one. */
		FUZZ_CHECK(
		    tags_find(&list, arena_str(arena, tag->name)) == tag);
		check_items(tag->value);
		check_base64(arena, tag->value);
		if (tags_unquote(arena, tag->value, &unquoted))
			FUZZ_CHECK(unquoted.len <= tag->value.len);
	}
	check_base64(arena, text);
	arena_free(arena);
	return (0);
}
