#include "explain_compare.h"

#include "dkim/verify.h"
#include "receiver/sandbox.h"

/* For all; libopendkim waits for one key after the other. */
#define TIMEOUT_MS 60000

_Static_assert(2 * SANDBOX_CPU_SECONDS * 1000 <= TIMEOUT_MS,
    "a process ends for its processor time before it is late");

/* The fields of ${mail} below the signatures that it was given. */
static struct header_list
signed_headers(const struct mail *mail, const struct outcome *outcome)
{
	struct header_list all;

	header_list_init(&all, mail->arena);
	for (size_t i = 0; i < outcome->signature_count; i++)
		header_list_add(&all, span_str("DKIM-Signature"),
		    span_str(outcome->signatures[i]));
	for (size_t i = 0; i < mail->headers.count; i++)
		header_list_add(&all, mail->headers.fields[i].raw_name,
		    mail->headers.fields[i].value);
	return (all);
}

/* What we, as a receiver, make of what we signed. */
static const struct dkim_verification *
verify(struct mail *mail, const struct header_list *headers, struct span body,
    size_t *count)
{
	struct dkim_verify_options options = mail->config->verify_options;

	struct dkim_verify *work = dkim_verify_new(mail->arena, &options,
	    headers, mail->from.domain, service_dns(mail->service),
	    service_keys(mail->service), service_clock(mail->service));

	dkim_verify_body(work, body);
	const struct dkim_verification *ours = dkim_verify_finish(work,
	    clock_monotonic_ms() + mail->config->settings.dns_timeout * 1000,
	    count);

	dkim_verify_free(work);
	return (ours);
}

static bool
has_author(const struct from *from)
{
	switch (from->status) {
	case FROM_OK:
	case FROM_SEVERAL_FIELDS:
	case FROM_SEVERAL_DOMAINS:
	case FROM_TOO_MANY:
		return (true);
	case FROM_NONE:
	case FROM_NO_MAILBOX:
	case FROM_MALFORMED:
		break;
	}
	return (false);
}

static const struct dns_answer *
key_answer(struct arena *arena, const struct receiver_report *report,
    const struct dkim_verification *ours)
{
	if (ours->domain == NULL || ours->selector == NULL)
		return (NULL);
	return (receiver_answer(report,
	    arena_printf(
		arena, "%s._domainkey.%s", ours->selector, ours->domain),
	    DNS_TYPE_TXT));
}

static void
compare_one(const struct explain_compare_options *options, struct mail *mail,
    const struct facts_of *of, const struct receiver_report *report,
    struct explain_compared *out)
{
	struct facts facts;

	out->theirs = receiver_opinion(report, of->position);
	if (out->theirs == NULL)
		return;
	facts_find(mail->arena, of, key_answer(mail->arena, report, out->ours),
	    &facts);
	facts.other_clock = options->other_clock;
	facts.no_author = !has_author(&mail->from);
	facts.short_key =
	    out->ours->key_bits > 0 &&
	    out->ours->key_bits < mail->config->verify_options.min_rsa_bits;
	out->difference = difference_find(out->ours, out->theirs, &facts);
}

static const char *
reason_to_skip(
    const struct receiver *receiver, const struct mail *mail, size_t count)
{
	if (receiver == NULL)
		return ("no process could be made for it");
	if (mail->limit != VERDICT_WITHIN_LIMITS)
		return ("the header section is over our limits");
	return (count == 0 ? "there is no DKIM signature" : NULL);
}

static void
compare_signatures(const struct explain_compare_options *options,
    struct mail *mail, const struct outcome *outcome, struct span body,
    struct explain_comparison *out)
{
	const struct receiver_options receiver = {
		.dns = service_dns(mail->service),
		.timeout_ms = TIMEOUT_MS,
		.dns_timeout_ms = mail->config->settings.dns_timeout * 1000,
	};
	struct header_list headers = signed_headers(mail, outcome);
	const struct dkim_verification *ours;

	ours = verify(mail, &headers, body, &out->count);
	out->skipped = reason_to_skip(options->opendkim, mail, out->count);
	if (out->skipped != NULL) {
		out->count = 0;
		return;
	}
	out->signatures =
	    arena_array(mail->arena, out->count, sizeof(*out->signatures));
	receiver_judge(options->opendkim, &receiver, &headers, body,
	    mail->arena, &out->report);
	for (size_t i = 0; i < out->count; i++) {
		const struct facts_of of = { .headers = &headers,
			.body = body,
			.position = i,
			.now = clock_now(service_clock(mail->service)),
			.clock_skew = mail->config->verify_options.clock_skew };

		out->signatures[i].ours = &ours[i];
		compare_one(
		    options, mail, &of, &out->report, &out->signatures[i]);
	}
}

void
explain_compare(const struct explain_compare_options *options,
    struct mail *mail, const struct outcome *outcome, struct span body,
    struct explain_comparison *out)
{
	*out = (struct explain_comparison){ 0 };
	compare_signatures(options, mail, outcome, body, out);
	explain_spf2(options->spf2, mail, outcome, &out->spf2);
}
