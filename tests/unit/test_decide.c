/* From what is known of a request to what is done. */
#include "decide.h"

#include "support/unit.h"

static const struct decide_policy usual = { .score_junk = 5,
	.score_greylist = 2,
	.score_reject = 8,
	.reject_groups = 2,
	.greylist = true };
static const struct decide_policy defers = { .score_greylist = 2,
	.score_defer = 4,
	.trouble_defers = true,
	.quota_defers = true };
static const struct decide_policy shadows = { .score_greylist = 2,
	.score_reject = 8,
	.reject_groups = 1,
	.greylist = true,
	.score_shadow = true,
	.greylist_shadow = true,
	.quota_shadow = true };
static const struct decide_policy trial = {
	.score_reject = 8, .reject_groups = 1, .shadow = true
};

static const struct limit hourly = { .name = "user-hour",
	.unit = LIMIT_MESSAGES,
	.rule = { .rate = 300, .period_ms = (int64_t)3600 * 1000 } };
static const struct limit worded = { .name = "worded", .text = "not today" };

#define FINDING(the_limit, the_action, is_shadow)                              \
	{                                                                      \
		.limit = &(the_limit), .rate = 300, .action = (the_action),    \
		.shadow = (is_shadow), .reading = {                            \
			.retry_ms = 61000                                      \
		}                                                              \
	}
static const struct accounting_finding deferred[] = { FINDING(
    hourly, LIMIT_DEFER, false) };
static const struct accounting_finding told[] = { FINDING(
    worded, LIMIT_REJECT, false) };
static const struct accounting_finding held[] = { FINDING(
    hourly, LIMIT_HOLD, false) };
static const struct accounting_finding locked[] = { FINDING(
    hourly, LIMIT_LOCK, false) };
static const struct accounting_finding alarmed[] = { FINDING(
    hourly, LIMIT_ALARM, false) };
static const struct accounting_finding shadowed[] = { FINDING(
    hourly, LIMIT_DEFER, true) };
static const struct accounting_finding both[] = {
	FINDING(hourly, LIMIT_HOLD, true), FINDING(worded, LIMIT_REJECT, false)
};

/* clang-format off */
#define LIMITS(array, which)                                                   \
	.limits = &(const struct accounting_outcome){ .strongest = (which),    \
		.findings = (array), .count = UNIT_COUNT(array) }
/* clang-format on */
#define STRANGER .state = REQUEST_STATE_RCPT, .scored = true, .header = "ok"
#define MUST_COME_AGAIN                                                        \
	.greylist = &(const struct greylist_answer)                            \
	{                                                                      \
		.result = GREYLIST_NEW, .wait_ms = 180000                      \
	}
#define ODD(what)                                                              \
	.watch = &(const struct watch_finding)                                 \
	{                                                                      \
		.action = (what), .reason = "jump"                             \
	}

static const struct {
	const char *name;
	const struct decide_policy *policy;
	struct decide_facts facts;
	enum decide_action action;
	enum decide_reason reason;
	const char *code;
	enum decide_action shadow;
} cases[] = {
	{ "nothing is known", &usual, { 0 }, DECIDE_DUNNO, DECIDE_NOTHING, NULL,
	    DECIDE_DUNNO },
	{ "a score that is good", &usual, { STRANGER }, DECIDE_PREPEND,
	    DECIDE_NOTHING, NULL, DECIDE_DUNNO },
	{ "its header was told before", &usual, { .scored = true, .score = 1 },
	    DECIDE_DUNNO, DECIDE_NOTHING, NULL, DECIDE_DUNNO },
	{ "a score after the message", &usual,
	    { .state = REQUEST_STATE_END_OF_MESSAGE,
		.scored = true,
		.header = "ok" },
	    DECIDE_DUNNO, DECIDE_NOTHING, NULL, DECIDE_DUNNO },
	/* RFC 5321 4.1.4: HELO, one source, is no basis for refusing mail. */
	{ "a bad score from one source", &usual,
	    { STRANGER, .score = 9, .score_groups = 1 }, DECIDE_PREPEND,
	    DECIDE_NOTHING, NULL, DECIDE_DUNNO },
	{ "a bad score from two", &usual,
	    { STRANGER, .score = 8, .score_groups = 2 }, DECIDE_REJECT,
	    DECIDE_SCORE, "5.7.1", DECIDE_DUNNO },
	{ "one point less", &usual, { STRANGER, .score = 7, .score_groups = 2 },
	    DECIDE_PREPEND, DECIDE_NOTHING, NULL, DECIDE_DUNNO },
	{ "a score to defer", &defers, { STRANGER, .score = 4 },
	    DECIDE_DEFER_IF_PERMIT, DECIDE_SCORE, "4.7.1", DECIDE_DUNNO },
	{ "but somebody vouches", &defers,
	    { STRANGER, .score = 4, .vouched = true }, DECIDE_PREPEND,
	    DECIDE_NOTHING, NULL, DECIDE_DUNNO },
	{ "must come again", &usual, { STRANGER, .score = 3, MUST_COME_AGAIN },
	    DECIDE_DEFER_IF_PERMIT, DECIDE_GREYLIST, "4.7.1", DECIDE_DUNNO },
	{ "a full mailbox need not come again", &usual,
	    { STRANGER, MUST_COME_AGAIN, .quota = QUOTA_HARD }, DECIDE_REJECT,
	    DECIDE_QUOTA, "552 5.2.2", DECIDE_DUNNO },
	{ "a mailbox that is full for now", &usual,
	    { STRANGER, .quota = QUOTA_SOFT }, DECIDE_DEFER, DECIDE_QUOTA,
	    "452 4.2.2", DECIDE_DUNNO },
	{ "full, and we wait", &defers, { STRANGER, .quota = QUOTA_HARD },
	    DECIDE_DEFER, DECIDE_QUOTA, "452 4.2.2", DECIDE_DUNNO },
	{ "nobody says how full", &usual, { STRANGER, .quota = QUOTA_TEMPFAIL },
	    DECIDE_PREPEND, DECIDE_NOTHING, NULL, DECIDE_DUNNO },
	{ "over a limit", &usual, { LIMITS(deferred, deferred) }, DECIDE_DEFER,
	    DECIDE_LIMIT, "4.7.1", DECIDE_DUNNO },
	{ "far over it", &usual, { LIMITS(held, held) }, DECIDE_HOLD,
	    DECIDE_LIMIT, NULL, DECIDE_DUNNO },
	{ "locked by it", &usual, { LIMITS(locked, locked) }, DECIDE_HOLD,
	    DECIDE_LIMIT, NULL, DECIDE_DUNNO },
	{ "refused by it", &usual, { LIMITS(told, told) }, DECIDE_REJECT,
	    DECIDE_LIMIT, "5.7.1", DECIDE_DUNNO },
	{ "an alarm passes", &usual, { LIMITS(alarmed, alarmed) }, DECIDE_DUNNO,
	    DECIDE_NOTHING, NULL, DECIDE_DUNNO },
	{ "a shadow of a limit", &usual, { LIMITS(shadowed, NULL) },
	    DECIDE_DUNNO, DECIDE_NOTHING, NULL, DECIDE_DEFER },
	{ "a shadow and a limit", &usual, { LIMITS(both, &both[1]) },
	    DECIDE_REJECT, DECIDE_LIMIT, "5.7.1", DECIDE_HOLD },
	{ "a limit goes before the score", &usual,
	    { STRANGER, .score = 9, .score_groups = 2,
		LIMITS(deferred, deferred) },
	    DECIDE_DEFER, DECIDE_LIMIT, "4.7.1", DECIDE_DUNNO },
	{ "a jump", &usual, { ODD(LIMIT_HOLD) }, DECIDE_HOLD, DECIDE_ODD, NULL,
	    DECIDE_DUNNO },
	{ "a jump that is only told", &usual, { ODD(LIMIT_ALARM) },
	    DECIDE_DUNNO, DECIDE_NOTHING, NULL, DECIDE_DUNNO },
	{ "a locked account", &usual, { .locked = true }, DECIDE_HOLD,
	    DECIDE_LOCKED, NULL, DECIDE_DUNNO },
	{ "blocked by hand", &usual, { STRANGER, .blocked = true },
	    DECIDE_REJECT, DECIDE_BLOCKED, "5.7.1", DECIDE_DUNNO },
	{ "allowed by hand", &usual,
	    { STRANGER, .allowed = true, .score = 50, .score_groups = 5 },
	    DECIDE_PREPEND, DECIDE_ALLOWED, NULL, DECIDE_DUNNO },
	{ "trouble passes", &usual, { STRANGER, .trouble = DECIDE_BUSY },
	    DECIDE_PREPEND, DECIDE_NOTHING, NULL, DECIDE_DUNNO },
	{ "trouble defers", &defers, { STRANGER, .trouble = DECIDE_NO_QUOTA },
	    DECIDE_DEFER_IF_PERMIT, DECIDE_TROUBLE, "4.3.0", DECIDE_DUNNO },
	{ "the score as a shadow", &shadows,
	    { STRANGER, .score = 9, .score_groups = 2 }, DECIDE_PREPEND,
	    DECIDE_NOTHING, NULL, DECIDE_REJECT },
	{ "the greylist as a shadow", &shadows, { STRANGER, MUST_COME_AGAIN },
	    DECIDE_PREPEND, DECIDE_NOTHING, NULL, DECIDE_DEFER_IF_PERMIT },
	{ "the quota as a shadow", &shadows, { STRANGER, .quota = QUOTA_HARD },
	    DECIDE_PREPEND, DECIDE_NOTHING, NULL, DECIDE_REJECT },
	{ "all as a shadow: no header either", &trial,
	    { STRANGER, .score = 9, .score_groups = 2 }, DECIDE_DUNNO,
	    DECIDE_NOTHING, NULL, DECIDE_REJECT },
	{ "a block as a shadow", &trial, { .blocked = true }, DECIDE_DUNNO,
	    DECIDE_NOTHING, NULL, DECIDE_REJECT },
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct decision got;

		decide(cases[i].policy, &cases[i].facts, NULL, arena, &got);
		if (got.action != cases[i].action ||
		    got.reason != cases[i].reason ||
		    got.shadow_action != cases[i].shadow ||
		    !span_eq(span_str(got.code), span_str(cases[i].code)))
			fail_msg("%s: %s for %s, %s; would %s", cases[i].name,
			    decide_action_name(got.action),
			    decide_reason_name(got.reason),
			    got.code == NULL ? "no code" : got.code,
			    decide_action_name(got.shadow_action));
		arena_free(arena);
	}
}

/* What is told to whom. */
static const struct {
	struct decide_facts facts;
	const char *text;
} texts[] = {
	{ { LIMITS(deferred, deferred) },
	    "too much mail: no more than 300 messages in 60 minutes "
	    "(limit user-hour); come again in 61 seconds" },
	{ { LIMITS(told, told) }, "not today" },
	{ { STRANGER, MUST_COME_AGAIN },
	    "greylisted: we do not know you yet; come again in 3 "
	    "minutes; see https://help.example" },
	{ { .blocked = true }, "blocked here; see "
			       "https://help.example" },
	{ { STRANGER, .quota = QUOTA_HARD }, "the mailbox is full" },
	{ { STRANGER, .quota = QUOTA_HARD, .quota_reason = "Ann has no room" },
	    "Ann has no room" },
};
static void
test_texts(void **state)
{

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
		struct arena *arena = arena_new();
		struct decision got;

		decide(&usual, &texts[i].facts, "https://help.example", arena,
		    &got);
		assert_string_equal(got.text, texts[i].text);
		arena_free(arena);
	}
}

static void
test_wants_greylist(void **state)
{
	static const struct {
		struct decide_facts facts;
		bool wants;
	} facts[] = {
		{ { .scored = true, .score = 2 }, true },
		{ { .scored = true, .score = 1 }, false },
		{ { .scored = true, .score = 50 }, true },
		{ { .scored = false, .score = 2 }, false },
		{ { .scored = true, .score = 2, .vouched = true }, false },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(facts); i++) {
		assert_int_equal(decide_wants_greylist(&usual, &facts[i].facts),
		    facts[i].wants);
		assert_false(decide_wants_greylist(&defers, &facts[i].facts));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_wants_greylist),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
