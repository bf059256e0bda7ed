/*
 * discover.h: what the DNS has at the names of a walk.
 */
#ifndef DMARC_DISCOVER_H
#define DMARC_DISCOVER_H

#include "dmarc/dmarc.h"
#include "dmarc/walk.h"

/* Questions that one message with one author may cause here: as many as eight
 * walks.  It may name many signing domains. */
#define DISCOVER_MAX_QUERIES ((size_t)DMARC_MAX_QUERIES * 8)
/* Those that an author's policy takes: a walk, and whether the domain exists.
 * Each author beyond the first may cause so many more: who could use them up
 * for another would hide the policy of that one. */
#define DISCOVER_AUTHOR_QUERIES ((size_t)DMARC_MAX_QUERIES + 1)

/* Starts with the first five, the rest zero. */
struct discover {
	struct dns *dns;
	int64_t deadline;
	struct arena *arena;
	struct trace *trace;
	size_t max_queries;
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
