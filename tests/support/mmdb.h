/*
 * mmdb.h: writes small MaxMind databases, for tests.
 */
#ifndef SUPPORT_MMDB_H
#define SUPPORT_MMDB_H

#include <stddef.h>
#include <stdint.h>

#include "base/compat.h"

/* At most so many networks. */
#define MMDB_MAX_NETWORKS ((size_t)64)

struct mmdb_network {
	const char *network; /* "192.0.2.0/24", "2001:db8::/32" */
	const char *country; /* two letters, or NULL */
	uint32_t asn;        /* or 0 */
};

/**
 * mmdb_write(path, type, networks, count):
 * Write a database of ${type}, such as "GeoLite2-Country", with ${count}
 * disjoint ${networks} to ${path} (MaxMind DB file format 2.0).  Return 0, or
 * -1 with errno set.
 */
int mmdb_write(const char *path, const char *type,
    const struct mmdb_network *networks, size_t count) COMPAT_MUST_CHECK;

#endif
