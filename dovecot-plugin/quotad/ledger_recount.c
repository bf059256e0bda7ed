/* What the mailboxes hold, counted anew: right only if nothing happened
 * meanwhile. */
#include <string.h>

#include "ledger_impl.h"

static void
begin_step(struct ledger_work *work)
{
	work->reply->sequence = work->unit.holder.sequence;
	if (work->unit.holder.open > 0)
		work->reply->result = LEDGER_CHANGED;
}

void
ledger_recount_begin(struct ledger_work *work)
{
	if (ledger_may_book(work, work->request->holder))
		(void)ledger_carry_out(
		    work, work->request->holder, 0, false, begin_step);
}

/* The stale leases of the holder hold nothing any more: what they stored has
 * been counted. */
static void
see_stale(void *cookie, const struct record_lease *lease)
{
	struct store_unit *unit = cookie;

	for (size_t i = 0; i < lease->share_count; i++) {
		const struct record_share *held = &lease->shares[i];
		struct record_account *account =
		    ledger_account(unit, held->account);

		if (account == NULL)
			continue;
		record_add(&account->held, held->used, -1);
		record_add(&account->stale, held->used, -1);
		ledger_mark(unit, account);
	}
}

static void
remove_shares(struct store_unit *unit)
{
	for (size_t i = 0; i < unit->holder.share_count; i++) {
		const struct record_share *share = &unit->holder.shares[i];
		struct record_account *account =
		    ledger_account(unit, share->account);

		record_add(&account->used, share->used, -1);
		ledger_mark(unit, account);
	}
	unit->holder.share_count = 0;
}

static void
add_shares(struct ledger_work *work)
{
	struct store_unit *unit = &work->unit;

	for (size_t i = 0; i < work->request->root_count; i++) {
		const struct ledger_request_root *root =
		    &work->request->roots[i];
		struct record_account *account =
		    ledger_account(unit, root->key);
		struct record_share *share =
		    &unit->holder.shares[unit->holder.share_count++];

		*share = (struct record_share){ .used = root->amount };
		(void)stpcpy(share->account, root->key);
		record_add(&account->used, root->amount, 1);
		ledger_listen(work, account, root);
		ledger_mark(unit, account);
	}
}

/* Whether the holder has in all accounts what was counted. */
static bool
is_same(struct ledger_work *work)
{
	struct record_holder *holder = &work->unit.holder;
	bool same = holder->share_count == work->request->root_count;

	for (size_t i = 0; i < work->request->root_count && same; i++) {
		const struct ledger_request_root *root =
		    &work->request->roots[i];
		const struct record_share *share =
		    ledger_share(holder, root->key);

		same = share != NULL &&
		       share->used.bytes == root->amount.bytes &&
		       share->used.count == root->amount.count;
	}
	return (same);
}

static void
end_step(struct ledger_work *work)
{
	struct store_unit *unit = &work->unit;
	struct record_holder *holder = &unit->holder;
	bool corrected = holder->counted && !is_same(work);

	if (holder->open > 0 || holder->sequence != work->request->sequence) {
		work->reply->result = LEDGER_CHANGED;
		return;
	}
	if (store_leases(work->ledger->options.store, holder->name, true,
		see_stale, unit) != STORE_OK) {
		*unit = (struct store_unit){ 0 };
		work->reply->result = LEDGER_AWAY;
		return;
	}
	remove_shares(unit);
	add_shares(work);
	holder->exists = true;
	holder->counted = true;
	holder->dirty = false;
	holder->sequence++;
	holder->counted_at = work->now;
	unit->save_holder = true;
	unit->drop_stale = true;
	work->reply->sequence = holder->sequence;
	if (corrected)
		work->reply->flags |= LEDGER_IS_DIRTY; /* see count_it() */
}

/* Only once it is saved. */
static void
count_it(struct ledger_work *work)
{
	const struct ledger_options *options = &work->ledger->options;

	meter_count(options->meter, METER_RECOUNT);
	if ((work->reply->flags & LEDGER_IS_DIRTY) == 0)
		return;
	work->reply->flags = 0;
	meter_count(options->meter, METER_RECOUNT_CORRECTED);
	log_info(options->log, "recount_corrected",
	    LOG_TEXT("holder", work->request->holder));
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

void
ledger_recount_end(struct ledger_work *work)
{
	const struct ledger_request *request = work->request;

	if (has_negative(request)) {
		ledger_refuse(work, LEDGER_BAD, "no mailbox has less than 0");
		return;
	}
	if (ledger_may_book(work, request->holder) &&
	    ledger_carry_out(work, request->holder, 0, true, end_step) ==
		STORE_OK &&
	    work->reply->result == LEDGER_OK)
		count_it(work);
}

static enum store_result
forget_once(struct ledger *ledger, const char *holder)
{
	struct store_unit unit = { .save_holder = true, .drop_stale = true };
	enum store_result result;

	(void)stpncpy(unit.holder.name, holder, RECORD_MAX_NAME);
	result = store_load(ledger->options.store, &unit);
	if (result == STORE_OK)
		result = store_leases(
		    ledger->options.store, holder, true, see_stale, &unit);
	if (result != STORE_OK || !unit.holder.exists)
		return (result);
	remove_shares(&unit);
	unit.holder.exists = false;
	return (store_save(ledger->options.store, &unit));
}

enum store_result
ledger_forget(struct ledger *ledger, const char *holder)
{
	enum store_result result = STORE_CHANGED;

	for (int i = 0; i < LEDGER_ATTEMPTS && result == STORE_CHANGED; i++)
		result = forget_once(ledger, holder);
	return (result);
}
