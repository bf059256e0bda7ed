/* A request from its arrival to the point where others must be asked. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine_impl.h"
#include "reply.h"

#define HOUR_MS ((int64_t)3600 * 1000)

const struct config *
engine_rules(const struct visit *visit)
{
	return (visit->config != NULL ? visit->config : visit->engine->config);
}

static bool
is_trusted(const struct config *config, const struct network_address *client)
{
	for (size_t i = 0; i < config->trusted_network_count; i++)
		if (network_contains(&config->trusted_networks[i], client))
			return (true);
	return (false);
}

struct visit *
engine_begin(struct engine *engine, uint64_t connection,
    const struct request *request, int64_t now)
{
	struct arena *arena = arena_new();
	struct visit *visit = arena_alloc(arena, sizeof(*visit));

	visit->engine = engine;
	visit->arena = arena;
	visit->connection = connection;
	visit->quota.result = QUOTA_UNKNOWN;
	visit->request = *request;
	visit->started_us = clock_monotonic_us();
	facts_init(&visit->facts, &visit->request, &engine->config->facts_rules,
	    arena);
	visit->facts.now = now;
	visit->facts.outbound =
	    request->attributes[REQUEST_SASL_USERNAME].len > 0 ||
	    is_trusted(engine->config, &request->client);
	visit->known.state = request->state;
	visit->known.outbound = visit->facts.outbound;
	list_add_last(&engine->visits, &visit->link);
	engine->in_hand++;
	return (visit);
}

void
engine_leave(struct visit *visit)
{
	list_take(&visit->link);
	visit->engine->in_hand--;
	config_free(visit->config);
	arena_free(visit->quota.arena);
	arena_free(visit->arena);
}

void
engine_keep(struct visit *visit)
{
	if (visit->config != NULL)
		return;
	visit->config = config_ref(visit->engine->config);
	visit->request = *request_copy(visit->arena, &visit->request);
	/* What was derived may point into what was copied. */
	memset(visit->facts.known, 0, sizeof(visit->facts.known));
	visit->facts.rules = &visit->config->facts_rules;
}

struct transaction *
engine_transaction(struct visit *visit)
{
	if (visit->trace != NULL)
		return (NULL);
	return (transactions_follow(
	    accounting_transactions(visit->engine->accounting),
	    visit->connection, visit->request.attributes[REQUEST_INSTANCE],
	    visit->facts.now));
}

/* The same request again is answered as before, and counts nothing: Postfix
 * asks again when it saw no answer (over another connection), and for each
 * restriction list.  One header is enough then. */
static bool
answer_again(struct visit *visit, const struct transaction *transaction)
{
	static const char prepend[] = "action=PREPEND";
	static const char dunno[] = "action=DUNNO\n\n";
	struct span reply;

	switch (transaction_repeat(
	    transaction, visit->connection, &visit->request, &reply)) {
	case TRANSACTION_NEW:
		return (false);
	case TRANSACTION_RESENT:
		break;
	case TRANSACTION_AGAIN:
		if (span_starts(reply, prepend))
			reply = span_str(dunno);
		break;
	}
	meter_repeated(visit->engine->meter);
	visit->reply(visit->cookie, reply);
	engine_leave(visit);
	return (true);
}

void
engine_look_at_lists(struct visit *visit)
{
	struct engine *engine = visit->engine;
	struct span login = visit->request.attributes[REQUEST_SASL_USERNAME];

	visit->known.locked =
	    login.len > 0 && watch_is_locked(engine->watch, login);
	if (table_count(engine->listed) == 0)
		return;
	/* A lock is for a name, whatever network or sender comes with it. */
	visit->known.allowed = !visit->known.locked &&
	                       engine_is_listed(engine, "allow", &visit->facts);
	visit->known.blocked = !visit->known.allowed &&
	                       engine_is_listed(engine, "block", &visit->facts);
}

void
engine_ask(struct engine *engine, uint64_t connection,
    const struct request *request, int64_t now, engine_reply *reply,
    void *cookie)
{
	struct visit *visit = engine_begin(engine, connection, request, now);
	struct transaction *transaction = engine_transaction(visit);

	visit->reply = reply;
	visit->cookie = cookie;
	if (transaction != NULL && answer_again(visit, transaction))
		return;
	engine_look_at_lists(visit);
	/* Shared counters answer later. */
	if (engine->shared != NULL)
		engine_keep(visit);
	if (visit->known.allowed || visit->known.blocked)
		engine_finish(visit);
	else
		accounting_ask(engine->accounting, &engine->config->accounting,
		    &visit->facts, transaction, NULL, engine_limited, visit);
}

/* The account itself, apart from limits. */
static void
look_at_account(struct visit *visit)
{
	const struct request *request = &visit->request;
	struct span login = request->attributes[REQUEST_SASL_USERNAME];

	if (login.len == 0 || request->state != REQUEST_STATE_RCPT ||
	    engine_rules(visit)->watch_rules.jump_factor == 0)
		return;
	watch_sent(visit->engine->watch, &engine_rules(visit)->watch_rules,
	    login, 1, visit->facts.now, &visit->watch);
	visit->known.watch = &visit->watch;
}

/* Whether anything is left to ask when the limits say ${action}. */
static bool
is_settled(const struct visit *visit, enum limit_action action)
{
	switch (action) {
	case LIMIT_PASS:
	case LIMIT_ALARM:
		break;
	case LIMIT_DEFER:
	case LIMIT_HOLD:
	case LIMIT_LOCK:
	case LIMIT_REJECT:
		return (true);
	}
	return (
	    visit->known.locked || visit->request.state != REQUEST_STATE_RCPT);
}

void
engine_limited(void *cookie, const struct accounting_outcome *outcome)
{
	struct visit *visit = cookie;

	visit->limits = *outcome;
	visit->known.limits = &visit->limits;
	if (!is_settled(visit, outcome->action)) {
		look_at_account(visit);
		if (engine_look_up(visit))
			return;
		engine_weigh(visit);
	}
	engine_finish(visit);
}

/* The admin is told once each time; a lock is more than words. */
static void
raise_alarm(struct visit *visit, const char *what, enum limit_action action,
    const char *detail, int64_t window_ms)
{
	struct watch *watch = visit->engine->watch;
	struct span login = visit->request.attributes[REQUEST_SASL_USERNAME];
	int64_t now = visit->facts.now;

	(void)watch_tell(watch, login, what, action, detail, window_ms, now);
	if (action == LIMIT_LOCK)
		(void)watch_lock(
		    watch, &engine_rules(visit)->watch_rules, login, what, now);
}

static void
tell_of_limits(struct visit *visit)
{
	const struct accounting_outcome *limits = visit->known.limits;

	for (size_t i = 0; limits != NULL && i < limits->count; i++) {
		const struct accounting_finding *finding = &limits->findings[i];

		/* Who is deferred comes again by himself. */
		if (finding->shadow || finding->action == LIMIT_DEFER)
			continue;
		raise_alarm(visit, finding->limit->name, finding->action,
		    arena_printf(visit->arena,
			"past the limit %s: %" PRIu64 " in use, %" PRIu64
			" tried, %" PRIu64 " allowed",
			finding->limit->name, finding->reading.used,
			finding->reading.tried, finding->rate),
		    finding->limit->rule.period_ms);
	}
}

/* Tell the admin of what a limit or the account's own history says. */
static void
tell(struct visit *visit)
{
	const struct config *config = engine_rules(visit);
	const struct watch_finding *watch = visit->known.watch;

	if (visit->request.attributes[REQUEST_SASL_USERNAME].len == 0 ||
	    config->policy.shadow)
		return;
	tell_of_limits(visit);
	if (watch != NULL && watch->action != LIMIT_PASS &&
	    !config->policy.watch_shadow)
		raise_alarm(visit, watch->reason, watch->action,
		    arena_printf(visit->arena, "%s: %" PRIu64, watch->reason,
			watch->figure),
		    HOUR_MS);
}

static bool
is_refused(const struct decision *decision)
{
	switch (decision->action) {
	case DECIDE_DEFER:
	case DECIDE_DEFER_IF_PERMIT:
	case DECIDE_REJECT:
		return (true);
	case DECIDE_DUNNO:
	case DECIDE_PREPEND:
	case DECIDE_HOLD:
		break;
	}
	return (false);
}

/* What a recipient who was let pass, or not, teaches. */
static void
learn_recipient(struct visit *visit, struct transaction *transaction,
    const struct decision *decision)
{
	struct engine *engine = visit->engine;
	struct facts *facts = &visit->facts;
	struct span recipient = visit->request.attributes[REQUEST_RECIPIENT];
	struct transaction_note *note =
	    transaction == NULL ? NULL : transaction_note(transaction);
	struct span login = visit->request.attributes[REQUEST_SASL_USERNAME];

	if (is_refused(decision)) {
		if (decision->reason != DECIDE_LIMIT && transaction != NULL)
			accounting_refused(engine->accounting, transaction,
			    recipient, facts->now);
		if (decision->reason == DECIDE_SCORE)
			reputation_learn(engine->reputation,
			    facts_get(facts, FACTS_CLIENT_NET), span_str(NULL),
			    REPUTATION_SPAM, facts->now);
		return;
	}
	if (note != NULL) {
		transaction_passed(transaction, recipient);
		note->score_told |= decision->action == DECIDE_PREPEND;
	}
	if (facts->outbound && engine_rules(visit)->learns_known)
		known_add(engine->known,
		    login.len > 0 ? login
				  : visit->request.attributes[REQUEST_SENDER],
		    recipient, facts->now);
}

static void
learn_of(struct visit *visit, struct span domain, enum reputation_event event,
    uint64_t times)
{
	for (uint64_t i = 0; i < times; i++)
		reputation_learn(visit->engine->reputation,
		    facts_get(&visit->facts, FACTS_CLIENT_NET), domain, event,
		    visit->facts.now);
}

/* DATA tells how many of those that we let pass Postfix took; the others are
 * nobody, as a rule. */
static void
learn_message(struct visit *visit, const struct transaction_note *note)
{
	const struct request *request = &visit->request;
	struct span domain = note->spf == SPF_PASS
	                         ? facts_get(&visit->facts, FACTS_SENDER_ORG)
	                         : span_str(NULL);
	uint64_t passed = note->passed;

	if (visit->facts.outbound || !note->scored)
		return;
	if (request->state == REQUEST_STATE_DATA && passed > 0) {
		uint64_t taken = request->recipient_count < passed
		                     ? request->recipient_count
		                     : passed;

		learn_of(
		    visit, span_str(NULL), REPUTATION_KNOWN_RECIPIENT, taken);
		learn_of(visit, span_str(NULL), REPUTATION_UNKNOWN_RECIPIENT,
		    passed - taken);
	}
	if (request->state == REQUEST_STATE_END_OF_MESSAGE && note->groups == 0)
		learn_of(visit, domain, REPUTATION_ACCEPTED, 1);
}

static void
learn(struct visit *visit, const struct decision *decision)
{
	struct transaction *transaction = engine_transaction(visit);

	tell(visit);
	if (visit->request.state == REQUEST_STATE_RCPT)
		learn_recipient(visit, transaction, decision);
	else if (transaction != NULL)
		learn_message(visit, transaction_note(transaction));
}

static void
explain_end(struct visit *visit, struct span reply)
{
	visit->explained(visit->cookie, visit->trace, reply);
	engine_leave(visit);
}

/* While this request waited, Postfix may have asked again over another
 * connection, and have been answered. */
static bool
answered_meanwhile(struct visit *visit)
{
	const struct transaction *transaction;

	if (visit->config == NULL || visit->trace != NULL)
		return (false);
	transaction = engine_transaction(visit);
	return (transaction != NULL && answer_again(visit, transaction));
}

void
engine_finish(struct visit *visit)
{
	if (answered_meanwhile(visit))
		return;
	struct engine *engine = visit->engine;
	const struct config *config = engine_rules(visit);
	struct decision decision;

	decide(&config->policy, &visit->known, config->settings.contact,
	    visit->arena, &decision);
	struct span reply = reply_print(visit->arena, &decision);

	if (visit->trace != NULL) {
		explain_end(visit, reply);
		return;
	}
	learn(visit, &decision);
	struct transaction *transaction = engine_transaction(visit);
	int64_t us = clock_monotonic_us() - visit->started_us;

	if (transaction != NULL)
		transaction_answered(
		    transaction, visit->connection, &visit->request, reply);
	engine_log(visit, &decision, us);
	if (visit->known.trouble != DECIDE_NO_TROUBLE)
		meter_trouble(engine->meter, visit->known.trouble);
	meter_decided(engine->meter, visit->request.state, &decision, us);
	visit->reply(visit->cookie, reply);
	engine_leave(visit);
}
