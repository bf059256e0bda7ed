#include "check/tlsa_match.h"

#include <openssl/evp.h>
#include <stdbool.h>

/* RFC 7218. */
enum {
	USAGE_DANE_TA = 2,
	USAGE_DANE_EE = 3,
	SELECTOR_CERT = 0,
	SELECTOR_SPKI = 1,
	MATCHING_FULL = 0,
	MATCHING_SHA256 = 1,
	MATCHING_SHA512 = 2,
};

static bool
is_same(
    struct span association, int matching, const unsigned char *der, size_t len)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int hash_len = 0;

	if (matching == MATCHING_FULL)
		return (span_eq(association, span_new(der, len)));
	if (EVP_Digest(der, len, hash, &hash_len,
		matching == MATCHING_SHA256 ? EVP_sha256() : EVP_sha512(),
		NULL) != 1)
		return (false);
	return (span_eq(association, span_new(hash, hash_len)));
}

static bool
fits(struct span association, int selector, int matching, X509 *certificate)
{
	unsigned char *der = NULL;
	int len = selector == SELECTOR_CERT
	              ? i2d_X509(certificate, &der)
	              : i2d_PUBKEY(X509_get0_pubkey(certificate), &der);
	bool same = len > 0 && is_same(association, matching, der, (size_t)len);

	OPENSSL_free(der);
	return (same);
}

enum tlsa_match
tlsa_match(struct span rdata, STACK_OF(X509) * chain)
{
	struct span head;
	int count;

	if (!span_take(&rdata, 3, &head) || rdata.len == 0)
		return (TLSA_MALFORMED);
	int usage = span_at(head, 0);
	int selector = span_at(head, 1);
	int matching = span_at(head, 2);

	if ((usage != USAGE_DANE_TA && usage != USAGE_DANE_EE) ||
	    selector > SELECTOR_SPKI || matching > MATCHING_SHA512)
		return (TLSA_UNUSABLE);
	count = usage == USAGE_DANE_EE ? 1 : sk_X509_num(chain);
	for (int i = 0; i < count && i < sk_X509_num(chain); i++)
		if (fits(rdata, selector, matching, sk_X509_value(chain, i)))
			return (TLSA_MATCHES);
	return (TLSA_OTHER);
}
