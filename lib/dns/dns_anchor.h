/*
 * dns_anchor.h: DNSSEC trust anchors (RFC 4033 5), from a file.
 */
#ifndef DNS_DNS_ANCHOR_H
#define DNS_DNS_ANCHOR_H

#include "base/arena.h"

struct ub_ctx;

/* An anchor file is a few lines for each anchor. */
#define DNS_ANCHOR_MAX_BYTES 65536

/**
 * dns_anchor_read(path, context, arena, error):
 * Let ${context} trust the DS and DNSKEY records of the file ${path}, one or
 * more in the format of zone files.  On failure return -1 and store the reason,
 * allocated from ${arena}, in ${error}.  libunbound's own reader says nothing
 * of what is wrong, takes a file without records, and never comes back from a
 * directory.
 */
int dns_anchor_read(const char *path, struct ub_ctx *context,
    struct arena *arena, const char **error);

#endif
