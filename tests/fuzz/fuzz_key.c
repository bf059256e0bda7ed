/*
 * fuzz_key.c: a key record cannot be used and says why, or is revoked, or has a
 * key within bounds that refuses what nobody signed.
 */
#include "dkim/key.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char hash[32] = { 1 };
	struct dkim_key *key = dkim_key_parse(span_new(data, size));
	const struct dkim_key_info *info = dkim_key_info(key);

	if (size > DKIM_KEY_MAX_RECORD)
		FUZZ_CHECK(info->error != NULL);
	if (info->error == NULL && !info->revoked) {
		FUZZ_CHECK(info->type != DKIM_KEY_UNKNOWN);
		FUZZ_CHECK(info->bits > 0 && info->bits <= DKIM_KEY_MAX_BITS);
		/* The record itself as signature, in every length that an RSA
		 * key may want. */
		size_t wanted = (info->bits + 7) / 8;
		struct span signature =
		    span_new(data, wanted < size ? wanted : size);

		(void)dkim_key_check(key, hash, signature);
		FUZZ_CHECK(!dkim_key_check(key, hash, span_new(data, 0)));
	}
	dkim_key_free(key);
	return (0);
}
