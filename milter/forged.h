/*
 * forged.h: header fields from outside that could be taken for ours.
 */
#ifndef MILTER_FORGED_H
#define MILTER_FORGED_H

#include "mail.h"
#include "outcome.h"

/**
 * forged_find(mail, outcome):
 * Store in ${outcome} which fields of ${mail} must go, whatever else becomes of
 * it, because a reader could take them for results of ours:
 *
 * - X-Mailreeve-Verdict and X-Mailreeve-Score.  With `policy_score' the topmost
 *   score of inbound mail stays: mailreeve-policyd had Postfix prepend it.  It
 *   must begin with "ok " or "junk ", as that one's do.
 * - Authentication-Results of our authserv-id or of this host, from whomever
 *   (RFC 8601 5), as authres_claims() reads it; and the same with "X-" before,
 *   which some programs write and others read.
 * - Authentication-Results of any host of our organization, unless the client
 *   is in a trusted network: this host's organizational domain and all below
 *   it.  Parents of our name are among these; a public suffix is nobody's.
 * - Received-SPF that names our authserv-id or this host (RFC 7208 9.1).
 *
 * A blank before the colon (RFC 5322 4.5) hides none of them.
 */
void forged_find(struct mail *mail, struct outcome *outcome);

#endif
