/*
 * dmarc.h: Domain-based Message Authentication, Reporting, and Conformance (RFC
 * 9989): is the author's domain behind this message, and what does its owner
 * ask for when it is not?
 */
#ifndef DMARC_DMARC_H
#define DMARC_DMARC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/trace.h"
#include "dns/dns.h"
#include "mail/orgdomain.h"

/* RFC 9989 4.10: questions of one tree walk. */
#define DMARC_MAX_QUERIES 8

enum dmarc_result {
	DMARC_NONE, /* there is no policy */
	DMARC_PASS,
	DMARC_FAIL,
	DMARC_TEMPERROR, /* the DNS did not say */
	DMARC_PERMERROR, /* not by dmarc_eval(): there is no author domain */
};

/* From the mildest to the strictest. */
enum dmarc_policy {
	DMARC_POLICY_NONE,
	DMARC_POLICY_QUARANTINE,
	DMARC_POLICY_REJECT,
};

/* How the organizational domain is found. */
enum dmarc_discovery {
	DMARC_TREEWALK, /* RFC 9989 4.10 */
	DMARC_PSL,      /* RFC 7489 3.2: the public suffix list */
	DMARC_AUTO,     /* the tree walk; where it finds no psd=, no public
	                 * suffix of the list is an organizational domain of
	                 * those below it */
};

/* A domain that SPF or DKIM vouches for. */
struct dmarc_identifier {
	const char *domain; /* lower-case A-labels */
	bool pass;          /* false: temperror, it might have passed */
};

struct dmarc_options {
	enum dmarc_discovery discovery;
	const struct orgdomain *suffixes; /* NULL only with DMARC_TREEWALK */
	int64_t deadline;                 /* clock_monotonic_ms() */
};

struct dmarc_query {
	const char *author_domain;           /* lower-case A-labels */
	const struct dmarc_identifier *spf;  /* of MAIL FROM, or HELO where that
	                                      * is null; NULL: none */
	const struct dmarc_identifier *dkim; /* of every signature that passed
	                                      * or might have */
	size_t dkim_count;
};

struct dmarc_outcome {
	enum dmarc_result result;
	const char *reason;                /* in plain words; never NULL */
	const char *author_domain;         /* the query's */
	const char *organizational_domain; /* NULL: not needed, not known */
	const char *record_domain;         /* where the record is; NULL: none */
	const char *policy_tag;            /* "p", "sp" or "np"; or NULL */
	enum dmarc_policy policy;          /* as published under that tag */
	enum dmarc_policy applied;         /* that, a step milder with t=y */
	bool testing;                      /* t=y */
	bool strict_spf;                   /* aspf=s */
	bool strict_dkim;                  /* adkim=s */
	enum dmarc_discovery method;       /* DMARC_TREEWALK or DMARC_PSL: what
	                                    * found the record; with DMARC_AUTO
	                                    * the latter where the walk alone
	                                    * could have taken another */
	/* What is aligned and passed; NULL: nothing. */
	const struct dmarc_identifier *spf;
	const struct dmarc_identifier *dkim;
	/* With DMARC_TEMPERROR: the policy above is known, and an aligned
	 * identifier alone is not. */
	bool policy_known;
	/* With DMARC_TEMPERROR: an answer could have made it DMARC_FAIL; false
	 * where a passed identifier is the author's domain itself. */
	bool could_fail;
	/* Values of rua= and ruf= as they stand, for reports; or NULL. */
	const char *rua;
	const char *ruf;
};

/* What the evaluations of one message share: the answers of their walks. */
struct dmarc;

/**
 * dmarc_new(dns, options, arena, trace):
 * Prepare evaluations that ask ${dns}.  What they find lives as long as
 * ${arena}.  ${trace}, or NULL, gets each step.
 */
struct dmarc *dmarc_new(struct dns *dns, const struct dmarc_options *options,
    struct arena *arena, struct trace *trace);

/**
 * dmarc_prefetch(dns, author_domain):
 * Start asking ${dns} for what dmarc_eval() will need for ${author_domain}.
 * Never waits.
 */
void dmarc_prefetch(struct dns *dns, const char *author_domain);

/**
 * dmarc_eval(dmarc, query, out):
 * Evaluate the DMARC policy (RFC 9989 5.3) for ${query} and store the result in
 * ${out}.  Each evaluation may ask its own questions, so that the caller bounds
 * how many a message gets.
 */
void dmarc_eval(struct dmarc *dmarc, const struct dmarc_query *query,
    struct dmarc_outcome *out);

/**
 * dmarc_result_name(result), dmarc_policy_name(policy),
 * dmarc_discovery_name(discovery):
 * Return the lower-case word.
 */
const char *dmarc_result_name(enum dmarc_result result);
const char *dmarc_policy_name(enum dmarc_policy policy);
const char *dmarc_discovery_name(enum dmarc_discovery discovery);

#endif
