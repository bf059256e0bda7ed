/*
 * sts.h: the MTA-STS policy (RFC 8461) of a server.
 */
#ifndef RECORDS_STS_H
#define RECORDS_STS_H

#include "config.h"
#include "local/server.h"

/**
 * sts_policy(server, settings, arena):
 * Return the text of the policy (RFC 8461 3.2), with CRLF, for the web server
 * to give at https://mta-sts.DOMAIN/.well-known/mta-sts.txt.
 */
const char *sts_policy(const struct server *server,
    const struct config_settings *settings, struct arena *arena);

/**
 * sts_id(policy, arena):
 * Return the id of ${policy} for the record (RFC 8461 3.1): another policy has
 * another one, the same always the same.
 */
const char *sts_id(const char *policy, struct arena *arena);

#endif
