/*
 * expected.h: which records a server needs.
 */
#ifndef RECORDS_EXPECTED_H
#define RECORDS_EXPECTED_H

#include "config.h"
#include "local/server.h"
#include "records/record.h"

/**
 * expected_records(server, settings, arena):
 * Return the records that ${server} needs for its domain, in the order of enum
 * record_kind.  What cannot be known (no host name, no address) is left out.
 */
struct record_list expected_records(const struct server *server,
    const struct config_settings *settings, struct arena *arena);

/**
 * expected_dkim(key, domain, ttl, list):
 * Append the record of ${key}: its public half while receivers may need it, an
 * empty p= once it is revoked (RFC 6376 3.6.1).
 */
void expected_dkim(const struct server_key *key, const char *domain,
    uint32_t ttl, struct record_list *list);

#endif
