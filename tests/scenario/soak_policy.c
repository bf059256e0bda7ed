/*
 * soak_policy.c: what the domains publish by SPF and DMARC, and what therefore
 * must come of mail in their names.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "soak.h"

/* The domain that publishes neither. */
#define SILENT_DOMAIN (SOAK_DOMAINS - 2)
/* Those that list us do so through this name. */
#define SHARED "hosts.example"

static const char *const wishes[] = { "none", "quarantine", "reject" };
#define WISHES (sizeof(wishes) / sizeof(wishes[0]))

struct soak_policy
soak_policy_of(const char *domain)
{
	unsigned long number =
	    domain[0] == 'd' ? strtoul(domain + 1, NULL, 10) : SOAK_DOMAINS;

	if (number == SILENT_DOMAIN)
		return ((struct soak_policy){ .spf = "none", .dmarc = NULL });
	return ((struct soak_policy){
	    .spf = number / WISHES % 3 == 0 ? "pass" : "fail",
	    .dmarc = wishes[number % WISHES],
	});
}

void
soak_policy_records(struct buf *zone, const char *domain)
{
	struct soak_policy policy = soak_policy_of(domain);

	if (policy.dmarc == NULL)
		return;
	buf_printf(zone, "%s. TXT \"v=spf1 ip4:192.0.2.0/24%s -all\"\n", domain,
	    strcmp(policy.spf, "pass") == 0 ? " include:" SHARED : "");
	buf_printf(
	    zone, "_dmarc.%s. TXT \"v=DMARC1; p=%s\"\n", domain, policy.dmarc);
}

void
soak_policy_shared(struct buf *zone)
{
	buf_add_str(zone, SHARED ". TXT \"v=spf1 ip4:" SOAK_STRANGER " -all\"\n"
				 "client A " SOAK_STRANGER "\n");
}

const char *
soak_policy_dmarc(const struct soak_mail *mail)
{
	struct soak_policy policy = soak_policy_of(mail->domain);
	bool is_signed = mail->kind == SOAK_KIND_GOOD ||
	                 mail->kind == SOAK_KIND_SEVERAL ||
	                 mail->kind == SOAK_KIND_FORGED;

	if (policy.dmarc == NULL)
		return ("none");
	return (is_signed || strcmp(policy.spf, "pass") == 0 ? "pass" : "fail");
}

const char *
soak_policy_action(const struct soak_mail *mail, const char *dmarc)
{
	struct soak_policy policy = soak_policy_of(mail->domain);

	if (policy.dmarc == NULL || strcmp(dmarc, "fail") != 0 ||
	    strcmp(policy.dmarc, "none") == 0)
		return ("none");
	return (strcmp(policy.dmarc, "reject") == 0 ? "reject" : "tag");
}

/* Whether a question for the key of ${field}, a DKIM-Signature, was dropped. */
static bool
key_dropped(struct soak *soak, struct arena *arena,
    const struct soak_mail *mail, const struct milter_field *field,
    int64_t since)
{
	struct span value = span_str(milter_message_unfold(arena, field));
	const char *at = strstr((const char *)value.data, " s=");
	struct span rest = span_str(at == NULL ? "" : at + strlen(" s="));
	struct span selector;

	(void)span_take_until(&rest, ';', &selector);
	return (dnsrelay_dropped(soak->relay,
	    arena_printf(arena, "%s._domainkey.%s", arena_str(arena, selector),
		mail->domain),
	    since));
}

bool
soak_policy_excused(
    struct soak *soak, struct arena *arena, const struct soak_mail *mail)
{
	int64_t since = clock_monotonic_ms() - SOAK_EXPLAINED_MS;
	const char *const names[] = {
		mail->domain,
		arena_printf(arena, "_dmarc.%s", mail->domain),
		"_dmarc.example",
		SHARED,
		"client.example",
	};
	const struct milter_message *message = mail->message;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (dnsrelay_dropped(soak->relay, names[i], since))
			return (true);
	for (size_t i = 0; i < message->count; i++)
		if (span_is(message->fields[i].name, "DKIM-Signature") &&
		    key_dropped(soak, arena, mail, &message->fields[i], since))
			return (true);
	return (false);
}
