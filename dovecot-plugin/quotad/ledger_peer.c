/* Who may book for whom. */
#include <string.h>

#include "ledger_impl.h"

static bool
all_bound(
    const struct record_binding *binding, const struct ledger_request *request)
{
	for (size_t i = 0; i < request->root_count; i++)
		if (!record_is_bound(binding, request->roots[i].key))
			return (false);
	return (binding->account_count > 0);
}

/* A system user's own account, and those that a trusted peer counted for him.
 */
static bool
is_own(struct ledger_work *work, const char *key)
{
	struct record_holder *holder = &work->unit.holder;

	return (ledger_share(holder, key) != NULL ||
		(strncmp(key, "user/", 5) == 0 &&
		    strcmp(&key[5], work->peer->login) == 0));
}

static bool
all_own(struct ledger_work *work, const char *holder)
{
	const char *login = work->peer->login;

	if (login == NULL || strcmp(login, holder) != 0 ||
	    ledger_load(work, holder, 0, false) != STORE_OK)
		return (false);
	for (size_t i = 0; i < work->request->root_count; i++)
		if (!is_own(work, work->request->roots[i].key))
			return (false);
	return (true);
}

bool
ledger_may_book(struct ledger_work *work, const char *holder)
{
	struct record_binding binding;

	if (work->peer == NULL || work->peer->may_book)
		return (true);
	if (store_bound(work->ledger->options.store, work->peer->uid, holder,
		&binding) != STORE_OK) {
		ledger_refuse(work, LEDGER_AWAY, NULL);
		return (false);
	}
	if (all_bound(&binding, work->request) || all_own(work, holder))
		return (true);
	ledger_refuse(
	    work, LEDGER_DENIED, "this user may not book for that holder");
	return (false);
}

/* Each LMTP process tells it once more. */
static bool
is_known(struct store *store, const struct record_binding *binding)
{
	struct record_binding known;

	if (store_bound(store, binding->uid, binding->holder, &known) !=
		STORE_OK ||
	    known.account_count != binding->account_count)
		return (false);
	for (size_t i = 0; i < binding->account_count; i++)
		if (!record_is_bound(&known, binding->accounts[i]))
			return (false);
	return (true);
}

void
ledger_bind(struct ledger_work *work)
{
	struct store *store = work->ledger->options.store;
	const struct ledger_request *request = work->request;
	struct record_binding binding = { .uid = (uint32_t)request->size,
		.account_count = request->root_count };

	if (!work->peer->may_book) {
		ledger_refuse(work, LEDGER_DENIED,
		    "only trusted users bind a user to a holder");
		return;
	}
	if (request->size > UINT32_MAX) {
		ledger_refuse(work, LEDGER_BAD, "no user has that number");
		return;
	}
	(void)stpcpy(binding.holder, request->holder);
	for (size_t i = 0; i < request->root_count; i++)
		(void)stpcpy(binding.accounts[i], request->roots[i].key);
	if (!is_known(store, &binding) &&
	    store_bind(store, &binding) != STORE_OK)
		ledger_refuse(work, LEDGER_AWAY, NULL);
}
