/*
 * report.h: what we tell of a message in its header.
 */
#ifndef MILTER_REPORT_H
#define MILTER_REPORT_H

#include "mail.h"
#include "outcome.h"

/**
 * report_authres(mail, outcome):
 * Return the body of the Authentication-Results field (RFC 8601) for ${mail},
 * on which ${outcome} is decided, or NULL when there is nothing to tell.  It
 * leaves out signatures beyond max_signatures and all but ten permerrors, so
 * that junk cannot push out what was verified.  It starts with the blank after
 * the colon.
 */
const char *report_authres(
    const struct mail *mail, const struct outcome *outcome);

/**
 * report_verdict(mail, outcome):
 * Return the body of the X-Mailreeve-Verdict field for ${mail}, with the blank
 * after the colon, or NULL unless ${outcome} is VERDICT_TAG.
 */
const char *report_verdict(
    const struct mail *mail, const struct outcome *outcome);

/**
 * report_fields(mail, outcome):
 * Store in ${outcome}, on which all else is decided, the fields that it and the
 * configuration of ${mail} want.
 */
void report_fields(const struct mail *mail, struct outcome *outcome);

#endif
