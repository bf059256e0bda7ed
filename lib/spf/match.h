/*
 * match.h: whether a mechanism matches the client (RFC 7208 5); "include" is
 * with the evaluation, in eval.c.
 */
#ifndef SPF_MATCH_H
#define SPF_MATCH_H

#include "spf/ask.h"

enum spf_match {
	SPF_MATCH_NO,
	SPF_MATCH_YES,
	SPF_MATCH_TEMPERROR, /* of these two the reason is set */
	SPF_MATCH_PERMERROR,
};

/**
 * spf_match_asks(mechanism):
 * Say whether ${mechanism} is one of those that cause look-ups (RFC 7208
 * 4.6.4).
 */
bool spf_match_asks(enum spf_mechanism mechanism);

/**
 * spf_match_eval(work, directive, domain):
 * Say whether ${directive}, in the record of ${domain}, matches the client.  It
 * was counted already; it is no "include".
 */
enum spf_match spf_match_eval(struct spf_work *work,
    const struct spf_directive *directive, const char *domain);

#endif
