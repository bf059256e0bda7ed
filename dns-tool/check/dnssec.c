#include <string.h>

#include "authority.h"
#include "check/ask.h"
#include "check/check.h"
#include "dns/name.h"

#define DAY ((int64_t)86400)
/* Signers renew in time; who has less left than this has stopped. */
#define WARN_DAYS 2

/* RFC 4034 3.1: where the expiration stands in an RRSIG's RDATA. */
#define EXPIRATION_AT 8
#define EXPIRATION_BYTES 4

struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
	const char *zone;
};

static void
complain(const struct work *work, const char *id,
    enum finding_severity severity, const char *text, const char *advice)
{
	finding_add(work->findings, &(struct finding){
					.id = id,
					.subject = work->zone,
					.severity = severity,
					.text = text,
					.advice = advice,
				    });
}

/* Seconds until the signature of ${rdata} ends; RFC 1982 arithmetic on its 32
 * bits. */
static bool
time_left(struct span rdata, int64_t now, int64_t *left)
{
	struct span bytes;
	uint32_t end = 0;

	span_skip(&rdata, EXPIRATION_AT);
	if (!span_take(&rdata, EXPIRATION_BYTES, &bytes))
		return (false);
	for (size_t i = 0; i < EXPIRATION_BYTES; i++)
		end = end << 8 | bytes.data[i];
	*left = (int32_t)(end - (uint32_t)now);
	return (true);
}

static void
judge_left(const struct work *work, int64_t left)
{
	if (left <= 0)
		complain(work, "dnssec.expired", FINDING_ERROR,
		    arena_printf(work->arena,
			"a signature ended %lld hours ago: validating "
			"receivers cannot find the domain",
			(long long)(-left / 3600)),
		    "let the name server sign the zone anew");
	else if (left < WARN_DAYS * DAY)
		complain(work, "dnssec.expires", FINDING_WARNING,
		    arena_printf(work->arena,
			"the first signature ends in %lld hours",
			(long long)(left / 3600)),
		    "see why the name server does not sign the zone anew");
	else
		finding_ok(work->findings, "dnssec", work->zone,
		    "signed, and valid; the first signature ends in %lld days",
		    (long long)(left / DAY));
}

/* The servers themselves are asked: a resolver has what it validated. */
static void
judge_signatures(const struct work *work, struct authority *authority)
{
	const struct dns_question question = { work->zone, DNS_TYPE_RRSIG };
	struct dns_answer *answers = authority_ask(
	    authority, &question, 1, work->check->deadline, work->arena);
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < authority->count; i++)
		for (size_t j = 0; j < answers[i].count; j++) {
			int64_t left;

			if (time_left(
				answers[i].rdata[j], work->check->now, &left) &&
			    left < least)
				least = left;
		}
	if (least != INT64_MAX)
		judge_left(work, least);
}

static void
judge_insecure(const struct work *work)
{
	struct dns_answer keys;

	dns_lookup(work->check->dns, work->zone, DNS_TYPE_DNSKEY,
	    work->check->deadline, work->arena, &keys);
	if (keys.count > 0)
		complain(work, "dnssec.no_ds", FINDING_NOTICE,
		    "the zone is signed, but its parent has no DS record, so "
		    "nobody can validate it",
		    "give the DS record to the registrar");
	else
		complain(work, "dnssec.absent", FINDING_NOTICE,
		    "the zone is not signed, so TLSA records count for "
		    "nothing (RFC 7672 2.1), and answers can be forged",
		    "let the DNS provider sign it, and give the DS record to "
		    "the registrar");
}

static void
judge_zone(const struct work *work, struct authority *authority)
{
	struct dns_answer answer;

	dns_lookup(work->check->dns, work->zone, DNS_TYPE_SOA,
	    work->check->deadline, work->arena, &answer);
	/* An answer whose signatures are wrong comes as a failure. */
	if (answer.security == DNS_BOGUS)
		complain(work, "dnssec.bogus", FINDING_ERROR,
		    "its signatures are wrong: validating receivers cannot "
		    "find the domain",
		    "compare the DS record at the registrar with the zone's "
		    "DNSKEY records, and let the name server sign anew");
	if (answer.security == DNS_SECURE || answer.security == DNS_BOGUS)
		judge_signatures(work, authority);
	else if (answer.security == DNS_INSECURE)
		judge_insecure(work);
}

static void
look_at(struct work *work, const char *name, struct authority *authority)
{
	authority_find(work->check->dns, name, work->check->deadline,
	    work->arena, authority);
	work->zone = authority->zone;
	if (work->zone != NULL)
		judge_zone(work, authority);
}

void
dnssec_probe(const struct check *check, struct finding_list *findings)
{
	struct work work = { check, findings, findings->arena, NULL };
	const char *host = check->server->hostname;
	struct authority authority;

	if (check->zone_file || check->settings->trust_anchor == NULL)
		return;
	look_at(&work, check->server->domain, &authority);
	if (host != NULL && authority.zone != NULL &&
	    !name_is_within(host, authority.zone))
		look_at(&work, host, &authority);
}
