/*
 * dns_anchor.h: DNSSEC trust anchors (RFC 4033 5), from a file.
 *
 * libunbound's own reader says nothing of what is wrong, takes a file without
 * records, and never comes back from a directory.
 */
#ifndef DNS_DNS_ANCHOR_H
#define DNS_DNS_ANCHOR_H

#include "base/arena.h"

/* An anchor file is a few lines for each anchor. */
#define DNS_ANCHOR_MAX_BYTES 65536

/* Take the record ${text}, one line; return what is wrong with it, or NULL. */
typedef const char *dns_anchor_add(void *cookie, const char *text);

/**
 * dns_anchor_read(path, add, cookie, arena, error):
 * Give the DS and DNSKEY records of the file ${path}, one or more in the format
 * of zone files, to ${add} with ${cookie}.  On failure return -1 and store the
 * reason, allocated from ${arena}, in ${error}.
 */
int dns_anchor_read(const char *path, dns_anchor_add *add, void *cookie,
    struct arena *arena, const char **error);

#endif
