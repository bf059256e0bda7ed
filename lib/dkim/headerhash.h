/*
 * headerhash.h: the hash over a message's header that a signature signs (RFC
 * 6376 3.7, 5.4.2).
 */
#ifndef DKIM_HEADERHASH_H
#define DKIM_HEADERHASH_H

#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "dkim/dkim.h"
#include "mail/header.h"

/* The fields of one message by name. */
struct headerhash;

/**
 * headerhash_new(arena, headers):
 * Return an index of ${headers}, which must stay.  headerhash_free() must be
 * called for it.
 */
struct headerhash *headerhash_new(
    struct arena *arena, const struct header_list *headers);

/**
 * headerhash_free(index):
 * Free ${index}.  NULL is harmless.
 */
void headerhash_free(struct headerhash *index);

/**
 * headerhash_count(index, name):
 * Return how many fields have that ${name}, whatever the case.
 */
size_t headerhash_count(const struct headerhash *index, struct span name);

/**
 * headerhash_compute(index, canon, names, count, signature, hash):
 * Store in ${hash} the SHA-256 over the fields that ${count} ${names} choose,
 * each name the lowest field not chosen yet or else nothing, and after them
 * ${signature}, whose b= is empty, without a line end.  A field of
 * ${index} whose value stands at ${self} is never chosen: it is the one that is
 * being verified; NULL when there is none.
 */
void headerhash_compute(struct headerhash *index, enum dkim_canon canon,
    const struct span *names, size_t count,
    const struct header_field *signature, const struct header_field *self,
    unsigned char hash[32]);

#endif
