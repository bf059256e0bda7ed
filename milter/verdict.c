#include "verdict.h"

#include "verdict_text.h"

/* What stands in the place of each answer that the DNS owes us. */
struct answers {
	enum spf_result helo;
	enum spf_result spf;
	enum dkim_result dkim;
	enum dmarc_result dmarc;
};

/* What a rule or the policy comes to. */
struct ruling {
	enum verdict_action action;
	enum verdict_cause cause;
	const struct rule *rule; /* that decided; or NULL */
	const struct dmarc_outcome *dmarc;
};

/* As things stand. */
static const struct answers missing = { SPF_TEMPERROR, SPF_TEMPERROR,
	DKIM_TEMPERROR, DMARC_TEMPERROR };

/* All that answers could be; what policy a failure meets is looked at where it
 * is known. */
static const enum spf_result spf_answers[] = { SPF_PASS, SPF_FAIL, SPF_SOFTFAIL,
	SPF_NEUTRAL, SPF_NONE, SPF_PERMERROR };
static const enum dkim_result dkim_answers[] = { DKIM_PASS, DKIM_FAIL };
static const enum dmarc_result dmarc_answers[] = { DMARC_PASS, DMARC_NONE,
	DMARC_FAIL };
#define SPF_ANSWERS (sizeof(spf_answers) / sizeof(spf_answers[0]))
#define DKIM_ANSWERS (sizeof(dkim_answers) / sizeof(dkim_answers[0]))
#define DMARC_ANSWERS (sizeof(dmarc_answers) / sizeof(dmarc_answers[0]))

static enum verdict_action
stricter(enum verdict_action one, enum verdict_action other)
{
	return (one > other ? one : other);
}

static enum dmarc_result
dmarc_with(const struct dmarc_outcome *dmarc, const struct answers *answers)
{
	if (dmarc->result != DMARC_TEMPERROR)
		return (dmarc->result);
	if (answers->dmarc == DMARC_FAIL && !dmarc->could_fail)
		return (DMARC_PASS);
	return (answers->dmarc);
}

static unsigned int
badness(enum dmarc_result result)
{
	switch (result) {
	case DMARC_PASS:
		return (0);
	case DMARC_NONE:
		return (1);
	case DMARC_PERMERROR:
		return (2);
	case DMARC_TEMPERROR:
		return (3);
	case DMARC_FAIL:
		return (4);
	}
	return (4);
}

/* Without any author's domain there is nothing that could pass. */
static enum dmarc_result
worst_dmarc(const struct verdict_facts *facts, const struct answers *answers)
{
	enum dmarc_result worst = DMARC_PASS;

	if (facts->dmarc_count == 0)
		return (DMARC_PERMERROR);
	for (size_t i = 0; i < facts->dmarc_count; i++) {
		enum dmarc_result result =
		    dmarc_with(&facts->dmarc[i], answers);

		if (badness(result) > badness(worst))
			worst = result;
	}
	return (worst);
}

static unsigned int
goodness(enum dkim_result result)
{
	switch (result) {
	case DKIM_PASS:
		return (6);
	case DKIM_TEMPERROR:
		return (5);
	case DKIM_POLICY:
		return (4);
	case DKIM_NEUTRAL:
		return (3);
	case DKIM_FAIL:
		return (2);
	case DKIM_PERMERROR:
		return (1);
	case DKIM_NONE:
		return (0);
	}
	return (0);
}

/* Store in ${out} what DKIM tells the rules. */
static void
add_dkim(const struct verdict_facts *facts, const struct answers *answers,
    struct arena *arena, struct rules_facts *out)
{
	size_t room = 0;

	for (size_t i = 0; i < facts->dkim_count; i++)
		if (facts->dkim[i].result == DKIM_PASS ||
		    facts->dkim[i].result == DKIM_TEMPERROR)
			room++;
	const char **signed_by = arena_array(arena, room, sizeof(*signed_by));

	for (size_t i = 0; i < facts->dkim_count; i++) {
		const struct dkim_verification *dkim = &facts->dkim[i];
		enum dkim_result result = dkim->result == DKIM_TEMPERROR
		                              ? answers->dkim
		                              : dkim->result;

		if (goodness(result) > goodness(out->dkim))
			out->dkim = result;
		if (result == DKIM_PASS && dkim->domain != NULL)
			signed_by[out->signed_by_count++] = dkim->domain;
	}
	out->signed_by = signed_by;
}

static enum spf_result
spf_with(const struct spf_outcome *spf, enum spf_result answer)
{
	if (spf == NULL)
		return (SPF_NONE);
	return (spf->result == SPF_TEMPERROR ? answer : spf->result);
}

static const struct rule *
find_rule(const struct verdict_facts *facts, const struct answers *answers,
    struct arena *arena, struct trace *trace)
{
	struct rules_facts about = {
		.client = facts->client,
		.from = facts->from,
		.recipients = facts->recipients,
		.recipient_count = facts->recipient_count,
		.helo = spf_with(facts->helo, answers->helo),
		.spf = spf_with(facts->spf, answers->spf),
		.mail_from = facts->spf == NULL ? NULL : facts->spf->domain,
		.dkim = DKIM_NONE,
		.dmarc = worst_dmarc(facts, answers),
	};

	if (facts->rule_count == 0)
		return (NULL);
	add_dkim(facts, answers, arena, &about);
	return (rules_find(facts->rules, facts->rule_count, &about, trace));
}

/* What the policy of the author's domain comes to when DMARC fails.  One that
 * the DNS did not tell could be any. */
static enum verdict_action
asked_for(
    const struct verdict_policy *policy, const struct dmarc_outcome *dmarc)
{
	if (dmarc->result == DMARC_TEMPERROR && !dmarc->policy_known)
		return (stricter(policy->reject, policy->quarantine));
	switch (dmarc->applied) {
	case DMARC_POLICY_NONE:
		return (VERDICT_NONE);
	case DMARC_POLICY_QUARANTINE:
		return (policy->quarantine);
	case DMARC_POLICY_REJECT:
		return (policy->reject);
	}
	return (policy->reject);
}

/* Of several From fields one may be unreadable, or name too many. */
static bool
has_unknown_author(const struct verdict_facts *facts)
{
	for (size_t i = 0; i < facts->dmarc_count; i++)
		if (facts->dmarc[i].author_domain == NULL)
			return (true);
	return (false);
}

static enum verdict_action
from_action(const struct verdict_facts *facts)
{
	const struct verdict_policy *policy = facts->policy;
	enum from_status status = facts->from->status;

	switch (status) {
	case FROM_OK:
		return (VERDICT_NONE);
	case FROM_NONE:
	case FROM_NO_MAILBOX:
	case FROM_MALFORMED:
		return (policy->no_from);
	case FROM_SEVERAL_FIELDS:
		return (
		    has_unknown_author(facts)
			? stricter(policy->several_from_fields, policy->no_from)
			: policy->several_from_fields);
	case FROM_TOO_MANY:
		return (policy->several_from_fields);
	case FROM_SEVERAL_DOMAINS:
		return (policy->several_from_domains);
	}
	return (policy->no_from);
}

/* The strictest of all authors' domains. */
static void
rule_by_dmarc(const struct verdict_facts *facts, const struct answers *answers,
    struct ruling *out)
{
	enum dmarc_result worst = DMARC_PASS;

	for (size_t i = 0; i < facts->dmarc_count; i++) {
		const struct dmarc_outcome *dmarc = &facts->dmarc[i];
		enum dmarc_result result = dmarc_with(dmarc, answers);
		enum verdict_action action =
		    result == DMARC_FAIL ? asked_for(facts->policy, dmarc)
					 : VERDICT_NONE;

		/* A From field without a domain has no policy to tell of. */
		if (dmarc->author_domain == NULL)
			continue;
		if (out->dmarc != NULL &&
		    (action < out->action ||
			(action == out->action &&
			    badness(result) <= badness(worst))))
			continue;
		*out = (struct ruling){ .action = action,
			.cause = VERDICT_FOR_DMARC,
			.dmarc = dmarc };
		worst = result;
	}
}

/* What happens to mail that was checked, if the DNS's missing answers were
 * ${answers}. */
static struct ruling
rule_with(const struct verdict_facts *facts, const struct answers *answers,
    struct arena *arena, struct trace *trace)
{
	struct ruling ruling = { .action = VERDICT_NONE };
	enum verdict_action least;

	if (facts->from == NULL)
		return (ruling);
	const struct rule *rule = find_rule(facts, answers, arena, trace);

	rule_by_dmarc(facts, answers, &ruling);
	if (rule != NULL && rule->action != RULE_AS_PUBLISHED) {
		ruling.action = (enum verdict_action)rule->action;
		ruling.cause = VERDICT_FOR_RULE;
		ruling.rule = rule;
		return (ruling);
	}
	least = from_action(facts);
	if (least > VERDICT_NONE && least >= ruling.action) {
		ruling.action = least;
		ruling.cause = VERDICT_FOR_FROM;
	}
	return (ruling);
}

static bool
has_missing(const struct verdict_facts *facts)
{
	if (spf_with(facts->helo, SPF_TEMPERROR) == SPF_TEMPERROR ||
	    spf_with(facts->spf, SPF_TEMPERROR) == SPF_TEMPERROR)
		return (true);
	for (size_t i = 0; i < facts->dkim_count; i++)
		if (facts->dkim[i].result == DKIM_TEMPERROR)
			return (true);
	for (size_t i = 0; i < facts->dmarc_count; i++)
		if (facts->dmarc[i].result == DMARC_TEMPERROR)
			return (true);
	return (false);
}

/* Whether ${rule} is for just the trouble that we have. */
static bool
names_trouble(const struct rule *rule)
{
	return (rule != NULL &&
		(((rule->helo | rule->spf) & 1U << SPF_TEMPERROR) != 0 ||
		    (rule->dkim & 1U << DKIM_TEMPERROR) != 0 ||
		    (rule->dmarc & 1U << DMARC_TEMPERROR) != 0));
}

/* What no answer of the DNS changes need not be looked at again and again: a
 * sender chooses how many recipients there are. */
static struct verdict_facts
without_fixed(const struct verdict_facts *facts, struct arena *arena)
{
	const struct rules_facts about = { .client = facts->client,
		.from = facts->from,
		.recipients = facts->recipients,
		.recipient_count = facts->recipient_count };
	struct verdict_facts out = *facts;

	out.rules = rules_reduce(
	    facts->rules, facts->rule_count, &about, arena, &out.rule_count);
	return (out);
}

/* Whether some answer that the DNS owes us would lead to another action than
 * that of ${ruling}: then nothing final is done to the message. */
static bool
could_change(const struct verdict_facts *facts, const struct ruling *ruling,
    struct arena *arena)
{
	if (!has_missing(facts) || names_trouble(ruling->rule))
		return (false);
	const struct verdict_facts about = without_fixed(facts, arena);

	for (size_t i = 0;
	     i < SPF_ANSWERS * SPF_ANSWERS * DKIM_ANSWERS * DMARC_ANSWERS;
	     i++) {
		size_t rest = i;
		struct answers answers;

		answers.helo = spf_answers[rest % SPF_ANSWERS];
		rest /= SPF_ANSWERS;
		answers.spf = spf_answers[rest % SPF_ANSWERS];
		rest /= SPF_ANSWERS;
		answers.dkim = dkim_answers[rest % DKIM_ANSWERS];
		answers.dmarc = dmarc_answers[rest / DKIM_ANSWERS];
		if (rule_with(&about, &answers, arena, NULL).action !=
		    ruling->action)
			return (true);
	}
	return (false);
}

/* Whether a rule for the results ${bits} was met by what is wrong with ${spf}.
 */
static bool
is_blamed(unsigned int bits, const struct spf_outcome *spf)
{
	return (spf != NULL && spf->domain != NULL && spf->result != SPF_NONE &&
		spf->result != SPF_PASS && (bits & 1U << spf->result) != 0);
}

/* Whose SPF a rule that is for SPF results was met by; or NULL. */
static const struct spf_outcome *
blamed_spf(const struct verdict_facts *facts, const struct rule *rule)
{
	if (rule == NULL)
		return (NULL);
	if (is_blamed(rule->spf, facts->spf))
		return (facts->spf);
	return (is_blamed(rule->helo, facts->helo) ? facts->helo : NULL);
}

/* Whether a rule that is for DKIM results was met by none that is pass. */
static bool
lacks_dkim(const struct verdict_facts *facts, const struct rule *rule)
{
	if (rule == NULL || rule->dkim == 0)
		return (false);
	for (size_t i = 0; i < facts->dkim_count; i++)
		if (facts->dkim[i].result == DKIM_PASS)
			return (false);
	return (true);
}

/* By rule or policy. */
static struct verdict
judge(const struct verdict_facts *facts, struct arena *arena)
{
	struct ruling ruling = rule_with(facts, &missing, arena, facts->trace);

	if (facts->from != NULL && facts->policy->dns_tempfail &&
	    could_change(facts, &ruling, arena)) {
		ruling.action = VERDICT_TEMPFAIL;
		ruling.cause = VERDICT_FOR_DNS;
		ruling.rule = NULL;
	}
	return ((struct verdict){
	    .would = ruling.action,
	    .cause = ruling.cause,
	    .rule = ruling.rule == NULL ? NULL : ruling.rule->name,
	    .spf = blamed_spf(facts, ruling.rule),
	    .no_dkim = lacks_dkim(facts, ruling.rule),
	    .dmarc = ruling.dmarc,
	});
}

static struct verdict
over_limit(const struct verdict_facts *facts)
{
	return ((struct verdict){
	    .would = facts->over_limit == VERDICT_OVER_LIMIT_REJECT
	                 ? VERDICT_REJECT
	                 : VERDICT_TEMPFAIL,
	    .cause = facts->limit == VERDICT_HEADER_BYTES
	                 ? VERDICT_FOR_HEADER_BYTES
	                 : VERDICT_FOR_HEADER_FIELDS,
	});
}

struct verdict
verdict_decide(const struct verdict_facts *facts, struct arena *arena)
{
	struct verdict verdict;
	bool enforced = true;

	/* In doubt defer: the sender tries again, and no mail is lost. */
	if (facts->trouble) {
		verdict = (struct verdict){ .would = VERDICT_TEMPFAIL,
			.cause = VERDICT_FOR_TROUBLE };
	} else if (facts->limit != VERDICT_WITHIN_LIMITS) {
		verdict = over_limit(facts);
	} else {
		verdict = facts->outgoing == NULL
		              ? judge(facts, arena)
		              : (struct verdict){ .would = VERDICT_REJECT,
					.cause = VERDICT_FOR_OUTGOING };
		enforced = facts->policy == NULL || facts->policy->enforce;
	}
	verdict.action = enforced ? verdict.would : VERDICT_NONE;
	verdict_text_add(&verdict, facts, arena);
	return (verdict);
}

const char *
verdict_action_name(enum verdict_action action)
{
	static const char *const names[] = {
		[VERDICT_NONE] = "none",
		[VERDICT_TAG] = "tag",
		[VERDICT_HOLD] = "hold",
		[VERDICT_REJECT] = "reject",
		[VERDICT_TEMPFAIL] = "tempfail",
	};

	return (names[action]);
}
