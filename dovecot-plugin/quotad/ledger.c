#include "ledger.h"

#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "base/arena_impl.h"
#include "ledger_impl.h"
#include "limits.h"
#include "warn.h"

struct ledger *
ledger_new(const struct ledger_options *options)
{
	struct ledger *ledger = arena_impl_malloc(sizeof(*ledger));

	*ledger = (struct ledger){ *options, options->config };
	return (ledger);
}

void
ledger_free(struct ledger *ledger)
{
	free(ledger);
}

void
ledger_configure(struct ledger *ledger, const struct config *config)
{
	ledger->config = config;
}

struct record_account *
ledger_account(struct store_unit *unit, const char *key)
{
	for (size_t i = 0; i < unit->account_count; i++)
		if (strcmp(unit->accounts[i].key, key) == 0)
			return (&unit->accounts[i]);
	return (NULL);
}

void
ledger_mark(struct store_unit *unit, const struct record_account *account)
{
	unit->save_account[account - unit->accounts] = true;
}

struct record_share *
ledger_share(struct record_holder *holder, const char *key)
{
	for (size_t i = 0; i < holder->share_count; i++)
		if (strcmp(holder->shares[i].account, key) == 0)
			return (&holder->shares[i]);
	return (NULL);
}

void
ledger_find_limits(const struct ledger *ledger,
    const struct record_account *account, struct record_limits *out)
{
	struct record_limits configured;

	limits_find(ledger->config, account->key, &configured);
	admit_limits(account, &configured, out);
}

void
ledger_listen(struct ledger_work *work, struct record_account *account,
    const struct ledger_request_root *root)
{
	if (!work->peer->may_book ||
	    (account->told.bytes == root->limit.bytes &&
		account->told.count == root->limit.count))
		return;
	account->told = root->limit;
	ledger_mark(&work->unit, account);
}

static void
show_account(const struct ledger *ledger, const struct record_account *account,
    struct ledger_reply_root *out)
{
	struct record_limits limits;

	ledger_find_limits(ledger, account, &limits);
	out->used = account->used;
	out->held = account->held;
	out->hard = limits.hard;
	out->soft = limits.soft;
	out->over_since = account->over_since;
}

void
ledger_show(struct ledger_work *work)
{
	const struct ledger_request *request = work->request;

	work->reply->root_count = request->root_count;
	for (size_t i = 0; i < request->root_count; i++) {
		struct ledger_reply_root *out = &work->reply->roots[i];

		*out =
		    (struct ledger_reply_root){ .key = request->roots[i].key };
		show_account(
		    work->ledger, ledger_account(&work->unit, out->key), out);
	}
}

void
ledger_refuse(
    struct ledger_work *work, enum ledger_result result, const char *text)
{
	work->reply->result = result;
	work->reply->text = text;
}

/* Name the accounts of the request in the unit, each once. */
static void
name_accounts(struct ledger_work *work)
{
	struct store_unit *unit = &work->unit;

	for (size_t i = 0; i < work->request->root_count; i++) {
		const char *key = work->request->roots[i].key;

		if (ledger_account(unit, key) != NULL)
			continue;
		/* A key of a request is no longer than an account's. */
		(void)stpcpy(unit->accounts[unit->account_count++].key, key);
	}
}

enum store_result
ledger_load(
    struct ledger_work *work, const char *holder, uint64_t lease, bool roots)
{
	work->unit = (struct store_unit){ .lease = { .id = lease } };
	(void)stpcpy(work->unit.holder.name, holder);
	if (roots)
		name_accounts(work);
	return (store_load(work->ledger->options.store, &work->unit));
}

static bool
is_marked(const struct store_unit *unit)
{
	bool any = unit->save_holder || unit->save_lease;

	for (size_t i = 0; i < unit->account_count; i++)
		any = any || unit->save_account[i];
	return (any);
}

static int64_t
warn_of(const struct ledger_work *work, struct record_account *account,
    const struct record_limits *limits)
{
	int64_t level =
	    warn_due(account, limits, work->ledger->config, work->now);

	if (level > 0) {
		account->warned_at = work->now;
		account->warned_percent = level;
	}
	return (level);
}

/* Since when an account is over soft, and whether somebody is to be told,
 * follows from what it has. */
static void
finish_accounts(struct ledger_work *work)
{
	struct store_unit *unit = &work->unit;

	for (size_t i = 0; i < unit->account_count; i++) {
		struct record_account *account = &unit->accounts[i];
		struct record_limits limits;

		if (!unit->save_account[i])
			continue;
		ledger_find_limits(work->ledger, account, &limits);
		account->over_since =
		    admit_over_since(account, &limits, work->now);
		account->exists = true;
		work->levels[i] = warn_of(work, account, &limits);
	}
}

static void
tell(const struct ledger_work *work)
{
	const struct ledger_options *options = &work->ledger->options;

	if (options->changed == NULL)
		return;
	for (size_t i = 0; i < work->unit.account_count; i++) {
		const struct record_account *account = &work->unit.accounts[i];
		struct record_limits limits;

		if (!work->unit.save_account[i])
			continue;
		ledger_find_limits(work->ledger, account, &limits);
		options->changed(
		    options->cookie, account, &limits, work->levels[i]);
	}
}

static enum store_result
attempt(struct ledger_work *work, const char *holder, uint64_t lease,
    bool roots, ledger_step *step)
{
	enum store_result result = ledger_load(work, holder, lease, roots);

	if (result != STORE_OK)
		return (result);
	*work->reply = (struct ledger_reply){ .result = LEDGER_OK,
		.tag = work->request->tag };
	*work->effect = (struct ledger_effect){ 0 };
	step(work);
	if (!is_marked(&work->unit))
		return (STORE_OK);
	finish_accounts(work);
	return (store_save(work->ledger->options.store, &work->unit));
}

enum store_result
ledger_carry_out(struct ledger_work *work, const char *holder, uint64_t lease,
    bool roots, ledger_step *step)
{
	struct meter *meter = work->ledger->options.meter;
	enum store_result result = STORE_CHANGED;

	for (int i = 0; i < LEDGER_ATTEMPTS && result == STORE_CHANGED; i++) {
		if (i > 0)
			meter_count(meter, METER_OVERTAKEN);
		result = attempt(work, holder, lease, roots, step);
	}
	if (result == STORE_OK) {
		tell(work);
	} else {
		*work->effect = (struct ledger_effect){ 0 };
		work->reply->root_count = 0;
		ledger_refuse(work, LEDGER_AWAY, NULL);
	}
	return (result);
}

static bool
is_repeated(const struct ledger_request *request, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(request->roots[i].key, request->roots[index].key) ==
		    0)
			return (true);
	return (false);
}

/* Names are lines in the store and words in logs. */
static bool
has_control(const char *name)
{
	for (; *name != '\0'; name++) /* UNSAFE: up to the NUL */
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return (true);
	return (false);
}

/* What no honest client asks. */
static bool
is_nonsense(const struct ledger_request *request)
{
	for (size_t i = 0; i < request->root_count; i++) {
		const struct ledger_request_root *root = &request->roots[i];

		if (root->key[0] == '\0' || has_control(root->key) ||
		    root->limit.bytes < 0 || root->limit.count < 0 ||
		    root->extra < 0 || is_repeated(request, i))
			return (true);
	}
	return (request->holder[0] == '\0' || has_control(request->holder));
}

static void
do_verb(struct ledger_work *work)
{
	switch (work->request->verb) {
	case LEDGER_RESERVE:
		ledger_reserve(work);
		break;
	case LEDGER_COMMIT:
		ledger_commit(work);
		break;
	case LEDGER_RELEASE:
		ledger_release(work);
		break;
	case LEDGER_LOOK:
		ledger_look(work);
		break;
	case LEDGER_RECOUNT_BEGIN:
		ledger_recount_begin(work);
		break;
	case LEDGER_RECOUNT_END:
		ledger_recount_end(work);
		break;
	case LEDGER_DIRTY:
		ledger_dirty(work);
		break;
	case LEDGER_ASK:
		ledger_ask(work);
		break;
	case LEDGER_BIND:
		ledger_bind(work);
		break;
	case LEDGER_COMMAND:
		ledger_refuse(work, LEDGER_BAD, NULL);
		break;
	}
}

void
ledger_do(struct ledger *ledger, const struct ledger_peer *peer,
    const struct ledger_request *request, struct arena *arena,
    struct ledger_reply *reply, struct ledger_effect *effect)
{
	struct ledger_work work = { .ledger = ledger,
		.peer = peer,
		.request = request,
		.arena = arena,
		.reply = reply,
		.effect = effect,
		.now = clock_now(ledger->options.clock) };

	*reply =
	    (struct ledger_reply){ .result = LEDGER_OK, .tag = request->tag };
	*effect = (struct ledger_effect){ 0 };
	if (is_nonsense(request))
		ledger_refuse(&work, LEDGER_BAD, "what is asked has no sense");
	else
		do_verb(&work);
}

enum store_result
ledger_set(
    struct ledger *ledger, const char *key, const struct record_limits *limits)
{
	enum store_result result = STORE_CHANGED;

	for (int i = 0; i < LEDGER_ATTEMPTS && result == STORE_CHANGED; i++) {
		struct store_unit unit = { .account_count = 1 };

		(void)stpncpy(unit.accounts[0].key, key, RECORD_MAX_NAME);
		result = store_load(ledger->options.store, &unit);
		if (result != STORE_OK)
			break;
		unit.accounts[0].set = *limits;
		unit.accounts[0].exists = true;
		unit.save_account[0] = true;
		result = store_save(ledger->options.store, &unit);
	}
	return (result);
}
