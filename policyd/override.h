/*
 * override.h: whose limits differ: user before domain before group before all,
 * from the configuration and, before that, from the store, which
 * mailreeve-policyctl edits.
 */
#ifndef POLICYD_OVERRIDE_H
#define POLICYD_OVERRIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "facts.h"
#include "limit.h"
#include "table.h"

struct overrides; /* of the configuration; immutable */

/* What `override "..." { limits = {...} }' says of one limit. */
struct override_rate {
	const char *limit;
	uint64_t rate; /* COUNTER_UNLIMITED */
};

/**
 * override_parse(text, arena, out, error):
 * Read "NAME=NUMBER" or "NAME=unlimited".  Return 0, or -1 with the reason in
 * ${error}.
 */
int override_parse(const char *text, struct arena *arena,
    struct override_rate *out, const char **error);

/* overrides_new() is told of each section in file order. */
struct override_section {
	const char
	    *title; /* "alice@example.org", "example.org", "group:NAME" */
	const struct override_rate *rates;
	size_t count;
};

struct override_group {
	const char *name;
	struct conf_list members; /* users and domains */
};

/**
 * overrides_new(sections, count, groups, group_count, arena):
 * Return them, found in constant time; they live as long as ${arena}.
 */
const struct overrides *overrides_new(const struct override_section *sections,
    size_t count, const struct override_group *groups, size_t group_count,
    struct arena *arena);

/**
 * override_table(behind):
 * Return the table, kind "override", of what mailreeve-policyctl sets: key
 * "WHO LIMIT", record uint64_t.  It never expires.
 */
struct table *override_table(struct behind *behind);

/**
 * override_any(overrides, table):
 * Say whether anything differs for anybody.
 */
bool override_any(const struct overrides *overrides, struct table *table);

/**
 * override_rate(overrides, table, limit, user, domain, source):
 * Return the rate of ${limit} for ${user} of ${domain}, either of which may be
 * empty, and in ${source} where it comes from ("default", "user alice@...",
 * constant or of the configuration).  What ${table} has for a user goes before
 * what the file has for him; a user of either before a domain of either.
 */
uint64_t override_rate(const struct overrides *overrides, struct table *table,
    const struct limit *limit, struct span user, struct span domain,
    const char **source);

#endif
