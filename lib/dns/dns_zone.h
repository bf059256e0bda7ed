/*
 * dns_zone.h: answers from a zone file (RFC 1035 5), for tests and for
 * mailreeve-explain --zone.
 *
 * Comment lines say which questions fail:
 *	; @servfail NAME [TYPE]
 *	; @timeout NAME [TYPE]
 * A relative NAME ends with the origin in force.  A name that is absent is
 * NXDOMAIN unless a name below it exists; CNAMEs and wildcards (RFC 4592) work.
 */
#ifndef DNS_DNS_ZONE_H
#define DNS_DNS_ZONE_H

#include "dns/dns_backend.h"

/**
 * dns_zone_load(path, arena, error):
 * Return a backend that answers from the zone file ${path}.  On failure return
 * NULL and store the reason with file and line, allocated from ${arena}, in
 * ${error}.
 */
struct dns_backend *dns_zone_load(
    const char *path, struct arena *arena, const char **error);

#endif
