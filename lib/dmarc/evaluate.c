#include "dmarc/evaluate.h"

#include <string.h>

#include "dns/name.h"

/* Return the step with the shortest name at or below ${top} that has a record,
 * or NULL. */
static const struct dmarc_step *
highest_record(const struct dmarc_walk *walk, const char *top)
{
	const struct dmarc_step *found = NULL;

	for (size_t i = 0; i < walk->count; i++)
		if (walk->steps[i].at == DMARC_AT_RECORD &&
		    (top == NULL || name_is_within(walk->steps[i].domain, top)))
			found = &walk->steps[i];
	return (found);
}

/* Return the domain one label below the ${parent} of ${domain}, a part of the
 * latter. */
static const char *
one_below(const char *domain, const char *parent)
{
	const char *dot;

	/* A walk may leave out names: the domain just below need not be one of
	 * its steps. */
	while ((dot = strchr(domain, '.')) != NULL &&
	       strcmp(dot + 1, parent) != 0) /* UNSAFE: behind a dot */
		domain = dot + 1;            /* UNSAFE: behind a dot */
	return (domain);
}

struct dmarc_organization
dmarc_evaluate_organization(const struct dmarc_walk *walk, const char *bound)
{
	const struct dmarc_step *start = &walk->steps[0];
	const struct dmarc_step *top = highest_record(walk, NULL);
	struct dmarc_organization found = { start->domain, DMARC_TREEWALK };

	/* RFC 9989 4.10.2: without a record it is the domain itself. */
	if (top == NULL)
		return (found);
	/* psd= ends a walk, so that only its last record can have it. */
	if (top->record->psd == DMARC_PSD_YES && top != start) {
		found.domain = one_below(start->domain, top->domain);
		return (found);
	}
	found.domain = top->domain;
	if (bound == NULL || top->record->psd != DMARC_PSD_UNKNOWN)
		return (found);
	/* A public suffix that says nothing of psd= is the organization of
	 * none below it. */
	if (strlen(bound) > strlen(found.domain)) {
		found.domain = bound;
		found.method = DMARC_PSL;
	}
	return (found);
}

const struct dmarc_step *
dmarc_evaluate_source(const struct dmarc_walk *walk,
    const struct dmarc_organization *organization)
{
	const struct dmarc_step *start = &walk->steps[0];

	/* RFC 9989 4.10.1: the author domain's own record comes first, */
	if (start->at == DMARC_AT_RECORD)
		return (start);
	/* then that of its organizational domain, */
	const struct dmarc_step *found =
	    highest_record(walk, organization->domain);

	if (found != NULL &&
	    (strcmp(found->domain, organization->domain) == 0 ||
		organization->method == DMARC_PSL))
		return (found);
	/* and then that of its public suffix domain: of one with psd=y, or of
	 * one that the list knows, where the walk alone would take it for the
	 * organizational domain. */
	return (highest_record(walk, NULL));
}

enum dmarc_discovery
dmarc_evaluate_method(const struct dmarc_step *source,
    const struct dmarc_organization *organization)
{
	/* Of a record above that domain the list knows nothing. */
	if (source != NULL &&
	    !name_is_within(source->domain, organization->domain))
		return (DMARC_TREEWALK);
	return (organization->method);
}

bool
dmarc_evaluate_needs_existence(
    const struct dmarc_step *source, const char *author_domain)
{
	return (source->record->has_np &&
		strcmp(source->domain, author_domain) != 0);
}

/* RFC 9989 4.7, t=: one level below. */
static enum dmarc_policy
milder(enum dmarc_policy policy)
{
	switch (policy) {
	case DMARC_POLICY_NONE:
	case DMARC_POLICY_QUARANTINE:
		return (DMARC_POLICY_NONE);
	case DMARC_POLICY_REJECT:
		return (DMARC_POLICY_QUARANTINE);
	}
	return (policy);
}

/* RFC 9989 4.10.1: p= for the domain itself, and for those below it sp=, or np=
 * for those that do not exist; np= falls back on sp= and sp= on p= (4.7). */
static void
choose_policy(const struct dmarc_record *record, bool below, bool nonexistent,
    struct dmarc_outcome *out)
{
	if (below && nonexistent && record->has_np) {
		out->policy_tag = "np";
		out->policy = record->np;
	} else if (below && record->has_sp) {
		out->policy_tag = "sp";
		out->policy = record->sp;
	} else {
		out->policy_tag = "p";
		out->policy = record->p;
	}
}

void
dmarc_evaluate_policy(const struct dmarc_step *source, bool nonexistent,
    struct dmarc_outcome *out)
{
	const struct dmarc_record *record = source->record;
	bool below = strcmp(source->domain, out->author_domain) != 0;

	choose_policy(record, below, nonexistent, out);
	out->record_domain = source->domain;
	out->applied = record->testing ? milder(out->policy) : out->policy;
	out->testing = record->testing;
	out->strict_spf = record->strict_spf;
	out->strict_dkim = record->strict_dkim;
	out->rua = record->rua;
	out->ruf = record->ruf;
}

void
dmarc_evaluate_result(
    const struct dmarc_alignments *alignments, struct dmarc_outcome *out)
{
	out->spf = alignments->spf;
	out->dkim = alignments->dkim;
	/* RFC 9989 5.3.5: one aligned identifier is enough. */
	if (out->spf != NULL || out->dkim != NULL) {
		out->result = DMARC_PASS;
		out->reason = out->spf == NULL ? "a DKIM signature is aligned"
		              : out->dkim == NULL
		                  ? "the SPF identity is aligned"
		                  : "SPF and a DKIM signature are aligned";
		return;
	}
	/* RFC 9989 5.3.6: neither pass nor fail where the DNS did not say. */
	if (alignments->undecided != NULL) {
		out->result = DMARC_TEMPERROR;
		out->reason = "an identifier could not be checked: the DNS "
			      "did not say";
		out->policy_known = !alignments->existence_unknown;
		out->could_fail = true;
		return;
	}
	if (alignments->existence_unknown) {
		out->result = DMARC_TEMPERROR;
		out->reason = "the DNS did not say whether the author's domain "
			      "exists";
		out->could_fail = true;
		return;
	}
	out->result = DMARC_FAIL;
	out->reason = "nothing that passed is aligned with the author's domain";
}

static bool
is_passed_author(
    const struct dmarc_identifier *identifier, const char *author_domain)
{
	return (
	    identifier->pass && strcmp(identifier->domain, author_domain) == 0);
}

void
dmarc_evaluate_unknown(const struct dmarc_query *query, const char *reason,
    struct dmarc_outcome *out)
{
	out->result = DMARC_TEMPERROR;
	out->reason = reason;
	/* What is the author's domain itself is aligned by any policy (RFC 9989
	 * 4.10.2): pass, or none. */
	out->could_fail = query->spf == NULL ||
	                  !is_passed_author(query->spf, query->author_domain);
	for (size_t i = 0; i < query->dkim_count; i++)
		if (is_passed_author(&query->dkim[i], query->author_domain))
			out->could_fail = false;
}
