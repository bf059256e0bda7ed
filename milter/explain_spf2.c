#include "explain_spf2.h"

#include "receiver/spf2_difference.h"
#include "receiver/spf2_facts.h"

/* For all: libspf2 waits for one answer after the other. */
#define TIMEOUT_MS 60000

static const char *
reason_to_skip(const struct receiver *receiver, const struct mail *mail,
    const struct outcome *outcome)
{
	if (outcome->outbound)
		return ("the message is outbound, and SPF is about the host "
			"that hands it to the receiver");
	if (mail->session->client.family == AF_UNSPEC)
		return ("the client's address is not known (--client-ip)");
	if (outcome->spf_mail_from == NULL)
		return ("SPF was not evaluated");
	return (receiver == NULL ? "no process could be made for it" : NULL);
}

static void
compare(struct receiver *receiver, struct mail *mail, struct explain_spf2 *out)
{
	const char *helo = mail->session->helo;
	const struct receiver_options options = {
		.dns = service_dns(mail->service),
		.timeout_ms = TIMEOUT_MS,
		.dns_timeout_ms = mail->config->settings.dns_timeout * 1000,
	};
	const struct wire_spf query = { .client = out->client,
		.helo = helo != NULL ? helo : "",
		.mail_from = mail->mail_from,
		.receiver = mail->authserv_id };
	struct spf2_facts facts;

	receiver_judge_spf(
	    receiver, &options, &query, mail->arena, &out->report);
	if (out->report.state != RECEIVER_JUDGED)
		return;
	spf2_facts_find(mail->arena, &query, &out->report, &facts);
	out->difference =
	    spf2_difference_find(out->ours, out->report.spf, &facts);
}

void
explain_spf2(struct receiver *receiver, struct mail *mail,
    const struct outcome *outcome, struct explain_spf2 *out)
{
	*out = (struct explain_spf2){
		.skipped = reason_to_skip(receiver, mail, outcome),
		.client =
		    network_address_print(mail->arena, &mail->session->client),
		.ours = outcome->spf_mail_from,
	};
	if (out->skipped == NULL)
		compare(receiver, mail, out);
}
