/*
 * mail_summary.h: the results of a message, each short enough for one value of
 * a log line.
 */
#ifndef MILTER_MAIL_SUMMARY_H
#define MILTER_MAIL_SUMMARY_H

#include "base/arena.h"
#include "outcome.h"

/**
 * mail_summary_results(arena, outcome, from_domain):
 * Return each result of ${outcome} as result(domain/selector), those of
 * ${from_domain} (lower-case A-labels, or NULL) and of domains above or below
 * it first, then passes, and what was never tried last; or none.  No piece is
 * cut: the last word is +N when N of them have no room in LOG_VALUE_MAX bytes.
 */
const char *mail_summary_results(struct arena *arena,
    const struct outcome *outcome, const char *from_domain);

/**
 * mail_summary_signatures(arena, outcome):
 * Return the domain/selector of each signature that ${outcome} made, likewise.
 */
const char *mail_summary_signatures(
    struct arena *arena, const struct outcome *outcome);

/**
 * mail_summary_spf(arena, spf):
 * Return ${spf} as result(domain), or as result alone where there is no domain;
 * NULL for NULL.
 */
const char *mail_summary_spf(
    struct arena *arena, const struct spf_outcome *spf);

/**
 * mail_summary_dmarc(arena, outcome):
 * Return each result of DMARC in ${outcome} as result(domain), failures first,
 * the rest as for mail_summary_results(); NULL when there is none.
 */
const char *mail_summary_dmarc(
    struct arena *arena, const struct outcome *outcome);

/**
 * mail_summary_policy(arena, outcome):
 * Return the policy that the verdict of ${outcome} looked at, as tag=policy and
 * with ",t=y" when its owner is testing; NULL when there is none.
 */
const char *mail_summary_policy(
    struct arena *arena, const struct outcome *outcome);

#endif
