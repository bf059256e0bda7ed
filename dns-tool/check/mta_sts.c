#include <string.h>

#include "check/ask.h"
#include "check/check.h"
#include "check/fetch.h"
#include "check/policy.h"
#include "domain.h"
#include "records/sts.h"

#define POLICY_PATH "/.well-known/mta-sts.txt"
#define DAY 86400
#define MAX_HOSTS 20

struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
	const char *host; /* mta-sts.DOMAIN */
};

static const char *
serve_command(const struct work *work)
{
	return (arena_printf(work->arena,
	    "let the web server give at https://%s" POLICY_PATH
	    " what this prints: mailreeve-dns records --format mta-sts %s",
	    work->host, work->check->server->domain));
}

static void
complain(const struct work *work, const char *id,
    enum finding_severity severity, const char *text, const char *found)
{
	finding_add(work->findings, &(struct finding){
					.id = id,
					.subject = work->host,
					.severity = severity,
					.text = text,
					.found = found,
					.advice = serve_command(work),
				    });
}

static void
judge_mx(const struct work *work, const struct policy *policy)
{
	struct dns_answer answer;

	dns_lookup(work->check->dns, work->check->server->domain, DNS_TYPE_MX,
	    work->check->deadline, work->arena, &answer);
	for (size_t i = 0; i < answer.count && i < MAX_HOSTS; i++) {
		const char *host =
		    domain_of_rdata(work->arena, span_tail(answer.rdata[i], 2));

		if (host == NULL || host[0] == '\0' ||
		    policy_covers(policy, host))
			continue;
		complain(work, "mta_sts.mx",
		    policy->mode == POLICY_ENFORCE ? FINDING_ERROR
						   : FINDING_WARNING,
		    policy->mode == POLICY_ENFORCE
			? "the policy does not name a host that the MX "
			  "records name, so senders deliver nothing to it"
			: "the policy does not name a host that the MX "
			  "records name",
		    host);
	}
}

static void
judge_policy(const struct work *work, struct span body)
{
	static const char *const modes[] = { "none", "testing", "enforce" };
	struct policy policy;

	policy_parse(body, work->arena, &policy);
	if (policy.error != NULL) {
		complain(work, "mta_sts.malformed", FINDING_WARNING,
		    arena_printf(
			work->arena, "senders cannot use it: %s", policy.error),
		    arena_str(work->arena, body));
		return;
	}
	judge_mx(work, &policy);
	/* Both enumerations go from none to enforce. */
	if ((int)policy.mode < work->check->settings->mta_sts)
		complain(work, "mta_sts.weak", FINDING_WARNING,
		    arena_printf(work->arena,
			"its mode is \"%s\", where \"%s\" is wanted",
			modes[policy.mode],
			modes[work->check->settings->mta_sts]),
		    arena_str(work->arena, body));
	if (policy.max_age < DAY)
		complain(work, "mta_sts.short", FINDING_NOTICE,
		    "senders forget the policy within a day, so it protects "
		    "little",
		    arena_str(work->arena, body));
	if (!span_is(body, sts_policy(work->check->server,
			       work->check->settings, work->arena)))
		finding_ok(work->findings, "mta_sts.policy", work->host,
		    "fetched; it is not word for word what "
		    "\"mailreeve-dns records\" prints");
	else
		finding_ok(
		    work->findings, "mta_sts.policy", work->host, "fetched");
}

static const char *
id_of(enum fetch_result result)
{
	switch (result) {
	case FETCH_DONE:
		break;
	case FETCH_UNREACHABLE:
		return ("mta_sts.unreachable");
	case FETCH_CERTIFICATE:
		return ("mta_sts.certificate");
	case FETCH_REFUSED:
		return ("mta_sts.refused");
	case FETCH_TOO_LARGE:
		return ("mta_sts.too_large");
	}
	return ("mta_sts.policy");
}

static void
look_at(const struct work *work, const struct ask_addresses *addresses)
{
	const struct fetch request = { .host = work->host,
		.path = POLICY_PATH,
		.addresses = addresses->items,
		.address_count = addresses->count,
		.ca_file = work->check->settings->ca_file,
		.limit = POLICY_MAX_BYTES,
		.deadline = work->check->deadline };
	const char *reason = NULL;
	struct span body;
	enum fetch_result result = fetch(&request, work->arena, &body, &reason);

	if (result == FETCH_DONE)
		judge_policy(work, body);
	else
		complain(work, id_of(result), FINDING_WARNING,
		    "senders cannot fetch the policy, so it counts for "
		    "nothing",
		    reason);
}

/* A policy is looked for only where a record tells of it (RFC 8461 3.1); that
 * the record or the host is missing is told by published.c. */
void
mta_sts_probe(const struct check *check, struct finding_list *findings)
{
	struct arena *arena = findings->arena;
	const char *domain = check->server->domain;
	const struct work work = { check, findings, arena,
		arena_printf(arena, "mta-sts.%s", domain) };
	struct ask_texts texts;
	struct ask_addresses addresses;

	dns_prefetch(check->dns, work.host, DNS_TYPE_A);
	dns_prefetch(check->dns, work.host, DNS_TYPE_AAAA);
	ask_texts(check, arena_printf(arena, "_mta-sts.%s", domain), "v=STSv1",
	    arena, &texts);
	if (texts.count != 1)
		return;
	ask_addresses(check, work.host, arena, &addresses);
	if (addresses.count > 0)
		look_at(&work, &addresses);
	else if (check->settings->mta_sts == CONFIG_STS_NONE)
		complain(&work, "mta_sts.unreachable", FINDING_WARNING,
		    "a record tells of a policy, but its host has no address",
		    NULL);
}
