/* How a lease ends: its mail is stored, or is not, or nobody knows. */
#include <string.h>

#include "ledger_impl.h"

/* Take what the lease holds off its accounts; what is stored counts. */
static void
give_back(struct ledger_work *work, bool stored)
{
	struct store_unit *unit = &work->unit;
	struct record_lease *lease = &unit->lease;

	for (size_t i = 0; i < lease->share_count; i++) {
		const struct record_share *held = &lease->shares[i];
		struct record_account *account =
		    ledger_account(unit, held->account);
		struct record_share *share =
		    ledger_share(&unit->holder, held->account);

		if (record_is_nothing(held->used))
			continue;
		record_add(&account->held, held->used, -1);
		if (lease->stale)
			record_add(&account->stale, held->used, -1);
		ledger_mark(unit, account);
		if (!stored)
			continue;
		if (share == NULL) {
			/* A recount knows nothing of that account any more. */
			unit->holder.dirty = true;
			continue;
		}
		record_add(&account->used, held->used, 1);
		record_add(&share->used, held->used, 1);
	}
}

/* What was expunged.  It may be of a mail whose own lease is still open: then
 * less than nothing is right for a moment. */
static void
change(struct ledger_work *work)
{
	struct store_unit *unit = &work->unit;

	for (size_t i = 0; i < work->request->root_count; i++) {
		const struct ledger_request_root *root =
		    &work->request->roots[i];
		struct record_share *share =
		    ledger_share(&unit->holder, root->key);

		if (record_is_nothing(root->amount))
			continue;
		if (share == NULL) {
			unit->holder.dirty = true;
			continue;
		}
		record_add(&share->used, root->amount, 1);
		record_add(
		    &ledger_account(unit, root->key)->used, root->amount, 1);
		ledger_mark(unit, ledger_account(unit, root->key));
	}
}

/* What the holder's other leases hold of an account. */
struct own {
	const char *key;
	uint64_t except;
	struct ledger_amount held;
};

static void
see_own(void *cookie, const struct record_lease *lease)
{
	struct own *own = cookie;

	for (size_t i = 0; i < lease->share_count; i++)
		if (lease->id != own->except &&
		    strcmp(lease->shares[i].account, own->key) == 0)
			record_add(&own->held, lease->shares[i].used, 1);
}

static struct ledger_amount
held_beside(struct ledger_work *work, const char *key)
{
	const struct store_unit *unit = &work->unit;
	struct own own = { .key = key, .except = unit->lease.id };

	/* A store that is away fails the unit as well. */
	if (unit->holder.open > 0)
		(void)store_leases(work->ledger->options.store,
		    unit->holder.name, false, see_own, &own);
	return (own.held);
}

static int64_t
lack_of(int64_t used, int64_t held)
{
	return (used < -held ? used + held : 0);
}

/* Nobody has less than nothing, with what he holds, or our numbers are wrong
 * (or he lies), and the mailboxes are to be counted. */
static void
check_shares(struct ledger_work *work)
{
	struct store_unit *unit = &work->unit;
	struct record_holder *holder = &unit->holder;

	for (size_t i = 0; i < holder->share_count; i++) {
		struct record_share *share = &holder->shares[i];
		struct record_account *account =
		    ledger_account(unit, share->account);
		struct ledger_amount held, lacks;

		if (share->used.bytes >= 0 && share->used.count >= 0)
			continue;
		held = held_beside(work, share->account);
		lacks.bytes = lack_of(share->used.bytes, held.bytes);
		lacks.count = lack_of(share->used.count, held.count);
		if (record_is_nothing(lacks))
			continue;
		holder->dirty = true;
		record_add(&share->used, lacks, -1);
		record_add(&account->used, lacks, -1);
		ledger_mark(unit, account);
	}
}

/* The lease is no more. */
static void
close_lease(struct ledger_work *work)
{
	struct store_unit *unit = &work->unit;

	if (!unit->lease.stale)
		unit->holder.open--;
	unit->lease.exists = false;
	unit->save_lease = true;
	unit->holder.sequence++;
	unit->save_holder = true;
	work->effect->closed = unit->lease.id;
	check_shares(work);
}

/* What happened is not known to us: only counting tells. */
static void
doubt(struct ledger_work *work)
{
	struct record_holder *holder = &work->unit.holder;

	if (!holder->exists)
		return;
	holder->dirty = true;
	holder->sequence++;
	work->unit.save_holder = true;
}

/* Whether the lease is there, and this holder's. */
static bool
has_lease(const struct ledger_work *work)
{
	const struct record_lease *lease = &work->unit.lease;

	return (lease->id != 0 && lease->exists &&
		strcmp(lease->holder, work->request->holder) == 0);
}

static void
commit_step(struct ledger_work *work)
{
	/* A recount may have ended it, and seen the mail or not. */
	if (!has_lease(work)) {
		change(work);
		check_shares(work);
		doubt(work);
		return;
	}
	give_back(work, true);
	change(work);
	close_lease(work);
}

static bool
has_positive(const struct ledger_request *request)
{
	for (size_t i = 0; i < request->root_count; i++)
		if (request->roots[i].amount.bytes > 0 ||
		    request->roots[i].amount.count > 0)
			return (true);
	return (false);
}

static bool
is_too_small(const struct ledger_request *request)
{
	for (size_t i = 0; i < request->root_count; i++)
		if (request->roots[i].amount.bytes == INT64_MIN ||
		    request->roots[i].amount.count == INT64_MIN)
			return (true);
	return (false);
}

void
ledger_commit(struct ledger_work *work)
{
	const struct ledger_request *request = work->request;

	if (has_positive(request) || is_too_small(request)) {
		ledger_refuse(work, LEDGER_BAD,
		    "what is added has to be reserved before");
		return;
	}
	if (ledger_may_book(work, request->holder))
		(void)ledger_carry_out(
		    work, request->holder, request->lease, true, commit_step);
}

static void
release_step(struct ledger_work *work)
{
	if (!has_lease(work))
		return;
	give_back(work, false);
	close_lease(work);
}

void
ledger_release(struct ledger_work *work)
{
	if (ledger_may_book(work, work->request->holder))
		(void)ledger_carry_out(work, work->request->holder,
		    work->request->lease, false, release_step);
}

static bool
holds_nothing(const struct record_lease *lease)
{
	for (size_t i = 0; i < lease->share_count; i++)
		if (!record_is_nothing(lease->shares[i].used))
			return (false);
	return (true);
}

static void
died_step(struct ledger_work *work)
{
	struct store_unit *unit = &work->unit;
	struct record_lease *lease = &unit->lease;

	if (!lease->exists || lease->stale)
		return;
	unit->holder.dirty = true;
	if (holds_nothing(lease)) {
		close_lease(work);
		return;
	}
	for (size_t i = 0; i < lease->share_count; i++) {
		struct record_account *account =
		    ledger_account(unit, lease->shares[i].account);

		record_add(&account->stale, lease->shares[i].used, 1);
		ledger_mark(unit, account);
	}
	lease->stale = true;
	unit->save_lease = true;
	unit->holder.open--;
	unit->holder.sequence++;
	unit->save_holder = true;
}

void
ledger_died(struct ledger *ledger, uint64_t lease)
{
	static const struct ledger_request nothing = { .holder = "" };
	struct ledger_reply reply;
	struct ledger_effect effect;
	struct ledger_work work = { .ledger = ledger,
		.request = &nothing,
		.reply = &reply,
		.effect = &effect,
		.now = clock_now(ledger->options.clock) };

	if (ledger_carry_out(&work, "", lease, false, died_step) != STORE_OK ||
	    !work.unit.lease.exists || !work.unit.save_lease)
		return;
	meter_count(ledger->options.meter, METER_LEASE_DIED);
	log_warning(ledger->options.log, "lease_died",
	    LOG_TEXT("holder", work.unit.lease.holder));
}

/* Leases that expired, of one look at the store. */
#define DUE_AT_ONCE 256

struct due {
	uint64_t ids[DUE_AT_ONCE];
	size_t count;
};

static void
see_due(void *cookie, const struct record_lease *lease)
{
	struct due *due = cookie;

	if (due->count < DUE_AT_ONCE)
		due->ids[due->count++] = lease->id;
}

void
ledger_sweep(struct ledger *ledger)
{
	struct due due = { .count = 0 };

	if (store_due(ledger->options.store,
		clock_now(ledger->options.clock) * 1000, DUE_AT_ONCE, see_due,
		&due) != STORE_OK)
		return;
	for (size_t i = 0; i < due.count; i++)
		ledger_died(ledger, due.ids[i]);
}

static void
dirty_step(struct ledger_work *work)
{
	doubt(work);
}

void
ledger_dirty(struct ledger_work *work)
{
	if (ledger_may_book(work, work->request->holder))
		(void)ledger_carry_out(
		    work, work->request->holder, 0, false, dirty_step);
}
