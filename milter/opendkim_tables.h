/*
 * opendkim_tables.h: the rows of OpenDKIM's KeyTable and SigningTable
 * (opendkim.conf(5)).  It only reads them: opendkim_rules.c makes rules.
 */
#ifndef MILTER_OPENDKIM_TABLES_H
#define MILTER_OPENDKIM_TABLES_H

#include <stdbool.h>

#include "opendkim_dataset.h"
#include "pattern.h"

/* NAME  DOMAIN:SELECTOR:FILE */
struct opendkim_key {
	const char *name;
	const char *domain; /* "%": that of the author */
	const char *selector;
	const char *file; /* "" in all three: the row lacks something */
	struct opendkim_place place;
};

/* AUTHORS  KEY[:SIGNER] */
struct opendkim_signing {
	struct pattern authors;
	const char *key; /* a name of the KeyTable; "%": the author's domain */
	const char *signer; /* i=, where "%" is the author's domain; or NULL */
	struct opendkim_place place;
};

/**
 * opendkim_tables_keys(set, arena, count):
 * Return the ${count} keys of the KeyTable ${set}, in its order.
 */
struct opendkim_key *opendkim_tables_keys(
    const struct opendkim_dataset *set, struct arena *arena, size_t *count);

/**
 * opendkim_tables_signings(set, report, count):
 * Return the ${count} rows of the SigningTable ${set} in the order in which
 * OpenDKIM finds them for an author: that of a refile; or the more precise
 * ones first.  Tell ${report} of rows that match no author.
 */
struct opendkim_signing *opendkim_tables_signings(
    const struct opendkim_dataset *set, const struct opendkim_report *report,
    size_t *count);

#endif
