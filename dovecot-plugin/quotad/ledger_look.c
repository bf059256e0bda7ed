/* What there is, and whether a message would fit. */
#include <stdio.h>
#include <string.h>

#include "admit.h"
#include "ledger_impl.h"
#include "ledger_text.h"

static void
look_step(struct ledger_work *work)
{
	const struct ledger_request *request = work->request;

	if (!ledger_knows(work))
		return;
	if (work->unit.holder.dirty)
		work->reply->flags |= LEDGER_IS_DIRTY;
	work->reply->sequence = work->unit.holder.sequence;
	for (size_t i = 0; i < request->root_count; i++)
		ledger_listen(work,
		    ledger_account(&work->unit, request->roots[i].key),
		    &request->roots[i]);
	ledger_show(work);
}

void
ledger_look(struct ledger_work *work)
{
	if (ledger_may_book(work, work->request->holder))
		(void)ledger_carry_out(
		    work, work->request->holder, 0, true, look_step);
}

/* The accounts of a recipient whom nobody counted yet: they are full or not
 * whoever he is. */
static enum store_result
load_by_name(struct ledger_work *work)
{
	const char *recipient = work->request->holder;
	const char *at = strrchr(recipient, '@');
	struct store_unit *unit = &work->unit;
	size_t room = sizeof(unit->accounts[0].key);
	int len;

	*unit = (struct store_unit){ 0 };
	len = snprintf(unit->accounts[0].key, room, "user/%s", recipient);
	if (len > 0 && (size_t)len < room)
		unit->account_count = 1;
	if (at != NULL) {
		struct record_account *account =
		    &unit->accounts[unit->account_count];

		len = snprintf(account->key, room, "domain/%s", at + 1);
		if (len > 0 && (size_t)len < room)
			unit->account_count++;
	}
	return (store_load(work->ledger->options.store, unit));
}

/* Put the worst answer of all accounts into the reply: hard before soft, and
 * certain before uncertain. */
static void
ask_all(struct ledger_work *work)
{
	struct ledger_amount amount = { (int64_t)work->request->size, 1 };
	bool any = false;

	for (size_t i = 0; i < work->unit.account_count; i++) {
		const struct record_account *account = &work->unit.accounts[i];
		struct record_limits limits;
		enum ledger_result result;

		if (!account->exists)
			continue;
		any = true;
		ledger_find_limits(work->ledger, account, &limits);
		result = admit(account, &limits, amount, 0, work->now);
		if (!ledger_is_worse(result, work->reply->result))
			continue;
		work->reply->result = result;
		work->reply->text =
		    ledger_text(account, &limits, amount, result, work->arena);
	}
	if (!any)
		work->reply->result = LEDGER_UNKNOWN;
}

void
ledger_ask(struct ledger_work *work)
{
	const struct ledger_peer *peer = work->peer;
	enum store_result result;

	if (!peer->may_book && !peer->may_ask) {
		ledger_refuse(work, LEDGER_DENIED, "this user may not ask");
		return;
	}
	if (work->request->size > INT64_MAX) {
		ledger_refuse(work, LEDGER_BAD, "no message has that size");
		return;
	}
	result = ledger_load(work, work->request->holder, 0, false);
	if (result == STORE_OK && !work->unit.holder.exists)
		result = load_by_name(work);
	if (result == STORE_OK)
		ask_all(work);
	else
		ledger_refuse(work, LEDGER_AWAY, NULL);
}
