/*
 * spf_count.h: how many look-ups an SPF policy takes, whoever the client is.
 */
#ifndef CHECK_SPF_COUNT_H
#define CHECK_SPF_COUNT_H

#include "check/check.h"

/* Records that are looked at; a policy with more is beyond its limit by far. */
#define SPF_COUNT_MAX_RECORDS 30

struct spf_count {
	unsigned int terms; /* RFC 7208 4.6.4: those that cause look-ups */
	unsigned int voids; /* of their names that do not exist, or have no
	                     * such record */
	const char *shown;  /* a line for each term with its count; NULL: there
	                     * are none */
	const char *void_names; /* the names, with commas; or NULL */
	bool all_pass;          /* "+all" */
	bool ptr;
};

/**
 * spf_count(check, domain, record, arena, out):
 * Count what the policy ${record} of ${domain} and all that it includes take,
 * as if nothing matched before the end.
 */
void spf_count(const struct check *check, const char *domain,
    const char *record, struct arena *arena, struct spf_count *out);

#endif
