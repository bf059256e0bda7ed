/*
 * store.h: where the ledger is kept: SQLite (store_sqlite.c), or Valkey or
 * Redis for several machines (store_redis.c).  A unit of work is loaded,
 * decided upon by ledger.c, and saved whole, or not at all because somebody
 * else was faster.  Blocking, for one thread.
 */
#ifndef QUOTAD_STORE_H
#define QUOTAD_STORE_H

#include "base/arena.h"
#include "base/log.h"
#include "record.h"

enum store_result {
	STORE_OK,
	STORE_CHANGED, /* nothing was written: load again */
	STORE_AWAY,    /* it does not answer, or is damaged: store_error() */
};

/* What one request reads and writes.  The caller names records before
 * store_load(), and says before store_save() which are to be written. */
struct store_unit {
	struct record_holder holder; /* .name "": none */
	struct record_lease lease;   /* .id 0: none */
	size_t account_count;
	/* A holder's and a lease's shares, and the request's roots. */
	struct record_account accounts[3 * RECORD_MAX_ACCOUNTS];
	bool save_holder, save_lease;
	bool save_account[3 * RECORD_MAX_ACCOUNTS];
	/* Of a recount: delete all stale leases of the holder, whose amounts
	 * the caller has taken off the accounts (see store_stale()). */
	bool drop_stale;
};

struct store;

struct store_options {
	const char *where; /* a path, or "redis:..." as shared_open() has it */
	const char *password_file; /* for Redis, or NULL */
	int64_t timeout_ms;        /* for Redis */
	const struct log *log;
};

/**
 * store_open(options, arena, error), store_close(store):
 * Open or make the store.  NULL with the reason and its cure, allocated from
 * ${arena}, in ${error} for what can never work (a corrupt file, one of a newer
 * version, a bad address); a server that is away now is no error.
 */
struct store *store_open(const struct store_options *options,
    struct arena *arena, const char **error);
void store_close(struct store *store);

/**
 * store_load(store, unit):
 * Read the records that ${unit} names.  The accounts are those of
 * unit->accounts[] that have a key; a record that there is none of has `exists'
 * false, everything else 0 but for its name and RECORD_UNSET in `set'.  A named
 * lease names its holder if unit->holder.name is "".  The shares of the holder
 * and of the lease are added to unit->accounts.
 */
enum store_result store_load(struct store *store, struct store_unit *unit);

/**
 * store_save(store, unit):
 * Write the records marked in ${unit}, all of them or none: STORE_CHANGED if
 * one that was loaded is no longer what it was.  A marked lease or holder with
 * `exists' false is deleted.  Seen by others at once, on disk after
 * store_flush().
 */
enum store_result store_save(struct store *store, struct store_unit *unit);

/**
 * store_flush(store):
 * End the batch that store_save() began: after it, a kill of this process loses
 * nothing.  To be called before a reply is sent.
 */
enum store_result store_flush(struct store *store);

/**
 * store_new_lease(store):
 * Return a number for a lease that no other lease has, on any node.
 */
uint64_t store_new_lease(struct store *store);

/**
 * store_leases(store, holder, stale, see, cookie), store_due(store, now, limit,
 * see, cookie):
 * Show the leases of a ${holder}, the stale or the live ones; or up to ${limit}
 * live leases that expired at ${now} (ms since 1970).
 */
typedef void store_see_lease(void *cookie, const struct record_lease *lease);
enum store_result store_leases(struct store *store, const char *holder,
    bool stale, store_see_lease *see, void *cookie);
enum store_result store_due(struct store *store, int64_t now, size_t limit,
    store_see_lease *see, void *cookie);

/**
 * store_renew(store, ids, count, expires):
 * Let these leases live until ${expires}, those that still exist.
 */
enum store_result store_renew(
    struct store *store, const uint64_t *ids, size_t count, int64_t expires);

/**
 * store_accounts(store, prefix, after, limit, see, cookie), store_holders(...),
 * store_top(store, prefix, limit, see, cookie):
 * Show up to ${limit} accounts or holders whose name begins with ${prefix}, by
 * name, those ${after} a name ("": from the start); or those accounts that use
 * the most bytes, the largest first.  store_holders() shows only the dirty ones
 * if ${dirty}.
 */
typedef void store_see_account(
    void *cookie, const struct record_account *account);
typedef void store_see_holder(void *cookie, const struct record_holder *holder);
enum store_result store_accounts(struct store *store, const char *prefix,
    const char *after, size_t limit, store_see_account *see, void *cookie);
enum store_result store_top(struct store *store, const char *prefix,
    size_t limit, store_see_account *see, void *cookie);
enum store_result store_holders(struct store *store, const char *prefix,
    const char *after, bool dirty, size_t limit, store_see_holder *see,
    void *cookie);

/**
 * store_mark(store):
 * Mark all holders dirty.
 */
enum store_result store_mark(struct store *store);

/**
 * store_bind(store, binding), store_bound(store, uid, holder, out):
 * Remember a ${binding} of this machine, in the place of the one for the same
 * user and holder (no account: remove it); find one (STORE_OK and
 * out->account_count 0 when there is none).
 */
enum store_result store_bind(
    struct store *store, const struct record_binding *binding);
enum store_result store_bound(struct store *store, uint32_t uid,
    const char *holder, struct record_binding *out);

struct store_totals {
	int64_t holders, dirty, accounts, leases, stale;
};

/**
 * store_count(store, out), store_error(store):
 * Count what there is; say why the last call was STORE_AWAY.
 */
enum store_result store_count(struct store *store, struct store_totals *out);
const char *store_error(const struct store *store);

#endif
