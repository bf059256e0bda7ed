/*
 * expression.h: regular expressions as Perl writes them, with bounds on what a
 * match may cost.
 */
#ifndef POLICYD_EXPRESSION_H
#define POLICYD_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

/* Bytes of an expression, and of what it is compared with. */
#define EXPRESSION_MAX ((size_t)1024)
#define EXPRESSION_MAX_SUBJECT ((size_t)512)
/* Steps of one match, and kibibytes of its memory: no expression in postgrey's
 * list takes a hundred steps; one that runs wild ends in a millisecond. */
#define EXPRESSION_MAX_STEPS 20000
#define EXPRESSION_MAX_KIB 512

struct expression;

/* What a row of matches shares; for one thread. */
struct expression_match;

/**
 * expression_new(text, arena, error):
 * Compile ${text}; ASCII case does not matter to it.  Return NULL with the
 * reason, allocated from ${arena}, in ${error} when it is none.
 */
struct expression *expression_new(
    struct span text, struct arena *arena, const char **error);

/**
 * expression_free(expression):
 * Free ${expression}.  NULL is harmless.
 */
void expression_free(struct expression *expression);

/**
 * expression_match_new(void), expression_match_free(match):
 * Memory for matches.
 */
struct expression_match *expression_match_new(void);
void expression_match_free(struct expression_match *match);

/**
 * expression_meets(expression, match, subject):
 * Say whether ${expression} is found in ${subject}.  One that is too long, or
 * takes too many steps, does not meet it.
 */
bool expression_meets(const struct expression *expression,
    struct expression_match *match, struct span subject);

#endif
