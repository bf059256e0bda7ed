/*
 * lookup_name.h: what a host's name looks like.  No I/O.
 */
#ifndef POLICYD_LOOKUP_NAME_H
#define POLICYD_LOOKUP_NAME_H

#include <stdbool.h>

#include "base/network.h"

/**
 * lookup_name_is_generic(name, client):
 * Say whether the reverse name looks like those that access networks give to
 * all addresses: it spells the address, or says dyn, dsl, pool, dhcp, ...; and
 * does not say mail, mx or smtp.
 */
bool lookup_name_is_generic(
    const char *name, const struct network_address *client);

/**
 * lookup_name_is_full(name):
 * Say whether ${name}, lower-case A-labels, can be a host's on the Internet: it
 * has a dot, and its last label is not a number (RFC 3696 2), as an address's
 * is.
 */
bool lookup_name_is_full(const char *name);

#endif
