/*
 * discover.h: what the DNS has at the names of a walk.
 */
#ifndef DMARC_DISCOVER_H
#define DMARC_DISCOVER_H

#include "dmarc/dmarc.h"
#include "dmarc/walk.h"

/* Questions that one message may cause here: as many as eight walks.  A message
 * may name many author domains and many signing domains. */
#define DISCOVER_MAX_QUERIES ((size_t)DMARC_MAX_QUERIES * 8)

/* Starts with the first four, the rest zero. */
struct discover {
	struct dns *dns;
	int64_t deadline;
	struct arena *arena;
	struct trace *trace;
	struct dmarc_step *known; /* what was asked, each name once */
	size_t known_count;
	size_t queries;
};

enum discover_existence {
	DISCOVER_EXISTS,
	DISCOVER_NONEXISTENT,
	DISCOVER_UNKNOWN, /* the DNS did not say */
};

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
