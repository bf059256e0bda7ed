/*
 * explain_spf2.h: what a receiver with libspf2 makes of the sender's SPF, and
 * why that is not what we make of it.
 */
#ifndef MILTER_EXPLAIN_SPF2_H
#define MILTER_EXPLAIN_SPF2_H

#include "mail.h"
#include "outcome.h"
#include "receiver/difference.h"
#include "receiver/receiver.h"

struct explain_spf2 {
	const char *skipped; /* why nothing was compared, or NULL */
	const char *client;
	const struct spf_outcome *ours;
	struct receiver_report report;
	struct difference difference;
};

/**
 * explain_spf2(receiver, mail, outcome, out):
 * Let ${receiver}, libspf2's or NULL, evaluate the SPF identity of the inbound
 * ${mail} that receivers with Exim ask about: MAIL FROM, or HELO where that is
 * null.  ${out} lives as long as ${mail}.
 */
void explain_spf2(struct receiver *receiver, struct mail *mail,
    const struct outcome *outcome, struct explain_spf2 *out);

#endif
