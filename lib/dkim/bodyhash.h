/*
 * bodyhash.h: the SHA-256 hashes of one body, each byte touched once for each
 * pair of canonicalization and length limit, however many signatures want it.
 */
#ifndef DKIM_BODYHASH_H
#define DKIM_BODYHASH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "dkim/dkim.h"

#define BODYHASH_SIZE 32
#define BODYHASH_NO_LIMIT UINT64_MAX

struct bodyhash;

/**
 * bodyhash_new(arena):
 * Return an empty set of hashes; bodyhash_free() must be called for it.
 */
struct bodyhash *bodyhash_new(struct arena *arena);

/**
 * bodyhash_free(set):
 * Release what OpenSSL holds for ${set}.  NULL is harmless.
 */
void bodyhash_free(struct bodyhash *set);

/**
 * bodyhash_want(set, canon, limit):
 * Ask for the hash of the first ${limit} bytes of the canonicalized body; call
 * before the first byte.  Return its number; the same wish gets the same one.
 */
int bodyhash_want(struct bodyhash *set, enum dkim_canon canon, uint64_t limit);

/**
 * bodyhash_add(set, bytes):
 * The next part of the body, in pieces of any size, cut anywhere; lines end
 * with CRLF.
 */
void bodyhash_add(struct bodyhash *set, struct span bytes);

/**
 * bodyhash_finish(set):
 * The body has ended; a last line without CRLF gets one (RFC 6376 3.4.3).
 */
void bodyhash_finish(struct bodyhash *set);

/**
 * bodyhash_get(set, number, length, hash):
 * After bodyhash_finish(): store the hash ${number} in ${hash} and in ${length}
 * how long the whole canonicalized body is, beyond the limit too.
 */
void bodyhash_get(const struct bodyhash *set, int number, uint64_t *length,
    unsigned char hash[BODYHASH_SIZE]);

#endif
