#include "support/unit.h"

#include "mail_summary.h"

#include <string.h>

#include "base/log.h"

#define MANY 1000
#define NAME 190

/* The results of a message from author.example, in message order. */
static const struct {
	struct dkim_verification dkim[4];
	const char *text;
} cases[] = {
	{ { { .result = DKIM_PASS, .domain = "a.example", .selector = "s" } },
	    "pass(a.example/s)" },
	{ { { .result = DKIM_PERMERROR } }, "permerror(?/?)" },
	/* Junk is told of last. */
	{ { { .result = DKIM_NEUTRAL, .domain = "a.example", .selector = "1" },
	      { .result = DKIM_PERMERROR, .domain = "b.example" },
	      { .result = DKIM_TEMPERROR,
		  .domain = "c.example",
		  .selector = "3" },
	      { .result = DKIM_PASS, .domain = "d.example", .selector = "4" } },
	    "pass(d.example/4) temperror(c.example/3) neutral(a.example/1) "
	    "permerror(b.example/?)" },
	/* The author's own first, with what stands above and below. */
	{ { { .result = DKIM_PASS, .domain = "d.example", .selector = "1" },
	      { .result = DKIM_FAIL,
		  .domain = "author.example",
		  .selector = "2" },
	      { .result = DKIM_PASS,
		  .domain = "x.author.example",
		  .selector = "3" },
	      { .result = DKIM_PASS,
		  .domain = "notauthor.example",
		  .selector = "4" } },
	    "pass(x.author.example/3) fail(author.example/2) "
	    "pass(d.example/1) pass(notauthor.example/4)" },
};

static void
test_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct outcome outcome = { .dkim = cases[i].dkim };

		while (outcome.dkim_count < 4 &&
		       cases[i].dkim[outcome.dkim_count].result != DKIM_NONE)
			outcome.dkim_count++;
		assert_string_equal(
		    mail_summary_results(arena, &outcome, "author.example"),
		    cases[i].text);
		arena_free(arena);
	}
}

static void
test_none(void **state)
{
	const struct outcome outcome = { 0 };
	const struct dkim_verification fail = {
		.result = DKIM_FAIL, .domain = "a.example", .selector = "s"
	};
	const struct outcome unknown = { .dkim = &fail, .dkim_count = 1 };
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(
	    mail_summary_results(arena, &outcome, "author.example"), "none");
	assert_string_equal(
	    mail_summary_results(arena, &unknown, NULL), "fail(a.example/s)");
	arena_free(arena);
}

static char *
long_name(struct arena *arena, size_t len)
{
	char *name = arena_alloc(arena, len + 1);

	memset(name, 'a', len);
	return (name);
}

/* A stranger cannot hide what counts behind long names. */
static void
test_hidden(void **state)
{
	struct arena *arena = arena_new();
	struct dkim_verification dkim[MANY];
	const struct outcome outcome = { .dkim = dkim, .dkim_count = MANY };
	char *name = long_name(arena, NAME);

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		dkim[i] = (struct dkim_verification){ .result = DKIM_PERMERROR,
			.domain = name,
			.selector = "s" };
	dkim[MANY - 2] = (struct dkim_verification){
		.result = DKIM_PASS, .domain = "other.example", .selector = "p"
	};
	dkim[MANY - 1] = (struct dkim_verification){
		.result = DKIM_FAIL, .domain = "author.example", .selector = "f"
	};
	const char *text =
	    mail_summary_results(arena, &outcome, "author.example");

	assert_string_equal(
	    text, arena_printf(arena,
		      "fail(author.example/f) pass(other.example/p) "
		      "permerror(%s/s) permerror(%s/s) +996",
		      name, name));
	assert_true(strlen(text) <= LOG_VALUE_MAX);
	arena_free(arena);
}

/* Whatever the lengths are, the value is not cut and all are counted. */
static void
test_whole(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t len = 1; len <= (size_t)2 * LOG_VALUE_MAX; len++) {
		char *name = long_name(arena, len);
		const struct dkim_sign_key keys[] = { { name, "s", NULL, NULL },
			{ name, "s", NULL, NULL }, { "b", "t", NULL, NULL } };
		const struct outcome outcome = { .keys = keys,
			.signature_count = 3 };
		const char *text = mail_summary_signatures(arena, &outcome);
		size_t pieces = 0, left_out = 0;

		assert_true(strlen(text) <= LOG_VALUE_MAX);
		for (const char *at = text; *at != '\0'; at++)
			pieces += *at == '/';
		if (strchr(text, '+') != NULL)
			left_out = (size_t)(strchr(text, '+')[1] - '0');
		assert_int_equal(pieces + left_out, 3);
		if (len > LOG_VALUE_MAX)
			assert_string_equal(text, "b/t +2");
	}
	arena_free(arena);
}

static void
test_spf(void **state)
{
	const struct spf_outcome fail = { .result = SPF_FAIL,
		.domain = "a.example" };
	const struct spf_outcome nobody = { .result = SPF_NONE };
	struct arena *arena = arena_new();

	(void)state;
	assert_null(mail_summary_spf(arena, NULL));
	assert_string_equal(mail_summary_spf(arena, &fail), "fail(a.example)");
	assert_string_equal(mail_summary_spf(arena, &nobody), "none");
	arena_free(arena);
}

/* Failures cannot be hidden behind others. */
static void
test_dmarc(void **state)
{
	struct arena *arena = arena_new();
	char *name = long_name(arena, NAME);
	const struct dmarc_outcome dmarc[] = {
		{ .result = DMARC_PASS, .author_domain = name },
		{ .result = DMARC_NONE, .author_domain = name },
		{ .result = DMARC_PASS, .author_domain = name },
		{ .result = DMARC_PERMERROR },
		{ .result = DMARC_FAIL,
		    .author_domain = "bank.example",
		    .policy_tag = "np",
		    .policy = DMARC_POLICY_QUARANTINE,
		    .testing = true },
	};
	struct outcome outcome = { .dmarc = dmarc };

	(void)state;
	assert_null(mail_summary_dmarc(arena, &outcome));
	assert_null(mail_summary_policy(arena, &outcome));
	outcome.dmarc_count = UNIT_COUNT(dmarc);
	assert_string_equal(mail_summary_dmarc(arena, &outcome),
	    arena_printf(arena,
		"fail(bank.example) pass(%s) none(%s) permerror(?) +1", name,
		name));
	outcome.verdict.dmarc = &dmarc[0];
	assert_null(mail_summary_policy(arena, &outcome));
	outcome.verdict.dmarc = &dmarc[4];
	assert_string_equal(
	    mail_summary_policy(arena, &outcome), "np=quarantine,t=y");
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_spf),
		cmocka_unit_test(test_dmarc),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
