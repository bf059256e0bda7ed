#include "explain_print.h"

#include "base/log_format.h"
#include "explain_steps.h"

/* Of one foreign text. */
#define FOREIGN_MAX_BYTES ((size_t)64 * 1024)

static const char *
key_algorithm(const struct dkim_sign_key *key)
{
	return (dkim_algorithm_name(dkim_private_algorithm(key->private)));
}

/* Print what a stranger wrote so that the terminal does not obey it. */
static void
print_foreign(FILE *stream, const char *before, const char *text)
{
	struct arena *arena = arena_new();
	struct buf out;

	buf_init(&out, arena, FOREIGN_MAX_BYTES);
	log_format_printable(&out, span_str(text));
	(void)fprintf(stream, "%s%s\n", before, buf_str(&out));
	arena_free(arena);
}

static void
print_dmarc(FILE *stream, const struct dmarc_outcome *dmarc)
{
	(void)fprintf(
	    stream, "  dmarc=%s  From ", dmarc_result_name(dmarc->result));
	if (dmarc->author_domain == NULL)
		(void)fprintf(stream, "without a domain");
	else
		(void)fprintf(stream, "domain %s", dmarc->author_domain);
	if (dmarc->record_domain != NULL)
		(void)fprintf(stream, ", record of %s", dmarc->record_domain);
	if (dmarc->policy_tag != NULL)
		(void)fprintf(stream, ": %s=%s%s", dmarc->policy_tag,
		    dmarc_policy_name(dmarc->policy),
		    dmarc->testing ? " (t=y)" : "");
	(void)fprintf(stream, "\n    because %s\n", dmarc->reason);
}

static void
print_spf(FILE *stream, const char *identity, const struct spf_outcome *spf)
{
	if (spf == NULL)
		return;
	(void)fprintf(stream, "  spf=%s  %s %s\n    because ",
	    spf_result_name(spf->result), identity,
	    spf->domain == NULL ? "without a domain" : spf->domain);
	print_foreign(stream, "", spf->reason);
}

static void
print_dkim(FILE *stream, const struct dkim_verification *dkim)
{
	(void)fprintf(stream, "  dkim=%s  d=%s s=%s a=%s",
	    dkim_result_name(dkim->result),
	    dkim->domain == NULL ? "(unreadable)" : dkim->domain,
	    dkim->selector == NULL ? "(unreadable)" : dkim->selector,
	    dkim_algorithm_name(dkim->algorithm));
	if (dkim->key_bits > 0)
		(void)fprintf(stream, " (%u bits)", dkim->key_bits);
	if (dkim->reason != NULL)
		(void)fprintf(stream, "\n    because %s", dkim->reason);
	(void)fputc('\n', stream);
}

static void
print_inbound(FILE *stream, const struct outcome *outcome)
{
	(void)fputs("Inbound message, results:\n", stream);
	if (outcome->iprev != IPREV_NONE)
		(void)fprintf(
		    stream, "  iprev=%s\n", iprev_result_name(outcome->iprev));
	print_spf(stream, "HELO", outcome->spf_helo);
	print_spf(stream, "MAIL FROM", outcome->spf_mail_from);
	for (size_t i = 0; i < outcome->dkim_count; i++)
		print_dkim(stream, &outcome->dkim[i]);
	if (outcome->dkim_count == 0)
		(void)fputs("  dkim=none\n", stream);
	for (size_t i = 0; i < outcome->dmarc_count; i++)
		print_dmarc(stream, &outcome->dmarc[i]);
}

static void
print_outbound(FILE *stream, const struct outcome *outcome)
{
	(void)fprintf(stream, "Outbound message, %s\n",
	    outcome->signature_count > 0 ? "signed" : "not signed");
	for (size_t i = 0; i < outcome->signature_count; i++)
		(void)fprintf(stream, "  d=%s s=%s a=%s\n",
		    outcome->keys[i].domain, outcome->keys[i].selector,
		    key_algorithm(&outcome->keys[i]));
	if (outcome->unsigned_reason != NULL)
		print_foreign(stream, "  because ", outcome->unsigned_reason);
	for (size_t i = 0; i < outcome->finding_count; i++)
		print_foreign(stream,
		    "  receivers may refuse it: ", outcome->findings[i].text);
}

static void
print_field(FILE *stream, const char *name, const char *value)
{
	(void)fprintf(stream, "  %s:", name);
	for (; *value != '\0'; value++)
		if (*value != '\r')
			(void)fputc(*value, stream);
	(void)fputc('\n', stream);
}

static void
print_verdict(FILE *stream, const struct verdict *verdict)
{
	(void)fprintf(stream, "Verdict: %s, because ",
	    verdict_action_name(verdict->action));
	print_foreign(stream, "", verdict->reason);
	if (verdict->would != verdict->action)
		(void)fprintf(stream, "  with enforce = yes it would be: %s\n",
		    verdict_action_name(verdict->would));
	if (verdict->rule != NULL)
		print_foreign(stream, "  by rule ", verdict->rule);
	if (verdict->code != NULL)
		(void)fprintf(stream, "  SMTP reply: %s %s %s\n", verdict->code,
		    verdict->status, verdict->text);
}

static void
print_fields(FILE *stream, const struct outcome *outcome)
{
	const struct {
		const char *name;
		const char *value;
	} fields[] = {
		{ "Authentication-Results", outcome->authentication_results },
		{ "Received-SPF", outcome->received_spf },
		{ "X-Mailreeve-Verdict", outcome->verdict_field },
	};

	(void)fputs("Fields added:\n", stream);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].value != NULL)
			print_field(stream, fields[i].name, fields[i].value);
	for (size_t i = 0; i < outcome->signature_count; i++)
		print_field(stream, "DKIM-Signature", outcome->signatures[i]);
}

void
explain_print_text(
    FILE *stream, const struct mail *mail, const struct outcome *outcome)
{
	if (mail->from.address != NULL)
		print_foreign(stream, "Author ", mail->from.address);
	if (mail->trace != NULL)
		explain_steps_text(stream, mail->trace);
	if (outcome->outbound)
		print_outbound(stream, outcome);
	else
		print_inbound(stream, outcome);
	print_verdict(stream, &outcome->verdict);
	if (outcome->deletion_count > 0)
		(void)fprintf(stream, "Fields removed as forged: %zu\n",
		    outcome->deletion_count);
	if (outcome->authentication_results != NULL ||
	    outcome->signature_count > 0)
		print_fields(stream, outcome);
}
