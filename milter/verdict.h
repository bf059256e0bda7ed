/*
 * verdict.h: what happens to a message.  This file only decides: no I/O, no
 * clock, no state.
 *
 * The first of these that applies decides:
 *
 *	1. We failed at our own work: tempfail.
 *	2. The header is over a limit: as over_limit says.
 *	3. Submitted mail that is not to leave: reject.
 *	4. The first rule that matches, unless it leaves it to the policy.
 *	5. The stricter of what the configuration asks for such a From field,
 *	   and of what DMARC's policies come to, over all authors' domains.
 *
 * Where an answer that the DNS owes us could make 4 or 5 come to another
 * action, that is tempfail.  With enforce = no, 3 to 5 come to none.
 */
#ifndef MILTER_VERDICT_H
#define MILTER_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/network.h"
#include "dkim/verify.h"
#include "dmarc/dmarc.h"
#include "mail/address.h"
#include "rules.h"
#include "spf/spf.h"

/* Bytes of a reply's text: with code, status and CRLF no more than RFC 5321
 * 4.5.3.1.5 allows a line. */
#define VERDICT_TEXT_MAX (512 - sizeof("550 5.7.26 \r\n") + 1)
/* Bytes of a contact, which has room beside the longest domain name. */
#define VERDICT_CONTACT_MAX 120

/* From the mildest to the strictest; VERDICT_TEMPFAIL stands apart. */
enum verdict_action {
	VERDICT_NONE, /* the message goes its way */
	VERDICT_TAG,  /* with a field by which Sieve files it into Junk */
	VERDICT_HOLD, /* into Postfix's hold queue */
	VERDICT_REJECT,
	VERDICT_TEMPFAIL,
};

/* Which limit a message passed. */
enum verdict_limit {
	VERDICT_WITHIN_LIMITS,
	VERDICT_HEADER_BYTES,
	VERDICT_HEADER_FIELDS,
};

/* What happens to a message over a limit. */
enum verdict_over_limit {
	VERDICT_OVER_LIMIT_REJECT,
	VERDICT_OVER_LIMIT_TEMPFAIL,
};

/* Why a message does not go its way, in short. */
enum verdict_cause {
	VERDICT_FOR_HEADER_BYTES,
	VERDICT_FOR_HEADER_FIELDS,
	VERDICT_FOR_TROUBLE,
	VERDICT_FOR_DMARC,    /* the policy of the author's domain */
	VERDICT_FOR_FROM,     /* no, several or unreadable authors */
	VERDICT_FOR_RULE,     /* a rule of the configuration */
	VERDICT_FOR_DNS,      /* an answer that could matter did not come */
	VERDICT_FOR_OUTGOING, /* submitted mail that receivers would refuse */
};

/* What the configuration says about verdicts. */
struct verdict_policy {
	bool enforce; /* else the verdict is only told in the log */
	enum verdict_action reject; /* what p=reject comes to */
	enum verdict_action quarantine;
	enum verdict_action no_from;
	enum verdict_action several_from_fields;
	enum verdict_action several_from_domains;
	bool dns_tempfail;   /* else what the DNS does not say passes */
	const char *contact; /* a URL or address for whoever is refused; or
	                      * NULL */
};

/* What verdict_decide() looks at. */
struct verdict_facts {
	enum verdict_limit limit;
	enum verdict_over_limit over_limit;
	bool trouble; /* we failed at our own work */
	const struct verdict_policy *policy;
	/* Of inbound mail that was checked; else NULL and 0. */
	const struct from *from;
	const struct spf_outcome *helo; /* or NULL */
	const struct spf_outcome *spf;  /* of MAIL FROM; or NULL */
	const struct dkim_verification *dkim;
	size_t dkim_count;
	const struct dmarc_outcome *dmarc; /* one for each domain in From */
	size_t dmarc_count;
	/* What else rules look at. */
	const struct rule *rules; /* of the configuration */
	size_t rule_count;
	const struct network_address *client;
	const char *const *recipients; /* local-part@domain; NULL: none that
	                                * rules look at, or too many */
	size_t recipient_count;
	/* Of submitted mail, why it must not leave; or NULL. */
	const char *outgoing;
	struct trace *trace; /* of rules; or NULL */
};

struct verdict {
	enum verdict_action action;
	/* What it would be with enforce = yes; else the same as action. */
	enum verdict_action would;
	const char *rule; /* the name of the rule that decided; or NULL */
	const struct spf_outcome *spf; /* that does not pass and that the rule
	                                * is for; or NULL */
	bool no_dkim; /* the rule is for DKIM results, and no signature
	               * passes */
	const struct dmarc_outcome *dmarc; /* the strictest of the facts' that
	                                    * have a domain, also where it did
	                                    * not decide; or NULL */
	const char *reason;       /* for the log and mailreeve-explain */
	enum verdict_cause cause; /* of ${would}, unless that is VERDICT_NONE */
	/* The SMTP reply of ${would} (RFC 5321 4.2, RFC 3463): one line of
	 * printable ASCII without `%', which libmilter does not pass on.  NULL
	 * unless that is VERDICT_REJECT or VERDICT_TEMPFAIL. */
	const char *code;
	const char *status;
	const char *text;
};

/**
 * verdict_decide(facts, arena):
 * Return the verdict on a message of which ${facts} hold; its texts live as
 * long as ${arena}.
 */
struct verdict verdict_decide(
    const struct verdict_facts *facts, struct arena *arena);

/**
 * verdict_action_name(action):
 * Return the word that logs and JSON use.
 */
const char *verdict_action_name(enum verdict_action action);

#endif
