/* What must be asked of others, by a worker; and what it weighs. */
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "engine_impl.h"
#include "passlist.h"

/* Time runs from when Postfix asked, not from when a worker comes to it:
 * Postfix gives up after a while and asks again, which makes a long queue
 * longer. */
static int64_t
deadline_of(const struct visit *visit, int64_t timeout_ms)
{
	return (visit->started_us / 1000 + timeout_ms);
}

/* In a worker's thread: the arena is its own until it is done. */
static void
run_lookup(void *job)
{
	struct visit *visit = job;
	const struct config *config = visit->config;
	struct lookup_options options = {
		.dns = visit->engine->dns,
		.lists = config->lists,
		.list_count = config->list_count,
		.health = visit->engine->health,
		.own_names = config->own_names,
		.ask_spf = true,
		.ask_helo = true,
		.receiver = config->own_names[0],
		.now = visit->facts.now / 1000,
		.deadline = deadline_of(visit, config->settings.lookup_timeout),
	};

	visit->too_late = clock_monotonic_ms() >= options.deadline;
	if (visit->too_late)
		return;
	lookup_run(&options, &visit->request, visit->arena, visit->trace,
	    &visit->findings);
	visit->looked_up = true;
}

/* In another one, with an arena of its own. */
static void
run_quota(void *job)
{
	struct visit_quota *quota = job;
	struct visit *visit = quota->visit;

	quota->result = quota_ask_mapped(visit->engine->quota,
	    visit->engine->quota_map,
	    visit->request.attributes[REQUEST_RECIPIENT], visit->request.size,
	    deadline_of(visit, visit->config->settings.quota_timeout),
	    quota->arena, &quota->reason);
}

static char *
copy(const char *text)
{
	size_t size = strlen(text) + sizeof(char);

	return (memcpy(arena_impl_malloc(size), text, size));
}

/* Points of what a worker found, kept for the other recipients. */
static void
score(struct visit *visit, struct transaction_note *note, bool null_several)
{
	struct engine *engine = visit->engine;
	const struct config *config = engine_rules(visit);
	struct facts *facts = &visit->facts;
	struct span network = facts_get(facts, FACTS_CLIENT_NET);
	bool authenticated = visit->findings.spf.result == SPF_PASS;
	struct score_memory memory = {
		.network_reputation =
		    reputation_network(engine->reputation, network, facts->now),
		.domain_reputation =
		    !authenticated
			? 0
			: reputation_domain(engine->reputation,
			      facts_get(facts, FACTS_SENDER_ORG), facts->now),
		.unknown_recipients = reputation_guesses_recipients(
		    engine->reputation, network, facts->now),
		.null_several = null_several,
	};
	struct score sum;

	score_sum(&config->weights, &visit->findings, &memory, visit->arena,
	    visit->trace, &sum);
	free(note->header);
	free(note->reason);
	note->scored = true;
	note->score = sum.points;
	note->groups = sum.groups;
	note->trusted = sum.vouched;
	note->spf = (int)visit->findings.spf.result;
	note->header = copy(score_header(
	    &sum, sum.points >= config->policy.score_junk, visit->arena));
	note->reason =
	    copy(score_reason(&sum, config->settings.contact, visit->arena));
}

/* Why nobody here minds this client.  A sender's name is worth something only
 * when SPF does not say that it is stolen. */
static const char *
voucher(struct visit *visit, const struct transaction_note *note)
{
	struct known *known = visit->engine->known;
	const struct request *request = &visit->request;
	struct span sender = request->attributes[REQUEST_SENDER];
	const char *line =
	    passlist_match(engine_rules(visit)->passlist, request);

	if (line != NULL)
		return (line);
	if (sender.len == 0 || note->spf == SPF_FAIL)
		return (NULL);
	if (known_wrote(known, request->attributes[REQUEST_RECIPIENT], sender,
		visit->facts.now))
		return ("the recipient wrote to this sender");
	if (known_wrote(known, span_str(NULL), sender, visit->facts.now))
		return ("somebody here wrote to this sender");
	return (NULL);
}

void
engine_lost(void *cookie, struct span key)
{
	struct engine *engine = cookie;
	struct span domain;
	struct span network;

	greylist_key_client(key, &domain, &network);
	if (engine->reputation != NULL)
		reputation_learn(engine->reputation, network, domain,
		    REPUTATION_NEVER_RETRIED, engine->now);
}

static void
ask_greylist(struct visit *visit, const struct transaction_note *note)
{
	struct engine *engine = visit->engine;
	struct facts *facts = &visit->facts;
	const struct greylist_rules *rules =
	    &engine_rules(visit)->greylist_rules;
	struct span domain = note->spf == SPF_PASS
	                         ? facts_get(facts, FACTS_SENDER_ORG)
	                         : span_str(NULL);
	struct span network = facts_get(facts, FACTS_CLIENT_NET);
	struct span key = greylist_key(visit->arena, domain, network,
	    facts_get(facts, FACTS_SENDER_DOMAIN),
	    facts_get(facts, FACTS_RECIPIENT_MAILBOX));
	struct span client = domain.len > 0 ? domain : network;

	if (visit->trace != NULL)
		greylist_peek(engine->greylist, rules, key, client, facts->now,
		    &visit->grey);
	else
		greylist_ask(engine->greylist, rules, key, client, facts->now,
		    &visit->grey);
	visit->known.greylist = &visit->grey;
	trace_add(visit->trace, "greylist", 0, "key %.*s", (int)key.len,
	    (const char *)key.data);
	if (visit->grey.first_pass)
		reputation_learn(engine->reputation, network, domain,
		    REPUTATION_RETRIED, facts->now);
}

void
engine_weigh(struct visit *visit)
{
	struct transaction *transaction = engine_transaction(visit);
	struct transaction_note alone = { .scored = false };
	struct transaction_note *note =
	    transaction != NULL ? transaction_note(transaction) : &alone;
	const char *vouched;

	visit->known.quota = visit->quota.result;
	visit->known.quota_reason = visit->quota.reason;
	if (visit->looked_up)
		score(visit, note,
		    note->passed > 0 &&
			visit->request.attributes[REQUEST_SENDER].len == 0);
	if (!note->scored)
		return;
	vouched = voucher(visit, note);
	if (vouched != NULL)
		trace_add(visit->trace, "greylist", 0, "never greylisted: %s",
		    vouched);
	visit->known.scored = true;
	visit->known.score = note->score;
	visit->known.score_groups = note->groups;
	visit->known.vouched = note->trusted || vouched != NULL;
	visit->known.score_reason = arena_strdup(visit->arena, note->reason);
	if (!note->score_told)
		visit->known.header = arena_strdup(visit->arena, note->header);
	if (decide_wants_greylist(&engine_rules(visit)->policy, &visit->known))
		ask_greylist(visit, note);
	if (note == &alone) {
		free(alone.header);
		free(alone.reason);
	}
}

/* In the event loop again; the last one goes on. */
static void
go_on(struct visit *visit)
{
	if (--visit->waits_for > 0)
		return;
	if (visit->looked_up)
		meter_looked_up(visit->engine->meter, visit->findings.took_us);
	engine_weigh(visit);
	engine_finish(visit);
}

static void
looked_up(void *job)
{
	struct visit *visit = job;

	/* No worker came to it before its time was over, or the daemon's. */
	if (!visit->looked_up)
		visit->known.trouble =
		    visit->too_late ? DECIDE_BUSY : DECIDE_STOPPING;
	go_on(visit);
}

static void
quota_told(void *job)
{
	struct visit_quota *quota = job;

	if (quota->result == QUOTA_TEMPFAIL)
		quota->visit->known.trouble = DECIDE_NO_QUOTA;
	go_on(quota->visit);
}

/* The score is for the whole message, but for what each recipient adds to the
 * null sender's. */
static bool
needs_score(struct visit *visit)
{
	const struct config *config = engine_rules(visit);
	struct transaction *transaction = engine_transaction(visit);
	const struct transaction_note *note =
	    transaction == NULL ? NULL : transaction_note(transaction);

	if (visit->facts.outbound || !config->settings.score ||
	    visit->engine->dns == NULL)
		return (false);
	return (note == NULL || !note->scored ||
		(visit->request.attributes[REQUEST_SENDER].len == 0 &&
		    note->passed == 1));
}

static void
start(struct visit *visit, struct workers *workers, worker_run *run,
    worker_done *done, void *job)
{
	if (workers_start(workers, run, done, job))
		visit->waits_for++;
	else
		visit->known.trouble = DECIDE_BUSY;
}

bool
engine_look_up(struct visit *visit)
{
	struct engine *engine = visit->engine;
	bool scores = needs_score(visit);
	bool asks_quota = engine->quota != NULL;

	if (!scores && !asks_quota)
		return (false);
	if (engine->workers == NULL) {
		visit->known.trouble = DECIDE_STOPPING;
		return (false);
	}
	engine_keep(visit);
	if (scores)
		start(visit, engine->workers, run_lookup, looked_up, visit);
	if (asks_quota) {
		visit->quota.visit = visit;
		visit->quota.arena = arena_new();
		start(visit, engine->quota_workers, run_quota, quota_told,
		    &visit->quota);
	}
	return (visit->waits_for > 0);
}

/* One test of all lists, which outlives a reload. */
struct list_test {
	struct engine *engine;
	struct config *config;
	struct arena *arena;
};

static void
run_test(void *job)
{
	struct list_test *test = job;
	const struct config *config = test->config;

	list_health_test(test->engine->health, test->engine->dns, config->lists,
	    config->list_count,
	    clock_monotonic_ms() + 2 * config->settings.lookup_timeout,
	    test->arena);
}

static void
end_test(void *job)
{
	struct list_test *test = job;

	test->engine->testing = false;
	config_free(test->config);
	arena_free(test->arena);
	free(test);
}

void
engine_test_lists(struct engine *engine, int64_t now)
{
	const struct config_settings *settings = &engine->config->settings;
	int64_t interval = settings->list_test_interval * 1000;

	if (engine->workers == NULL || engine->dns == NULL ||
	    !settings->score || engine->config->list_count == 0 ||
	    engine->testing ||
	    (engine->tested_ms != 0 && now >= engine->tested_ms &&
		now < engine->tested_ms + interval))
		return;
	struct list_test *test = arena_impl_malloc(sizeof(*test));

	*test = (struct list_test){ engine, config_ref(engine->config),
		arena_new() };
	engine->tested_ms = now;
	engine->testing = true;
	if (!workers_start(engine->workers, run_test, end_test, test))
		end_test(test);
}
