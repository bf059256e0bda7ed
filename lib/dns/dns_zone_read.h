/*
 * dns_zone_read.h: a zone file, read through ldns.
 */
#ifndef DNS_DNS_ZONE_READ_H
#define DNS_DNS_ZONE_READ_H

#include "base/arena.h"
#include "dns/dns_zone_data.h"

#define DNS_ZONE_READ_MAX ((size_t)16 * 1024 * 1024)

/**
 * dns_zone_read(path, data, arena, error):
 * Add what the zone file ${path}, of DNS_ZONE_READ_MAX bytes at most, holds to
 * ${data}.  On failure return -1 and store the reason with file and line,
 * allocated from ${arena}, in ${error}.
 */
int dns_zone_read(const char *path, struct dns_zone_data *data,
    struct arena *arena, const char **error);

#endif
