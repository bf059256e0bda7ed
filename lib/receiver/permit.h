/*
 * permit.h: which names the process of a library may have looked up.  It knows
 * the message; if this took it over, it may not tell a name server about it.
 */
#ifndef RECEIVER_PERMIT_H
#define RECEIVER_PERMIT_H

#include <stddef.h>

#include "base/arena.h"
#include "mail/header.h"

struct permit {
	const char **names; /* lower-case A-labels; some more than once */
	size_t count;
};

/**
 * permit_find(arena, headers, out):
 * Collect in ${out} the names of the key records that the topmost
 * RECEIVER_MAX_SIGNATURES DKIM-Signature fields of ${headers} could mean (RFC
 * 6376 3.6.2.1).  The fields are read as loosely as any library does: what we
 * would call malformed may have a name too.
 */
void permit_find(
    struct arena *arena, const struct header_list *headers, struct permit *out);

/**
 * permit_name(permit, arena, name):
 * Return the name in ${permit} that ${name} stands for, or NULL.
 */
const char *permit_name(
    const struct permit *permit, struct arena *arena, const char *name);

#endif
