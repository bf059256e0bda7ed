#include "dkim/digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

/* A struct digest is an EVP_MD_CTX by another name. */

static void
must(bool worked)
{
	if (worked)
		return;
	(void)fprintf(stderr, "mailreeve: OpenSSL cannot compute SHA-256\n");
	exit(EXIT_FAILURE);
}

struct digest *
digest_new(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	must(context != NULL);
	must(EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1);
	return ((struct digest *)context);
}

void
digest_free(struct digest *digest)
{
	EVP_MD_CTX_free((EVP_MD_CTX *)digest);
}

void
digest_add(struct digest *digest, struct span bytes)
{
	must(
	    EVP_DigestUpdate((EVP_MD_CTX *)digest, bytes.data, bytes.len) == 1);
}

void
digest_get(const struct digest *digest, unsigned char hash[DIGEST_SIZE])
{
	EVP_MD_CTX *copy = EVP_MD_CTX_new();

	must(copy != NULL);
	must(EVP_MD_CTX_copy_ex(copy, (const EVP_MD_CTX *)digest) == 1);
	must(EVP_DigestFinal_ex(copy, hash, NULL) == 1);
	EVP_MD_CTX_free(copy);
}
