/* report.h: what we tell of a message in its header. */
#include "support/unit.h"

#include <string.h>

#include "check.h"
#include "mail/authres.h"
#include "mail/header.h"
#include "report.h"

/* A message and what it takes to report of it; only addresses are looked at. */
struct fixture {
	struct arena *arena;
	struct config config;
	struct mail_session session;
	struct mail mail;
	struct outcome outcome;
	struct spf_outcome helo;
	struct spf_outcome mail_from;
	struct dmarc_outcome dmarc[2];
};

/* Something to point at: the message was verified. */
static char checked;

static void
prepare(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->arena = arena_new();
	f->session.helo = "out.example.com";
	f->session.client_name = "out.example.com";
	assert_int_equal(
	    network_address_parse("192.0.2.1", &f->session.client), 0);
	f->mail = (struct mail){ .arena = f->arena,
		.config = &f->config,
		.session = &f->session,
		.mail_from = "ann@example.com",
		.authserv_id = "mx.example",
		.check = (struct check *)(void *)&checked };
	f->helo = (struct spf_outcome){ .result = SPF_NONE,
		.identity = SPF_HELO,
		.domain = "out.example.com",
		.reason = "no record" };
	f->mail_from = (struct spf_outcome){ .result = SPF_PASS,
		.identity = SPF_MAIL_FROM,
		.domain = "example.com",
		.mechanism = "mx",
		.reason = "mx matches" };
	f->dmarc[0] = (struct dmarc_outcome){ .result = DMARC_FAIL,
		.reason = "nothing aligned",
		.author_domain = "example.org",
		.policy_tag = "sp",
		.policy = DMARC_POLICY_REJECT,
		.applied = DMARC_POLICY_REJECT,
		.method = DMARC_PSL };
	f->outcome = (struct outcome){ .spf_helo = &f->helo,
		.spf_mail_from = &f->mail_from,
		.dmarc = f->dmarc,
		.dmarc_count = 1,
		.iprev = IPREV_PASS,
		.verdict = { .action = VERDICT_TAG,
		    .would = VERDICT_TAG,
		    .dmarc = &f->dmarc[0] } };
}

/* The field in one line. */
static const char *
authres(struct fixture *f)
{
	const char *value = report_authres(&f->mail, &f->outcome);

	return (value == NULL ? NULL
			      : arena_str(f->arena,
				    header_unfold(f->arena, span_str(value))));
}

/* Folds leave tabs. */
static void
assert_field(const char *value, const char *expected)
{
	char copy[4096];
	size_t len = strlen(value);

	assert_true(len < sizeof(copy));
	for (size_t i = 0; i <= len; i++)
		copy[i] = value[i];
	for (size_t i = 0; i < len; i++)
		if (copy[i] == '\t')
			copy[i] = ' ';
	assert_string_equal(copy, expected);
}

static void
test_inbound(void **state)
{
	struct fixture f;

	(void)state;
	prepare(&f);
	assert_field(authres(&f),
	    "mx.example; spf=pass "
	    "smtp.mailfrom=ann@example.com; spf=none "
	    "smtp.helo=out.example.com; dkim=none; "
	    "dmarc=fail (sp=reject dis=tag discovery=psl) "
	    "reason=\"nothing aligned\" header.from=example.org "
	    "policy.dmarc=reject policy.published-domain-policy=reject "
	    "policy.applied-disposition=tag; "
	    "iprev=pass policy.iprev=192.0.2.1");
	arena_free(f.arena);
}

/* The null path is no sender, whatever SPF was asked for. */
static void
test_null_path(void **state)
{
	struct fixture f;

	(void)state;
	prepare(&f);
	f.mail.mail_from = "";
	f.outcome.dmarc_count = 0;
	f.outcome.iprev = IPREV_NONE;
	assert_field(authres(&f), "mx.example; spf=none "
				  "smtp.helo=out.example.com; dkim=none");
	arena_free(f.arena);
}

/* A trial, a test by the owner, and a rule's word. */
static void
test_disposition(void **state)
{
	struct fixture f;

	(void)state;
	prepare(&f);
	f.outcome.spf_helo = f.outcome.spf_mail_from = NULL;
	f.outcome.iprev = IPREV_NONE;
	f.dmarc[0].testing = true;
	f.dmarc[0].applied = DMARC_POLICY_QUARANTINE;
	f.outcome.verdict.action = VERDICT_NONE;
	f.outcome.verdict.would = VERDICT_REJECT;
	f.outcome.verdict.rule = "lists that sign";
	assert_field(authres(&f),
	    "mx.example; dkim=none; "
	    "dmarc=fail (sp=reject t=y dis=none would=reject discovery=psl) "
	    "reason=\"nothing aligned\" header.from=example.org "
	    "policy.dmarc=quarantine policy.published-domain-policy=reject "
	    "policy.applied-disposition=none "
	    "policy.override-reason=\"lists that sign\"");
	arena_free(f.arena);
}

/* Only with show_login, and only of whom logged in. */
static void
test_login(void **state)
{
	struct fixture f;

	(void)state;
	prepare(&f);
	f.mail.check = NULL;
	f.mail.direction = MAIL_OUTBOUND;
	f.outcome = (struct outcome){ .outbound = true };
	assert_null(authres(&f));
	f.mail.login = "ann@example.org";
	assert_null(authres(&f));
	f.config.settings.show_login = true;
	assert_field(
	    authres(&f), "mx.example; auth=pass smtp.auth=ann@example.org");
	f.mail.login = NULL;
	assert_null(authres(&f));
	arena_free(f.arena);
}

/* Whatever a stranger puts into MAIL FROM and HELO, the field that comes out
 * has these results and no other. */
static void
test_injection(void **state)
{
	static const char *const attempts[] = {
		"ann@bank.example;dkim=pass header.d=bank.example",
		"ann@bank.example (;dmarc=pass header.from=bank.example",
		"ann@bank.example\"; dmarc=pass header.from=bank.example; \"",
		"\"ann\\\"; dmarc=pass; \\\"\"@bank.example",
		"ann@bank.example\r\nX-Mailreeve-Verdict: fine",
		"ann@bank.example\n\tdmarc=pass", "ann@bank.example\\",
		"\xff\xfe@bank.example", "(", "\"", ";", "=", "@", ")(;\\\"",
		"ann@[192.0.2.1];dmarc=pass"
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(attempts); i++) {
		struct fixture f;
		struct authres read;

		prepare(&f);
		f.mail.mail_from = attempts[i];
		f.session.helo = attempts[i];
		f.mail_from.reason = attempts[i];
		f.dmarc[0].reason = attempts[i];
		f.outcome.verdict.rule = attempts[i];
		const char *value = report_authres(&f.mail, &f.outcome);

		assert_int_equal(
		    authres_parse(f.arena, span_str(value), &read), 0);
		assert_int_equal(read.count, 5);
		assert_string_equal(read.results[0].method, "spf");
		assert_string_equal(read.results[0].result, "pass");
		assert_string_equal(read.results[1].method, "spf");
		assert_string_equal(read.results[1].result, "none");
		assert_string_equal(read.results[2].method, "dkim");
		assert_string_equal(read.results[3].method, "dmarc");
		assert_string_equal(read.results[3].result, "fail");
		assert_string_equal(read.results[4].method, "iprev");
		arena_free(f.arena);
	}
}

/* However many signatures and authors there are, SPF, DMARC and iprev are told
 * of, and all results have room. */
static void
test_many(void **state)
{
	struct dmarc_outcome dmarc[CHECK_MAX_AUTHORS + 1];
	struct dkim_verification dkim[100] = { 0 };
	struct fixture f;
	struct authres read;

	(void)state;
	prepare(&f);
	for (size_t i = 0; i < UNIT_COUNT(dkim); i++)
		dkim[i] = (struct dkim_verification){ .result = DKIM_PASS,
			.domain = "example.com",
			.selector = "s" };
	for (size_t i = 0; i < UNIT_COUNT(dmarc); i++)
		dmarc[i] = f.dmarc[0];
	f.outcome.dkim = dkim;
	f.outcome.dkim_count = UNIT_COUNT(dkim);
	f.outcome.dmarc = dmarc;
	f.outcome.dmarc_count = UNIT_COUNT(dmarc);
	const char *value = report_authres(&f.mail, &f.outcome);

	assert_int_equal(authres_parse(f.arena, span_str(value), &read), 0);
	assert_true(read.count <= AUTHRES_MAX_RESULTS);
	/* max_signatures is 50 at most, and each has its place. */
	assert_true(read.count >= 50 + 2 + UNIT_COUNT(dmarc) + 1);
	assert_string_equal(read.results[read.count - 1].method, "iprev");
	assert_string_equal(read.results[read.count - 2].method, "dmarc");
	arena_free(f.arena);
}

static void
test_verdict(void **state)
{
	struct fixture f;

	(void)state;
	prepare(&f);
	assert_string_equal(report_verdict(&f.mail, &f.outcome),
	    " tag; dmarc=fail policy=reject from=example.org");
	f.outcome.verdict.rule = "a b;\r\nc";
	assert_string_equal(report_verdict(&f.mail, &f.outcome),
	    " tag; dmarc=fail policy=reject from=example.org rule=a?b???c");
	f.outcome.verdict.action = VERDICT_HOLD;
	assert_null(report_verdict(&f.mail, &f.outcome));
	/* From cannot be evaluated, and that is why. */
	f.outcome.verdict = (struct verdict){ .action = VERDICT_TAG,
		.cause = VERDICT_FOR_FROM };
	f.dmarc[0] = (struct dmarc_outcome){ .result = DMARC_PERMERROR,
		.reason = "no From" };
	assert_string_equal(
	    report_verdict(&f.mail, &f.outcome), " tag; dmarc=permerror");
	/* A rule, of a message that DMARC says nothing of. */
	f.outcome.dmarc_count = 0;
	f.outcome.verdict.rule = "junk";
	assert_string_equal(
	    report_verdict(&f.mail, &f.outcome), " tag; rule=junk");
	arena_free(f.arena);
}

static void
test_fields(void **state)
{
	struct fixture f;

	(void)state;
	prepare(&f);
	report_fields(&f.mail, &f.outcome);
	assert_non_null(f.outcome.authentication_results);
	assert_non_null(f.outcome.verdict_field);
	assert_null(f.outcome.received_spf);
	f.config.settings.received_spf = true;
	report_fields(&f.mail, &f.outcome);
	assert_non_null(f.outcome.received_spf);
	f.outcome.spf_mail_from = NULL;
	f.outcome.received_spf = NULL;
	report_fields(&f.mail, &f.outcome);
	assert_null(f.outcome.received_spf);
	arena_free(f.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inbound),
		cmocka_unit_test(test_null_path),
		cmocka_unit_test(test_disposition),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_injection),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_fields),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
