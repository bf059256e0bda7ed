/*
 * explanation.h: what a domain wants to be told to those it does not allow
 * (RFC 7208 6.2).
 */
#ifndef SPF_EXPLANATION_H
#define SPF_EXPLANATION_H

#include "spf/ask.h"

/**
 * spf_explanation_find(work, exp, domain):
 * Return the explanation that ${exp}, the domain-spec in the record of
 * ${domain}, leads to, at most SPF_MAX_EXPLANATION bytes of printable ASCII; or
 * NULL when there is none that can be used.
 */
const char *spf_explanation_find(
    struct spf_work *work, struct span exp, const char *domain);

#endif
