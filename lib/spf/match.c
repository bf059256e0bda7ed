#include "spf/match.h"

#include "dns/name.h"
#include "spf/target.h"
#include "spf/validated.h"

/* RFC 1035 3.3.9: the preference before the name in an MX record. */
#define PREFERENCE_BYTES 2

bool
spf_match_asks(enum spf_mechanism mechanism)
{
	switch (mechanism) {
	case SPF_MECHANISM_INCLUDE:
	case SPF_MECHANISM_A:
	case SPF_MECHANISM_MX:
	case SPF_MECHANISM_PTR:
	case SPF_MECHANISM_EXISTS:
		return (true);
	case SPF_MECHANISM_ALL:
	case SPF_MECHANISM_IP4:
	case SPF_MECHANISM_IP6:
		return (false);
	}
	return (false);
}

/* A term being looked at. */
struct term {
	struct spf_work *work;
	const struct spf_directive *directive;
	const char *text;   /* of the directive */
	const char *at;     /* whose record it stands in */
	const char *target; /* what it asks about */
};

static enum spf_match
temperror(
    const struct term *term, const char *name, const struct dns_answer *answer)
{
	struct spf_work *work = term->work;

	/* RFC 7208 5: a look-up without an answer is temperror. */
	work->out->reason = arena_printf(work->arena,
	    "\"%s\" in the record of %s: %s %s", term->text, term->at,
	    answer->status == DNS_TIMEOUT ? "no answer in time about"
					  : "the DNS fails for",
	    spf_record_show(work->arena, span_str(name)));
	return (SPF_MATCH_TEMPERROR);
}

/* The term's question was answered with nothing. */
static enum spf_match
nothing(const struct term *term)
{
	return (spf_ask_void(term->work, term->text, term->at)
		    ? SPF_MATCH_NO
		    : SPF_MATCH_PERMERROR);
}

static bool
has_client(const struct term *term, const struct dns_answer *answer)
{
	const struct network_address *client = &term->work->query->client;
	unsigned int prefix = client->family == AF_INET6
	                          ? term->directive->prefix6
	                          : term->directive->prefix4;

	for (size_t i = 0; i < answer->count; i++)
		if (spf_ask_contains(answer->rdata[i], client, prefix))
			return (true);
	return (false);
}

/* RFC 7208 5.3. */
static enum spf_match
match_a(const struct term *term)
{
	struct dns_answer answer;
	bool v6 = term->work->query->client.family == AF_INET6;

	spf_ask(
	    term->work, term->target, v6 ? DNS_TYPE_AAAA : DNS_TYPE_A, &answer);
	if (spf_ask_failed(&answer))
		return (temperror(term, term->target, &answer));
	if (answer.count == 0)
		return (nothing(term));
	return (has_client(term, &answer) ? SPF_MATCH_YES : SPF_MATCH_NO);
}

/* RFC 7208 5.7: an A record, whatever the client's family. */
static enum spf_match
match_exists(const struct term *term)
{
	struct dns_answer answer;

	spf_ask(term->work, term->target, DNS_TYPE_A, &answer);
	if (spf_ask_failed(&answer))
		return (temperror(term, term->target, &answer));
	return (answer.count > 0 ? SPF_MATCH_YES : nothing(term));
}

/* Look for the client among the addresses of ${count} exchanges.  One that has
 * it decides, even if the DNS fails for others. */
static enum spf_match
match_exchanges(const struct term *term, const char *const *names, size_t count)
{
	struct dns_answer answers[SPF_MAX_NAMES];
	size_t failed = count;
	bool found = false;

	spf_ask_addresses(term->work, names, count, answers);
	for (size_t i = 0; i < count; i++) {
		if (has_client(term, &answers[i]))
			return (SPF_MATCH_YES);
		found = found || answers[i].count > 0;
		if (spf_ask_failed(&answers[i]))
			failed = i;
	}
	if (failed < count)
		return (temperror(term, names[failed], &answers[failed]));
	return (found ? SPF_MATCH_NO : nothing(term));
}

/* RFC 7208 5.4: only what MX records name, never the domain itself. */
static enum spf_match
match_mx(const struct term *term)
{
	struct spf_work *work = term->work;
	const char *names[SPF_MAX_NAMES];
	struct dns_answer answer;
	size_t count = 0;

	spf_ask(work, term->target, DNS_TYPE_MX, &answer);
	if (spf_ask_failed(&answer))
		return (temperror(term, term->target, &answer));
	/* RFC 7208 4.6.4: more than ten is permerror. */
	if (answer.count > SPF_MAX_NAMES) {
		work->out->reason = arena_printf(work->arena,
		    "\"%s\" in the record of %s: %zu MX records, and %d are "
		    "allowed",
		    term->text, term->at, answer.count, SPF_MAX_NAMES);
		return (SPF_MATCH_PERMERROR);
	}
	for (size_t i = 0; i < answer.count; i++) {
		const char *name = spf_ask_name(
		    work->arena, span_tail(answer.rdata[i], PREFERENCE_BYTES));

		/* RFC 7505: the root says that there is none. */
		if (name != NULL && name[0] != '\0')
			names[count++] = name;
	}
	return (
	    count > 0 ? match_exchanges(term, names, count) : nothing(term));
}

/* RFC 7208 5.5: a failing DNS is no match. */
static enum spf_match
match_ptr(const struct term *term)
{
	struct spf_work *work = term->work;

	spf_validated_find(work);
	if (work->validated_status == DNS_NODATA ||
	    work->validated_status == DNS_NXDOMAIN)
		return (nothing(term));
	for (size_t i = 0; i < work->name_count; i++)
		if (name_is_within(work->names[i], term->target))
			return (SPF_MATCH_YES);
	return (SPF_MATCH_NO);
}

static enum spf_match
match_target(const struct term *term)
{
	switch (term->directive->mechanism) {
	case SPF_MECHANISM_A:
		return (match_a(term));
	case SPF_MECHANISM_MX:
		return (match_mx(term));
	case SPF_MECHANISM_PTR:
		return (match_ptr(term));
	case SPF_MECHANISM_EXISTS:
		return (match_exists(term));
	case SPF_MECHANISM_ALL:
	case SPF_MECHANISM_IP4:
	case SPF_MECHANISM_IP6:
	case SPF_MECHANISM_INCLUDE:
		break;
	}
	return (SPF_MATCH_NO);
}

enum spf_match
spf_match_eval(struct spf_work *work, const struct spf_directive *directive,
    const char *domain)
{
	struct term term = { .work = work,
		.directive = directive,
		.text = arena_str(work->arena, directive->text),
		.at = domain };

	if (directive->mechanism == SPF_MECHANISM_ALL)
		return (SPF_MATCH_YES);
	/* RFC 7208 5.6; the families never mix (5). */
	if (!spf_match_asks(directive->mechanism))
		return (
		    network_contains(&directive->network, &work->query->client)
			? SPF_MATCH_YES
			: SPF_MATCH_NO);
	if (!spf_target_find(
		work, directive->domain_spec, domain, &term.target))
		return (SPF_MATCH_PERMERROR);
	return (term.target == NULL ? SPF_MATCH_NO : match_target(&term));
}
