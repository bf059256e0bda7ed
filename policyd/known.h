/*
 * known.h: correspondents: whom each of our users wrote to, so that answers are
 * not greylisted, and so that first-time recipients can be counted.
 */
#ifndef POLICYD_KNOWN_H
#define POLICYD_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "table.h"

/* A correspondence is forgotten after this long without mail. */
#define KNOWN_LIFETIME_MS ((int64_t)400 * 86400 * 1000)
/* Recipients of one user; a flood to strangers by one user must not push out
 * those of others. */
#define KNOWN_MAX_OF_USER 5000

struct known;

/**
 * known_new(behind, max_records), known_free(known):
 * Table "known".
 */
struct known *known_new(struct behind *behind, size_t max_records);
void known_free(struct known *known);

/**
 * known_add(known, user, recipient, now):
 * ${user} (a login, or a sender of ours) wrote to ${recipient}; case does not
 * matter, an address extension (+...) does.
 */
void known_add(
    struct known *known, struct span user, struct span recipient, int64_t now);

/**
 * known_wrote(known, user, recipient, now):
 * Say whether ${user} wrote to ${recipient} before; with an empty ${user},
 * whether anybody here did.
 */
bool known_wrote(
    struct known *known, struct span user, struct span recipient, int64_t now);

/**
 * known_tick(known, now), known_table(known, kind):
 * As those of reputation.h.
 */
void known_tick(struct known *known, int64_t now);
struct table *known_table(struct known *known, const char *kind);

#endif
