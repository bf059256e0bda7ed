/* A verdict in words: bounded, harmless, and fit to act upon. */
#include "verdict_text.h"

#include <string.h>

#include "dns/name.h"
#include "support/unit.h"

static const struct verdict_policy defaults = {
	.enforce = true,
	.reject = VERDICT_REJECT,
	.quarantine = VERDICT_TAG,
	.no_from = VERDICT_TAG,
	.several_from_fields = VERDICT_REJECT,
	.dns_tempfail = true,
};
static const struct verdict_policy strict = {
	.enforce = true,
	.no_from = VERDICT_REJECT,
	.several_from_domains = VERDICT_REJECT,
};

static const struct verdict_policy strict_dmarc = { .enforce = true,
	.reject = VERDICT_REJECT };

#define OUTCOME(the_result, the_policy, the_applied, ...)                      \
	{                                                                      \
		.author_domain = "a.example", .result = (the_result),          \
		.policy = DMARC_POLICY_##the_policy,                           \
		.applied = DMARC_POLICY_##the_applied,                         \
		.reason = "nothing aligned passes", __VA_ARGS__                \
	}
static const struct dmarc_outcome pass = OUTCOME(DMARC_PASS, REJECT, REJECT);
static const struct dmarc_outcome none = OUTCOME(DMARC_NONE, NONE, NONE);
static const struct dmarc_outcome fail_none = OUTCOME(DMARC_FAIL, NONE, NONE);
static const struct dmarc_outcome fail_reject =
    OUTCOME(DMARC_FAIL, REJECT, REJECT);
static const struct dmarc_outcome test_reject =
    OUTCOME(DMARC_FAIL, REJECT, QUARANTINE, .testing = true);
static const struct dmarc_outcome unknown_safe =
    OUTCOME(DMARC_TEMPERROR, NONE, NONE, .could_fail = false);
static const struct dmarc_outcome unknown_reject = OUTCOME(
    DMARC_TEMPERROR, REJECT, REJECT, .could_fail = true, .policy_known = true);

static const struct from from_one = { .status = FROM_OK };
static const struct from from_none = { .status = FROM_NONE };
static const struct from from_no_mailbox = { .status = FROM_NO_MAILBOX };
static const struct from from_malformed = { .status = FROM_MALFORMED };
static const struct from from_fields = { .status = FROM_SEVERAL_FIELDS };
static const struct from from_domains = { .status = FROM_SEVERAL_DOMAINS };
static const struct from from_many = { .status = FROM_TOO_MANY };

static const struct rule rule_reject[] = { { .name = "refuse",
    .action = VERDICT_REJECT } };
static const struct rule rule_tempfail[] = { { .name = "later",
    .action = VERDICT_TEMPFAIL } };
static const struct rule rule_dkim[] = {
	{ .name = "sign", .dkim = 1U << DKIM_NONE, .action = VERDICT_REJECT }
};
static const struct rule rule_dkim_later[] = { { .name = "sign later",
    .dkim = 1U << DKIM_NONE,
    .action = VERDICT_TEMPFAIL } };
static const struct rule rule_spf[] = {
	{ .name = "spf", .spf = 1U << SPF_FAIL, .action = VERDICT_REJECT }
};
static const struct network_address client;
static const struct spf_outcome spf_fail = { .result = SPF_FAIL,
	.domain = "list.example",
	.explanation = "see https://list.example/why?%{i}" };
static const struct spf_outcome spf_pass = { .result = SPF_PASS,
	.domain = "list.example" };
static const struct dkim_verification dkim_pass = { .result = DKIM_PASS,
	.domain = "list.example" };

#define CHECKED(the_policy, the_from, ...)                                     \
	{                                                                      \
		.policy = &(the_policy), .from = &(the_from),                  \
		.client = &client, __VA_ARGS__                                 \
	}
#define SPF(outcome) .spf = (&(outcome))
#define DMARC(outcome) .dmarc = &(outcome), .dmarc_count = 1
#define RULES(the_rules)                                                       \
	.rules = (the_rules), .rule_count = UNIT_COUNT(the_rules)
#define DKIM(verification) .dkim = &(verification), .dkim_count = 1

static const struct {
	struct verdict_facts facts;
	const char *reason;
	const char *text;
} words[] = {
	{ CHECKED(defaults, from_one, DMARC(fail_reject)),
	    "DMARC fails for a.example, whose policy is reject (SPF has no "
	    "domain to look at; no DKIM signature)",
	    "Refused by the DMARC policy of a.example: nothing proves that "
	    "this message comes from there (SPF has no domain to look at; no "
	    "DKIM signature)" },
	{ CHECKED(defaults, from_one, DMARC(fail_reject), .spf = &spf_pass,
	      DKIM(dkim_pass)),
	    "DMARC fails for a.example, whose policy is reject (SPF passes, "
	    "but for list.example; DKIM passes, but for list.example)",
	    "Refused by the DMARC policy of a.example: nothing proves that "
	    "this message comes from there (SPF passes, but for list.example; "
	    "DKIM passes, but for list.example)" },
	{ CHECKED(defaults, from_one, DMARC(test_reject)),
	    "DMARC fails for a.example, whose policy is reject in test mode "
	    "(SPF has no domain to look at; no DKIM signature)",
	    NULL },
	{ CHECKED(defaults, from_one, DMARC(pass)),
	    "DMARC passes for a.example", NULL },
	{ CHECKED(defaults, from_one, DMARC(none)),
	    "a.example has no DMARC policy", NULL },
	{ CHECKED(defaults, from_one, DMARC(unknown_safe)),
	    "DMARC says nothing about a.example: nothing aligned passes",
	    NULL },
	{ CHECKED(defaults, from_fields),
	    "the message has more than one From field",
	    "Refused: the message has more than one From field" },
	{ CHECKED(strict_dmarc, from_fields, DMARC(fail_reject),
	      .spf = &spf_pass, DKIM(dkim_pass)),
	    "DMARC fails for a.example, whose policy is reject (the message "
	    "has more than one From field)",
	    "Refused by the DMARC policy of a.example: nothing proves that "
	    "this message comes from there (the message has more than one From "
	    "field)" },
	{ CHECKED(defaults, from_many),
	    "the From field names more than ten domains",
	    "Refused: the From field names more than ten domains" },
	{ CHECKED(strict, from_none), "the message has no From field",
	    "Refused: the message has no From field" },
	{ CHECKED(strict, from_no_mailbox), "the From field holds no address",
	    "Refused: the From field holds no address" },
	{ CHECKED(strict, from_malformed), "the From field cannot be read",
	    "Refused: the From field cannot be read" },
	{ CHECKED(strict, from_domains),
	    "the authors in the From field are at different domains",
	    "Refused: the authors in the From field are at different domains" },
	{ CHECKED(defaults, from_one, DMARC(pass), RULES(rule_reject)),
	    "the rule \"refuse\" says so",
	    "Refused by a rule of this server for mail from a.example" },
	{ CHECKED(defaults, from_one, DMARC(fail_none), RULES(rule_reject)),
	    "the rule \"refuse\" says so",
	    "Refused by a rule of this server for mail from a.example (SPF has "
	    "no domain to look at; no DKIM signature)" },
	{ CHECKED(defaults, from_one, DMARC(pass), RULES(rule_tempfail)),
	    "the rule \"later\" says so",
	    "Deferred by a rule of this server for mail from a.example, please "
	    "try again later" },
	{ CHECKED(defaults, from_one, DMARC(pass), RULES(rule_dkim)),
	    "the rule \"sign\" says so",
	    "Refused by a rule of this server for mail from a.example: no DKIM "
	    "signature passes" },
	{ CHECKED(defaults, from_one, DMARC(pass), RULES(rule_dkim_later)),
	    "the rule \"sign later\" says so",
	    "Deferred by a rule of this server for mail from a.example: no "
	    "DKIM signature passes, please try again later" },
	{ CHECKED(defaults, from_one, DMARC(unknown_reject)),
	    "the DNS does not answer, and the answer could matter (SPF has no "
	    "domain to look at; no DKIM signature)",
	    "Deferred: the DNS does not answer what tells whether this message "
	    "is from a.example, please try again later" },
	{ { .policy = &defaults, .outgoing = "two\r\nDate %s fields \x1b" },
	    "two\r\nDate %s fields \x1b", "Not sent: two??Date ?s fields ?" },
};

static void
test_words(void **state)
{
	(void)state;
	struct arena *arena = arena_new();

	for (size_t i = 0; i < UNIT_COUNT(words); i++) {
		struct verdict verdict = verdict_decide(&words[i].facts, arena);

		assert_string_equal(verdict.reason, words[i].reason);
		if (words[i].text == NULL)
			assert_null(verdict.text);
		else
			assert_string_equal(verdict.text, words[i].text);
	}
	arena_free(arena);
}

/* What each check said, of which domain. */
static void
test_details(void **state)
{
	(void)state;
	static const struct {
		enum spf_result spf;
		enum dkim_result dkim;
		const char *said;
	} details[] = {
		{ SPF_NONE, DKIM_NONE,
		    "(no SPF record for s.example; no DKIM signature of "
		    "d.example)" },
		{ SPF_NEUTRAL, DKIM_NEUTRAL,
		    "(SPF is neutral for s.example; DKIM is neutral for "
		    "d.example)" },
		{ SPF_PASS, DKIM_PASS,
		    "(SPF passes, but for s.example; DKIM passes, but for "
		    "d.example)" },
		{ SPF_FAIL, DKIM_FAIL,
		    "(SPF fails for s.example; DKIM fails for d.example)" },
		{ SPF_SOFTFAIL, DKIM_POLICY,
		    "(SPF softfails for s.example; DKIM is not accepted for "
		    "d.example)" },
		{ SPF_TEMPERROR, DKIM_TEMPERROR,
		    "(no answer for the SPF record of s.example; no answer for "
		    "the DKIM key of d.example)" },
		{ SPF_PERMERROR, DKIM_PERMERROR,
		    "(a broken SPF record of s.example; a broken DKIM "
		    "signature or key of d.example)" },
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < UNIT_COUNT(details); i++) {
		const struct spf_outcome spf = { .result = details[i].spf,
			.domain = "s.example" };
		const struct dkim_verification dkim = {
			.result = details[i].dkim, .domain = "d.example"
		};
		const struct verdict_facts facts = CHECKED(defaults, from_one,
		    DMARC(fail_reject), .spf = &spf, DKIM(dkim));

		assert_non_null(strstr(
		    verdict_decide(&facts, arena).text, details[i].said));
	}
	arena_free(arena);
}

/* Of what a signature says, that counts which its author can mend. */
static void
test_telling_signature(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	const struct dkim_verification dkim[] = {
		{ .result = DKIM_PERMERROR },
		{ .result = DKIM_FAIL, .domain = "x.example" },
		{ .result = DKIM_PASS, .domain = "list.example" },
		{ .result = DKIM_FAIL, .domain = "mail.a.example" },
	};
	struct verdict_facts facts =
	    CHECKED(defaults, from_one, DMARC(fail_reject));
	static const char *const said[] = { "no DKIM signature)",
		"a broken DKIM signature)", "DKIM fails for x.example)",
		"DKIM passes, but for list.example)",
		"DKIM fails for mail.a.example)" };

	facts.dkim = dkim;
	for (size_t i = 0; i < UNIT_COUNT(said); i++) {
		facts.dkim_count = i;
		assert_non_null(
		    strstr(verdict_decide(&facts, arena).text, said[i]));
	}
	arena_free(arena);
}

/* A domain name as long as they get. */
static const char *
longest_name(struct arena *arena)
{
	char name[NAME_MAX_BYTES + 1];

	memset(name, 'a', sizeof(name));
	for (size_t i = NAME_MAX_LABEL; i < NAME_MAX_BYTES;
	     i += NAME_MAX_LABEL + 1)
		name[i] = '.';
	name[NAME_MAX_BYTES] = '\0';
	return (arena_strdup(arena, name));
}

/* RFC 5321 4.5.3.1.5: a reply line has at most 512 octets, CRLF included; the
 * phrase and the contact are whole in each. */
static void
check_long(struct verdict_facts *facts, const char *begin, const char *end,
    struct arena *arena)
{
	struct verdict verdict = verdict_decide(facts, arena);
	size_t len = strlen(verdict.code) + strlen(verdict.status) +
	             strlen(verdict.text) + strlen("  \r\n");

	assert_in_range(len, 1, 512);
	assert_memory_equal(verdict.text, begin, strlen(begin));
	assert_true(len > strlen(end));
	assert_string_equal(
	    verdict.text + strlen(verdict.text) - strlen(end), end);
}

static void
test_long(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	const char *name = longest_name(arena);
	char contact[VERDICT_CONTACT_MAX + 1];
	struct verdict_policy policy = defaults;
	struct spf_outcome spf = { .result = SPF_FAIL, .domain = name };
	struct dmarc_outcome dmarc = fail_reject;
	struct verdict_facts facts =
	    CHECKED(policy, from_one, DMARC(dmarc), .spf = &spf);

	memset(contact, 'c', sizeof(contact) - 1);
	contact[sizeof(contact) - 1] = '\0';
	policy.contact = contact;
	const char *end = arena_printf(arena, ". Help: %s", contact);

	dmarc.author_domain = name;
	check_long(&facts,
	    arena_printf(arena,
		"Refused by the DMARC policy of %s: nothing proves that this "
		"message comes from there",
		name),
	    end, arena);
	dmarc = unknown_reject;
	dmarc.author_domain = name;
	check_long(&facts,
	    arena_printf(arena,
		"Deferred: the DNS does not answer what tells whether this "
		"message is from %s, please try again later",
		name),
	    end, arena);
	facts.rules = rule_tempfail;
	facts.rule_count = 1;
	check_long(&facts,
	    arena_printf(arena,
		"Deferred by a rule of this server for mail from %s, please "
		"try again later",
		name),
	    end, arena);
	facts.rules = rule_dkim_later;
	check_long(&facts,
	    arena_printf(arena,
		"Deferred by a rule of this server for mail from %s: no DKIM "
		"signature passes, please try again later",
		name),
	    end, arena);
	facts = (struct verdict_facts){ .policy = &policy,
		.outgoing = arena_printf(arena, "%s%s%s", name, name, name) };
	check_long(
	    &facts, arena_printf(arena, "Not sent: %s", name), end, arena);
	arena_free(arena);
}

/* RFC 7208 6.2: the domain's own words are told as such, and cannot command
 * the MTA. */
static void
test_explanation(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	const struct verdict_facts facts = CHECKED(
	    defaults, from_one, DMARC(pass), RULES(rule_spf), SPF(spf_fail));
	struct verdict verdict = verdict_decide(&facts, arena);

	assert_non_null(strstr(verdict.text, "Refused by SPF: list.example "));
	assert_non_null(strstr(verdict.text,
	    "(list.example explains: see https://list.example/why??{i})"));
	arena_free(arena);
}

/* Whose SPF a rule was met by stands in the reply, whatever the result; RFC
 * 7372 3.2: X.7.24 where SPF came to no result. */
static void
test_spf_named(void **state)
{
	static const struct {
		enum spf_result result;
		enum verdict_action action;
		const char *reply;
		const char *text;
	} named[] = {
		{ SPF_SOFTFAIL, VERDICT_REJECT, "5.7.23",
		    "Refused by SPF: list.example does not name " },
		{ SPF_NEUTRAL, VERDICT_TEMPFAIL, "4.7.23",
		    "Deferred by SPF: list.example does not name " },
		{ SPF_PERMERROR, VERDICT_REJECT, "5.7.24",
		    "Refused by SPF: the SPF record of list.example is "
		    "broken" },
		{ SPF_TEMPERROR, VERDICT_TEMPFAIL, "4.7.24",
		    "Deferred by SPF: no answer for the SPF record of "
		    "list.example" },
		/* Of these no record is at fault. */
		{ SPF_NONE, VERDICT_REJECT, "5.7.1",
		    "Refused by a rule of this server for mail from " },
		{ SPF_PASS, VERDICT_REJECT, "5.7.1",
		    "Refused by a rule of this server for mail from " },
	};
	(void)state;
	struct arena *arena = arena_new();

	for (size_t i = 0; i < UNIT_COUNT(named); i++) {
		const struct spf_outcome spf = { .result = named[i].result,
			.domain = "list.example" };
		const struct rule rule = { .name = "spf",
			.spf = 1U << named[i].result,
			.action = (int)named[i].action };
		const struct verdict_facts facts = CHECKED(defaults, from_one,
		    DMARC(pass), .rules = &rule, .rule_count = 1, SPF(spf));
		struct verdict verdict = verdict_decide(&facts, arena);

		assert_string_equal(verdict.status, named[i].reply);
		assert_memory_equal(
		    verdict.text, named[i].text, strlen(named[i].text));
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_words),
		cmocka_unit_test(test_details),
		cmocka_unit_test(test_telling_signature),
		cmocka_unit_test(test_long), cmocka_unit_test(test_explanation),
		cmocka_unit_test(test_spf_named) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
