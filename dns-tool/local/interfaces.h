/*
 * interfaces.h: the public addresses of this host's interfaces.
 */
#ifndef LOCAL_INTERFACES_H
#define LOCAL_INTERFACES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/network.h"

/* More is told, and the first are taken. */
#define INTERFACES_MAX_ADDRESSES 16

/**
 * interfaces_read(arena, out):
 * Store the public addresses in ${out}, IPv4 first, and return their number, at
 * most INTERFACES_MAX_ADDRESSES.  Temporary ones (RFC 8981) are left out.
 */
size_t interfaces_read(struct arena *arena, struct network_address **out);

/**
 * interfaces_is_public(address):
 * Say whether the whole Internet can reach ${address} (RFC 6890).
 */
bool interfaces_is_public(const struct network_address *address);

#endif
