/*
 * geo.h: the country and the autonomous system of an address, from the MaxMind
 * databases (.mmdb) that the admin names; without them nobody knows.
 */
#ifndef POLICYD_GEO_H
#define POLICYD_GEO_H

#include <stdint.h>

#include "base/arena.h"
#include "base/network.h"

struct geo;

/**
 * geo_new(country_path, asn_path, arena, error):
 * Open the databases; either path may be NULL.  On failure return NULL with the
 * reason, allocated from ${arena}, in ${error}.
 */
struct geo *geo_new(const char *country_path, const char *asn_path,
    struct arena *arena, const char **error);

/**
 * geo_free(geo):
 * Close them.  NULL is harmless.
 */
void geo_free(struct geo *geo);

/**
 * geo_country(geo, client, out):
 * Store the two letters of ${client}'s country and a NUL in ${out}, or an empty
 * string.  Any thread may call it.
 */
void geo_country(
    const struct geo *geo, const struct network_address *client, char out[3]);

/**
 * geo_asn(geo, client):
 * Return the number of the autonomous system of ${client}, or 0.
 */
uint32_t geo_asn(const struct geo *geo, const struct network_address *client);

#endif
