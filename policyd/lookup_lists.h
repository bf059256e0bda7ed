/*
 * lookup_lists.h: the DNS lists that are asked about one client and its mail.
 */
#ifndef POLICYD_LOOKUP_LISTS_H
#define POLICYD_LOOKUP_LISTS_H

#include "lookup.h"
#include "lookup_ask.h"

/* Domains to look for, lower-case A-labels, each NULL where there is none. */
struct lookup_domains {
	const char *client_name;
	const char *helo;
	const char *sender;
};

struct lookup_lists;

/**
 * lookup_lists_ask(options, client, domains, ask, trace):
 * Add to ${ask} what the lists of ${options} that are not out are to be asked
 * about.  Return what lookup_lists_read() wants, which lives as long as its
 * arena.
 */
struct lookup_lists *lookup_lists_ask(const struct lookup_options *options,
    const struct network_address *client, const struct lookup_domains *domains,
    struct lookup_ask *ask, struct trace *trace);

/**
 * lookup_lists_read(lists, options, fair, trace, out):
 * Store in ${out} what the lists answered, and tell their health of it; of
 * lateness only when they had a ${fair} time to answer.
 */
void lookup_lists_read(const struct lookup_lists *lists,
    const struct lookup_options *options, bool fair, struct trace *trace,
    struct lookup_findings *out);

#endif
