/*
 * tags.h: tag=value lists (RFC 6376 3.2), as signatures and key records write
 * them.
 */
#ifndef DKIM_TAGS_H
#define DKIM_TAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

/* Tags in one list; more is malformed. */
#define TAGS_MAX 64

struct tag {
	struct span name;
	struct span value; /* without folding white space at both ends */
	struct span raw;   /* all between `=' and `;', for RFC 6376 3.7 */
};

/* Tags in the order they stand in. */
struct tag_list {
	struct tag tags[TAGS_MAX];
	size_t count;
};

/**
 * tags_parse(text, out):
 * Split ${text} into ${out}, whose spans point into it.  Return NULL, or in
 * plain words what is wrong: the list then counts as a whole as malformed (RFC
 * 6376 3.2).  Bytes above 0x7f are let through (RFC 8616 adds UTF-8).
 */
const char *tags_parse(struct span text, struct tag_list *out);

/**
 * tags_find(list, name):
 * Return the tag ${name}, whose case matters, or NULL.
 */
const struct tag *tags_find(const struct tag_list *list, const char *name);

/**
 * tags_value(list, name, fallback):
 * Return the value of the tag ${name}, or ${fallback} when it is absent.
 */
struct span tags_value(
    const struct tag_list *list, const char *name, const char *fallback);

/**
 * tags_take_item(cursor, more, out):
 * Move the next item of the colon-separated list ${cursor} into ${out}, without
 * folding white space at both ends.  Return false at the end; an empty list has
 * one empty item.  ${more} belongs to this function; begin with true.
 */
bool tags_take_item(struct span *cursor, bool *more, struct span *out);

/**
 * tags_has_item(list, item):
 * Say whether the colon-separated ${list} names ${item}, whatever the case.
 */
bool tags_has_item(struct span list, const char *item);

/**
 * tags_unfold(arena, value):
 * Return ${value} without any folding white space, as base64 and numbers are
 * read.
 */
struct span tags_unfold(struct arena *arena, struct span value);

/**
 * tags_unquote(arena, value, out):
 * Decode ${value} from dkim-quoted-printable (RFC 6376 2.11) into ${out}.
 * Return false when an `=' is not followed by two hexadecimal digits.
 */
bool tags_unquote(struct arena *arena, struct span value, struct span *out);

/**
 * tags_decode_base64(arena, value, out):
 * Decode ${value} from base64 with folding white space (RFC 6376 2.10) into
 * ${out}; as that grammar has it, the final `=' may be missing.  Return false
 * when it is something else.
 */
bool tags_decode_base64(
    struct arena *arena, struct span value, struct span *out);

/**
 * tags_encode_base64(arena, bytes):
 * Return ${bytes} in base64, padded, on one line.
 */
char *tags_encode_base64(struct arena *arena, struct span bytes);

#endif
