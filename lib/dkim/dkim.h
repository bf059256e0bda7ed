/*
 * dkim.h: the words of DKIM (RFC 6376, 8301, 8463) that its files share.
 */
#ifndef DKIM_DKIM_H
#define DKIM_DKIM_H

enum dkim_algorithm {
	DKIM_RSA_SHA1, /* RFC 8301 3.1: neither signed nor verified */
	DKIM_RSA_SHA256,
	DKIM_ED25519_SHA256,
	DKIM_ALGORITHM_UNKNOWN,
};

enum dkim_canon {
	DKIM_SIMPLE,
	DKIM_RELAXED,
};

/* RFC 8601 2.7.1. */
enum dkim_result {
	DKIM_NONE,
	DKIM_PASS,
	DKIM_FAIL,
	DKIM_POLICY,
	DKIM_NEUTRAL,
	DKIM_TEMPERROR,
	DKIM_PERMERROR,
};

/**
 * dkim_prepare(void):
 * Prepare OpenSSL for a program whose threads run to its very end: it frees
 * nothing of theirs at exit.  Call once, before there are threads.
 */
void dkim_prepare(void);

/**
 * dkim_algorithm_name(algorithm), dkim_canon_name(canon),
 * dkim_result_name(result):
 * Return the RFCs' lower-case word.
 */
const char *dkim_algorithm_name(enum dkim_algorithm algorithm);
const char *dkim_canon_name(enum dkim_canon canon);
const char *dkim_result_name(enum dkim_result result);

#endif
