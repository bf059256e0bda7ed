/*
 * header.h: the header section of a message (RFC 5322 2.2, RFC 6532).
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

/* Comments nested deeper than this count as one that does not end. */
#define HEADER_MAX_COMMENT_DEPTH 64

/* One field as it stood in the message: raw_name ":" value CRLF. */
struct header_field {
	struct span name;     /* without blanks before the colon */
	struct span raw_name; /* with them (RFC 5322 4.5); DKIM's simple
	                       * canonicalization wants them back */
	struct span value;    /* everything after the colon, leading blank and
	                       * folds (CRLF WSP) included, without the final
	                       * CRLF */
};

/* Fields in message order, top first. */
struct header_list {
	struct arena *arena;
	struct header_field *fields;
	size_t count;
	size_t size;  /* room in fields */
	size_t bytes; /* of all fields with ":" and CRLF */
};

/**
 * header_list_init(list, arena):
 * Make ${list} empty; what is added lives as long as ${arena}.
 */
void header_list_init(struct header_list *list, struct arena *arena);

/**
 * header_list_add(list, name, value):
 * Append a copy of a field.  Blanks at the end of ${name} are those before the
 * colon.  Every line end in ${value} (CRLF, LF, a lone CR excepted) becomes
 * CRLF, as it stood on the wire; trailing line ends go.  The caller bounds
 * sizes and count.
 */
void header_list_add(
    struct header_list *list, struct span name, struct span value);

/**
 * header_parse(list, text):
 * Append the fields of the header section that ${text} begins with; lines end
 * with CRLF or LF.  Return the body: what follows the empty line, or an empty
 * span when there is none (RFC 5322 3.5).  A line that is no field and no
 * continuation ends the section: the body begins there.  So does a first line
 * that starts with a blank, for there is nothing that it could continue.
 */
struct span header_parse(struct header_list *list, struct span text);

/**
 * header_count(list, name):
 * Return how many fields have that ${name}, whatever the case.
 */
size_t header_count(const struct header_list *list, const char *name);

/**
 * header_find(list, name):
 * Return the first field of that ${name} from the top, or NULL.
 */
const struct header_field *header_find(
    const struct header_list *list, const char *name);

/**
 * header_unfold(arena, value):
 * Return ${value} without CRs and LFs and without blanks at both ends (RFC 5322
 * 2.2.3), followed by a NUL that is not counted.
 */
struct span header_unfold(struct arena *arena, struct span value);

/**
 * header_skip_cfws(cursor):
 * Drop comments, nested or quoted ones too, and folding white space from the
 * front of ${cursor} (RFC 5322 3.2.2).  Return false when a comment does not
 * end; ${cursor} then begins with it.
 */
bool header_skip_cfws(struct span *cursor);

#endif
