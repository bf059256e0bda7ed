#include "known.h"

#include "bind.h"
#include "hash.h"
#include "link.h"
#include "recount.h"

/* Users of one process that are remembered; with more, it begins anew. */
#define MAX_KNOWN 10000

static HASH_TABLE(char *, void *) known;

static void
remember(const char *name)
{
	if (!hash_table_is_created(known))
		hash_table_create(&known, default_pool, 64, str_hash, strcmp);
	if (hash_table_count(known) >= MAX_KNOWN)
		known_close();
	if (!hash_table_is_created(known))
		hash_table_create(&known, default_pool, 64, str_hash, strcmp);
	hash_table_insert(known, i_strdup(name), POINTER_CAST(1));
}

static bool
is_known(const char *name)
{
	return (hash_table_is_created(known) &&
		hash_table_lookup(known, name) != NULL);
}

void
known_ensure(const struct holder *holder)
{
	struct ledger_request request;
	struct ledger_reply reply;

	if (is_known(holder->name))
		return;
	bind_owner(holder);
	holder_request(holder, LEDGER_LOOK, &request);
	if (link_call(holder->user, &request, &reply) != 0)
		return;
	if ((reply.result == LEDGER_OK &&
		(reply.flags & LEDGER_IS_DIRTY) == 0) ||
	    ((reply.result == LEDGER_RECOUNT || reply.result == LEDGER_OK) &&
		recount(holder) == 0))
		remember(holder->name);
}

void
known_forget(const char *name)
{
	char *key;
	void *value;

	if (!hash_table_is_created(known) ||
	    !hash_table_lookup_full(known, name, &key, &value))
		return;
	hash_table_remove(known, name);
	i_free(key);
}

void
known_close(void)
{
	struct hash_iterate_context *iter;
	char *key;
	void *value;

	if (!hash_table_is_created(known))
		return;
	iter = hash_table_iterate_init(known);
	while (hash_table_iterate(iter, known, &key, &value))
		i_free(key);
	hash_table_iterate_deinit(&iter);
	hash_table_destroy(&known);
}
