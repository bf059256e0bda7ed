/*
 * store_driver.h: what a file that keeps the ledger gives to store.c; the
 * contracts are those of store.h.
 */
#ifndef QUOTAD_STORE_DRIVER_H
#define QUOTAD_STORE_DRIVER_H

#include "base/span.h"
#include "store.h"

struct store_driver {
	struct store *(*open)(const struct store_options *options,
	    struct arena *arena, const char **error);
	void (*close)(struct store *store);
	enum store_result (*load)(struct store *store, struct store_unit *unit);
	enum store_result (*save)(struct store *store, struct store_unit *unit);
	enum store_result (*flush)(struct store *store);
	enum store_result (*leases)(struct store *store, const char *holder,
	    bool stale, store_see_lease *see, void *cookie);
	enum store_result (*due)(struct store *store, int64_t now, size_t limit,
	    store_see_lease *see, void *cookie);
	enum store_result (*renew)(struct store *store, const uint64_t *ids,
	    size_t count, int64_t expires);
	enum store_result (*accounts)(struct store *store, const char *prefix,
	    const char *after, size_t limit, store_see_account *see,
	    void *cookie);
	enum store_result (*top)(struct store *store, const char *prefix,
	    size_t limit, store_see_account *see, void *cookie);
	enum store_result (*holders)(struct store *store, const char *prefix,
	    const char *after, bool dirty, size_t limit, store_see_holder *see,
	    void *cookie);
	enum store_result (*mark)(struct store *store);
	enum store_result (*bind)(
	    struct store *store, const struct record_binding *binding);
	enum store_result (*bound)(struct store *store, uint32_t uid,
	    const char *holder, struct record_binding *out);
	enum store_result (*count)(
	    struct store *store, struct store_totals *out);
	const char *(*error)(const struct store *store);
};

/* The first member of each driver's own struct. */
struct store {
	const struct store_driver *driver;
	uint64_t last_lease; /* that was given out; 0: none yet */
};

/**
 * store_name_shares(unit):
 * Name, among the unit's accounts, those of its holder's and lease's shares.
 */
void store_name_shares(struct store_unit *unit);

/**
 * store_parse_accounts(text, out):
 * Read a binding's accounts, one a line, into ${out}.
 */
void store_parse_accounts(struct span text, struct record_binding *out);

extern const struct store_driver store_sqlite_driver;
extern const struct store_driver store_redis_driver;

#endif
