/* Limits that several machines share: one question a request, and this
 * machine's share of the limit while nobody answers. */
#include "accounting_impl.h"

/* Refunds that go in one message. */
#define BATCH ((size_t)128)

static bool
is_distinct(const struct accounting_claim *claim)
{
	return (claim->rule.algorithm == COUNTER_DISTINCT);
}

/* What is counted even if it does not fit, and given back after if it must not
 * be: all-or-none is for those that can refuse and refund. */
static bool
is_forced(const struct accounting_claim *claim)
{
	const struct limit *limit = claim->limit;

	for (size_t i = 0; i < limit->step_count; i++)
		if (limit->steps[i].action == LIMIT_ALARM)
			return (true);
	return (is_distinct(claim) || limit->shadow || !limit->refunds);
}

/* Until there is an answer, what is asked counts as charged, so that a request
 * that is sent again meanwhile does not ask again. */
static void
mark(struct accounting_visit *visit)
{
	for (size_t i = 0; i < visit->count; i++) {
		const struct accounting_claim *claim = &visit->claims[i];
		struct charge charge = accounting_settle_charge(visit, claim);

		if (claim->had || claim->tried || is_distinct(claim))
			continue;
		charge.pending = true;
		(void)transaction_charge(visit->transaction, &charge);
	}
}

static void
unmark(struct accounting_visit *visit)
{
	for (size_t i = 0; i < visit->count; i++) {
		const struct accounting_claim *claim = &visit->claims[i];
		struct charge *charge;

		if (visit->transaction == NULL || claim->had)
			continue;
		charge = transaction_find(visit->transaction, claim->home->name,
		    claim->key, claim->recipient);
		if (charge != NULL && charge->pending)
			transaction_forget(visit->transaction, charge);
	}
}

static uint64_t
share(uint64_t all, uint64_t nodes)
{
	if (all == 0 || all == COUNTER_UNLIMITED || nodes < 2)
		return (all);
	return (all > nodes ? all / nodes : 1);
}

/* Nobody answers. */
static void
settle_share(struct accounting_visit *visit)
{
	struct accounting *accounting = visit->accounting;
	uint64_t nodes = shared_nodes(accounting->options.shared);

	if (!accounting->told_share)
		log_warning(accounting->options.log, "limits_not_shared",
		    LOG_TEXT("reason",
			"the server of shared limits does not answer; this "
			"machine enforces its share"),
		    LOG_NUMBER("nodes", nodes));
	accounting->told_share = true;
	for (size_t i = 0; i < visit->count; i++) {
		struct counter_rule *rule = &visit->claims[i].rule;

		/* The networks of a user are his on each machine: whoever
		 * divides them by machines takes him for a thief. */
		if (is_distinct(&visit->claims[i]))
			continue;
		rule->rate = share(rule->rate, nodes);
		rule->burst = share(rule->burst, nodes);
	}
	accounting_settle(visit);
}

static void
take_answer(struct accounting_claim *claim, const struct shared_charge *answer)
{
	claim->reading = answer->reading;
	claim->action = LIMIT_PASS;
	/* The others have counted this attempt already. */
	if (!answer->fits || is_distinct(claim))
		claim->action = limit_step_at(
		    claim->limit, claim->rule.rate, &claim->reading, 0);
}

/* Give back what was counted there and must not be. */
static void
take_back(struct accounting_visit *visit, bool all_fit)
{
	for (size_t i = 0; i < visit->count; i++) {
		const struct accounting_claim *claim = &visit->claims[i];
		struct charge charge = accounting_settle_charge(visit, claim);

		charge.shared = true;
		charge.attempted = claim->tried || claim->action > LIMIT_ALARM;
		if (!claim->had && !is_distinct(claim) &&
		    (is_forced(claim) || all_fit) &&
		    !accounting_settle_counts(visit, claim))
			accounting_shared_refund(
			    visit->accounting, &charge, 1, true, visit->now);
	}
}

/* While we asked, the transaction was aborted. */
static void
give_back_all(struct accounting_visit *visit)
{
	if (accounting_commits_at_rcpt(visit->accounting))
		return;
	for (size_t i = 0; i < visit->count; i++) {
		const struct accounting_claim *claim = &visit->claims[i];
		struct charge charge = accounting_settle_charge(visit, claim);

		charge.shared = true;
		if (!claim->had && !is_distinct(claim) &&
		    accounting_settle_counts(visit, claim))
			accounting_give_back(
			    visit->accounting, NULL, &charge, 1, visit->now);
	}
}

/* A limit that a reload has taken away, or started again, has nothing to count
 * in. */
static void
drop_homeless(struct accounting_visit *visit)
{
	size_t count = 0;

	for (size_t i = 0; i < visit->count; i++) {
		const struct accounting_claim *claim = &visit->claims[i];

		if (claim->home->table != NULL &&
		    claim->home->algorithm == claim->rule.algorithm)
			visit->claims[count++] = *claim;
	}
	visit->count = count;
}

static void
answered(void *cookie, bool available, const struct shared_charge *charges,
    size_t count)
{
	struct accounting_visit *visit = cookie;
	bool all_fit = true;

	visit->transaction =
	    transactions_find(visit->accounting->transactions, visit->instance);
	unmark(visit);
	if (!available) {
		drop_homeless(visit);
		settle_share(visit);
		return;
	}
	visit->accounting->told_share = false;
	for (size_t i = 0, next = 0; i < visit->count && next < count; i++) {
		struct accounting_claim *claim = &visit->claims[i];

		if (claim->had)
			continue;
		take_answer(claim, &charges[next]);
		all_fit &= is_forced(claim) || charges[next].fits;
		next++;
	}
	take_back(visit, all_fit);
	drop_homeless(visit);
	accounting_settle_see(visit);
	accounting_settle_count(visit, true);
	if (visit->transaction == NULL)
		give_back_all(visit);
	accounting_settle_tell(visit);
}

static size_t
make_questions(
    const struct accounting_visit *visit, struct shared_charge *questions)
{
	size_t count = 0;

	for (size_t i = 0; i < visit->count; i++) {
		const struct accounting_claim *claim = &visit->claims[i];

		if (claim->had)
			continue;
		questions[count++] = (struct shared_charge){
			.limit = claim->home->name,
			.key = claim->key,
			.amount =
			    is_distinct(claim) ? claim->value : claim->amount,
			.rule = claim->rule,
			.forced = is_forced(claim),
			.again = claim->tried,
		};
	}
	return (count);
}

void
accounting_shared_ask(struct accounting_visit *visit)
{
	struct shared *shared = visit->accounting->options.shared;
	struct shared_charge questions[LIMIT_MAX];
	size_t count = make_questions(visit, questions);

	if (count == 0) {
		accounting_settle(visit);
		return;
	}
	if (!shared_is_available(shared)) {
		settle_share(visit);
		return;
	}
	/* The request may be gone when the answer comes. */
	visit->instance =
	    arena_dup(visit->arena, transaction_instance(visit->transaction));
	mark(visit);
	shared_charge(shared, questions, count, visit->now, answered, visit);
}

void
accounting_shared_refund(struct accounting *accounting,
    const struct charge *charges, size_t count, bool all, int64_t now)
{
	struct shared *shared = accounting->options.shared;
	struct shared_charge refunds[BATCH];
	size_t waiting = 0;

	if (shared == NULL || !shared_is_available(shared))
		return;
	for (size_t i = 0; i < count; i++) {
		const struct charge *charge = &charges[i];

		if (!charge->shared || !accounting_is_counted(charge) ||
		    !(all || charge->refunds))
			continue;
		refunds[waiting++] =
		    (struct shared_charge){ .limit = charge->limit,
			    .key = charge->key,
			    .amount = charge->amount,
			    .rule = charge->rule,
			    .forced = true,
			    .again = charge->attempted,
			    .refund_of = charge->when };
		if (waiting == BATCH) {
			shared_charge(
			    shared, refunds, waiting, now, NULL, NULL);
			waiting = 0;
		}
	}
	if (waiting > 0)
		shared_charge(shared, refunds, waiting, now, NULL, NULL);
}
