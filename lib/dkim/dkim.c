#include "dkim/dkim.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stddef.h>

void
dkim_prepare(void)
{
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}

const char *
dkim_algorithm_name(enum dkim_algorithm algorithm)
{
	static const char *const names[] = {
		[DKIM_RSA_SHA1] = "rsa-sha1",
		[DKIM_RSA_SHA256] = "rsa-sha256",
		[DKIM_ED25519_SHA256] = "ed25519-sha256",
		[DKIM_ALGORITHM_UNKNOWN] = "unknown",
	};

	assert((size_t)algorithm < sizeof(names) / sizeof(names[0]));
	return (names[algorithm]);
}

const char *
dkim_canon_name(enum dkim_canon canon)
{
	return (canon == DKIM_SIMPLE ? "simple" : "relaxed");
}

const char *
dkim_result_name(enum dkim_result result)
{
	static const char *const names[] = {
		[DKIM_NONE] = "none",
		[DKIM_PASS] = "pass",
		[DKIM_FAIL] = "fail",
		[DKIM_POLICY] = "policy",
		[DKIM_NEUTRAL] = "neutral",
		[DKIM_TEMPERROR] = "temperror",
		[DKIM_PERMERROR] = "permerror",
	};

	assert((size_t)result < sizeof(names) / sizeof(names[0]));
	return (names[result]);
}
