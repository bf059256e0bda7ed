#include "store.h"

#include <string.h>
#include <sys/random.h>

#include "base/span.h"
#include "store_driver.h"

#define REDIS "redis:"

struct store *
store_open(const struct store_options *options, struct arena *arena,
    const char **error)
{
	const struct store_driver *driver = &store_sqlite_driver;
	struct store_options *rest = arena_alloc(arena, sizeof(*rest));

	*error = NULL;
	*rest = *options;
	if (strncmp(options->where, REDIS, strlen(REDIS)) == 0) {
		driver = &store_redis_driver;
		/* UNSAFE: it begins with REDIS. */
		rest->where += strlen(REDIS);
	}
	return (driver->open(rest, arena, error));
}

void
store_close(struct store *store)
{
	if (store != NULL)
		store->driver->close(store);
}

static void
name_account(struct store_unit *unit, const char *key)
{
	const size_t room = sizeof(unit->accounts) / sizeof(unit->accounts[0]);

	for (size_t i = 0; i < unit->account_count; i++)
		if (strcmp(unit->accounts[i].key, key) == 0)
			return;
	if (unit->account_count < room)
		(void)stpcpy(unit->accounts[unit->account_count++].key, key);
}

void
store_name_shares(struct store_unit *unit)
{
	for (size_t i = 0; i < unit->holder.share_count; i++)
		name_account(unit, unit->holder.shares[i].account);
	for (size_t i = 0; i < unit->lease.share_count; i++)
		name_account(unit, unit->lease.shares[i].account);
}

void
store_parse_accounts(struct span text, struct record_binding *out)
{
	struct span line;

	while (out->account_count < RECORD_MAX_ACCOUNTS &&
	       span_take_until(&text, '\n', &line)) {
		char *account = out->accounts[out->account_count++];

		if (line.len > RECORD_MAX_NAME)
			line.len = 0;
		memcpy(account, line.data, line.len);
		account[line.len] = '\0';
	}
}

enum store_result
store_load(struct store *store, struct store_unit *unit)
{
	return (store->driver->load(store, unit));
}

enum store_result
store_save(struct store *store, struct store_unit *unit)
{
	return (store->driver->save(store, unit));
}

enum store_result
store_flush(struct store *store)
{
	return (store->driver->flush(store));
}

/* They begin by chance, somewhere in 63 bits: no two nodes need to agree on
 * anything. */
uint64_t
store_new_lease(struct store *store)
{
	uint64_t *last = &store->last_lease;

	while (*last == 0)
		if (getrandom(last, sizeof(*last), 0) != sizeof(*last))
			*last = 0;
	*last = (*last % INT64_MAX) + 1;
	return (*last);
}

enum store_result
store_leases(struct store *store, const char *holder, bool stale,
    store_see_lease *see, void *cookie)
{
	return (store->driver->leases(store, holder, stale, see, cookie));
}

enum store_result
store_due(struct store *store, int64_t now, size_t limit, store_see_lease *see,
    void *cookie)
{
	return (store->driver->due(store, now, limit, see, cookie));
}

enum store_result
store_renew(
    struct store *store, const uint64_t *ids, size_t count, int64_t expires)
{
	return (store->driver->renew(store, ids, count, expires));
}

enum store_result
store_accounts(struct store *store, const char *prefix, const char *after,
    size_t limit, store_see_account *see, void *cookie)
{
	return (
	    store->driver->accounts(store, prefix, after, limit, see, cookie));
}

enum store_result
store_top(struct store *store, const char *prefix, size_t limit,
    store_see_account *see, void *cookie)
{
	return (store->driver->top(store, prefix, limit, see, cookie));
}

enum store_result
store_holders(struct store *store, const char *prefix, const char *after,
    bool dirty, size_t limit, store_see_holder *see, void *cookie)
{
	return (store->driver->holders(
	    store, prefix, after, dirty, limit, see, cookie));
}

enum store_result
store_mark(struct store *store)
{
	return (store->driver->mark(store));
}

enum store_result
store_bind(struct store *store, const struct record_binding *binding)
{
	return (store->driver->bind(store, binding));
}

enum store_result
store_bound(struct store *store, uint32_t uid, const char *holder,
    struct record_binding *out)
{
	return (store->driver->bound(store, uid, holder, out));
}

enum store_result
store_count(struct store *store, struct store_totals *out)
{
	return (store->driver->count(store, out));
}

const char *
store_error(const struct store *store)
{
	return (store->driver->error(store));
}
