/*
 * resolvers.h: the option `resolvers' of every program, and the backend that it
 * asks for: system, recursive, recursive:FILE with other root servers,
 * zone:FILE, or addresses.
 */
#ifndef DNS_RESOLVERS_H
#define DNS_RESOLVERS_H

#include "base/arena.h"
#include "base/log.h"
#include "conf/conf.h"
#include "dns/dns_backend.h"

/* Told of what is wrong with the item at ${index}. */
typedef void resolvers_complain(void *cookie, size_t index, const char *text);

/**
 * resolvers_check(list, arena, complain, cookie):
 * Tell ${complain} of all that is wrong with how ${list} is written, allocated
 * from ${arena}.  No I/O.
 */
void resolvers_check(const struct conf_list *list, struct arena *arena,
    resolvers_complain *complain, void *cookie);

/**
 * resolvers_check_zone(list, arena):
 * Return NULL when the zone file that ${list} may name can be read; or what is
 * wrong, allocated from ${arena}.
 */
const char *resolvers_check_zone(
    const struct conf_list *list, struct arena *arena);

/**
 * resolvers_check_anchor(trust_anchor, arena):
 * The same for the file of trust anchors, which may be NULL.
 */
const char *resolvers_check_anchor(
    const char *trust_anchor, struct arena *arena);

/**
 * resolvers_open(list, trust_anchor, log, arena, error):
 * Return the backend for a ${list} that is right; ${trust_anchor} may be NULL,
 * ${log} must outlive it.  NULL with the reason, allocated from ${arena}, in
 * ${error}.
 */
struct dns_backend *resolvers_open(const struct conf_list *list,
    const char *trust_anchor, const struct log *log, struct arena *arena,
    const char **error);

#endif
