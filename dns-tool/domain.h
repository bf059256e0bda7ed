/*
 * domain.h: domain names in RDATA, as text.
 */
#ifndef DNS_TOOL_DOMAIN_H
#define DNS_TOOL_DOMAIN_H

#include "base/arena.h"
#include "base/span.h"

/**
 * domain_of_rdata(arena, rdata):
 * Return the name that ${rdata} begins with, uncompressed, in lower case
 * without a final dot: "" for the root, NULL for one that is malformed or has
 * bytes that host names have not.
 */
const char *domain_of_rdata(struct arena *arena, struct span rdata);

#endif
