/* Room held for what is about to be stored. */
#include <string.h>

#include "admit.h"
#include "ledger_impl.h"
#include "ledger_text.h"

bool
ledger_knows(struct ledger_work *work)
{
	struct record_holder *holder = &work->unit.holder;
	bool known = holder->exists && holder->counted;

	for (size_t i = 0; i < work->request->root_count && known; i++)
		known =
		    ledger_share(holder, work->request->roots[i].key) != NULL;
	if (!known)
		ledger_refuse(work, LEDGER_RECOUNT, NULL);
	return (known);
}

bool
ledger_is_worse(enum ledger_result a, enum ledger_result b)
{
	static const unsigned char order[] = { [LEDGER_OK] = 0,
		[LEDGER_SOFT] = 1,
		[LEDGER_UNCERTAIN] = 2,
		[LEDGER_SOFT_EXPIRED] = 3,
		[LEDGER_HARD] = 4 };

	return (order[a] > order[b]);
}

/* Put the answer into the reply: of all accounts, the worst. */
static void
admit_all(struct ledger_work *work)
{
	const struct ledger_request *request = work->request;
	struct ledger_reply *reply = work->reply;

	for (size_t i = 0; i < request->root_count; i++) {
		const struct ledger_request_root *root = &request->roots[i];
		struct record_account *account =
		    ledger_account(&work->unit, root->key);
		struct record_limits limits;
		enum ledger_result result;

		ledger_listen(work, account, root);
		if ((request->flags & LEDGER_FORCE) != 0)
			continue;
		ledger_find_limits(work->ledger, account, &limits);
		result = admit(
		    account, &limits, root->amount, root->extra, work->now);
		if (!ledger_is_worse(result, reply->result))
			continue;
		reply->result = result;
		reply->root = (uint32_t)i;
		reply->text = ledger_text(
		    account, &limits, root->amount, result, work->arena);
	}
}

static bool
is_admitted(enum ledger_result result)
{
	return (result == LEDGER_OK || result == LEDGER_SOFT);
}

static struct record_share *
lease_share(struct record_lease *lease, const char *key)
{
	for (size_t i = 0; i < lease->share_count; i++)
		if (strcmp(lease->shares[i].account, key) == 0)
			return (&lease->shares[i]);
	if (lease->share_count == RECORD_MAX_ACCOUNTS)
		return (NULL);
	struct record_share *share = &lease->shares[lease->share_count++];

	*share = (struct record_share){ 0 };
	(void)stpcpy(share->account, key);
	return (share);
}

/* Whether all accounts of the request fit into the lease. */
static bool
hold(struct ledger_work *work)
{
	struct store_unit *unit = &work->unit;

	for (size_t i = 0; i < work->request->root_count; i++) {
		const struct ledger_request_root *root =
		    &work->request->roots[i];
		struct record_account *account =
		    ledger_account(unit, root->key);
		struct record_share *share =
		    lease_share(&unit->lease, root->key);

		if (share == NULL)
			return (false);
		if (record_is_nothing(root->amount))
			continue;
		record_add(&share->used, root->amount, 1);
		record_add(&account->held, root->amount, 1);
		ledger_mark(unit, account);
	}
	return (true);
}

static void
open_lease(struct ledger_work *work)
{
	struct store_unit *unit = &work->unit;

	unit->lease = (struct record_lease){ .id = store_new_lease(
						 work->ledger->options.store) };
	(void)stpcpy(unit->lease.holder, unit->holder.name);
	unit->lease.exists = true;
	unit->holder.open++;
	work->effect->opened = unit->lease.id;
}

static void
take(struct ledger_work *work)
{
	struct store_unit *unit = &work->unit;
	int64_t ttl_s = work->ledger->config->settings.lease_ttl;

	if (work->request->lease == 0)
		open_lease(work);
	if (!hold(work)) {
		*unit = (struct store_unit){ 0 };
		*work->effect = (struct ledger_effect){ 0 };
		ledger_refuse(
		    work, LEDGER_BAD, "a lease cannot hold that many accounts");
		return;
	}
	unit->lease.expires = (work->now + ttl_s) * 1000;
	unit->holder.sequence++;
	unit->save_holder = true;
	unit->save_lease = true;
	work->reply->lease = unit->lease.id;
	work->reply->sequence = unit->holder.sequence;
}

/* Whether the lease that the request adds to is one of this holder's. */
static bool
has_lease(struct ledger_work *work)
{
	const struct record_lease *lease = &work->unit.lease;

	if (work->request->lease == 0 ||
	    (lease->exists && !lease->stale &&
		strcmp(lease->holder, work->request->holder) == 0))
		return (true);
	ledger_refuse(work, LEDGER_UNKNOWN, "that lease has ended");
	return (false);
}

static bool
has_negative(const struct ledger_request *request)
{
	for (size_t i = 0; i < request->root_count; i++)
		if (request->roots[i].amount.bytes < 0 ||
		    request->roots[i].amount.count < 0)
			return (true);
	return (false);
}

static void
reserve_step(struct ledger_work *work)
{
	if (!has_lease(work) || !ledger_knows(work))
		return;
	if (work->unit.holder.dirty)
		work->reply->flags |= LEDGER_IS_DIRTY;
	admit_all(work);
	if (is_admitted(work->reply->result))
		take(work);
	if (work->reply->result != LEDGER_BAD)
		ledger_show(work);
}

void
ledger_reserve(struct ledger_work *work)
{
	const struct ledger_request *request = work->request;

	if (has_negative(request)) {
		ledger_refuse(work, LEDGER_BAD, "nobody reserves less than 0");
		return;
	}
	if (ledger_may_book(work, request->holder))
		(void)ledger_carry_out(
		    work, request->holder, request->lease, true, reserve_step);
}
