/*
 * key.h: format strings such as "${sasl_username}" or
 * "${sender_domain}|${client_net}", by which limits count.
 */
#ifndef POLICYD_KEY_H
#define POLICYD_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "facts.h"

/* Bytes of an expanded key; a longer one is cut and its SHA-256 appended. */
#define KEY_MAX_BYTES ((size_t)256)
#define KEY_MAX_PARTS ((size_t)16)

struct key;

/**
 * key_parse(format, arena, error):
 * Compile ${format}: ${name} is an attribute of the policy protocol or a
 * derived fact, $$ a dollar sign, all else stands for itself.  Return NULL with
 * the reason, which names the nearest word for a misspelt one, in ${error}.
 * Both live as long as ${arena}.
 */
const struct key *key_parse(
    const char *format, struct arena *arena, const char **error);

/**
 * key_uses_recipient(key):
 * Say whether ${key} differs from recipient to recipient of one message.
 */
bool key_uses_recipient(const struct key *key);

/**
 * key_expand(key, facts, out):
 * Store the key of ${facts}, ASCII letters lower-cased, in ${out}; it lives as
 * long as the facts.  Return false when one of its names has no value: then it
 * does not apply to this request.
 */
bool key_expand(const struct key *key, struct facts *facts, struct span *out);

#endif
