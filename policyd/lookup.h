/*
 * lookup.h: what must be asked of others about a client and its mail: DNS
 * lists, names, SPF, all at once under one deadline.  Blocking: for workers.
 */
#ifndef POLICYD_LOOKUP_H
#define POLICYD_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/trace.h"
#include "dns/dns.h"
#include "dns/iprev.h"
#include "lists.h"
#include "lookup_name.h"
#include "request.h"
#include "spf/spf.h"

struct list_health;

/* Hits that are kept; no client is known better by more. */
#define LOOKUP_MAX_HITS ((size_t)128)

/* One list that knows one subject.  Subjects with the same name are asked for
 * once, the first of enum list_subject. */
struct lookup_hit {
	const struct dns_list *list;
	enum list_subject subject;
	unsigned char answer[4];
	int weight;
};

enum lookup_name {
	LOOKUP_NAME_CONFIRMED, /* Postfix gives client_name, or iprev passes */
	LOOKUP_NAME_UNCONFIRMED,
	LOOKUP_NAME_MISSING,
	LOOKUP_NAME_UNKNOWN, /* the DNS did not say in time */
};

enum lookup_helo {
	LOOKUP_HELO_GOOD,
	LOOKUP_HELO_LITERAL, /* [192.0.2.1] */
	LOOKUP_HELO_ADDRESS, /* 192.0.2.1: no syntax at all */
	LOOKUP_HELO_OURS,    /* our name or address */
	LOOKUP_HELO_NO_DOT,
	LOOKUP_HELO_INVALID,    /* no domain name */
	LOOKUP_HELO_UNRESOLVED, /* no address and no MX */
	LOOKUP_HELO_UNKNOWN,    /* the DNS did not say in time */
};

struct lookup_findings {
	struct lookup_hit *hits;
	size_t hit_count;
	size_t lists_asked; /* questions */
	size_t lists_late;  /* of these, without answer in time */
	enum lookup_name name;
	bool generic_name; /* it looks like an access network's */
	enum lookup_helo helo;
	struct spf_outcome spf; /* of MAIL FROM; HELO for the null sender; its
	                         * reason is NULL when it was not asked for */
	int64_t took_us;
};

struct lookup_options {
	struct dns *dns;
	const struct dns_list *lists;
	size_t list_count;
	struct list_health *health;   /* says which are out; NULL: none */
	const char *const *own_names; /* ours, ended by NULL */
	bool ask_spf;
	bool ask_helo;
	const char *receiver; /* our name, for SPF macros */
	int64_t now;          /* seconds since 1970, for SPF macros */
	int64_t deadline;     /* clock_monotonic_ms() */
};

/**
 * lookup_run(options, request, arena, trace, out):
 * Ask everything about ${request}, from an arena of its own thread, and store
 * what is known at the deadline.
 */
void lookup_run(const struct lookup_options *options,
    const struct request *request, struct arena *arena, struct trace *trace,
    struct lookup_findings *out);

#endif
