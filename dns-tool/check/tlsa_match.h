/*
 * tlsa_match.h: whether a TLSA record fits a certificate (RFC 6698 2.1).
 */
#ifndef CHECK_TLSA_MATCH_H
#define CHECK_TLSA_MATCH_H

#include <openssl/x509.h>

#include "base/span.h"

enum tlsa_match {
	TLSA_MATCHES,
	TLSA_OTHER,    /* it is for another certificate or key */
	TLSA_UNUSABLE, /* RFC 7672 3.1.3: SMTP knows usages 2 and 3 only */
	TLSA_MALFORMED,
};

/**
 * tlsa_match(rdata, chain):
 * Say whether the record ${rdata}, which may be anything, fits ${chain}, whose
 * first certificate is the server's: that one with usage 3, any with usage 2.
 */
enum tlsa_match tlsa_match(struct span rdata, STACK_OF(X509) * chain);

#endif
