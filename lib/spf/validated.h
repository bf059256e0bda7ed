/*
 * validated.h: the names that the client's address has in the DNS and that have
 * that address (RFC 7208 5.5).
 */
#ifndef SPF_VALIDATED_H
#define SPF_VALIDATED_H

#include "spf/ask.h"

/**
 * spf_validated_find(work):
 * Look for the validated names of the client, once in an evaluation: at most
 * SPF_MAX_NAMES of its names are looked at.
 */
void spf_validated_find(struct spf_work *work);

/**
 * spf_validated_nearest(work, domain):
 * Return the validated name that is ${domain}, or else one below it, or else
 * any; NULL when there is none.  Call spf_validated_find() first.
 */
const char *spf_validated_nearest(struct spf_work *work, const char *domain);

#endif
