/*
 * report_spf.h: the result of SPF as a Received-SPF field.
 */
#ifndef MILTER_REPORT_SPF_H
#define MILTER_REPORT_SPF_H

#include "mail.h"
#include "spf/spf.h"

/* Bytes of one value; a longer one is left out, for a cut name would be another
 * name. */
#define REPORT_SPF_MAX_VALUE 400

/**
 * report_spf(mail, spf):
 * Return the body of a Received-SPF field (RFC 7208 9.1) that tells of ${spf},
 * the result of ${mail} for MAIL FROM, or for HELO when that was the null path.
 * It is folded with CRLF and a tab, and starts with the blank after the colon.
 * Whatever a stranger wrote is inside of quotes, with "?" for control bytes and
 * what is no printable UTF-8.
 */
const char *report_spf(const struct mail *mail, const struct spf_outcome *spf);

#endif
