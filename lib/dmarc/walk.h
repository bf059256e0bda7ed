/*
 * walk.h: the names of a DNS Tree Walk (RFC 9989 4.10), and what is at them.
 * No I/O.
 */
#ifndef DMARC_WALK_H
#define DMARC_WALK_H

#include <stdbool.h>

#include "dmarc/dmarc.h"
#include "dmarc/record.h"

enum dmarc_at {
	DMARC_AT_NOTHING, /* no record, or several, which then are none */
	DMARC_AT_RECORD,
	DMARC_AT_FAILURE, /* the DNS did not say */
	DMARC_AT_LIMIT,   /* not asked: the message has had its questions */
};

struct dmarc_step {
	const char *domain; /* without "_dmarc." */
	enum dmarc_at at;
	const struct dmarc_record *record; /* with DMARC_AT_RECORD */
};

/* From the longest name to the shortest. */
struct dmarc_walk {
	struct dmarc_step steps[DMARC_MAX_QUERIES];
	size_t count;
	/* DMARC_AT_FAILURE or DMARC_AT_LIMIT: the last step, which ended the
	 * walk too early; else DMARC_AT_NOTHING. */
	enum dmarc_at trouble;
};

/**
 * dmarc_walk_names(domain, names):
 * Store in ${names} for which domains, parts of ${domain}, a walk that starts
 * there asks, in that order, and return how many they are.
 */
size_t dmarc_walk_names(
    const char *domain, const char *names[DMARC_MAX_QUERIES]);

/**
 * dmarc_walk_add(walk, step):
 * Add ${step} to ${walk}, which is not full.  Return false when the walk ends
 * here: there is trouble, or a record with psd=y or psd=n.
 */
bool dmarc_walk_add(struct dmarc_walk *walk, const struct dmarc_step *step);

#endif
