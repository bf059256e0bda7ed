/*
 * reply.h: a decision as Postfix reads it: one line and an empty one.
 */
#ifndef POLICYD_REPLY_H
#define POLICYD_REPLY_H

#include "base/arena.h"
#include "base/span.h"
#include "decide.h"

/* The longest reply: Postfix takes lines of line_length_limit (2,048). */
#define REPLY_MAX_BYTES ((size_t)1500)

/**
 * reply_print(arena, decision):
 * Return "action=...\n\n".  Its text is printable ASCII on one line, whatever
 * it was made of.
 */
struct span reply_print(struct arena *arena, const struct decision *decision);

#endif
