/*
 * quota_map.h: whose mailbox a recipient is, as Postfix's maps say: aliases are
 * followed, as virtual(5) has it, by postmap(1).
 */
#ifndef POLICYD_QUOTA_MAP_H
#define POLICYD_QUOTA_MAP_H

#include "base/arena.h"
#include "base/span.h"
#include "conf/conf.h"

/* Mailboxes of one recipient; aliases of aliases; how long an answer is kept,
 * also that there is none; answers that are kept. */
#define QUOTA_MAP_MAX_TARGETS 50
#define QUOTA_MAP_MAX_DEPTH 10
#define QUOTA_MAP_KEEP_MS 60000
#define QUOTA_MAP_SLOTS 4096

struct quota_map;

struct quota_map_targets {
	struct span items[QUOTA_MAP_MAX_TARGETS];
	size_t count;
};

/**
 * quota_map_new(maps, delimiter), quota_map_free(map):
 * ${maps} are names of maps, "hash:/etc/postfix/virtual", or "postfix" for
 * what postconf says of virtual_alias_maps when it is first needed; they are
 * copied.  ${delimiter} begins an address extension; NUL: none does.
 */
struct quota_map *quota_map_new(const struct conf_list *maps, char delimiter);
void quota_map_free(struct quota_map *map);

/**
 * quota_map_find(map, recipient, deadline, arena, out):
 * Store in ${out} the mailboxes that ${recipient} leads to, in lower case and
 * without extension: at least one.  Return -1 when the maps cannot be asked
 * until clock_monotonic_ms() is ${deadline}, or there are too many.  Blocking,
 * safe from many threads.
 */
int quota_map_find(struct quota_map *map, struct span recipient,
    int64_t deadline, struct arena *arena, struct quota_map_targets *out);

/**
 * quota_map_keys(address, delimiter, arena, out):
 * Store in ${out} the keys under which ${address} is looked up, in virtual(5)'s
 * order, up to five, and return their number.  Decides only.
 */
size_t quota_map_keys(struct span address, char delimiter, struct arena *arena,
    struct span out[5]);

#endif
