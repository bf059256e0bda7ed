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
	buf_init(&text, mail->arena, (size_t)4 * LOG_VALUE_MAX);
	for (size_t i = 0; i < outcome->finding_count; i++) {
		const struct outgoing_finding *found = &outcome->findings[i];

		buf_printf(&kinds, "%s%s", i == 0 ? "" : ",",
		    outgoing_kind_name(found->kind));
		buf_printf(&text, "%s%s", i == 0 ? "" : "; ", found->text);
	}
	log_warning(log, "outgoing", LOG_TEXT("kinds", buf_str(&kinds)),
	    LOG_TEXT("text", buf_str(&text)), optional("login", mail->login));
}

/* Our own limits and troubles want an operator; what others' policies and his
 * rules ask for is daily business. */
static bool
is_routine(enum verdict_cause cause)
{
	switch (cause) {
	case VERDICT_FOR_DMARC:
	case VERDICT_FOR_FROM:
	case VERDICT_FOR_RULE:
		return (true);
	case VERDICT_FOR_HEADER_BYTES:
	case VERDICT_FOR_HEADER_FIELDS:
	case VERDICT_FOR_TROUBLE:
	case VERDICT_FOR_DNS:
	case VERDICT_FOR_OUTGOING:
		break;
	}
	return (false);
}

static void
log_refused(const struct log *log, const struct verdict *verdict)
{
	struct log_field fields[] = {
		LOG_TEXT("action", verdict_action_name(verdict->action)),
		LOG_TEXT("reason", verdict->reason),
		{ .key = NULL },
	};

	if (verdict->action == VERDICT_REJECT ||
	    verdict->action == VERDICT_TEMPFAIL)
		log_write(log,
		    is_routine(verdict->cause) ? LOG_LEVEL_INFO
					       : LOG_LEVEL_WARNING,
		    "refused", fields);
}

static void
log_warnings(const struct log *log, const struct mail *mail,
    const struct outcome *outcome)
{
	if (outcome->unsigned_reason != NULL)
		log_warning(log, "unsigned",
		    LOG_TEXT("reason", outcome->unsigned_reason),
		    optional("login", mail->login));
	log_outgoing(mail, outcome, log);
	log_refused(log, &outcome->verdict);
}

/* The fields of a line, in their order. */
#define MAX_FIELDS 32

struct line {
	struct log_field fields[MAX_FIELDS + 1]; /* the last has no key */
	size_t count;
};

static void
put(struct line *line, struct log_field field)
{
	if (line->count < MAX_FIELDS)
		line->fields[line->count++] = field;
}

/* What inbound mail is judged by; outbound mail has none of these. */
static void
put_results(
    struct line *line, const struct mail *mail, const struct outcome *outcome)
{
	struct arena *arena = mail->arena;

	if (!outcome->outbound) {
		put(line,
		    optional("iprev", outcome->iprev == IPREV_NONE
					  ? NULL
					  : iprev_result_name(outcome->iprev)));
		put(line, optional("spf_helo",
			      mail_summary_spf(arena, outcome->spf_helo)));
		put(line, optional("spf",
			      mail_summary_spf(arena, outcome->spf_mail_from)));
	}
	put(line, results(mail, outcome));
	if (!outcome->outbound) {
		put(line,
		    optional("dmarc", mail_summary_dmarc(arena, outcome)));
		put(line,
		    optional("policy", mail_summary_policy(arena, outcome)));
		put(line, optional("rule", outcome->verdict.rule));
	}
}

static void
put_verdict(
    struct line *line, const struct mail *mail, const struct outcome *outcome)
{
	const struct verdict *verdict = &outcome->verdict;

	put(line, LOG_NUMBER("forged_removed", outcome->deletion_count));
	put(line, LOG_TEXT("action", verdict_action_name(verdict->action)));
	put(line, optional("would", verdict->would == verdict->action
					? NULL
					: verdict_action_name(verdict->would)));
	put(line, optional("reason",
		      verdict->would == VERDICT_NONE ? NULL : verdict->reason));
	put(line, LOG_NUMBER("size", mail->body_bytes));
	put(line, LOG_NUMBER("ms", clock_monotonic_ms() - mail->started));
	put(line, LOG_NUMBER("dns_ms", outcome->dns_us / 1000));
}

void
mail_log(const struct mail *mail, const struct outcome *outcome)
{
	const struct log *log = context(mail, mail->queue_id);
	struct line line = { .count = 0 };

	log_warnings(log, mail, outcome);
	put(&line,
	    LOG_TEXT("direction", outcome->outbound ? "outbound" : "inbound"));
	put(&line, optional("client_name", mail->session->client_name));
	put(&line, optional("helo", mail->session->helo));
	put(&line, mail_from(mail));
	put(&line, optional("from", author(mail)));
	put(&line, optional("login", mail->login));
	put(&line, LOG_NUMBER("recipients", mail->rcpt_count));
	put_results(&line, mail, outcome);
	put_verdict(&line, mail, outcome);
	log_write(log, LOG_LEVEL_INFO, "message", line.fields);
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
