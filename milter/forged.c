#include "forged.h"

#include <string.h>

#include "dns/name.h"
#include "mail/authres.h"
#include "mail/orgdomain.h"

/* More are not looked at: they go, as if all were forged. */
#define MAX_LOOKED_AT 100

/* What mailreeve-policyd has Postfix prepend. */
#define SCORE_FIELD "X-Mailreeve-Score"

struct ours;

/* Says whether ${value} could be taken for ours; NULL: any could. */
typedef bool looks_ours(const struct ours *ours, struct span value);

static looks_ours claims_results, names_us;

static const struct {
	const char *name;
	looks_ours *looks_ours;
} kinds[] = {
	{ "Authentication-Results", claims_results },
	{ "X-Authentication-Results", claims_results },
	{ "Received-SPF", names_us },
	{ "X-Mailreeve-Verdict", NULL },
	{ SCORE_FIELD, NULL },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* The names that are ours: that of our results, and that of the host, in case
 * it is another.  Of a domain all names are; NULL: just the name. */
#define MAX_NAMES 2

struct ours {
	const char *names[MAX_NAMES];
	const char *domains[MAX_NAMES];
	size_t count;
};

/* RFC 8601 5: fields of our organization stay if they "come directly from
 * another trusted MTA".  Whoever logs in is a user. */
static bool
is_trusted_mta(const struct mail *mail)
{
	const struct config *config = mail->config;
	const char *name = mail->session->client_name;
	const struct network_address *client = &mail->session->client;

	return (
	    mail->login == NULL && (config_is_trusted(config, name, client) ||
				       config_is_peer(config, name, client)));
}

/* Return the domain below which hosts belong to whom ${name} does; or NULL,
 * where it is no domain name. */
static const char *
organization_of(const struct mail *mail, const char *name)
{
	const char *ascii = name_to_ascii(mail->arena, span_str(name));

	if (ascii == NULL)
		return (NULL);
	if (mail->config->suffixes != NULL)
		return (orgdomain_find(mail->config->suffixes, ascii));
	/* Without a list: the host's parent, if it is no top-level domain. */
	const char *dot = strchr(ascii, '.');

	/* UNSAFE: after the dot is the rest of the string. */
	return (dot == NULL || strchr(dot + 1, '.') == NULL ? ascii : dot + 1);
}

static void
add_name(const struct mail *mail, struct ours *ours, const char *name)
{
	ours->names[ours->count] = name;
	if (!is_trusted_mta(mail))
		ours->domains[ours->count] = organization_of(mail, name);
	ours->count++;
}

static void
who_we_are(const struct mail *mail, struct ours *ours)
{
	const char *host = mail->session->mta;

	*ours = (struct ours){ .count = 0 };
	add_name(mail, ours, mail->authserv_id);
	if (host != NULL && !span_is_nocase(span_str(host), mail->authserv_id))
		add_name(mail, ours, host);
}

static bool
claims_results(const struct ours *ours, struct span value)
{
	for (size_t i = 0; i < ours->count; i++)
		if (authres_claims(value, ours->names[i], ours->domains[i]))
			return (true);
	return (false);
}

static bool
names_us(const struct ours *ours, struct span value)
{
	for (size_t i = 0; i < ours->count; i++)
		if (authres_names(value, ours->names[i]))
			return (true);
	return (false);
}

/* Whether ${field} is the score of the policy daemon, which Postfix puts above
 * whatever the client sent; its first word is "ok" or "junk". */
static bool
is_policy_score(const struct mail *mail, const struct header_field *field)
{
	struct span value;

	if (!mail->config->settings.policy_score ||
	    mail->direction != MAIL_INBOUND ||
	    header_find(&mail->headers, SCORE_FIELD) != field ||
	    !span_is(field->raw_name, SCORE_FIELD))
		return (false);
	value = header_unfold(mail->arena, field->value);
	return (span_starts(value, "ok ") || span_starts(value, "junk "));
}

/* Return the index in kinds of ${name}, or KINDS. */
static size_t
find_kind(struct span name)
{
	size_t kind = 0;

	while (kind < KINDS && !span_is_nocase(name, kinds[kind].name))
		kind++;
	return (kind);
}

/* The last goes first, so that the numbers of the others stay true. */
static void
reverse(struct outcome_deletion *deletions, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct outcome_deletion first = deletions[i];

		deletions[i] = deletions[count - 1 - i];
		deletions[count - 1 - i] = first;
	}
}

void
forged_find(struct mail *mail, struct outcome *outcome)
{
	const struct header_list *headers = &mail->headers;
	int seen[KINDS] = { 0 };
	size_t most = 0;
	struct ours ours;

	who_we_are(mail, &ours);
	for (size_t i = 0; i < KINDS; i++)
		most += header_count(headers, kinds[i].name);
	outcome->deletions =
	    arena_array(mail->arena, most, sizeof(struct outcome_deletion));
	for (size_t i = 0; i < headers->count; i++) {
		const struct header_field *field = &headers->fields[i];
		size_t kind = find_kind(field->name);

		if (kind == KINDS)
			continue;
		looks_ours *looks = kinds[kind].looks_ours;

		if (++seen[kind] <= MAX_LOOKED_AT && looks != NULL &&
		    !looks(&ours, field->value))
			continue;
		if (looks == NULL && is_policy_score(mail, field))
			continue;
		outcome->deletions[outcome->deletion_count++] =
		    (struct outcome_deletion){ kinds[kind].name, seen[kind] };
	}
	reverse(outcome->deletions, outcome->deletion_count);
}
