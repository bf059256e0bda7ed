/* Which limits a request meets, and what it claims of each. */
#include <string.h>

#include "accounting_impl.h"

/* The bit that is set in the hash of a recipient, and not in what stands for
 * recipients whom we only know the number of. */
#define RECIPIENT_BIT 4U

/* Values are told apart by this after a restart, too; nobody chooses his
 * network by its hash. */
static const struct hash_key value_key = { { 0x6d61696c72656576ULL,
    0x706f6c6963796431ULL } };

static bool
is_listed(const struct conf_list *list, struct span name)
{
	for (size_t i = 0; name.len > 0 && i < list->count; i++)
		if (span_is_nocase(name, list->items[i]))
			return (true);
	return (false);
}

/* What stands behind the last "@". */
static struct span
domain_of(struct span address)
{
	size_t at = address.len;

	while (at > 0 && address.data[at - 1] != '@')
		at--;
	return (at == 0 ? span_str(NULL) : span_tail(address, at));
}

bool
accounting_claims_spared(
    const struct accounting_rules *rules, const struct facts *facts)
{
	struct span login = facts_attribute(facts, REQUEST_SASL_USERNAME);

	for (size_t i = 0; i < rules->exempt_network_count; i++)
		if (network_contains(
			&rules->exempt_networks[i], &facts->request->client))
			return (true);
	return (rules->exempt_users.count > 0 &&
		(is_listed(&rules->exempt_users, login) ||
		    is_listed(&rules->exempt_users, domain_of(login))));
}

void
accounting_claims_who(struct accounting_visit *visit)
{
	struct facts *facts = visit->facts;
	bool is_webmail;

	visit->user = facts_attribute(facts, REQUEST_SASL_USERNAME);
	visit->has_login = visit->user.len > 0;
	/* Webmail that logs nobody in: we trust its network. */
	is_webmail = !visit->has_login && facts->outbound;
	if (is_webmail)
		visit->user = facts_get(facts, FACTS_SENDER_MAILBOX);
	if (visit->user.len > 0 &&
	    override_any(visit->rules->overrides, visit->accounting->overrides))
		visit->domain = facts_get(facts,
		    is_webmail ? FACTS_SENDER_DOMAIN : FACTS_SASL_DOMAIN);
}

static bool
is_of_direction(enum limit_direction direction, bool outbound)
{
	switch (direction) {
	case LIMIT_OUTBOUND:
		return (outbound);
	case LIMIT_INBOUND:
		return (!outbound);
	case LIMIT_BOTH:
		break;
	}
	return (true);
}

bool
accounting_claims_applies(
    struct accounting_visit *visit, const struct limit *limit, struct span *key)
{
	struct facts *facts = visit->facts;
	struct span context = facts_attribute(facts, REQUEST_POLICY_CONTEXT);

	return (is_of_direction(limit->direction, facts->outbound) &&
		(limit->contexts.count == 0 ||
		    is_listed(&limit->contexts, context)) &&
		key_expand(limit->key, facts, key));
}

static uint64_t
scale(uint64_t burst, uint64_t rate, uint64_t of)
{
	unsigned __int128 scaled = (unsigned __int128)burst * rate;

	if (of == 0 || of == COUNTER_UNLIMITED || rate == COUNTER_UNLIMITED)
		return (burst);
	scaled /= of;
	return (scaled == 0                 ? 1
		: scaled > COUNTER_MAX_RATE ? COUNTER_MAX_RATE
					    : (uint64_t)scaled);
}

struct counter_rule
accounting_claims_rule(struct accounting_visit *visit,
    const struct limit *limit, const char **source)
{
	struct counter_rule rule = limit->rule;
	uint64_t divisor = visit->rules->new_account_divisor;

	rule.rate =
	    override_rate(visit->rules->overrides, visit->accounting->overrides,
		limit, visit->user, visit->domain, source);
	if (visit->is_new && limit->new_accounts && divisor > 1 &&
	    rule.rate != COUNTER_UNLIMITED && rule.rate > 0 &&
	    strncmp(*source, "user", strlen("user")) != 0) {
		rule.rate = rule.rate > divisor ? rule.rate / divisor : 1;
		*source = "new account";
	}
	if (rule.burst != 0 && rule.rate != limit->rule.rate)
		rule.burst = scale(rule.burst, rule.rate, limit->rule.rate);
	return (rule);
}

/* What a distinct limit looks at; empty: not known. */
static struct span
value_of(struct accounting_visit *visit, enum limit_unit unit)
{
	switch (unit) {
	case LIMIT_CLIENT_NETWORKS:
		return (facts_get(visit->facts, FACTS_CLIENT_POOL));
	case LIMIT_COUNTRIES:
		/* A pool's hosts stand anywhere. */
		return (facts_pool(visit->facts) != NULL
			    ? span_str(NULL)
			    : facts_get(visit->facts, FACTS_COUNTRY));
	case LIMIT_MESSAGES:
	case LIMIT_RECIPIENTS:
	case LIMIT_BYTES:
	case LIMIT_FIRST_RECIPIENTS:
		break;
	}
	return (span_str(NULL));
}

/* How much is charged so far under the key of ${claim}; or is held. */
static uint64_t
charged(const struct accounting_visit *visit,
    const struct accounting_claim *claim, bool held)
{
	if (visit->transaction == NULL)
		return (0);
	return (transaction_sum(
	    visit->transaction, claim->home->name, claim->key, held));
}

static void
release(struct accounting_visit *visit, const struct accounting_claim *claim,
    uint64_t amount)
{
	transaction_release(visit->transaction, claim->home->name, claim->key,
	    amount, accounting_correct, visit->accounting, visit->now);
}

/* A charge of its own, whatever was charged before. */
static uint64_t
next_rest(struct accounting_visit *visit)
{
	return (++visit->accounting->rests << 3 | 1);
}

/* Postfix says how many recipients it took: less than we let pass when another
 * restriction refused some, more when others let some pass before us, or when
 * what we knew was refunded. */
static bool
claim_rest(struct accounting_visit *visit, struct accounting_claim *claim)
{
	uint64_t taken = visit->facts->request->recipient_count;
	uint64_t counted = charged(visit, claim, false);
	uint64_t known = counted + charged(visit, claim, true);

	if (taken == 0)
		return (false);
	if (taken < counted && claim->limit->refunds)
		release(visit, claim, counted - taken);
	if (taken <= known)
		return (false);
	claim->amount = taken - known;
	claim->recipient = next_rest(visit);
	return (true);
}

static bool
claim_recipients(struct accounting_visit *visit, struct accounting_claim *claim)
{
	if (visit->state != REQUEST_STATE_RCPT &&
	    !key_uses_recipient(claim->limit->key))
		return (claim_rest(visit, claim));
	/* DATA and END-OF-MESSAGE name a single recipient only. */
	claim->amount = 1;
	claim->recipient = visit->recipient;
	return (visit->recipient != 0);
}

/* The size that a client declares is a promise; what came is known at
 * END-OF-MESSAGE. */
static bool
claim_bytes(struct accounting_visit *visit, struct accounting_claim *claim)
{
	uint64_t size = visit->facts->request->size;
	uint64_t counted;

	claim->amount = size;
	if (visit->state != REQUEST_STATE_END_OF_MESSAGE)
		return (size > 0);
	counted = charged(visit, claim, false);
	if (size < counted)
		release(visit, claim, counted - size);
	if (size <= counted)
		return (false);
	claim->amount = size - counted;
	claim->recipient = counted > 0 ? next_rest(visit) : 0;
	return (true);
}

/* Store in ${claim} how much is claimed.  Return false when nothing is. */
static bool
claim_amount(struct accounting_visit *visit, struct accounting_claim *claim)
{
	struct span value;

	switch (claim->limit->unit) {
	case LIMIT_MESSAGES:
		claim->amount = 1;
		return (true);
	case LIMIT_RECIPIENTS:
		return (claim_recipients(visit, claim));
	case LIMIT_BYTES:
		return (claim_bytes(visit, claim));
	case LIMIT_CLIENT_NETWORKS:
	case LIMIT_COUNTRIES:
		value = value_of(visit, claim->limit->unit);
		claim->value = hash_digest(&value_key, value);
		return (visit->facts->outbound && value.len > 0);
	case LIMIT_FIRST_RECIPIENTS:
		claim->amount = 1;
		claim->recipient = visit->recipient;
		return (visit->first_recipient);
	}
	return (false);
}

static bool
make_claim(struct accounting_visit *visit, const struct limit *limit,
    struct accounting_home *home, struct accounting_claim *claim)
{
	const struct charge *before;

	if (home == NULL || home->table == NULL ||
	    home->algorithm != limit->rule.algorithm ||
	    !accounting_claims_applies(visit, limit, &claim->key))
		return (false);
	claim->limit = limit;
	claim->home = home;
	claim->recipient = 0;
	if (!claim_amount(visit, claim))
		return (false);
	claim->rule = accounting_claims_rule(visit, limit, &claim->source);
	before = limit->rule.algorithm == COUNTER_DISTINCT ||
	                 visit->transaction == NULL
	             ? NULL
	             : transaction_find(visit->transaction, home->name,
			   claim->key, claim->recipient);
	claim->had = before != NULL && !before->refused;
	claim->tried = before != NULL && before->refused;
	return (true);
}

uint64_t
accounting_claims_recipient(
    const struct accounting *accounting, struct span recipient)
{
	return (hash_digest(&accounting->hash_key, recipient) | RECIPIENT_BIT);
}

/* Whether any limit wants to know whom users never wrote to. */
static bool
counts_first_recipients(const struct accounting_rules *rules)
{
	for (size_t i = 0; i < rules->limit_count; i++)
		if (rules->limits[i].unit == LIMIT_FIRST_RECIPIENTS)
			return (true);
	return (false);
}

/* Whom the request is for, and whether he is new to the user. */
static void
look_at_recipient(struct accounting_visit *visit)
{
	const struct accounting_options *options = &visit->accounting->options;
	struct span recipient =
	    facts_attribute(visit->facts, REQUEST_RECIPIENT);

	if (recipient.len == 0)
		return;
	visit->recipient =
	    accounting_claims_recipient(visit->accounting, recipient);
	visit->first_recipient =
	    visit->facts->outbound && options->known != NULL &&
	    visit->user.len > 0 && counts_first_recipients(visit->rules) &&
	    !options->known(
		options->known_cookie, visit->user, recipient, visit->now);
}

static void
look_at_account(struct accounting_visit *visit)
{
	struct accounting *accounting = visit->accounting;

	if (!visit->has_login)
		return;
	visit->is_new = visit->transaction == NULL
	                    ? accounting_account_is_new(accounting,
				  visit->rules, visit->user, visit->now)
	                    : accounting_account_touch(accounting, visit->rules,
				  visit->user, visit->now);
}

void
accounting_claims_make(struct accounting_visit *visit)
{
	const struct accounting_rules *rules = visit->rules;
	struct accounting_home *const *homes =
	    accounting_homes(visit->accounting, rules);

	accounting_claims_who(visit);
	look_at_account(visit);
	look_at_recipient(visit);
	visit->claims = arena_array(
	    visit->arena, rules->limit_count, sizeof(*visit->claims));
	for (size_t i = 0; i < rules->limit_count; i++)
		if (make_claim(visit, &rules->limits[i], homes[i],
			&visit->claims[visit->count]))
			visit->count++;
}
