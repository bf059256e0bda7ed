#include "report.h"

#include "base/buf.h"
#include "check.h"
#include "mail/authres.h"
#include "report_spf.h"

/* Of one result. */
#define MAX_PROPERTIES 6

/* Results besides those of DKIM: auth, both of SPF, DMARC, iprev. */
#define OTHER_RESULTS (1 + 2 + CHECK_MAX_AUTHORS + 1 + 1)

/* Signatures that could not be read or have no key and are told of, so that
 * junk costs no others their place. */
#define MAX_PERMERRORS ((size_t)10)

/* The field that is being put together. */
struct draft {
	struct arena *arena;
	const struct mail *mail;
	const struct outcome *outcome;
	struct authres authres;
};

/* Add a result and return it; ${reason} may be NULL. */
static struct authres_result *
add_result(struct draft *draft, const char *method, const char *result,
    const char *reason)
{
	struct authres_result *out =
	    &draft->authres.results[draft->authres.count++];

	*out = (struct authres_result){ .method = method,
		.result = result,
		.reason = reason,
		.properties = arena_array(draft->arena, MAX_PROPERTIES,
		    sizeof(struct authres_property)) };
	return (out);
}

static void
add_property(struct authres_result *result, const char *ptype,
    const char *property, const char *value)
{
	if (value == NULL)
		return;
	result->properties[result->property_count++] =
	    (struct authres_property){
		    .ptype = ptype, .property = property, .value = value
	    };
}

/* RFC 8601 2.7.4: only when the operator wants his users' logins told. */
static void
tell_auth(struct draft *draft)
{
	const struct mail *mail = draft->mail;

	if (mail->login == NULL || !mail->config->settings.show_login)
		return;
	add_property(add_result(draft, "auth", "pass", NULL), "smtp", "auth",
	    mail->login);
}

/* Without the reason: it quotes terms of a record, which a stranger may write
 * for careless readers of this field.  mailreeve-explain tells it. */
static void
tell_identity(struct draft *draft, const struct spf_outcome *spf,
    const char *property, const char *value)
{
	if (spf != NULL)
		add_property(add_result(draft, "spf",
				 spf_result_name(spf->result), NULL),
		    "smtp", property, value);
}

/* RFC 8601 2.7.2.  MAIL FROM first: who reads one result only shall not read
 * that of a HELO name.  For the null path there is one identity, the HELO name;
 * it is told as what it is, and not as a sender. */
static void
tell_spf(struct draft *draft)
{
	const struct mail *mail = draft->mail;

	if (mail->mail_from[0] != '\0')
		tell_identity(draft, draft->outcome->spf_mail_from, "mailfrom",
		    mail->mail_from);
	tell_identity(
	    draft, draft->outcome->spf_helo, "helo", mail->session->helo);
}

static const char *
key_comment(struct arena *arena, const struct dkim_verification *dkim)
{
	const char *dnssec = dkim->security == DNS_SECURE ? ", dnssec" : "";
	const char *testing = dkim->testing ? ", testing" : "";

	if (dkim->key_bits == 0)
		return (NULL);
	return (arena_printf(
	    arena, "%u-bit key%s%s", dkim->key_bits, dnssec, testing));
}

/* RFC 8601 2.7.1, header.a and header.s of RFC 8601 2.3, header.b of RFC 6008.
 */
static void
tell_signature(struct draft *draft, const struct dkim_verification *dkim)
{
	struct authres_result *result = add_result(
	    draft, "dkim", dkim_result_name(dkim->result), dkim->reason);

	result->comment = key_comment(draft->arena, dkim);
	add_property(result, "header", "d", dkim->domain);
	add_property(result, "header", "i", dkim->identity);
	add_property(result, "header", "s", dkim->selector);
	if (dkim->algorithm != DKIM_ALGORITHM_UNKNOWN)
		add_property(result, "header", "a",
		    dkim_algorithm_name(dkim->algorithm));
	add_property(result, "header", "b", dkim->b);
}

static void
tell_dkim(struct draft *draft)
{
	const struct outcome *outcome = draft->outcome;
	size_t before = draft->authres.count;
	size_t permerrors = 0;

	for (size_t i = 0; i < outcome->dkim_count; i++) {
		const struct dkim_verification *dkim = &outcome->dkim[i];

		if (draft->authres.count - before ==
		    AUTHRES_MAX_RESULTS - OTHER_RESULTS)
			break;
		if (dkim->result == DKIM_NEUTRAL)
			continue;
		if (dkim->result == DKIM_PERMERROR &&
		    permerrors++ >= MAX_PERMERRORS)
			continue;
		tell_signature(draft, dkim);
	}
	if (draft->authres.count == before)
		(void)add_result(draft, "dkim",
		    outcome->dkim_count == 0 ? "none" : "neutral", NULL);
}

/* For people, as big receivers write it: the policy under its tag, and what we
 * did. */
static const char *
dmarc_comment(struct draft *draft, const struct dmarc_outcome *dmarc)
{
	const struct verdict *verdict = &draft->outcome->verdict;
	const char *would = verdict->would == verdict->action
	                        ? ""
	                        : arena_printf(draft->arena, " would=%s",
				      verdict_action_name(verdict->would));

	if (dmarc->policy_tag == NULL)
		return (NULL);
	return (arena_printf(draft->arena, "%s=%s%s dis=%s%s discovery=%s",
	    dmarc->policy_tag, dmarc_policy_name(dmarc->policy),
	    dmarc->testing ? " t=y" : "", verdict_action_name(verdict->action),
	    would, dmarc_discovery_name(dmarc->method)));
}

/* RFC 9989 9.1 registers header.from and policy.dmarc, the policy after t=;
 * what else a program may want to know is under "policy", too, which RFC
 * 8601 2.4 leaves to the site. */
static void
tell_domain(struct draft *draft, const struct dmarc_outcome *dmarc)
{
	const struct verdict *verdict = &draft->outcome->verdict;
	struct authres_result *result =
	    add_result(draft, "dmarc", dmarc_result_name(dmarc->result),
		dmarc->result == DMARC_PASS ? NULL : dmarc->reason);

	result->comment = dmarc_comment(draft, dmarc);
	add_property(result, "header", "from", dmarc->author_domain);
	if (dmarc->policy_tag != NULL) {
		add_property(result, "policy", "dmarc",
		    dmarc_policy_name(dmarc->applied));
		add_property(result, "policy", "published-domain-policy",
		    dmarc_policy_name(dmarc->policy));
	}
	if (dmarc->policy_tag != NULL || verdict->action != VERDICT_NONE)
		add_property(result, "policy", "applied-disposition",
		    verdict_action_name(verdict->action));
	add_property(result, "policy", "override-reason", verdict->rule);
}

static bool
all_pass(const struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->dmarc_count; i++)
		if (outcome->dmarc[i].result != DMARC_PASS)
			return (false);
	return (true);
}

/* Of several authors one may be in order and hide another, whom a reader is
 * shown: who looks for "dmarc=pass" finds it only where it holds for all. */
static void
tell_dmarc(struct draft *draft)
{
	const struct outcome *outcome = draft->outcome;
	bool all = all_pass(outcome);

	for (size_t i = 0; i < outcome->dmarc_count; i++)
		if (all || outcome->dmarc[i].result != DMARC_PASS)
			tell_domain(draft, &outcome->dmarc[i]);
}

/* RFC 8601 2.7.3. */
static void
tell_iprev(struct draft *draft)
{
	const struct mail_session *session = draft->mail->session;
	enum iprev_result iprev = draft->outcome->iprev;

	if (iprev != IPREV_NONE)
		add_property(
		    add_result(draft, "iprev", iprev_result_name(iprev), NULL),
		    "policy", "iprev",
		    network_address_print(draft->arena, &session->client));
}

const char *
report_authres(const struct mail *mail, const struct outcome *outcome)
{
	struct draft draft = { .arena = mail->arena,
		.mail = mail,
		.outcome = outcome,
		.authres = { .authserv_id = mail->authserv_id } };

	draft.authres.results = arena_array(
	    mail->arena, AUTHRES_MAX_RESULTS, sizeof(struct authres_result));
	tell_auth(&draft);
	tell_spf(&draft);
	if (mail->check != NULL)
		tell_dkim(&draft);
	tell_dmarc(&draft);
	tell_iprev(&draft);
	if (draft.authres.count == 0)
		return (NULL);
	return (arena_printf(
	    mail->arena, " %s", authres_print(mail->arena, &draft.authres)));
}

/* A domain in A-labels holds nothing else, and neither may the field. */
static bool
is_plain(unsigned char byte)
{
	return (
	    span_is_alnum(byte) || byte == '.' || byte == '-' || byte == '_');
}

static const char *
plain(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (size_t i = 0; copy[i] != '\0'; i++)
		if (!is_plain((unsigned char)copy[i]))
			copy[i] = '?';
	return (copy);
}

/* The result that stands for all: that of a From field which cannot be
 * evaluated, which is the last, where that is why; or the strictest. */
static const struct dmarc_outcome *
deciding(const struct outcome *outcome)
{
	const struct verdict *verdict = &outcome->verdict;
	const struct dmarc_outcome *last =
	    outcome->dmarc_count == 0
		? NULL
		: &outcome->dmarc[outcome->dmarc_count - 1];

	if (last != NULL && last->author_domain == NULL &&
	    (verdict->dmarc == NULL || verdict->cause == VERDICT_FOR_FROM))
		return (last);
	return (verdict->dmarc);
}

const char *
report_verdict(const struct mail *mail, const struct outcome *outcome)
{
	const struct verdict *verdict = &outcome->verdict;
	const struct dmarc_outcome *dmarc = deciding(outcome);
	const char *text = " tag;";

	if (verdict->action != VERDICT_TAG)
		return (NULL);
	if (dmarc != NULL)
		text = arena_printf(mail->arena, "%s dmarc=%s", text,
		    dmarc_result_name(dmarc->result));
	if (dmarc != NULL && dmarc->policy_tag != NULL)
		text = arena_printf(mail->arena, "%s policy=%s", text,
		    dmarc_policy_name(dmarc->policy));
	if (dmarc != NULL && dmarc->author_domain != NULL)
		text = arena_printf(mail->arena, "%s from=%s", text,
		    plain(mail->arena, dmarc->author_domain));
	if (verdict->rule != NULL)
		text = arena_printf(mail->arena, "%s rule=%s", text,
		    plain(mail->arena, verdict->rule));
	return (text);
}

void
report_fields(const struct mail *mail, struct outcome *outcome)
{
	outcome->authentication_results = report_authres(mail, outcome);
	outcome->verdict_field = report_verdict(mail, outcome);
	if (mail->config->settings.received_spf &&
	    outcome->spf_mail_from != NULL)
		outcome->received_spf =
		    report_spf(mail, outcome->spf_mail_from);
}
