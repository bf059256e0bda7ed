/* Names of a walk, and what is decided on what was found at them. */
#include "dmarc/evaluate.h"

#include <string.h>

#include "dmarc/walk.h"
#include "support/unit.h"

static void
test_names(void **state)
{
	static const struct {
		const char *domain;
		size_t count;
		const char *second;
		const char *last;
	} cases[] = {
		{ "com", 1, NULL, "com" },
		{ "example.com", 2, "com", "com" },
		{ "1.2.3.4.5.6.7", 7, "2.3.4.5.6.7", "7" },
		{ "1.2.3.4.5.6.7.8", 8, "2.3.4.5.6.7.8", "8" },
		{ "1.2.3.4.5.6.7.8.9", 8, "3.4.5.6.7.8.9", "9" },
		{ "a.b.c.d.e.f.g.h.i.j.mail.example.com", 8,
		    "g.h.i.j.mail.example.com", "com" },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const char *names[DMARC_MAX_QUERIES];
		size_t count = dmarc_walk_names(cases[i].domain, names);

		assert_int_equal(count, cases[i].count);
		assert_ptr_equal(names[0], cases[i].domain);
		if (cases[i].second != NULL)
			assert_string_equal(names[1], cases[i].second);
		assert_string_equal(names[count - 1], cases[i].last);
	}
}

/* The most labels that a name can have. */
static void
test_deepest(void **state)
{
	const char *names[DMARC_MAX_QUERIES];
	char domain[254];

	(void)state;
	for (size_t i = 0; i < sizeof(domain) - 1; i++)
		domain[i] = i % 2 == 0 ? 'a' : '.';
	domain[sizeof(domain) - 1] = '\0';
	assert_int_equal(dmarc_walk_names(domain, names), DMARC_MAX_QUERIES);
	assert_string_equal(names[1], "a.a.a.a.a.a.a");
}

static const struct dmarc_record unknown = { .has_policy = true,
	.p = DMARC_POLICY_REJECT };
static const struct dmarc_record suffix = { .psd = DMARC_PSD_YES };
static const struct dmarc_record own = { .psd = DMARC_PSD_NO };

/* A walk from the first of ${domains} over the others, with ${records} or NULL
 * at them. */
struct organization_case {
	const char *domains[4];
	const struct dmarc_record *records[4];
	const char *bound;
	const char *organization;
	enum dmarc_discovery method;
	const char *source; /* whose record applies, or NULL */
};

static const struct organization_case organizations[] = {
	{ { "a.b.c", "b.c", "c" }, { NULL, NULL, NULL }, NULL, "a.b.c",
	    DMARC_TREEWALK, NULL },
	{ { "a.b.c", "b.c", "c" }, { NULL, &unknown, NULL }, NULL, "b.c",
	    DMARC_TREEWALK, "b.c" },
	{ { "a.b.c", "b.c", "c" }, { &unknown, &unknown, NULL }, NULL, "b.c",
	    DMARC_TREEWALK, "a.b.c" },
	{ { "a.b.c", "b.c", "c" }, { NULL, &unknown, &unknown }, NULL, "c",
	    DMARC_TREEWALK, "c" },
	{ { "a.b.c", "b.c", "c" }, { NULL, NULL, &suffix }, NULL, "b.c",
	    DMARC_TREEWALK, "c" },
	{ { "a.b.c", "b.c", "c" }, { NULL, &unknown, &suffix }, NULL, "b.c",
	    DMARC_TREEWALK, "b.c" },
	{ { "a.b.c", "b.c" }, { NULL, &own }, NULL, "b.c", DMARC_TREEWALK,
	    "b.c" },
	{ { "b.c" }, { &suffix }, NULL, "b.c", DMARC_TREEWALK, "b.c" },
	/* With the list: a bound where nothing says psd=. */
	{ { "a.b.c", "b.c", "c" }, { NULL, &unknown, &unknown }, "b.c", "b.c",
	    DMARC_PSL, "b.c" },
	{ { "a.b.c", "b.c", "c" }, { NULL, NULL, &unknown }, "b.c", "b.c",
	    DMARC_PSL, "c" },
	{ { "a.b.c", "b.c", "c" }, { NULL, NULL, &unknown }, "a.b.c", "a.b.c",
	    DMARC_PSL, "c" },
	{ { "a.b.c", "b.c", "c" }, { NULL, &unknown, &unknown }, "a.b.c",
	    "a.b.c", DMARC_PSL, "c" },
	{ { "a.b.c", "b.c", "c" }, { &unknown, NULL, &unknown }, "b.c", "b.c",
	    DMARC_PSL, "a.b.c" },
	{ { "a.b.c", "b.c", "c" }, { NULL, &unknown, NULL }, "c", "b.c",
	    DMARC_TREEWALK, "b.c" },
	{ { "a.b.c", "b.c", "c" }, { NULL, &unknown, NULL }, "b.c", "b.c",
	    DMARC_TREEWALK, "b.c" },
	{ { "a.b.c", "b.c", "c" }, { NULL, NULL, &suffix }, "a.b.c", "b.c",
	    DMARC_TREEWALK, "c" },
	{ { "a.b.c", "b.c" }, { NULL, &own }, "a.b.c", "b.c", DMARC_TREEWALK,
	    "b.c" },
	{ { "a.b.c", "b.c", "c" }, { NULL, NULL, NULL }, "b.c", "a.b.c",
	    DMARC_TREEWALK, NULL },
};

static void
make_walk(const struct organization_case *from, struct dmarc_walk *walk)
{
	*walk = (struct dmarc_walk){ .trouble = DMARC_AT_NOTHING };
	for (size_t i = 0; i < 4 && from->domains[i] != NULL; i++) {
		const struct dmarc_record *record = from->records[i];
		struct dmarc_step step = { from->domains[i],
			record != NULL ? DMARC_AT_RECORD : DMARC_AT_NOTHING,
			record };
		bool ends = record != NULL && record->psd != DMARC_PSD_UNKNOWN;

		assert_int_equal(dmarc_walk_add(walk, &step), !ends);
	}
}

static void
test_organizations(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(organizations); i++) {
		const struct organization_case *expected = &organizations[i];
		struct dmarc_walk walk;

		make_walk(expected, &walk);
		struct dmarc_organization found =
		    dmarc_evaluate_organization(&walk, expected->bound);
		const struct dmarc_step *source =
		    dmarc_evaluate_source(&walk, &found);

		if (strcmp(found.domain, expected->organization) != 0 ||
		    found.method != expected->method)
			fail_msg("%zu: %s", i, found.domain);
		if (expected->source == NULL)
			assert_null(source);
		else
			assert_string_equal(source->domain, expected->source);
	}
}

static void
test_trouble(void **state)
{
	struct dmarc_walk walk = { .count = 0 };
	struct dmarc_step step = { "a.b", DMARC_AT_NOTHING, NULL };

	(void)state;
	assert_true(dmarc_walk_add(&walk, &step));
	assert_int_equal(walk.trouble, DMARC_AT_NOTHING);
	step.at = DMARC_AT_FAILURE;
	assert_false(dmarc_walk_add(&walk, &step));
	assert_int_equal(walk.trouble, DMARC_AT_FAILURE);
	walk = (struct dmarc_walk){ .count = 0 };
	step.at = DMARC_AT_LIMIT;
	assert_false(dmarc_walk_add(&walk, &step));
	assert_int_equal(walk.trouble, DMARC_AT_LIMIT);
}

#define NONE DMARC_POLICY_NONE
#define QUAR DMARC_POLICY_QUARANTINE
#define REJ DMARC_POLICY_REJECT

static const struct {
	struct dmarc_record record;
	const char *at; /* for the author a.b */
	bool needs;
	bool nonexistent;
	const char *tag;
	enum dmarc_policy policy, applied;
} policies[] = {
	{ { .p = REJ, .sp = NONE, .np = QUAR, .has_sp = true, .has_np = true },
	    "a.b", false, true, "p", REJ, REJ },
	{ { .p = REJ, .sp = NONE, .np = QUAR, .has_sp = true, .has_np = true },
	    "b", true, true, "np", QUAR, QUAR },
	{ { .p = REJ, .sp = NONE, .np = QUAR, .has_sp = true, .has_np = true },
	    "b", true, false, "sp", NONE, NONE },
	{ { .p = REJ, .sp = REJ, .np = NONE, .has_np = true }, "b", true, false,
	    "p", REJ, REJ },
	{ { .p = REJ, .sp = NONE, .np = NONE, .has_sp = true }, "b", false,
	    true, "sp", NONE, NONE },
	{ { .p = REJ, .sp = REJ, .np = REJ, .testing = true }, "b", false, true,
	    "p", REJ, QUAR },
	{ { .p = QUAR, .sp = QUAR, .np = QUAR, .testing = true }, "a.b", false,
	    false, "p", QUAR, NONE },
	{ { .p = NONE, .testing = true }, "a.b", false, false, "p", NONE,
	    NONE },
};

static void
test_policies(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(policies); i++) {
		struct dmarc_outcome out = { .author_domain = "a.b" };
		struct dmarc_step step = { policies[i].at, DMARC_AT_RECORD,
			&policies[i].record };

		assert_int_equal(dmarc_evaluate_needs_existence(&step, "a.b"),
		    policies[i].needs);
		dmarc_evaluate_policy(&step, policies[i].nonexistent, &out);
		assert_string_equal(out.policy_tag, policies[i].tag);
		assert_int_equal(out.policy, policies[i].policy);
		assert_int_equal(out.applied, policies[i].applied);
		assert_string_equal(out.record_domain, policies[i].at);
	}
}

static const struct dmarc_identifier passed = { "a.b", true };

static const struct {
	struct dmarc_alignments alignments;
	enum dmarc_result result;
	bool policy_known, could_fail;
} results[] = {
	{ { NULL, NULL, NULL, false }, DMARC_FAIL, false, false },
	{ { &passed, NULL, NULL, false }, DMARC_PASS, false, false },
	{ { NULL, &passed, NULL, false }, DMARC_PASS, false, false },
	{ { &passed, &passed, "x", true }, DMARC_PASS, false, false },
	{ { NULL, NULL, "x", false }, DMARC_TEMPERROR, true, true },
	{ { NULL, NULL, "x", true }, DMARC_TEMPERROR, false, true },
	{ { NULL, NULL, NULL, true }, DMARC_TEMPERROR, false, true },
};

static void
test_results(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(results); i++) {
		struct dmarc_outcome out = { .author_domain = "a.b" };

		dmarc_evaluate_result(&results[i].alignments, &out);
		assert_int_equal(out.result, results[i].result);
		assert_int_equal(out.policy_known, results[i].policy_known);
		assert_int_equal(out.could_fail, results[i].could_fail);
		assert_non_null(out.reason);
	}
}

/* Without a policy only what is the author's domain itself, and has passed,
 * rules a failure out. */
static void
test_unknown(void **state)
{
	static const struct {
		struct dmarc_identifier spf, dkim;
		bool could_fail;
	} cases[] = {
		{ { "x.y", true }, { "x.y", true }, true },
		{ { "a.b", false }, { "a.b", false }, true },
		{ { "x.a.b", true }, { "b", true }, true },
		{ { "a.b", true }, { "x.y", true }, false },
		{ { "x.y", true }, { "a.b", true }, false },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct dmarc_query query = { "a.b", &cases[i].spf,
			&cases[i].dkim, 1 };
		struct dmarc_outcome out = { .author_domain = "a.b" };

		dmarc_evaluate_unknown(&query, "why", &out);
		assert_int_equal(out.result, DMARC_TEMPERROR);
		assert_false(out.policy_known);
		assert_int_equal(out.could_fail, cases[i].could_fail);
		assert_string_equal(out.reason, "why");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_deepest),
		cmocka_unit_test(test_organizations),
		cmocka_unit_test(test_trouble),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_unknown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
