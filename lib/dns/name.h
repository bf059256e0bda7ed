/*
 * name.h: domain names as text.
 */
#ifndef DNS_NAME_H
#define DNS_NAME_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

/* RFC 1035 2.3.4, without the final dot. */
#define NAME_MAX_BYTES 253
#define NAME_MAX_LABEL 63
/* A longer name is none, whatever its encoding: 4 bytes a character. */
#define NAME_MAX_INPUT 1024

/**
 * name_to_ascii(arena, name):
 * Return ${name}, in U-labels or A-labels, as A-labels in lower case without a
 * final dot (RFC 5890, UTS 46 non-transitional), or NULL when it is no domain
 * name: empty label, label or name too long, bytes that are not UTF-8, or
 * IDNA's rules broken.  Labels may hold letters, digits, `_' and, but at their
 * ends, `-'.  A-labels are not decoded.
 */
char *name_to_ascii(struct arena *arena, struct span name);

/**
 * name_is_within(name, parent):
 * Say whether ${name} is ${parent} or below it.  Both in lower-case A-labels
 * without a final dot.
 */
bool name_is_within(const char *name, const char *parent);

#endif
