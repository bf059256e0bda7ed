/*
 * dkim.h: keys, key records and resolvers for the tests of DKIM.
 */
#ifndef SUPPORT_DKIM_H
#define SUPPORT_DKIM_H

#include "base/arena.h"
#include "dkim/key.h"
#include "dns/dns.h"

/**
 * support_key(arena, name):
 * Return the private key support/keys/${name}; the caller frees it.
 */
struct dkim_private *support_key(struct arena *arena, const char *name);

/**
 * support_record(arena, key, tags):
 * Return the key record of ${key} that begins with ${tags}.
 */
const char *support_record(
    struct arena *arena, const struct dkim_private *key, const char *tags);

/**
 * support_txt(arena, name, text):
 * Return a line of a zone file: a TXT record at ${name} with ${text}, cut into
 * strings that fit.
 */
const char *support_txt(
    struct arena *arena, const char *name, const char *text);

/**
 * support_sign(arena, tags, name, text):
 * Return the body of a DKIM-Signature field over the message ${text} with the
 * ${tags}, which need not make sense, and the private key support/keys/${name}.
 */
const char *support_sign(
    struct arena *arena, const char *tags, const char *name, const char *text);

/**
 * support_sign_like(arena, tags, like, name, text):
 * The same for ${tags} that we cannot read: what is hashed, and how, is what
 * ${like} says.
 */
const char *support_sign_like(struct arena *arena, const char *tags,
    const char *like, const char *name, const char *text);

/**
 * support_sign_bytes(arena, tags, like, name, text):
 * The same where ${tags} or ${text} have NULs.
 */
struct span support_sign_bytes(struct arena *arena, struct span tags,
    const char *like, const char *name, struct span text);

/**
 * support_dns(arena, zone):
 * Return a resolver that answers from the zone file with the text ${zone}.
 */
struct dns *support_dns(struct arena *arena, const char *zone);

#endif
