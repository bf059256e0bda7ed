/*
 * keyfolder.h: a DKIM key store as mailreeve-dns keeps one, filled with fresh
 * keys: FOLDER/DOMAIN/SELECTOR.rsa.pem, SELECTOR.ed25519.pem and keys.json.
 */
#ifndef SUPPORT_KEYFOLDER_H
#define SUPPORT_KEYFOLDER_H

#include "base/arena.h"
#include "base/compat.h"

struct keyfolder;

/**
 * keyfolder_new(arena, folder):
 * Make the folder ${folder} and return it as a key store without keys, or NULL
 * with errno set.
 */
struct keyfolder *keyfolder_new(struct arena *arena, const char *folder);

/**
 * keyfolder_add(keys, domain, selector, type, state):
 * Make a key of ${type} ("rsa", "ed25519", or with a size "rsa1024") that is in
 * ${state}, and write it and keys.json.  Return the text of its key record, or
 * NULL when that fails; keyfolder_error() says why.
 */
const char *keyfolder_add(struct keyfolder *keys, const char *domain,
    const char *selector, const char *type, const char *state);

/**
 * keyfolder_state(keys, domain, selector, state):
 * Give the key ${selector} of ${domain} another ${state}.  Return -1 when there
 * is no such key or keys.json cannot be written.
 */
int keyfolder_state(struct keyfolder *keys, const char *domain,
    const char *selector, const char *state) COMPAT_MUST_CHECK;

/**
 * keyfolder_error(keys):
 * Return why the last function failed.
 */
const char *keyfolder_error(const struct keyfolder *keys);

#endif
