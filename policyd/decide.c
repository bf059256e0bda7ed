#include "decide.h"

#include <inttypes.h>

/* One thing that could be done, and what for. */
struct candidate {
	enum decide_action action;
	enum decide_reason reason;
	const char *code;
	const char *text;
	const char *rule;
	bool shadow;
};

struct weighing {
	const struct decide_policy *policy;
	const char *contact;
	struct arena *arena;
	struct decision *out;
};

/* Stores what is to be done for one reason; false: nothing. */
typedef bool judge(const struct weighing *weighing,
    const struct decide_facts *facts, struct candidate *out);

static enum decide_action
action_of(enum limit_action action)
{
	switch (action) {
	case LIMIT_PASS:
	case LIMIT_ALARM:
		break;
	case LIMIT_DEFER:
		return (DECIDE_DEFER);
	case LIMIT_HOLD:
	case LIMIT_LOCK:
		return (DECIDE_HOLD);
	case LIMIT_REJECT:
		return (DECIDE_REJECT);
	}
	return (DECIDE_DUNNO);
}

static const char *
code_of(enum decide_action action)
{
	switch (action) {
	case DECIDE_DEFER:
	case DECIDE_DEFER_IF_PERMIT:
		return ("4.7.1");
	case DECIDE_REJECT:
		return ("5.7.1");
	case DECIDE_DUNNO:
	case DECIDE_PREPEND:
	case DECIDE_HOLD:
		break;
	}
	return (NULL);
}

/* "12 minutes", never less than what is meant. */
static const char *
print_time(struct arena *arena, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = {
		{ (int64_t)86400 * 1000, "days" },
		{ (int64_t)3600 * 1000, "hours" },
		{ (int64_t)60 * 1000, "minutes" },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (ms > 2 * units[i].ms)
			return (arena_printf(arena, "%" PRId64 " %s",
			    (ms + units[i].ms - 1) / units[i].ms,
			    units[i].name));
	return (arena_printf(arena, "%" PRId64 " seconds", (ms + 999) / 1000));
}

static const char *
limit_text(struct arena *arena, const struct accounting_finding *finding)
{
	const struct limit *limit = finding->limit;

	if (limit->text != NULL)
		return (limit->text);
	return (arena_printf(arena,
	    "too much mail: no more than %" PRIu64 " %s in %s (limit %s); come "
	    "again in %s",
	    finding->rate, limit_unit_name(limit->unit),
	    print_time(arena, limit->rule.period_ms), limit->name,
	    print_time(arena, finding->reading.retry_ms)));
}

static void
from_finding(const struct accounting_finding *finding, struct arena *arena,
    struct candidate *out)
{
	out->action = action_of(finding->action);
	out->reason = DECIDE_LIMIT;
	out->code = code_of(out->action);
	out->rule = finding->limit->name;
	out->text = out->code == NULL ? NULL : limit_text(arena, finding);
	out->shadow = finding->shadow;
}

/* A contact belongs to what a stranger reads, not to what a user does. */
static const char *
add_contact(
    struct arena *arena, const struct candidate *candidate, const char *contact)
{
	bool for_strangers = candidate->reason == DECIDE_BLOCKED ||
	                     candidate->reason == DECIDE_GREYLIST;

	if (candidate->text == NULL || contact == NULL || !for_strangers)
		return (candidate->text);
	return (arena_printf(arena, "%s; see %s", candidate->text, contact));
}

/* Take ${candidate}, unless it is but a shadow.  Return whether it decides. */
static bool
take(const struct weighing *weighing, const struct candidate *candidate)
{
	struct decision *out = weighing->out;

	if (candidate->shadow || weighing->policy->shadow) {
		if (out->shadow_action == DECIDE_DUNNO) {
			out->shadow_action = candidate->action;
			out->shadow_rule = candidate->rule;
		}
		return (false);
	}
	out->action = candidate->action;
	out->reason = candidate->reason;
	out->code = candidate->code;
	out->text = add_contact(weighing->arena, candidate, weighing->contact);
	out->rule = candidate->rule;
	return (true);
}

static bool
by_listing(const struct weighing *weighing, const struct decide_facts *facts,
    struct candidate *out)
{
	(void)weighing;
	if (!facts->blocked)
		return (false);
	*out = (struct candidate){ .action = DECIDE_REJECT,
		.reason = DECIDE_BLOCKED,
		.code = "5.7.1",
		.text = "blocked here",
		.rule = "block" };
	return (true);
}

static bool
by_lock(const struct weighing *weighing, const struct decide_facts *facts,
    struct candidate *out)
{
	(void)weighing;
	if (!facts->locked)
		return (false);
	*out = (struct candidate){
		.action = DECIDE_HOLD, .reason = DECIDE_LOCKED, .rule = "lock"
	};
	return (true);
}

static bool
by_watch(const struct weighing *weighing, const struct decide_facts *facts,
    struct candidate *out)
{
	const struct watch_finding *watch = facts->watch;

	if (watch == NULL || action_of(watch->action) == DECIDE_DUNNO)
		return (false);
	*out = (struct candidate){ .action = action_of(watch->action),
		.reason = DECIDE_ODD,
		.rule = watch->reason,
		.shadow = weighing->policy->watch_shadow };
	out->code = code_of(out->action);
	out->text = out->code == NULL
	                ? NULL
	                : "this account sends more than it ever did; ask "
	                  "your postmaster";
	return (true);
}

static bool
by_trouble(const struct weighing *weighing, const struct decide_facts *facts,
    struct candidate *out)
{
	if (facts->trouble == DECIDE_NO_TROUBLE ||
	    !weighing->policy->trouble_defers)
		return (false);
	*out = (struct candidate){ .action = DECIDE_DEFER_IF_PERMIT,
		.reason = DECIDE_TROUBLE,
		.code = "4.3.0",
		.text = "temporary trouble here; come again soon",
		.rule = decide_trouble_name(facts->trouble) };
	return (true);
}

/* RFC 3463 3.3: X.2.2 is a full mailbox; RFC 5321 4.2.3 has 552 and 452 for
 * it. */
static bool
by_quota(const struct weighing *weighing, const struct decide_facts *facts,
    struct candidate *out)
{
	bool soft =
	    facts->quota == QUOTA_SOFT || weighing->policy->quota_defers;

	if (facts->quota != QUOTA_HARD && facts->quota != QUOTA_SOFT)
		return (false);
	*out =
	    (struct candidate){ .action = soft ? DECIDE_DEFER : DECIDE_REJECT,
		    .reason = DECIDE_QUOTA,
		    .code = soft ? "452 4.2.2" : "552 5.2.2",
		    .text = facts->quota_reason != NULL ? facts->quota_reason
		                                        : "the mailbox is full",
		    .rule = "quota",
		    .shadow = weighing->policy->quota_shadow };
	return (true);
}

static void
for_score(const struct weighing *weighing, const struct decide_facts *facts,
    enum decide_action action, struct candidate *out)
{
	*out = (struct candidate){ .action = action,
		.reason = DECIDE_SCORE,
		.code = code_of(action),
		.text = facts->score_reason,
		.rule = "score",
		.shadow = weighing->policy->score_shadow };
}

/* RFC 5321 4.1.4: a server MUST NOT refuse mail because HELO does not belong to
 * the client.  That is never asked; and all that HELO says is one group, which
 * alone refuses nobody unless reject_groups is 1. */
static bool
by_high_score(const struct weighing *weighing, const struct decide_facts *facts,
    struct candidate *out)
{
	const struct decide_policy *policy = weighing->policy;

	if (!facts->scored || policy->score_reject == 0 ||
	    facts->score < policy->score_reject ||
	    facts->score_groups < policy->reject_groups)
		return (false);
	for_score(weighing, facts, DECIDE_REJECT, out);
	return (true);
}

static bool
by_score(const struct weighing *weighing, const struct decide_facts *facts,
    struct candidate *out)
{
	const struct decide_policy *policy = weighing->policy;

	if (!facts->scored || facts->vouched || policy->score_defer == 0 ||
	    facts->score < policy->score_defer)
		return (false);
	for_score(weighing, facts, DECIDE_DEFER_IF_PERMIT, out);
	return (true);
}

static bool
by_greylist(const struct weighing *weighing, const struct decide_facts *facts,
    struct candidate *out)
{
	const struct greylist_answer *answer = facts->greylist;

	if (answer == NULL || (answer->result != GREYLIST_NEW &&
				  answer->result != GREYLIST_EARLY))
		return (false);
	*out = (struct candidate){ .action = DECIDE_DEFER_IF_PERMIT,
		.reason = DECIDE_GREYLIST,
		.code = "4.7.1",
		.text = arena_printf(weighing->arena,
		    "greylisted: we do not know you yet; come again in %s",
		    print_time(weighing->arena, answer->wait_ms)),
		.rule = "greylist",
		.shadow = weighing->policy->greylist_shadow };
	return (true);
}

bool
decide_wants_greylist(
    const struct decide_policy *policy, const struct decide_facts *facts)
{
	return (policy->greylist && facts->scored && !facts->vouched &&
		facts->score >= policy->score_greylist);
}

/* Shadows are taken first, so that they are known whatever else decides. */
static bool
by_limits(const struct weighing *weighing, const struct decide_facts *facts,
    struct candidate *out)
{
	const struct accounting_outcome *limits = facts->limits;

	if (limits == NULL)
		return (false);
	for (size_t i = 0; i < limits->count; i++) {
		from_finding(&limits->findings[i], weighing->arena, out);
		if (out->shadow && out->action != DECIDE_DUNNO)
			(void)take(weighing, out);
	}
	if (limits->strongest == NULL)
		return (false);
	from_finding(limits->strongest, weighing->arena, out);
	return (out->action != DECIDE_DUNNO);
}

/* Nothing is against it; the score goes with it.  access(5): a header cannot be
 * prepended once the message is there, at END-OF-MESSAGE. */
static void
let_pass(const struct weighing *weighing, const struct decide_facts *facts)
{
	if (facts->header == NULL || weighing->policy->shadow ||
	    facts->state != REQUEST_STATE_RCPT)
		return;
	weighing->out->action = DECIDE_PREPEND;
	weighing->out->text = facts->header;
}

void
decide(const struct decide_policy *policy, const struct decide_facts *facts,
    const char *contact, struct arena *arena, struct decision *out)
{
	/* What is certain goes before what is suspected, and what need not come
	 * again before what must. */
	static judge *const judges[] = { by_listing, by_lock, by_limits,
		by_watch, by_trouble, by_high_score, by_quota, by_score,
		by_greylist };
	const struct weighing weighing = { policy, contact, arena, out };
	struct candidate candidate = { .shadow = false };
	bool decided = facts->allowed;

	*out = (struct decision){ .action = DECIDE_DUNNO };
	if (facts->allowed) {
		out->reason = DECIDE_ALLOWED;
		out->rule = "allow";
	}
	for (size_t i = 0; i < sizeof(judges) / sizeof(judges[0]) && !decided;
	     i++)
		decided = judges[i](&weighing, facts, &candidate) &&
		          take(&weighing, &candidate);
	if (out->action == DECIDE_DUNNO)
		let_pass(&weighing, facts);
}

const char *
decide_action_name(enum decide_action action)
{
	static const char *const names[] = {
		[DECIDE_DUNNO] = "dunno",
		[DECIDE_PREPEND] = "prepend",
		[DECIDE_DEFER_IF_PERMIT] = "defer_if_permit",
		[DECIDE_DEFER] = "defer",
		[DECIDE_HOLD] = "hold",
		[DECIDE_REJECT] = "reject",
	};

	return (names[action]);
}

const char *
decide_reason_name(enum decide_reason reason)
{
	static const char *const names[] = {
		[DECIDE_NOTHING] = "nothing",
		[DECIDE_ALLOWED] = "allowed",
		[DECIDE_BLOCKED] = "blocked",
		[DECIDE_LOCKED] = "locked",
		[DECIDE_LIMIT] = "limit",
		[DECIDE_ODD] = "odd",
		[DECIDE_SCORE] = "score",
		[DECIDE_GREYLIST] = "greylist",
		[DECIDE_QUOTA] = "quota",
		[DECIDE_TROUBLE] = "trouble",
	};

	return (names[reason]);
}

const char *
decide_trouble_name(enum decide_trouble trouble)
{
	static const char *const names[] = {
		[DECIDE_NO_TROUBLE] = "none",
		[DECIDE_BUSY] = "busy",
		[DECIDE_NO_QUOTA] = "no_quota",
		[DECIDE_STOPPING] = "stopping",
	};

	return (names[trouble]);
}
