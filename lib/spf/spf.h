/*
 * spf.h: the Sender Policy Framework (RFC 7208): may this client use that name?
 */
#ifndef SPF_SPF_H
#define SPF_SPF_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/network.h"
#include "base/trace.h"
#include "dns/dns.h"

/* RFC 7208 4.6.4: terms that cause look-ups, over the whole evaluation. */
#define SPF_MAX_TERMS 10
/* RFC 7208 4.6.4: of these, answered with nothing. */
#define SPF_MAX_VOIDS 2
/* RFC 7208 4.6.4: address records of one "mx", names of one "ptr" or %{p}. */
#define SPF_MAX_NAMES 10

/* RFC 7208 2.6. */
enum spf_result {
	SPF_NONE,
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR,
	SPF_PERMERROR,
};

/* RFC 7208 2.3 and 2.4. */
enum spf_identity {
	SPF_HELO,
	SPF_MAIL_FROM,
};

struct spf_query {
	enum spf_identity identity;
	struct network_address client;
	const char *helo;      /* as the client gave it, or NULL */
	const char *mail_from; /* without brackets; "" for the null path, for
	                        * which RFC 7208 2.4 asks about
	                        * postmaster@helo */
	const char *receiver;  /* our name, for %{r}; or NULL: "unknown" */
	int64_t now;           /* seconds since 1970, for %{t} */
	int64_t deadline;      /* clock_monotonic_ms(); after it temperror */
};

struct spf_outcome {
	enum spf_result result;
	enum spf_identity identity;
	const char *domain;      /* asked about, lower-case A-labels; NULL when
	                          * the identity has none that can be asked */
	const char *mechanism;   /* the term that matched, as it stands in its
	                          * record; NULL: none did */
	const char *record_at;   /* whose record that term stands in; or NULL */
	const char *reason;      /* in plain words; never NULL */
	const char *explanation; /* on fail, printable ASCII of at most
	                          * SPF_MAX_EXPLANATION bytes; or NULL */
	unsigned int terms;      /* that caused look-ups */
	unsigned int voids;
	unsigned int questions; /* to the DNS */
};

/* RFC 7208 6.2: what strangers may have us say in an SMTP reply. */
#define SPF_MAX_EXPLANATION 450

/**
 * spf_prefetch(dns, query):
 * Start asking ${dns} for the record that spf_eval() will need first.  Never
 * waits.
 */
void spf_prefetch(struct dns *dns, const struct spf_query *query);

/**
 * spf_eval(dns, query, arena, trace, out):
 * Evaluate the SPF policy (RFC 7208 4) for ${query}, asking ${dns}, until the
 * deadline at most.  Store the result in ${out}; its strings live as long as
 * ${arena}.  ${trace}, or NULL, gets each term and look-up.
 */
void spf_eval(struct dns *dns, const struct spf_query *query,
    struct arena *arena, struct trace *trace, struct spf_outcome *out);

/**
 * spf_result_name(result):
 * Return the word of RFC 7208 2.6, in lower case.
 */
const char *spf_result_name(enum spf_result result);

#endif
