/* score.h: what findings weigh, what they are called. */
#include "score.h"

#include <string.h>

#include "support/unit.h"

static const struct score_weights weights = {
	.helo_literal = 1,
	.helo_address = 2,
	.helo_ours = 3,
	.helo_no_dot = 4,
	.helo_invalid = 5,
	.helo_unresolved = 6,
	.name_missing = 7,
	.name_unconfirmed = 8,
	.name_generic = 9,
	.spf_pass = -1,
	.spf_none = 10,
	.spf_softfail = 11,
	.spf_fail = 12,
	.spf_permerror = 13,
	.null_several = 14,
	.unknown_recipients = 15,
	.reputation = 5,
	.group_cap = 8,
};

static const struct dns_list zen = { .zone = "zen.spamhaus.org",
	.group = "spamhaus" };
static const struct dns_list dbl = { .zone = "dbl.spamhaus.org",
	.group = "spamhaus" };
static const struct dns_list cop = { .zone = "bl.spamcop.net",
	.group = "spamcop" };
static const struct dns_list alone = { .zone = "alone.example" };
static const struct dns_list trial = {
	.zone = "trial.example", .group = "spamhaus", .shadow = true
};
static const struct dns_list trial_alone = {
	.zone = "trial2.example", .group = "trial", .shadow = true
};
static const struct dns_list white = { .zone = "list.dnswl.org",
	.group = "dnswl" };

#define HIT(of, points)                                                        \
	{                                                                      \
		.list = &(of), .subject = LIST_CLIENT,                         \
		.answer = { 127, 0, 0, 2 }, .weight = (points)                 \
	}
#define HIT_OF(of, what, points)                                               \
	{                                                                      \
		.list = &(of), .subject = (what), .answer = { 127, 0, 1, 2 },  \
		.weight = (points)                                             \
	}
#define MAX_HITS 4

static const struct {
	const char *name;
	struct lookup_hit hits[MAX_HITS];
	size_t hit_count;
	struct lookup_findings findings;
	struct score_memory memory;
	int points;
	int shadow_points;
	unsigned int groups;
	bool vouched;
} cases[] = {
	{ "nothing", .points = 0 },
	{ "one list", { HIT(zen, 6) }, 1, .points = 6, .shadow_points = 6,
	    .groups = 1 },
	{ "one group is capped", { HIT(zen, 6), HIT(zen, 3), HIT(dbl, 5) }, 3,
	    .points = 8, .shadow_points = 8, .groups = 1 },
	{ "two groups are not", { HIT(zen, 6), HIT(cop, 4) }, 2, .points = 10,
	    .shadow_points = 10, .groups = 2 },
	{ "a list without group is one", { HIT(zen, 6), HIT(alone, 4) }, 2,
	    .points = 10, .shadow_points = 10, .groups = 2 },
	{ "within a group the signs meet", { HIT(zen, 6), HIT(dbl, -6) }, 2,
	    .points = 0, .shadow_points = 0, .vouched = true },
	{ "capped below", { HIT(white, -6), HIT(white, -6) }, 2, .points = -8,
	    .shadow_points = -8, .vouched = true },
	{ "low trust does not vouch", { HIT(white, -1) }, 1, .points = -1,
	    .shadow_points = -1 },
	{ "medium trust does", { HIT(white, -4) }, 1, .points = -4,
	    .shadow_points = -4, .vouched = true },
	{ "in shadow", { HIT(trial_alone, 6) }, 1, .shadow_points = 6 },
	{ "in shadow beside others of its group",
	    { HIT(zen, 6), HIT(trial, 6) }, 2, .points = 6, .shadow_points = 8,
	    .groups = 1 },
	{ "vouching in shadow", { HIT(trial, -6) }, 1, .shadow_points = -6 },
	{ "without weight", { HIT(zen, 0) }, 1, .points = 0 },
	/* What the client may have invented does not speak for it. */
	{ "sender's domain, without SPF", { HIT_OF(white, LIST_SENDER, -6) }, 1,
	    .points = 0 },
	{ "sender's domain, SPF of HELO", { HIT_OF(white, LIST_SENDER, -6) }, 1,
	    { .spf = { .result = SPF_PASS,
		  .identity = SPF_HELO,
		  .reason = "" } },
	    .points = -1, .shadow_points = -1 },
	{ "sender's domain, SPF pass", { HIT_OF(white, LIST_SENDER, -6) }, 1,
	    { .spf = { .result = SPF_PASS,
		  .identity = SPF_MAIL_FROM,
		  .reason = "" } },
	    .points = -7, .shadow_points = -7, .vouched = true },
	{ "HELO", { HIT_OF(white, LIST_HELO, -6) }, 1, .points = 0 },
	{ "HELO, against it", { HIT_OF(dbl, LIST_HELO, 5) }, 1, .points = 5,
	    .shadow_points = 5, .groups = 1 },
	{ "verified name", { HIT_OF(white, LIST_CLIENT_NAME, -6) }, 1,
	    .points = -6, .shadow_points = -6, .vouched = true },
	/* The others. */
	{ "literal", .findings = { .helo = LOOKUP_HELO_LITERAL }, .points = 1,
	    .shadow_points = 1, .groups = 1 },
	{ "address", .findings = { .helo = LOOKUP_HELO_ADDRESS }, .points = 2,
	    .shadow_points = 2, .groups = 1 },
	{ "ours", .findings = { .helo = LOOKUP_HELO_OURS }, .points = 3,
	    .shadow_points = 3, .groups = 1 },
	{ "no dot", .findings = { .helo = LOOKUP_HELO_NO_DOT }, .points = 4,
	    .shadow_points = 4, .groups = 1 },
	{ "invalid", .findings = { .helo = LOOKUP_HELO_INVALID }, .points = 5,
	    .shadow_points = 5, .groups = 1 },
	{ "unresolved", .findings = { .helo = LOOKUP_HELO_UNRESOLVED },
	    .points = 6, .shadow_points = 6, .groups = 1 },
	{ "unknown", .findings = { .helo = LOOKUP_HELO_UNKNOWN,
			 .name = LOOKUP_NAME_UNKNOWN } },
	{ "no name", .findings = { .name = LOOKUP_NAME_MISSING }, .points = 7,
	    .shadow_points = 7, .groups = 1 },
	{ "unconfirmed and generic are one source",
	    .findings = { .name = LOOKUP_NAME_UNCONFIRMED,
		.generic_name = true },
	    .points = 17, .shadow_points = 17, .groups = 1 },
	{ "SPF not asked", .findings = { .spf = { .result = SPF_NONE } } },
	{ "SPF none",
	    .findings = { .spf = { .result = SPF_NONE, .reason = "" } },
	    .points = 10, .shadow_points = 10, .groups = 1 },
	{ "SPF softfail",
	    .findings = { .spf = { .result = SPF_SOFTFAIL, .reason = "" } },
	    .points = 11, .shadow_points = 11, .groups = 1 },
	{ "SPF fail",
	    .findings = { .spf = { .result = SPF_FAIL, .reason = "" } },
	    .points = 12, .shadow_points = 12, .groups = 1 },
	{ "SPF permerror",
	    .findings = { .spf = { .result = SPF_PERMERROR, .reason = "" } },
	    .points = 13, .shadow_points = 13, .groups = 1 },
	/* RFC 7208 8.2: neutral MUST be treated exactly like none. */
	{ "SPF neutral",
	    .findings = { .spf = { .result = SPF_NEUTRAL, .reason = "" } },
	    .points = 10, .shadow_points = 10, .groups = 1 },
	{ "SPF temperror",
	    .findings = { .spf = { .result = SPF_TEMPERROR, .reason = "" } } },
	{ "behaviour",
	    .memory = { .null_several = true, .unknown_recipients = true },
	    .points = 29, .shadow_points = 29, .groups = 1 },
	{ "bad network", .memory = { .network_reputation = 100 }, .points = 5,
	    .shadow_points = 5, .groups = 1 },
	{ "half bad", .memory = { .network_reputation = 50 }, .points = 2,
	    .shadow_points = 2, .groups = 1 },
	{ "both bad",
	    .memory = { .network_reputation = 100, .domain_reputation = 100 },
	    .points = 5, .shadow_points = 5, .groups = 1 },
	{ "good domain in a bad network",
	    .memory = { .network_reputation = 100, .domain_reputation = -100 },
	    .points = 0 },
	{ "out of bounds", .memory = { .network_reputation = 100000 },
	    .points = 5, .shadow_points = 5, .groups = 1 },
	{ "both good",
	    .memory = { .network_reputation = -100, .domain_reputation = -100 },
	    .points = -5, .shadow_points = -5 },
};

static void
sum(struct arena *arena, size_t index, struct score *score)
{
	struct lookup_findings findings = cases[index].findings;
	struct lookup_hit hits[MAX_HITS];

	memcpy(hits, cases[index].hits, sizeof(hits));
	findings.hits = hits;
	findings.hit_count = cases[index].hit_count;
	score_sum(&weights, &findings, &cases[index].memory, arena,
	    trace_new(arena), score);
}

static void
test_sums(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct score score;

		sum(arena, i, &score);
		if (score.points != cases[i].points ||
		    score.shadow_points != cases[i].shadow_points ||
		    score.groups != cases[i].groups ||
		    score.vouched != cases[i].vouched)
			fail_msg("%s: %d, shadow %d, %u groups, %s",
			    cases[i].name, score.points, score.shadow_points,
			    score.groups, score.vouched ? "vouched" : "not");
		assert_true(score.groups == 0 || score.heaviest != NULL);
		assert_true(
		    score.heaviest == NULL || score.heaviest->points > 0);
	}
	arena_free(arena);
}

static void
test_texts(void **state)
{
	struct arena *arena = arena_new();
	struct lookup_hit hits[] = { HIT(zen, 6), HIT(trial, 9),
		HIT_OF(dbl, LIST_SENDER, 2), HIT(white, -1) };
	const struct lookup_findings findings = { .hits = hits,
		.hit_count = UNIT_COUNT(hits),
		.name = LOOKUP_NAME_MISSING };
	const struct score_memory memory = { 0 };
	struct score score;

	(void)state;
	score_sum(&weights, &findings, &memory, arena, NULL, &score);
	assert_string_equal(score_header(&score, true, arena),
	    "junk score=14; zen.spamhaus.org 127.0.0.2 (6), "
	    "dbl.spamhaus.org 127.0.1.2 (sender) (2), "
	    "list.dnswl.org 127.0.0.2 (-1), no reverse name (7)");
	assert_string_equal(score_reason(&score, "https://example.org/", arena),
	    "listed by zen.spamhaus.org 127.0.0.2, listed by "
	    "dbl.spamhaus.org 127.0.1.2 (sender), no reverse name; contact "
	    "https://example.org/");
	assert_string_equal(score.heaviest->what, "no reverse name");
	score = (struct score){ 0 };
	assert_string_equal(score_header(&score, false, arena), "ok score=0");
	assert_string_equal(
	    score_reason(&score, NULL, arena), "it looks like spam");
	assert_string_equal(
	    score_reason(&score, "", arena), "it looks like spam");
	arena_free(arena);
}

static void
check_text(const char *text, size_t max)
{
	struct span bytes = span_str(text);

	assert_in_range(bytes.len, 1, max);
	for (size_t i = 0; i < bytes.len; i++)
		assert_in_range(bytes.data[i], ' ', '~');
}

/* Whatever a zone is called, and however many there are. */
static void
test_hostile(void **state)
{
	struct arena *arena = arena_new();
	struct dns_list lists[LOOKUP_MAX_HITS];
	struct lookup_hit hits[LOOKUP_MAX_HITS];
	char zone[301];
	const struct score_memory memory = { .network_reputation = -100 };
	const struct lookup_findings findings = { .hits = hits,
		.hit_count = LOOKUP_MAX_HITS,
		.helo = LOOKUP_HELO_OURS,
		.name = LOOKUP_NAME_MISSING };
	struct score score;

	(void)state;
	for (size_t i = 0; i < sizeof(zone) - 1; i++)
		zone[i] = (char)(i + 1);
	zone[sizeof(zone) - 1] = '\0';
	for (size_t i = 0; i < LOOKUP_MAX_HITS; i++) {
		lists[i] =
		    (struct dns_list){ .zone = i % 2 == 0 ? zone : "x.example",
			    .group = arena_printf(arena, "%zu", i / 2) };
		hits[i] = (struct lookup_hit){
			.list = &lists[i], .subject = LIST_CLIENT, .weight = 5
		};
	}
	score_sum(
	    &weights, &findings, &memory, arena, trace_new(arena), &score);
	/* All count, though not all are told: 64 groups of 10, capped at 8. */
	assert_int_equal(
	    score.points, (int)LOOKUP_MAX_HITS / 2 * 8 + 3 + 7 - 5);
	assert_int_equal(score.groups, LOOKUP_MAX_HITS / 2 + 2);
	assert_in_range(score.count, 5, SCORE_MAX_PARTS);
	check_text(score_header(&score, true, arena), SCORE_MAX_HEADER);
	check_text(score_reason(&score, zone, arena), SCORE_MAX_REASON);
	check_text(score_reason(&score, "a\r\nb", arena), SCORE_MAX_REASON);
	assert_false(score.vouched);
	assert_non_null(strstr(score_reason(&score, "a\r\nb", arena), "a??b"));
	/* The last of many, for which there is no room, vouches all the same.
	 */
	hits[LOOKUP_MAX_HITS - 1].weight = SCORE_VOUCHES;
	score_sum(&weights, &findings, &memory, arena, NULL, &score);
	assert_true(score.vouched);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_hostile),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
