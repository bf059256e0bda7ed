#include "dmarc/dmarc.h"

#include <assert.h>
#include <string.h>

#include "dmarc/align.h"
#include "dmarc/discover.h"
#include "dmarc/evaluate.h"
#include "dns/name.h"

struct dmarc {
	struct dmarc_options options;
	struct discover discover;
};

/* What one evaluation knows of the author's domain. */
struct author {
	struct dmarc_walk walk;
	struct dmarc_organization organization; /* domain NULL: not sought */
	const struct dmarc_step *source;        /* NULL: no record applies */
};

struct dmarc *
dmarc_new(struct dns *dns, const struct dmarc_options *options,
    struct arena *arena, struct trace *trace)
{
	struct dmarc *dmarc = arena_alloc(arena, sizeof(*dmarc));

	assert(
	    options->suffixes != NULL || options->discovery == DMARC_TREEWALK);
	dmarc->options = *options;
	dmarc->discover = (struct discover){
		.dns = dns,
		.deadline = options->deadline,
		.arena = arena,
		.trace = trace,
		.max_queries = DISCOVER_MAX_QUERIES - DISCOVER_AUTHOR_QUERIES,
	};
	return (dmarc);
}

/* A literal such as "[192.0.2.1]" is no domain name, nor is nothing. */
static bool
is_domain(const char *domain)
{
	return (domain[0] != '\0' && domain[0] != '[');
}

void
dmarc_prefetch(struct dns *dns, const char *author_domain)
{
	const char *names[DMARC_MAX_QUERIES];
	char name[sizeof("_dmarc.") + NAME_MAX_BYTES];

	if (!is_domain(author_domain) || strlen(author_domain) > NAME_MAX_BYTES)
		return;
	size_t count = dmarc_walk_names(author_domain, names);

	for (size_t i = 0; i < count; i++) {
		/* A top-level domain matters seldom, and is known soon. */
		if (i > 0 && strchr(names[i], '.') == NULL)
			continue;
		(void)stpcpy(stpcpy(name, "_dmarc."), names[i]);
		dns_prefetch(dns, name, DNS_TYPE_TXT);
	}
}

/* With the public suffix list (RFC 7489 6.6.3) only two names are asked: the
 * domain, and its organizational domain. */
static void
walk_by_list(struct dmarc *dmarc, const struct align *align, const char *domain,
    struct author *author)
{
	const char *above = align_bound(align, domain);

	author->organization = (struct dmarc_organization){ above, DMARC_PSL };
	if (strcmp(above, domain) == 0)
		return;
	struct dmarc_step step = discover_at(&dmarc->discover, above);

	(void)dmarc_walk_add(&author->walk, &step);
}

/* Find the record that applies (RFC 9989 4.10.1).  Trouble is left in the walk
 * of ${author}. */
static void
find_record(struct dmarc *dmarc, const struct align *align, const char *domain,
    struct author *author)
{
	struct dmarc_step first = discover_at(&dmarc->discover, domain);
	bool more = dmarc_walk_add(&author->walk, &first);

	if (author->walk.trouble != DMARC_AT_NOTHING)
		return;
	if (first.at == DMARC_AT_RECORD) {
		author->source = &author->walk.steps[0];
		/* It ended the walk: so the organization is known as well. */
		if (!more && dmarc->options.discovery != DMARC_PSL)
			author->organization =
			    dmarc_evaluate_organization(&author->walk, NULL);
		return;
	}
	if (dmarc->options.discovery == DMARC_PSL)
		walk_by_list(dmarc, align, domain, author);
	else
		discover_walk(&dmarc->discover, domain, &author->walk);
	if (author->walk.trouble != DMARC_AT_NOTHING)
		return;
	if (dmarc->options.discovery != DMARC_PSL)
		author->organization = dmarc_evaluate_organization(
		    &author->walk, align_bound(align, domain));
	author->source =
	    dmarc_evaluate_source(&author->walk, &author->organization);
}

/* Store the policy that applies in ${out}; return false when which of its tags
 * does is not known. */
static bool
find_policy(struct dmarc *dmarc, const struct dmarc_step *source,
    struct dmarc_outcome *out)
{
	enum discover_existence existence = DISCOVER_EXISTS;

	if (dmarc_evaluate_needs_existence(source, out->author_domain))
		existence =
		    discover_existence(&dmarc->discover, out->author_domain);
	dmarc_evaluate_policy(source, existence == DISCOVER_NONEXISTENT, out);
	trace_add(dmarc->discover.trace, "dmarc", 1,
	    "the policy is %s=%s of the record at _dmarc.%s%s", out->policy_tag,
	    dmarc_policy_name(out->policy), out->record_domain,
	    out->testing ? "; t=y: a step milder" : "");
	/* Where both tags say the same it does not matter. */
	return (existence != DISCOVER_UNKNOWN ||
		source->record->np == source->record->sp);
}

static void
check_one(struct align *align, const char *what,
    const struct dmarc_identifier *identifier, bool strict,
    const struct dmarc_identifier **aligned, const char **undecided)
{
	switch (align_check(align, what, identifier->domain, strict)) {
	case ALIGN_NO:
		break;
	case ALIGN_YES:
		if (identifier->pass)
			*aligned = identifier;
		else
			*undecided = identifier->domain;
		break;
	case ALIGN_UNDECIDED:
		*undecided = identifier->domain;
		break;
	}
}

/* Check the ${identifiers} that ${pass} or not, until one is aligned. */
static void
check_dkim(struct align *align, const struct dmarc_query *query, bool pass,
    bool strict, struct dmarc_alignments *found)
{
	const char *what = pass ? "DKIM signature of"
	                        : "DKIM signature, not decided itself, of";

	for (size_t i = 0; i < query->dkim_count && found->dkim == NULL; i++)
		if (query->dkim[i].pass == pass)
			check_one(align, what, &query->dkim[i], strict,
			    &found->dkim, &found->undecided);
}

/* What passed comes first; what only might have matters only without that. */
static void
check_all(struct align *align, const struct dmarc_query *query,
    const struct dmarc_outcome *policy, struct dmarc_alignments *found)
{
	if (query->spf != NULL && query->spf->pass)
		check_one(align, "SPF identity", query->spf, policy->strict_spf,
		    &found->spf, &found->undecided);
	check_dkim(align, query, true, policy->strict_dkim, found);
	if (found->spf != NULL || found->dkim != NULL ||
	    found->undecided != NULL)
		return;
	if (query->spf != NULL && !query->spf->pass)
		check_one(align, "SPF identity, not decided itself,",
		    query->spf, policy->strict_spf, &found->spf,
		    &found->undecided);
	if (found->undecided == NULL)
		check_dkim(align, query, false, policy->strict_dkim, found);
}

/* The author has a policy at ${author}->source: who is behind the message? */
static void
judge(struct dmarc *dmarc, struct align *align, const struct author *author,
    const struct dmarc_query *query, struct dmarc_outcome *out)
{
	struct dmarc_alignments found = { .spf = NULL };

	found.existence_unknown = !find_policy(dmarc, author->source, out);
	check_all(align, query, out, &found);
	if (align->is_known && align->trouble == DMARC_AT_NOTHING)
		out->organizational_domain = align->organization.domain;
	else if (found.spf != NULL || found.dkim != NULL) {
		/* RFC 9989 4.10.2: the one domain that they all are is treated
		 * as the organizational one. */
		out->organizational_domain = out->author_domain;
	}
	dmarc_evaluate_result(&found, out);
}

static void
evaluate(struct dmarc *dmarc, const struct dmarc_query *query,
    struct dmarc_outcome *out)
{
	struct author author = { .organization = { .domain = NULL } };
	struct align align = { .discover = &dmarc->discover,
		.discovery = dmarc->options.discovery,
		.suffixes = dmarc->options.suffixes,
		.author_domain = query->author_domain };

	find_record(dmarc, &align, query->author_domain, &author);
	if (author.organization.domain != NULL) {
		align_set(&align, &author.organization);
		out->organizational_domain = author.organization.domain;
		out->method =
		    dmarc_evaluate_method(author.source, &author.organization);
	}
	if (author.walk.trouble != DMARC_AT_NOTHING) {
		dmarc_evaluate_unknown(
		    query, "the DNS did not say what the policy is", out);
	} else if (author.source == NULL) {
		out->reason = "no DMARC record applies to the author's domain";
	} else if (!author.source->record->has_policy) {
		/* RFC 9989 4.10.1. */
		out->record_domain = author.source->domain;
		out->reason = "the DMARC record has neither a valid policy "
			      "nor an address for reports";
	} else {
		judge(dmarc, &align, &author, query, out);
	}
}

void
dmarc_eval(struct dmarc *dmarc, const struct dmarc_query *query,
    struct dmarc_outcome *out)
{
	*out = (struct dmarc_outcome){
		.result = DMARC_NONE,
		.author_domain = query->author_domain,
		.method = dmarc->options.discovery == DMARC_PSL
		              ? DMARC_PSL
		              : DMARC_TREEWALK,
	};
	/* Its own questions come first, so that none before can spend them. */
	dmarc->discover.max_queries += DISCOVER_AUTHOR_QUERIES;
	trace_add(dmarc->discover.trace, "dmarc", 0, "author domain %s",
	    query->author_domain);
	if (is_domain(query->author_domain))
		evaluate(dmarc, query, out);
	else
		out->reason = "the author's domain is no domain name";
	trace_add(dmarc->discover.trace, "dmarc", 1, "result: %s, %s",
	    dmarc_result_name(out->result), out->reason);
}

const char *
dmarc_result_name(enum dmarc_result result)
{
	static const char *const names[] = {
		[DMARC_NONE] = "none",
		[DMARC_PASS] = "pass",
		[DMARC_FAIL] = "fail",
		[DMARC_TEMPERROR] = "temperror",
		[DMARC_PERMERROR] = "permerror",
	};

	assert((size_t)result < sizeof(names) / sizeof(names[0]));
	return (names[result]);
}

const char *
dmarc_policy_name(enum dmarc_policy policy)
{
	static const char *const names[] = {
		[DMARC_POLICY_NONE] = "none",
		[DMARC_POLICY_QUARANTINE] = "quarantine",
		[DMARC_POLICY_REJECT] = "reject",
	};

	assert((size_t)policy < sizeof(names) / sizeof(names[0]));
	return (names[policy]);
}

const char *
dmarc_discovery_name(enum dmarc_discovery discovery)
{
	static const char *const names[] = {
		[DMARC_TREEWALK] = "treewalk",
		[DMARC_PSL] = "psl",
		[DMARC_AUTO] = "auto",
	};

	assert((size_t)discovery < sizeof(names) / sizeof(names[0]));
	return (names[discovery]);
}
