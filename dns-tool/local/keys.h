/*
 * keys.h: the DKIM keys of a domain, with their records.
 */
#ifndef LOCAL_KEYS_H
#define LOCAL_KEYS_H

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

#endif
