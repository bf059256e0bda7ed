/*
 * accounts.h: ACME accounts, whose URIs stand in CAA records (RFC 8657).
 */
#ifndef LOCAL_ACCOUNTS_H
#define LOCAL_ACCOUNTS_H

#include <stddef.h>

#include "base/arena.h"
#include "conf/conf.h"

#define ACCOUNTS_MAX 16

/**
 * accounts_read(list, arena, out):
 * Store the URIs of ${list} in ${out}, and those of certbot's accounts in the
 * folders that it names, but for its staging server's; return their number, at
 * most ACCOUNTS_MAX.
 */
size_t accounts_read(
    const struct conf_list *list, struct arena *arena, const char *const **out);

#endif
