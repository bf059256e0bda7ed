/*
 * discover.h: what the DNS has at the names of a walk.
 */
#ifndef DMARC_DISCOVER_H
#define DMARC_DISCOVER_H

#include "dmarc/dmarc.h"
#include "dmarc/walk.h"

/* Questions that one message may cause here.  It may name many author domains
 * and many signing domains, but must not keep us from asking for an author's
 * policy: each author has questions of his own, a walk and whether he exists,
 * and what is left over is shared, as many as eight walks. */
#define DISCOVER_MAX_OWN ((size_t)DMARC_MAX_QUERIES + 1)
#define DISCOVER_MAX_SHARED ((size_t)DMARC_MAX_QUERIES * 8)
#define DISCOVER_MAX_QUERIES                                                   \
	(DMARC_MAX_AUTHORS * DISCOVER_MAX_OWN + DISCOVER_MAX_SHARED)

/* Starts with the first four, the rest zero. */
struct discover {
	struct dns *dns;
	int64_t deadline;
	struct arena *arena;
	struct trace *trace;
	struct dmarc_step *known; /* what was asked, each name once */
	size_t known_count;
	size_t authors;
	size_t own;    /* questions for the author of now */
	size_t shared; /* beyond those, for all authors */
};

enum discover_existence {
	DISCOVER_EXISTS,
	DISCOVER_NONEXISTENT,
	DISCOVER_UNKNOWN, /* the DNS did not say */
};

/**
 * discover_author(discover):
 * Begin with one more author.  What is asked next is for him; signing domains
 * come last.
 */
void discover_author(struct discover *discover);

/**
 * discover_at(discover, domain):
 * Return what "_dmarc." below ${domain} has.
 */
struct dmarc_step discover_at(struct discover *discover, const char *domain);

/**
 * discover_walk(discover, domain, walk):
 * Walk up the tree from ${domain} (RFC 9989 4.10) and store what is found in
 * ${walk}.
 */
void discover_walk(
    struct discover *discover, const char *domain, struct dmarc_walk *walk);

/**
 * discover_existence(discover, domain):
 * Find out whether ${domain} is a non-existent domain (RFC 9989 3.2.13).
 */
enum discover_existence discover_existence(
    struct discover *discover, const char *domain);

#endif
