#include "judge.h"

#include "sign.h"

/* d= of each signature that was made. */
static const char *const *
signers(struct arena *arena, const struct outcome *outcome)
{
	const char **domains =
	    arena_array(arena, outcome->signature_count, sizeof(*domains));

	for (size_t i = 0; i < outcome->signature_count; i++)
		domains[i] = outcome->keys[i].domain;
	return (domains);
}

/* What a program fetched elsewhere and hands in is not submitted, and a peer's
 * mail is nobody's business here. */
static bool
is_submitted(const struct mail *mail)
{
	return (mail->direction == MAIL_OUTBOUND && mail->check == NULL &&
		mail->limit == VERDICT_WITHIN_LIMITS &&
		!config_is_peer(mail->config, mail->session->client_name,
		    &mail->session->client));
}

/* Look at submitted mail as a receiver would; return why it must not leave, or
 * NULL. */
static const char *
check_outgoing(struct mail *mail, struct outcome *outcome)
{
	const struct config_settings *settings = &mail->config->settings;
	struct outgoing_facts facts = { .headers = &mail->headers,
		.from = &mail->from };

	if (!settings->outgoing_check)
		return (NULL);
	if (mail->sign != NULL) {
		facts.signed_by = signers(mail->arena, outcome);
		facts.signed_by_count = outcome->signature_count;
		facts.signed_fields =
		    sign_fields(mail->sign, &facts.signed_field_count);
	}
	outcome->findings =
	    outgoing_check(&facts, mail->arena, &outcome->finding_count);
	return (outgoing_refusal(mail->arena, outcome->findings,
	    outcome->finding_count, settings->outgoing_refuse.items,
	    settings->outgoing_refuse.count));
}

/* Why the From field of submitted mail must not leave whatever else is asked of
 * it; or NULL. */
static const char *
from_refusal(const struct mail *mail)
{
	switch (mail->from.status) {
	case FROM_SEVERAL_FIELDS:
		return ("more than one From field");
	case FROM_TOO_MANY:
		return ("more than ten domains in From");
	case FROM_OK:
	case FROM_NONE:
	case FROM_SEVERAL_DOMAINS:
	case FROM_NO_MAILBOX:
	case FROM_MALFORMED:
		break;
	}
	return (NULL);
}

/* The same for what holds whether or not that is looked at: a second From field
 * would go out under the SPF of this host, and let a user write as anybody who
 * has his mail here. */
static const char *
why_not_sent(struct mail *mail, struct outcome *outcome)
{
	const struct verdict_policy *policy = &mail->config->verdict_policy;
	const char *why;

	if (!is_submitted(mail))
		return (NULL);
	why = check_outgoing(mail, outcome);
	if (why == NULL && policy->several_from_fields == VERDICT_REJECT)
		return (from_refusal(mail));
	return (why);
}

/* What was found out about an inbound message. */
static void
add_results(const struct mail *mail, const struct outcome *outcome,
    struct verdict_facts *facts)
{
	facts->from = &mail->from;
	facts->helo = outcome->spf_helo;
	facts->spf = outcome->spf_mail_from;
	facts->dkim = outcome->dkim;
	facts->dkim_count = outcome->dkim_count;
	facts->dmarc = outcome->dmarc;
	facts->dmarc_count = outcome->dmarc_count;
	facts->rules = mail->config->rules;
	facts->rule_count = mail->config->rule_count;
	facts->client = &mail->session->client;
	if (mail->rcpt_count <= MAIL_MAX_RCPTS) {
		facts->recipients = mail->rcpts;
		facts->recipient_count = mail->rcpt_count;
	}
}

void
judge_message(struct mail *mail, bool trouble, struct outcome *outcome)
{
	struct verdict_facts facts = {
		.limit = mail->limit,
		.over_limit =
		    (enum verdict_over_limit)mail->config->settings.over_limit,
		.trouble = trouble,
		.policy = &mail->config->verdict_policy,
		.outgoing = why_not_sent(mail, outcome),
		.trace = mail->trace,
	};

	if (mail->check != NULL && mail->direction == MAIL_INBOUND)
		add_results(mail, outcome, &facts);
	outcome->verdict = verdict_decide(&facts, mail->arena);
}
