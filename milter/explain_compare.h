/*
 * explain_compare.h: what receivers with OpenDKIM, and with libspf2, make of
 * the same message, and why that is not what we make of it.
 */
#ifndef MILTER_EXPLAIN_COMPARE_H
#define MILTER_EXPLAIN_COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include "explain_spf2.h"
#include "mail.h"
#include "outcome.h"
#include "receiver/difference.h"
#include "receiver/receiver.h"

/* One signature of the message as it leaves us, in message order. */
struct explain_compared {
	const struct dkim_verification *ours;
	const struct wire_opinion *theirs; /* NULL: it has none */
	struct difference difference;
};

struct explain_comparison {
	struct receiver_report report;
	const char *skipped; /* why nothing was compared, or NULL */
	struct explain_compared *signatures;
	size_t count;
	struct explain_spf2 spf2;
};

struct explain_compare_options {
	/* Each NULL when it cannot be asked. */
	struct receiver *opendkim;
	struct receiver *spf2;
	bool other_clock; /* --time */
};

/**
 * explain_compare(options, mail, outcome, body, out):
 * Let libopendkim judge the finished ${mail} of ${body}: as it came in, or
 * outbound with the new signatures of ${outcome} and the keys that the DNS has
 * for them; and libspf2 its sender.  ${out} lives as long as ${mail}.
 */
void explain_compare(const struct explain_compare_options *options,
    struct mail *mail, const struct outcome *outcome, struct span body,
    struct explain_comparison *out);

#endif
