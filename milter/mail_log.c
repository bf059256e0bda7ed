#include "mail_log.h"

#include "base/buf.h"
#include "base/log.h"
#include "mail_summary.h"

static struct log_field
optional(const char *key, const char *value)
{
	return (value == NULL ? LOG_TEXT(key, "-") : LOG_TEXT(key, value));
}

/* The null path as RFC 5321 4.1.1.2 writes it: nothing is easily overlooked. */
static struct log_field
mail_from(const struct mail *mail)
{
	return (LOG_TEXT(
	    "mail_from", mail->mail_from[0] == '\0' ? "<>" : mail->mail_from));
}

static struct log_field
results(const struct mail *mail, const struct outcome *outcome)
{
	if (mail->check != NULL)
		return (LOG_TEXT("dkim", mail_summary_results(mail->arena,
					     outcome, mail->from.domain)));
	if (!outcome->outbound)
		return (optional("dkim", NULL));
	if (outcome->signature_count > 0)
		return (LOG_TEXT(
		    "signed", mail_summary_signatures(mail->arena, outcome)));
	return (optional("unsigned", outcome->unsigned_reason));
}

static const char *
author(const struct mail *mail)
{
	return (mail->from.status == FROM_OK ? mail->from.address : NULL);
}

static const struct log *
context(const struct mail *mail, const char *queue_id)
{
	const struct log *log = log_child(mail->arena,
	    service_log(mail->service), optional("queue_id", queue_id));

	return (log_child(mail->arena, log,
	    LOG_TEXT("client",
		network_address_print(mail->arena, &mail->session->client))));
}

/* The kinds of what is wrong with submitted mail, and the texts. */
static void
log_outgoing(const struct mail *mail, const struct outcome *outcome,
    const struct log *log)
{
	struct buf kinds;
	struct buf text;

	if (outcome->finding_count == 0)
		return;
	buf_init(&kinds, mail->arena, LOG_VALUE_MAX);
	buf_init(&text, mail->arena, 4 * LOG_VALUE_MAX);
	for (size_t i = 0; i < outcome->finding_count; i++) {
		const struct outgoing_finding *found = &outcome->findings[i];

		buf_printf(&kinds, "%s%s", i == 0 ? "" : ",",
		    outgoing_kind_name(found->kind));
		buf_printf(&text, "%s%s", i == 0 ? "" : "; ", found->text);
	}
	log_warning(log, "outgoing", LOG_TEXT("kinds", buf_str(&kinds)),
	    LOG_TEXT("text", buf_str(&text)), optional("login", mail->login));
}

void
mail_log(const struct mail *mail, const struct outcome *outcome)
{
	const struct log *log = context(mail, mail->queue_id);
	const struct verdict *verdict = &outcome->verdict;

	if (outcome->unsigned_reason != NULL)
		log_warning(log, "unsigned",
		    LOG_TEXT("reason", outcome->unsigned_reason),
		    optional("login", mail->login));
	log_outgoing(mail, outcome, log);
	if (verdict->action != VERDICT_NONE)
		log_warning(log, "refused",
		    LOG_TEXT("action", verdict_action_name(verdict->action)),
		    LOG_TEXT("reason", verdict->reason));
	log_info(log, "message",
	    LOG_TEXT("direction", outcome->outbound ? "outbound" : "inbound"),
	    optional("client_name", mail->session->client_name),
	    optional("helo", mail->session->helo), mail_from(mail),
	    optional("from", author(mail)), optional("login", mail->login),
	    LOG_NUMBER("recipients", mail->rcpt_count), results(mail, outcome),
	    LOG_NUMBER("forged_removed", outcome->deletion_count),
	    LOG_TEXT("action", verdict_action_name(verdict->action)),
	    optional("reason",
		verdict->action == VERDICT_NONE ? NULL : verdict->reason),
	    LOG_NUMBER("size", mail->body_bytes),
	    LOG_NUMBER("ms", clock_monotonic_ms() - mail->started),
	    LOG_NUMBER("dns_ms", outcome->dns_us / 1000));
}

void
mail_log_not_applied(const struct mail *mail)
{
	log_warning(context(mail, mail->queue_id), "refused",
	    LOG_TEXT("action", verdict_action_name(VERDICT_TEMPFAIL)),
	    LOG_TEXT("reason", "libmilter could not change the message"));
}

void
mail_log_aborted(const struct mail *mail, const char *queue_id)
{
	static const char *const stages[] = {
		[MAIL_ENVELOPE] = "envelope",
		[MAIL_HEADER] = "header",
		[MAIL_BODY] = "body",
	};
	struct log_field fields[] = {
		LOG_TEXT("stage", stages[mail->stage]),
		mail_from(mail),
		{ .key = NULL },
	};

	log_write(context(mail, queue_id),
	    mail->stage == MAIL_ENVELOPE ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
	    "aborted", fields);
}
