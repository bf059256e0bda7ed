/*
 * keys.h: the DKIM keys of a domain, with their records.
 */
#ifndef LOCAL_KEYS_H
#define LOCAL_KEYS_H

#include "dkim/key.h"
#include "dkim/sign.h"
#include "local/local.h"

/**
 * keys_read(store, domain, complain, cookie, arena, out):
 * Store the keys of ${domain} in the key store ${store} in ${out}, and return
 * their number.  A private key that cannot be read leaves its record out;
 * ${complain} is told.
 */
size_t keys_read(const char *store, const char *domain,
    local_complain *complain, void *cookie, struct arena *arena,
    const struct server_key **out);

/**
 * keys_open_active(store, domain, arena, keys, privates):
 * Load the private keys of ${domain} that are active.  Store in ${keys}, which
 * has room for KEYSTORE_MAX_KEYS, how to sign with them, and what keys_close()
 * is to wipe in ${privates}; return their number.  Keys that cannot be read are
 * left out: keys_read() has told of them.
 */
size_t keys_open_active(const char *store, const char *domain,
    struct arena *arena, struct dkim_sign_key *keys,
    struct dkim_private **privates);

/**
 * keys_close(privates, count):
 * Wipe and free ${count} private keys; any of them may be NULL.
 */
void keys_close(struct dkim_private **privates, size_t count);

#endif
