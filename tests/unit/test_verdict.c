/* What happens to a message, from the facts alone. */
#include "verdict.h"

#include <stdio.h>
#include <string.h>

#include "support/unit.h"

static const struct verdict_policy defaults = {
	.enforce = true,
	.reject = VERDICT_REJECT,
	.quarantine = VERDICT_TAG,
	.no_from = VERDICT_TAG,
	.several_from_fields = VERDICT_REJECT,
	.several_from_domains = VERDICT_NONE,
	.dns_tempfail = true,
};
static const struct verdict_policy trial = {
	.enforce = false,
	.reject = VERDICT_REJECT,
	.quarantine = VERDICT_TAG,
	.no_from = VERDICT_TAG,
	.several_from_fields = VERDICT_REJECT,
	.several_from_domains = VERDICT_NONE,
	.dns_tempfail = true,
};
/* Everything else than the defaults. */
static const struct verdict_policy other = {
	.enforce = true,
	.reject = VERDICT_HOLD,
	.quarantine = VERDICT_NONE,
	.no_from = VERDICT_REJECT,
	.several_from_fields = VERDICT_TAG,
	.several_from_domains = VERDICT_HOLD,
	.dns_tempfail = false,
};
/* A failure of DMARC changes nothing. */
static const struct verdict_policy lax = {
	.enforce = true,
	.dns_tempfail = true,
};

#define OUTCOME(of, the_result, the_policy, the_applied, ...)                  \
	{                                                                      \
		.author_domain = (of), .result = (the_result),                 \
		.policy = DMARC_POLICY_##the_policy,                           \
		.applied = DMARC_POLICY_##the_applied,                         \
		.reason = "nothing aligned passes", __VA_ARGS__                \
	}

static const struct dmarc_outcome pass =
    OUTCOME("a.example", DMARC_PASS, REJECT, REJECT);
static const struct dmarc_outcome none =
    OUTCOME("a.example", DMARC_NONE, NONE, NONE);
static const struct dmarc_outcome fail_none =
    OUTCOME("a.example", DMARC_FAIL, NONE, NONE);
static const struct dmarc_outcome fail_quarantine =
    OUTCOME("a.example", DMARC_FAIL, QUARANTINE, QUARANTINE);
static const struct dmarc_outcome fail_reject =
    OUTCOME("a.example", DMARC_FAIL, REJECT, REJECT);
static const struct dmarc_outcome test_quarantine =
    OUTCOME("a.example", DMARC_FAIL, QUARANTINE, NONE, .testing = true);
static const struct dmarc_outcome test_reject =
    OUTCOME("a.example", DMARC_FAIL, REJECT, QUARANTINE, .testing = true);
static const struct dmarc_outcome unknown_policy =
    OUTCOME("a.example", DMARC_TEMPERROR, NONE, NONE, .could_fail = true);
static const struct dmarc_outcome unknown_safe =
    OUTCOME("a.example", DMARC_TEMPERROR, NONE, NONE, .could_fail = false);
static const struct dmarc_outcome unknown_none = OUTCOME("a.example",
    DMARC_TEMPERROR, NONE, NONE, .could_fail = true, .policy_known = true);
static const struct dmarc_outcome unknown_reject = OUTCOME("a.example",
    DMARC_TEMPERROR, REJECT, REJECT, .could_fail = true, .policy_known = true);
static const struct dmarc_outcome pass_and_reject[] = {
	OUTCOME("a.example", DMARC_PASS, REJECT, REJECT),
	OUTCOME("b.example", DMARC_FAIL, REJECT, REJECT),
	OUTCOME("c.example", DMARC_FAIL, QUARANTINE, QUARANTINE),
};
static const struct dmarc_outcome tag_and_unknown[] = {
	OUTCOME("a.example", DMARC_FAIL, QUARANTINE, QUARANTINE),
	OUTCOME("b.example", DMARC_TEMPERROR, NONE, NONE, .could_fail = true),
};
static const struct dmarc_outcome reject_and_unknown[] = {
	OUTCOME("b.example", DMARC_TEMPERROR, NONE, NONE, .could_fail = true),
	OUTCOME("a.example", DMARC_FAIL, REJECT, REJECT),
};

static const struct from from_one = { .status = FROM_OK };
static const struct from from_none = { .status = FROM_NONE };
static const struct from from_no_mailbox = { .status = FROM_NO_MAILBOX };
static const struct from from_malformed = { .status = FROM_MALFORMED };
static const struct from from_fields = { .status = FROM_SEVERAL_FIELDS };
static const struct from from_domains = { .status = FROM_SEVERAL_DOMAINS };
static const struct from from_many = { .status = FROM_TOO_MANY };

static const struct rule rule_none[] = { { .name = "let", .action = 0 } };
static const struct rule rule_tag[] = { { .name = "tag",
    .action = VERDICT_TAG } };
static const struct rule rule_reject[] = { { .name = "refuse",
    .action = VERDICT_REJECT } };
static const struct rule rule_tempfail[] = { { .name = "later",
    .action = VERDICT_TEMPFAIL } };
static const struct rule rule_published[] = {
	{ .name = "as ever", .action = RULE_AS_PUBLISHED },
	{ .name = "late", .action = VERDICT_NONE },
};
/* As a rule of a configuration is without `results'. */
static const struct rule rule_fail_none[] = {
	{ .name = "let", .dmarc = 1U << DMARC_FAIL, .action = VERDICT_NONE }
};
static const struct rule rule_trouble[] = { { .name = "trouble",
    .dmarc = 1U << DMARC_TEMPERROR,
    .action = VERDICT_TAG } };
static const struct pattern list = { .domain = "list.example" };
static const struct rule rule_list[] = { { .name = "list",
    .signed_by = &list,
    .signed_by_count = 1,
    .dmarc = 1U << DMARC_FAIL,
    .action = VERDICT_NONE } };
static const struct rule rule_forwarder[] = { { .name = "forwarder",
    .mail_from = &list,
    .mail_from_count = 1,
    .action = VERDICT_NONE } };

static const struct rule rule_spf[] = {
	{ .name = "spf", .spf = 1U << SPF_FAIL, .action = VERDICT_REJECT }
};
static const struct rule rule_helo[] = {
	{ .name = "helo", .helo = 1U << SPF_FAIL, .action = VERDICT_TEMPFAIL }
};

static const struct rule rule_dkim[] = { { .name = "dkim",
    .dkim = 1U << DKIM_NONE | 1U << DKIM_FAIL | 1U << DKIM_PASS,
    .action = VERDICT_REJECT } };
static const struct rule rule_dkim_later[] = { { .name = "dkim later",
    .dkim = 1U << DKIM_NONE,
    .action = VERDICT_TEMPFAIL } };
static const struct rule rule_spf_dkim[] = { { .name = "both",
    .spf = 1U << SPF_FAIL,
    .dkim = 1U << DKIM_FAIL,
    .action = VERDICT_REJECT } };

static const struct network_address client;
static const struct spf_outcome spf_fail = { .result = SPF_FAIL,
	.domain = "list.example",
	.explanation = "see https://list.example/why?%{i}" };
static const struct spf_outcome spf_pass = { .result = SPF_PASS,
	.domain = "list.example" };
static const struct spf_outcome spf_unknown = { .result = SPF_TEMPERROR,
	.domain = "list.example" };
static const struct spf_outcome spf_elsewhere = { .result = SPF_TEMPERROR,
	.domain = "other.example" };
static const struct dkim_verification dkim_pass = { .result = DKIM_PASS,
	.domain = "list.example" };
static const struct dkim_verification dkim_fail = { .result = DKIM_FAIL,
	.domain = "list.example" };
static const struct dkim_verification dkim_fail_and_pass[] = {
	{ .result = DKIM_FAIL, .domain = "list.example" },
	{ .result = DKIM_PASS, .domain = "list.example" },
};
static const struct dkim_verification dkim_unknown = { .result = DKIM_TEMPERROR,
	.domain = "list.example" };

#define CHECKED(the_policy, the_from, ...)                                     \
	{                                                                      \
		.policy = &(the_policy), .from = &(the_from),                  \
		.client = &client, __VA_ARGS__                                 \
	}
#define DMARC(outcome) .dmarc = &(outcome), .dmarc_count = 1
#define DMARCS(outcomes)                                                       \
	.dmarc = (outcomes), .dmarc_count = UNIT_COUNT(outcomes)
#define RULES(the_rules)                                                       \
	.rules = (the_rules), .rule_count = UNIT_COUNT(the_rules)
#define SPF(outcome) .spf = (&(outcome))
#define DKIM(verification) .dkim = &(verification), .dkim_count = 1

static const struct {
	const char *name;
	struct verdict_facts facts;
	enum verdict_action action;
	enum verdict_action would;
	enum verdict_cause cause; /* unless would is VERDICT_NONE */
	const char *reply;        /* NULL: none */
	const char *rule;         /* NULL: none */
} cases[] = {
	/* Limits, and our own trouble, which never refuses for good. */
	{ "nothing", { .limit = VERDICT_WITHIN_LIMITS }, VERDICT_NONE,
	    VERDICT_NONE, 0, NULL, NULL },
	{ "bytes",
	    { .limit = VERDICT_HEADER_BYTES,
		.over_limit = VERDICT_OVER_LIMIT_REJECT },
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_HEADER_BYTES,
	    "552 5.3.4", NULL },
	{ "fields",
	    { .limit = VERDICT_HEADER_FIELDS,
		.over_limit = VERDICT_OVER_LIMIT_REJECT },
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_HEADER_FIELDS,
	    "552 5.3.4", NULL },
	{ "bytes later",
	    { .limit = VERDICT_HEADER_BYTES,
		.over_limit = VERDICT_OVER_LIMIT_TEMPFAIL },
	    VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_FOR_HEADER_BYTES,
	    "451 4.3.4", NULL },
	{ "trouble", { .trouble = true }, VERDICT_TEMPFAIL, VERDICT_TEMPFAIL,
	    VERDICT_FOR_TROUBLE, "451 4.3.0", NULL },
	{ "trouble before limit",
	    { .trouble = true,
		.limit = VERDICT_HEADER_BYTES,
		.over_limit = VERDICT_OVER_LIMIT_REJECT },
	    VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_FOR_TROUBLE,
	    "451 4.3.0", NULL },
	{ "trouble before all",
	    CHECKED(defaults, from_fields, .trouble = true, DMARC(fail_reject)),
	    VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_FOR_TROUBLE,
	    "451 4.3.0", NULL },
	/* What was not kept cannot be trusted, trial or not. */
	{ "limit on trial", { .limit = VERDICT_HEADER_BYTES, .policy = &trial },
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_HEADER_BYTES,
	    "552 5.3.4", NULL },
	/* Submitted mail. */
	{ "outgoing", { .policy = &defaults, .outgoing = "two Date fields" },
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_OUTGOING, "550 5.7.1",
	    NULL },
	{ "outgoing on trial",
	    { .policy = &trial, .outgoing = "two Date fields" }, VERDICT_NONE,
	    VERDICT_REJECT, VERDICT_FOR_OUTGOING, "550 5.7.1", NULL },
	/* DMARC by the published policy. */
	{ "pass", CHECKED(defaults, from_one, DMARC(pass)), VERDICT_NONE,
	    VERDICT_NONE, 0, NULL, NULL },
	{ "no policy", CHECKED(defaults, from_one, DMARC(none)), VERDICT_NONE,
	    VERDICT_NONE, 0, NULL, NULL },
	{ "p=none", CHECKED(defaults, from_one, DMARC(fail_none)), VERDICT_NONE,
	    VERDICT_NONE, 0, NULL, NULL },
	{ "p=quarantine", CHECKED(defaults, from_one, DMARC(fail_quarantine)),
	    VERDICT_TAG, VERDICT_TAG, VERDICT_FOR_DMARC, NULL, NULL },
	{ "p=reject", CHECKED(defaults, from_one, DMARC(fail_reject)),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_DMARC, "550 5.7.26",
	    NULL },
	{ "p=quarantine; t=y",
	    CHECKED(defaults, from_one, DMARC(test_quarantine)), VERDICT_NONE,
	    VERDICT_NONE, 0, NULL, NULL },
	{ "p=reject; t=y", CHECKED(defaults, from_one, DMARC(test_reject)),
	    VERDICT_TAG, VERDICT_TAG, VERDICT_FOR_DMARC, NULL, NULL },
	{ "SPF alone changes nothing",
	    CHECKED(defaults, from_one, DMARC(none),
		.spf = &(const struct spf_outcome){ .result = SPF_FAIL,
		    .domain = "a.example" }),
	    VERDICT_NONE, VERDICT_NONE, 0, NULL, NULL },
	/* On trial. */
	{ "p=quarantine on trial",
	    CHECKED(trial, from_one, DMARC(fail_quarantine)), VERDICT_NONE,
	    VERDICT_TAG, VERDICT_FOR_DMARC, NULL, NULL },
	{ "p=reject on trial", CHECKED(trial, from_one, DMARC(fail_reject)),
	    VERDICT_NONE, VERDICT_REJECT, VERDICT_FOR_DMARC, "550 5.7.26",
	    NULL },
	{ "rule on trial",
	    CHECKED(trial, from_one, DMARC(pass), RULES(rule_reject)),
	    VERDICT_NONE, VERDICT_REJECT, VERDICT_FOR_RULE, "550 5.7.1",
	    "refuse" },
	{ "no From on trial", CHECKED(trial, from_none), VERDICT_NONE,
	    VERDICT_TAG, VERDICT_FOR_FROM, NULL, NULL },
	/* Other actions for the published policy. */
	{ "on_reject=hold", CHECKED(other, from_one, DMARC(fail_reject)),
	    VERDICT_HOLD, VERDICT_HOLD, VERDICT_FOR_DMARC, NULL, NULL },
	{ "on_quarantine=none",
	    CHECKED(other, from_one, DMARC(fail_quarantine)), VERDICT_NONE,
	    VERDICT_NONE, 0, NULL, NULL },
	/* From. */
	{ "no From", CHECKED(defaults, from_none), VERDICT_TAG, VERDICT_TAG,
	    VERDICT_FOR_FROM, NULL, NULL },
	{ "no address", CHECKED(defaults, from_no_mailbox), VERDICT_TAG,
	    VERDICT_TAG, VERDICT_FOR_FROM, NULL, NULL },
	{ "malformed", CHECKED(defaults, from_malformed, DMARC(pass)),
	    VERDICT_TAG, VERDICT_TAG, VERDICT_FOR_FROM, NULL, NULL },
	{ "no From, no_from=reject", CHECKED(other, from_none), VERDICT_REJECT,
	    VERDICT_REJECT, VERDICT_FOR_FROM, "550 5.7.1", NULL },
	{ "malformed, and DMARC stricter",
	    CHECKED(defaults, from_malformed, DMARC(fail_reject)),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_DMARC, "550 5.7.26",
	    NULL },
	{ "several fields", CHECKED(defaults, from_fields, DMARC(pass)),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_FROM, "550 5.7.1",
	    NULL },
	{ "several fields, both refuse",
	    CHECKED(defaults, from_fields, DMARC(fail_reject)), VERDICT_REJECT,
	    VERDICT_REJECT, VERDICT_FOR_FROM, "550 5.7.1", NULL },
	{ "several fields, tag", CHECKED(other, from_fields, DMARC(pass)),
	    VERDICT_TAG, VERDICT_TAG, VERDICT_FOR_FROM, NULL, NULL },
	{ "too many domains", CHECKED(defaults, from_many, DMARC(pass)),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_FROM, "550 5.7.1",
	    NULL },
	{ "too many domains, tag", CHECKED(other, from_many, DMARC(pass)),
	    VERDICT_TAG, VERDICT_TAG, VERDICT_FOR_FROM, NULL, NULL },
	{ "several domains, all pass",
	    CHECKED(defaults, from_domains, DMARC(pass)), VERDICT_NONE,
	    VERDICT_NONE, 0, NULL, NULL },
	{ "several domains, the strictest",
	    CHECKED(defaults, from_domains, DMARCS(pass_and_reject)),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_DMARC, "550 5.7.26",
	    NULL },
	{ "several domains, hold", CHECKED(other, from_domains, DMARC(pass)),
	    VERDICT_HOLD, VERDICT_HOLD, VERDICT_FOR_FROM, NULL, NULL },
	/* Rules come before policy and From. */
	{ "rule lets pass",
	    CHECKED(defaults, from_one, DMARC(fail_reject), RULES(rule_none)),
	    VERDICT_NONE, VERDICT_NONE, 0, NULL, "let" },
	{ "rule lets several fields pass",
	    CHECKED(
		defaults, from_fields, DMARC(fail_reject), RULES(rule_none)),
	    VERDICT_NONE, VERDICT_NONE, 0, NULL, "let" },
	{ "rule tags what passes",
	    CHECKED(defaults, from_one, DMARC(pass), RULES(rule_tag)),
	    VERDICT_TAG, VERDICT_TAG, VERDICT_FOR_RULE, NULL, "tag" },
	{ "rule refuses what passes",
	    CHECKED(defaults, from_one, DMARC(pass), RULES(rule_reject)),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_RULE, "550 5.7.1",
	    "refuse" },
	{ "rule defers",
	    CHECKED(defaults, from_one, DMARC(pass), RULES(rule_tempfail)),
	    VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_FOR_RULE, "451 4.7.1",
	    "later" },
	{ "rule about SPF",
	    CHECKED(defaults, from_one, DMARC(pass), RULES(rule_spf),
		.spf = &spf_fail),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_RULE, "550 5.7.23",
	    "spf" },
	{ "rule about HELO",
	    CHECKED(defaults, from_one, DMARC(pass), RULES(rule_helo),
		.helo = &spf_fail, .spf = &spf_pass),
	    VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_FOR_RULE, "451 4.7.23",
	    "helo" },
	{ "a rule about HELO is not for MAIL FROM",
	    CHECKED(defaults, from_one, DMARC(pass), RULES(rule_helo),
		.helo = &spf_pass, .spf = &spf_fail),
	    VERDICT_NONE, VERDICT_NONE, 0, NULL, NULL },
	{ "a rule about MAIL FROM is not for HELO",
	    CHECKED(defaults, from_one, DMARC(pass), RULES(rule_spf),
		.helo = &spf_fail, .spf = &spf_pass),
	    VERDICT_NONE, VERDICT_NONE, 0, NULL, NULL },
	{ "rule about DKIM, no signature",
	    CHECKED(defaults, from_one, DMARC(pass), RULES(rule_dkim)),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_RULE, "550 5.7.20",
	    "dkim" },
	{ "rule about DKIM, which fails",
	    CHECKED(defaults, from_one, DMARC(pass), RULES(rule_dkim),
		DKIM(dkim_fail)),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_RULE, "550 5.7.20",
	    "dkim" },
	{ "rule about DKIM, which passes once",
	    CHECKED(defaults, from_one, DMARC(pass), RULES(rule_dkim),
		.dkim = dkim_fail_and_pass, .dkim_count = 2),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_RULE, "550 5.7.1",
	    "dkim" },
	{ "rule about DKIM defers",
	    CHECKED(defaults, from_one, DMARC(pass), RULES(rule_dkim_later)),
	    VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_FOR_RULE, "451 4.7.20",
	    "dkim later" },
	{ "another rule, without DKIM",
	    CHECKED(defaults, from_one, DMARC(pass), RULES(rule_reject),
		DKIM(dkim_fail)),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_RULE, "550 5.7.1",
	    "refuse" },
	{ "rule about SPF and DKIM",
	    CHECKED(defaults, from_one, DMARC(pass), RULES(rule_spf_dkim),
		.spf = &spf_fail, DKIM(dkim_fail)),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_RULE, "550 5.7.23",
	    "both" },
	{ "a HELO that the DNS does not tell about",
	    CHECKED(defaults, from_one, DMARC(pass), RULES(rule_helo),
		.helo = &spf_unknown, .spf = &spf_pass),
	    VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_FOR_DNS, "451 4.7.0",
	    NULL },
	{ "rule leaves it to the policy, and ends the search",
	    CHECKED(
		defaults, from_one, DMARC(fail_reject), RULES(rule_published)),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_DMARC, "550 5.7.26",
	    NULL },
	{ "rules look at checked mail only",
	    { .policy = &defaults, .client = &client, RULES(rule_reject) },
	    VERDICT_NONE, VERDICT_NONE, 0, NULL, NULL },
	/* The DNS does not answer. */
	{ "policy unknown", CHECKED(defaults, from_one, DMARC(unknown_policy)),
	    VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_FOR_DNS, "451 4.7.0",
	    NULL },
	{ "policy unknown, on trial",
	    CHECKED(trial, from_one, DMARC(unknown_policy)), VERDICT_NONE,
	    VERDICT_TEMPFAIL, VERDICT_FOR_DNS, "451 4.7.0", NULL },
	{ "policy unknown, on_dns_trouble=pass",
	    CHECKED(other, from_one, DMARC(unknown_policy)), VERDICT_NONE,
	    VERDICT_NONE, 0, NULL, NULL },
	{ "policy unknown, none would matter",
	    CHECKED(lax, from_one, DMARC(unknown_policy)), VERDICT_NONE,
	    VERDICT_NONE, 0, NULL, NULL },
	{ "policy unknown, it could not fail",
	    CHECKED(defaults, from_one, DMARC(unknown_safe)), VERDICT_NONE,
	    VERDICT_NONE, 0, NULL, NULL },
	{ "identifier unknown, p=reject",
	    CHECKED(defaults, from_one, DMARC(unknown_reject)),
	    VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_FOR_DNS, "451 4.7.0",
	    NULL },
	{ "identifier unknown, p=none",
	    CHECKED(defaults, from_one, DMARC(unknown_none)), VERDICT_NONE,
	    VERDICT_NONE, 0, NULL, NULL },
	{ "another author's domain could be stricter",
	    CHECKED(defaults, from_domains, DMARCS(tag_and_unknown)),
	    VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_FOR_DNS, "451 4.7.0",
	    NULL },
	{ "another author's domain refuses anyway",
	    CHECKED(defaults, from_domains, DMARCS(reject_and_unknown)),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_DMARC, "550 5.7.26",
	    NULL },
	{ "several From fields refuse anyway",
	    CHECKED(defaults, from_fields, DMARC(unknown_policy)),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_FROM, "550 5.7.1",
	    NULL },
	{ "no From, and the policy could refuse",
	    CHECKED(defaults, from_malformed, DMARC(unknown_policy)),
	    VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_FOR_DNS, "451 4.7.0",
	    NULL },
	{ "a rule for whatever the DNS says",
	    CHECKED(
		defaults, from_one, DMARC(unknown_policy), RULES(rule_none)),
	    VERDICT_NONE, VERDICT_NONE, 0, NULL, "let" },
	{ "a rule for what fails, and nothing else matters",
	    CHECKED(defaults, from_one, DMARC(unknown_reject),
		RULES(rule_fail_none)),
	    VERDICT_NONE, VERDICT_NONE, 0, NULL, NULL },
	{ "a rule for the trouble itself",
	    CHECKED(
		defaults, from_one, DMARC(unknown_reject), RULES(rule_trouble)),
	    VERDICT_TAG, VERDICT_TAG, VERDICT_FOR_RULE, NULL, "trouble" },
	{ "a list whose key is missing",
	    CHECKED(defaults, from_one, DMARC(fail_reject), RULES(rule_list),
		DKIM(dkim_unknown)),
	    VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_FOR_DNS, "451 4.7.0",
	    NULL },
	{ "a list that signed",
	    CHECKED(defaults, from_one, DMARC(fail_reject), RULES(rule_list),
		DKIM(dkim_pass)),
	    VERDICT_NONE, VERDICT_NONE, 0, NULL, "list" },
	{ "a missing key that no rule asks for",
	    CHECKED(defaults, from_one, DMARC(fail_reject), DKIM(dkim_unknown)),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_DMARC, "550 5.7.26",
	    NULL },
	{ "a forwarder whose SPF is missing",
	    CHECKED(defaults, from_one, DMARC(fail_reject),
		RULES(rule_forwarder), .spf = &spf_unknown),
	    VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_FOR_DNS, "451 4.7.0",
	    NULL },
	{ "a forwarder that passes",
	    CHECKED(defaults, from_one, DMARC(fail_reject),
		RULES(rule_forwarder), .spf = &spf_pass),
	    VERDICT_NONE, VERDICT_NONE, 0, NULL, "forwarder" },
	{ "missing SPF of nobody that a rule knows",
	    CHECKED(defaults, from_one, DMARC(fail_reject),
		RULES(rule_forwarder), .spf = &spf_elsewhere),
	    VERDICT_REJECT, VERDICT_REJECT, VERDICT_FOR_DMARC, "550 5.7.26",
	    NULL },
	{ "missing SPF where DKIM made DMARC pass",
	    CHECKED(defaults, from_one, DMARC(pass), .spf = &spf_unknown),
	    VERDICT_NONE, VERDICT_NONE, 0, NULL, NULL },
};

static void
check_reply(const struct verdict *verdict, const char *expected)
{
	char reply[32];

	if (expected == NULL) {
		assert_null(verdict->code);
		assert_null(verdict->status);
		assert_null(verdict->text);
		return;
	}
	(void)snprintf(
	    reply, sizeof(reply), "%s %s", verdict->code, verdict->status);
	assert_string_equal(reply, expected);
	assert_non_null(verdict->text);
}

static void
test_decide(void **state)
{
	(void)state;
	struct arena *arena = arena_new();

	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct verdict verdict = verdict_decide(&cases[i].facts, arena);

		if (verdict.action != cases[i].action ||
		    verdict.would != cases[i].would)
			fail_msg("%s: %s, would %s", cases[i].name,
			    verdict_action_name(verdict.action),
			    verdict_action_name(verdict.would));
		if (verdict.would != VERDICT_NONE)
			assert_int_equal(verdict.cause, cases[i].cause);
		assert_non_null(verdict.reason);
		if (cases[i].rule == NULL)
			assert_null(verdict.rule);
		else
			assert_string_equal(verdict.rule, cases[i].rule);
		check_reply(&verdict, cases[i].reply);
	}
	arena_free(arena);
}

/* The strictest one is named, also where it is not the first. */
static void
test_strictest(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	const struct verdict_facts facts =
	    CHECKED(defaults, from_domains, DMARCS(pass_and_reject));
	struct verdict verdict = verdict_decide(&facts, arena);

	assert_ptr_equal(verdict.dmarc, &pass_and_reject[1]);
	arena_free(arena);
}

/* A rule tells why it matches or does not, to whoever asks. */
static void
test_rule_steps(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	struct verdict_facts facts = CHECKED(
	    defaults, from_one, DMARC(pass), RULES(rule_spf), .spf = &spf_pass);

	facts.trace = trace_new(arena);
	(void)verdict_decide(&facts, arena);
	assert_int_equal(facts.trace->count, 1);
	assert_string_equal(facts.trace->steps[0].text,
	    "\"spf\" does not match: it is not for this SPF result");
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_decide),
		cmocka_unit_test(test_strictest),
		cmocka_unit_test(test_rule_steps) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
