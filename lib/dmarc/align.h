/*
 * align.h: Identifier Alignment (RFC 9989 4.10.2): does the owner of the
 * author's domain stand behind what SPF or DKIM vouches for?
 */
#ifndef DMARC_ALIGN_H
#define DMARC_ALIGN_H

#include <stdbool.h>

#include "dmarc/discover.h"
#include "dmarc/evaluate.h"
#include "mail/orgdomain.h"

enum align_result {
	ALIGN_NO,
	ALIGN_YES,
	ALIGN_UNDECIDED, /* the DNS did not say */
};

/* Starts with the first four, the rest zero. */
struct align {
	struct discover *discover;
	enum dmarc_discovery discovery;
	const struct orgdomain *suffixes;
	const char *author_domain;
	/* Its organizational domain, once somebody needed it. */
	bool is_known;
	enum dmarc_at trouble; /* why there is none; or DMARC_AT_NOTHING */
	struct dmarc_organization organization;
};

/**
 * align_set(align, organization):
 * The organizational domain of the author is ${organization}: do not look for
 * it.
 */
void align_set(
    struct align *align, const struct dmarc_organization *organization);

/**
 * align_bound(align, domain):
 * Return the highest domain that can be the organizational domain of ${domain}
 * where no record has psd=, by the public suffix list; or NULL where that is
 * not asked.
 */
const char *align_bound(const struct align *align, const char *domain);

/**
 * align_check(align, what, domain, strict):
 * Say whether ${domain} is aligned with the author's, in strict or relaxed
 * mode.  The trace calls it ${what}.
 */
enum align_result align_check(
    struct align *align, const char *what, const char *domain, bool strict);

#endif
