/*
 * evaluate.h: what was found, decided upon.  Decides only: no I/O, no clock.
 */
#ifndef DMARC_EVALUATE_H
#define DMARC_EVALUATE_H

#include <stdbool.h>

#include "dmarc/dmarc.h"
#include "dmarc/walk.h"

/* An organizational domain, and what found it. */
struct dmarc_organization {
	const char *domain;
	enum dmarc_discovery method; /* DMARC_TREEWALK or DMARC_PSL */
};

/* What the alignment checks of one message gave. */
struct dmarc_alignments {
	const struct dmarc_identifier *spf;  /* aligned and passed, or NULL */
	const struct dmarc_identifier *dkim; /* likewise */
	/* What might be that, if the DNS only said; or NULL. */
	const char *undecided;
	bool existence_unknown; /* which tag applies hangs on it */
};

/**
 * dmarc_evaluate_organization(walk, bound):
 * Return the organizational domain (RFC 9989 4.10.2) of the domain where the
 * ${walk}, which had no trouble, started.  ${bound}, or NULL, is what the
 * public suffix list says: where no record has psd=, no name above it is taken.
 */
struct dmarc_organization dmarc_evaluate_organization(
    const struct dmarc_walk *walk, const char *bound);

/**
 * dmarc_evaluate_source(walk, organization):
 * Return the step of the author domain's ${walk} whose record applies (RFC 9989
 * 4.10.1), or NULL.
 */
const struct dmarc_step *dmarc_evaluate_source(const struct dmarc_walk *walk,
    const struct dmarc_organization *organization);

/**
 * dmarc_evaluate_method(source, organization):
 * Return what found the record at ${source}, or that there is none, for an
 * author whose organizational domain is ${organization}.
 */
enum dmarc_discovery dmarc_evaluate_method(const struct dmarc_step *source,
    const struct dmarc_organization *organization);

/**
 * dmarc_evaluate_needs_existence(source, author_domain):
 * Say whether the policy in the record at ${source} depends on whether
 * ${author_domain} exists.
 */
bool dmarc_evaluate_needs_existence(
    const struct dmarc_step *source, const char *author_domain);

/**
 * dmarc_evaluate_policy(source, nonexistent, out):
 * Store in ${out}, whose author_domain is set and is ${nonexistent} or not,
 * what the record at ${source} asks for.
 */
void dmarc_evaluate_policy(const struct dmarc_step *source, bool nonexistent,
    struct dmarc_outcome *out);

/**
 * dmarc_evaluate_result(alignments, out):
 * Store the result by ${alignments} in ${out}, whose policy is set.
 */
void dmarc_evaluate_result(
    const struct dmarc_alignments *alignments, struct dmarc_outcome *out);

/**
 * dmarc_evaluate_unknown(query, reason, out):
 * The policy for ${query} is not known for ${reason}: store the result in
 * ${out}.
 */
void dmarc_evaluate_unknown(const struct dmarc_query *query, const char *reason,
    struct dmarc_outcome *out);

#endif
