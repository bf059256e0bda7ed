/*
 * reverse.h: addresses written as names, for PTR records and block lists.
 */
#ifndef DNS_TOOL_REVERSE_H
#define DNS_TOOL_REVERSE_H

#include "base/arena.h"
#include "base/network.h"

/**
 * reverse_labels(address, arena):
 * Return ${address} as labels, the last part first: "1.2.0.192", or 32
 * hexadecimal digits (RFC 3596 2.5, RFC 5782 2.1 and 2.4).
 */
const char *reverse_labels(
    const struct network_address *address, struct arena *arena);

/**
 * reverse_name(address, arena):
 * Return the name of PTR records of ${address} (RFC 1035 3.5, RFC 3596 2.5).
 */
const char *reverse_name(
    const struct network_address *address, struct arena *arena);

#endif
