/*
 * outcome.h: what shall happen to a message: changes to its header and the
 * verdict.  apply.c carries it out; mailreeve-explain prints it.
 */
#ifndef MILTER_OUTCOME_H
#define MILTER_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dkim/sign.h"
#include "dkim/verify.h"
#include "dmarc/dmarc.h"
#include "dns/iprev.h"
#include "outgoing.h"
#include "signtable.h"
#include "spf/spf.h"
#include "verdict.h"

/* Delete the ${occurrence}th field of that name, counted from 1 at the top. */
struct outcome_deletion {
	const char *name;
	int occurrence;
};

struct outcome {
	struct verdict verdict;
	/* In the order in which they must be made: last field first. */
	struct outcome_deletion *deletions;
	size_t deletion_count;
	/* Bodies of the fields to insert at the top, with CRLF folds and the
	 * blank after the colon. */
	const char **signatures; /* DKIM-Signature */
	size_t signature_count;
	const char *authentication_results; /* NULL: nothing was checked */
	const char *received_spf;           /* likewise; NULL: none */
	const char *verdict_field; /* X-Mailreeve-Verdict; NULL: none */
	/* For the log and mailreeve-explain. */
	bool outbound;
	const char *unsigned_reason; /* outbound only; NULL: signed */
	enum signtable_cause unsigned_cause;
	const struct dkim_sign_key *keys;
	const struct dkim_verification *dkim;
	size_t dkim_count;
	const struct spf_outcome *spf_helo;      /* NULL: not asked */
	const struct spf_outcome *spf_mail_from; /* NULL: not asked */
	const struct dmarc_outcome *dmarc; /* one for each domain in From */
	size_t dmarc_count;
	enum iprev_result iprev;
	/* Outbound: what receivers could refuse it for. */
	const struct outgoing_finding *findings;
	size_t finding_count;
	int64_t dns_us; /* spent waiting for the DNS */
};

#endif
