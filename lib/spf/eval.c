#include "spf/spf.h"

#include <string.h>

#include "spf/ask.h"
#include "spf/explanation.h"
#include "spf/match.h"
#include "spf/target.h"

/* A domain and its record. */
struct policy {
	const char *domain;
	struct spf_record record;
};

static enum spf_result check_host(struct spf_work *work, struct policy *policy);

/* RFC 7208 4.5: choose the SPF records among ${answer}; store the last one in
 * ${text} and return how many there are. */
static size_t
select_records(
    struct arena *arena, const struct dns_answer *answer, struct span *text)
{
	size_t count = 0;

	for (size_t i = 0; i < answer->count; i++) {
		struct span record = dns_txt(arena, answer->rdata[i]);

		if (!spf_record_is(record))
			continue;
		*text = record;
		count++;
	}
	return (count);
}

/* RFC 7208 4.6: an error anywhere in the record is permerror. */
static bool
parse(struct spf_work *work, struct policy *policy, struct span text,
    enum spf_result *result)
{
	if (work->trace != NULL)
		trace_add(work->trace, "spf", 0, "%s publishes \"%s\"",
		    policy->domain,
		    arena_str(work->arena, span_head(text, SPF_RECORD_MAX)));
	spf_record_parse(work->arena, text, &policy->record);
	if (policy->record.error == NULL)
		return (true);
	work->out->reason =
	    arena_printf(work->arena, "error in the record of %s: %s",
		policy->domain, policy->record.error);
	*result = SPF_PERMERROR;
	return (false);
}

/* RFC 7208 4.4, 4.5: fetch and read the record of ${policy}->domain.  Return
 * false, with the result and its reason, when it cannot be had. */
static bool
fetch(struct spf_work *work, struct policy *policy, enum spf_result *result)
{
	struct dns_answer answer = { .status = DNS_NXDOMAIN };
	struct span text;

	/* RFC 7208 4.3: a name of one label is not asked. */
	if (strchr(policy->domain, '.') != NULL)
		spf_ask(work, policy->domain, DNS_TYPE_TXT, &answer);
	const char *shown =
	    spf_record_show(work->arena, span_str(policy->domain));

	if (spf_ask_failed(&answer)) {
		work->out->reason =
		    arena_printf(work->arena, "the record of %s: %s", shown,
			answer.status == DNS_TIMEOUT ? "no answer in time"
						     : "the DNS fails");
		*result = SPF_TEMPERROR;
		return (false);
	}
	size_t count = select_records(work->arena, &answer, &text);

	if (count == 1)
		return (parse(work, policy, text, result));
	*result = count == 0 ? SPF_NONE : SPF_PERMERROR;
	work->out->reason =
	    count == 0
		? arena_printf(work->arena, "%s has no SPF record", shown)
		: arena_printf(work->arena,
		      "%s has %zu SPF records, and must have one", shown,
		      count);
	return (false);
}

/* RFC 7208 5.2: the table of results. */
static enum spf_match
included(struct spf_work *work, const char *text, const char *at,
    enum spf_result result)
{
	switch (result) {
	case SPF_PASS:
		return (SPF_MATCH_YES);
	case SPF_FAIL:
	case SPF_SOFTFAIL:
	case SPF_NEUTRAL:
		return (SPF_MATCH_NO);
	case SPF_TEMPERROR:
		return (SPF_MATCH_TEMPERROR);
	case SPF_PERMERROR:
		return (SPF_MATCH_PERMERROR);
	case SPF_NONE:
		break;
	}
	work->out->reason = arena_printf(work->arena,
	    "\"%s\" in the record of %s: %s", text, at, work->out->reason);
	return (SPF_MATCH_PERMERROR);
}

static enum spf_match
match_include(struct spf_work *work, const struct spf_directive *directive,
    const char *domain)
{
	struct policy inner;

	if (!spf_target_find(
		work, directive->domain_spec, domain, &inner.domain))
		return (SPF_MATCH_PERMERROR);
	if (inner.domain == NULL)
		return (SPF_MATCH_NO);
	/* It does not nest deeper than terms are counted. */
	return (included(work, spf_record_show(work->arena, directive->text),
	    domain, check_host(work, &inner)));
}

static const char *
match_name(enum spf_match match)
{
	switch (match) {
	case SPF_MATCH_NO:
		return ("does not match");
	case SPF_MATCH_YES:
		return ("matches");
	case SPF_MATCH_TEMPERROR:
	case SPF_MATCH_PERMERROR:
		break;
	}
	return ("cannot be evaluated");
}

static enum spf_match
match_directive(struct spf_work *work, const struct spf_directive *directive,
    const char *domain)
{
	const char *text = spf_record_show(work->arena, directive->text);
	enum spf_match match = SPF_MATCH_PERMERROR;

	if (!spf_match_asks(directive->mechanism)) {
		match = spf_match_eval(work, directive, domain);
		trace_add(work->trace, "spf", 0,
		    "\"%s\" in the record of %s %s", text, domain,
		    match_name(match));
		return (match);
	}
	trace_add(
	    work->trace, "spf", 0, "\"%s\" in the record of %s", text, domain);
	if (!spf_ask_term(work, text, domain))
		return (match);
	if (directive->mechanism == SPF_MECHANISM_INCLUDE) {
		match = match_include(work, directive, domain);
		trace_add(work->trace, "spf", 0,
		    "\"%s\" in the record of %s %s", text, domain,
		    match_name(match));
		return (match);
	}
	match = spf_match_eval(work, directive, domain);
	trace_add(work->trace, "spf", 1, "it %s", match_name(match));
	return (match);
}

static const char *
meaning(enum spf_result result)
{
	switch (result) {
	case SPF_PASS:
		return ("allows");
	case SPF_FAIL:
		return ("forbids");
	case SPF_SOFTFAIL:
		return ("probably does not allow");
	case SPF_NEUTRAL:
	case SPF_NONE:
	case SPF_TEMPERROR:
	case SPF_PERMERROR:
		break;
	}
	return ("neither allows nor forbids");
}

/* ${directive} of ${domain} matched: it decides, unless the record is included
 * and the outer one decides in the end. */
static enum spf_result
decide(struct spf_work *work, const struct spf_directive *directive,
    const char *domain)
{
	work->out->mechanism = arena_str(work->arena, directive->text);
	work->out->record_at = domain;
	work->out->reason =
	    arena_printf(work->arena, "\"%s\" in the record of %s %s %s",
		spf_record_show(work->arena, directive->text), domain,
		meaning(directive->result), work->client);
	return (directive->result);
}

/* RFC 7208 4.6.2: from left to right, until one matches.  Return false when
 * none does. */
static bool
match_policy(
    struct spf_work *work, const struct policy *policy, enum spf_result *result)
{
	for (size_t i = 0; i < policy->record.count; i++) {
		const struct spf_directive *directive =
		    &policy->record.directives[i];

		enum spf_match match =
		    match_directive(work, directive, policy->domain);

		/* What an included record decided is not the last word. */
		work->out->mechanism = NULL;
		work->out->record_at = NULL;
		switch (match) {
		case SPF_MATCH_NO:
			break;
		case SPF_MATCH_YES:
			*result = decide(work, directive, policy->domain);
			return (true);
		case SPF_MATCH_TEMPERROR:
			*result = SPF_TEMPERROR;
			return (true);
		case SPF_MATCH_PERMERROR:
			*result = SPF_PERMERROR;
			return (true);
		}
	}
	return (false);
}

/* RFC 7208 6.1: go on with the record that redirect= names.  Return false, with
 * the result, when there is none to go on with. */
static bool
redirect(struct spf_work *work, struct policy *policy, enum spf_result *result)
{
	struct span spec = policy->record.redirect;
	const char *from = policy->domain;
	const char *text = arena_printf(
	    work->arena, "redirect=%s", spf_record_show(work->arena, spec));

	if (spec.len == 0) {
		/* RFC 7208 4.7. */
		work->out->reason = arena_printf(work->arena,
		    "no term in the record of %s matches %s", from,
		    work->client);
		*result = SPF_NEUTRAL;
		return (false);
	}
	trace_add(
	    work->trace, "spf", 0, "\"%s\" in the record of %s", text, from);
	*result = SPF_PERMERROR;
	if (!spf_ask_term(work, text, from) ||
	    !spf_target_find(work, spec, from, &policy->domain))
		return (false);
	if (policy->domain == NULL) {
		work->out->reason = arena_printf(work->arena,
		    "\"%s\" in the record of %s leads to no domain", text,
		    from);
		return (false);
	}
	if (fetch(work, policy, result))
		return (true);
	if (*result == SPF_NONE) {
		work->out->reason =
		    arena_printf(work->arena, "\"%s\" in the record of %s: %s",
			text, from, work->out->reason);
		*result = SPF_PERMERROR;
	}
	return (false);
}

/* RFC 7208 4: the result for ${policy}->domain.  Afterwards ${policy} is the
 * one that decided. */
static enum spf_result
check_host(struct spf_work *work, struct policy *policy)
{
	enum spf_result result;
	bool more = fetch(work, policy, &result);

	while (more && !match_policy(work, policy, &result))
		more = redirect(work, policy, &result);
	return (result);
}

static const char *
identity_name(const struct spf_query *query)
{
	return (query->identity == SPF_HELO ? "HELO" : "MAIL FROM");
}

/* RFC 7208 4.3: nobody to ask, so there is no result. */
static void
set_none(struct spf_work *work, const char *reason)
{
	const struct spf_query *query = work->query;
	const char *name =
	    query->identity == SPF_HELO ? query->helo : query->mail_from;

	work->out->result = SPF_NONE;
	work->out->reason =
	    arena_printf(work->arena, "%s \"%s\": %s", identity_name(query),
		spf_record_show(work->arena, span_str(name)), reason);
	trace_add(work->trace, "spf", 0, "none: %s", work->out->reason);
}

static void
check_sender(struct spf_work *work)
{
	struct spf_outcome *out = work->out;
	struct policy policy = { .domain = work->sender.domain };

	trace_add(work->trace, "spf", 0, "may %s use %s in %s?", work->client,
	    policy.domain, identity_name(work->query));
	out->domain = policy.domain;
	out->result = check_host(work, &policy);
	if (out->result == SPF_FAIL)
		out->explanation = spf_explanation_find(
		    work, policy.record.exp, policy.domain);
	trace_add(work->trace, "spf", 0, "%s: %s", spf_result_name(out->result),
	    out->reason);
}

void
spf_eval(struct dns *dns, const struct spf_query *query, struct arena *arena,
    struct trace *trace, struct spf_outcome *out)
{
	struct spf_work work = { .dns = dns,
		.query = query,
		.arena = arena,
		.trace = trace,
		.out = out };

	*out = (struct spf_outcome){ .result = SPF_NONE,
		.identity = query->identity };
	work.client = network_address_print(arena, &query->client);
	spf_sender_find(arena, query, &work.sender);
	if (work.sender.domain == NULL)
		set_none(&work, work.sender.reason);
	else if (query->client.family == AF_UNSPEC)
		set_none(&work, "the client has no IP address");
	else
		check_sender(&work);
}
