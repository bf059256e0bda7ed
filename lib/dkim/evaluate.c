#include "dkim/evaluate.h"

#include <string.h>

/* RFC 6376 6.1.2: may this key verify this signature at all? */
static const char *
check_key(const struct signature *signature, const struct dkim_key_info *info)
{
	enum dkim_key_type wanted = signature->algorithm == DKIM_RSA_SHA256
	                                ? DKIM_KEY_RSA
	                                : DKIM_KEY_ED25519;

	if (info->error != NULL)
		return (info->error);
	if (info->revoked)
		return ("the key is revoked");
	if (info->type != wanted)
		return ("the key's type does not match a=");
	if (!info->allow_sha256)
		return ("h= of the key record does not allow sha256");
	if (!info->for_email)
		return ("s= of the key record does not allow email");
	/* RFC 6376 3.6.1: with t=s, i= is at d= itself. */
	if (info->strict &&
	    strcmp(signature->identity_domain, signature->domain) != 0)
		return ("the key record's t=s forbids i= in a subdomain");
	if (info->type == DKIM_KEY_RSA && info->bits < EVALUATE_MIN_RSA_BITS)
		return ("the RSA key has fewer than 1024 bits");
	return (NULL);
}

static const char *
check_message(const struct evaluate_facts *facts, const struct dkim_key *key)
{
	const struct signature *signature = facts->signature;

	/* RFC 6376 3.5: l= never exceeds the body that was signed. */
	if (signature->has_length && signature->length > facts->body_length)
		return ("the body is shorter than l= says");
	if (memcmp(signature->hash.data, facts->body_hash, 32) != 0)
		return ("the body has changed");
	if (!dkim_key_check(key, facts->header_hash, signature->bytes))
		return ("the signature does not match the header");
	return (NULL);
}

/* How many From fields the signature covers. */
static size_t
count_signed_from(const struct signature *signature)
{
	size_t count = 0;

	for (size_t i = 0; i < signature->name_count; i++)
		count += span_is_nocase(signature->names[i], "From");
	return (count);
}

/* What may keep a signature that is right from counting. */
static const char *
check_policy(const struct dkim_verify_options *options,
    const struct evaluate_facts *facts, const struct dkim_key_info *info)
{
	const struct signature *signature = facts->signature;

	if (info->type == DKIM_KEY_RSA && info->bits < options->min_rsa_bits)
		return ("the RSA key is shorter than this site accepts");
	/* RFC 6376 8.2: anybody can add to a body that is signed in part. */
	if (!options->accept_partial_body && signature->has_length &&
	    signature->length < facts->body_length)
		return ("l= covers only a part of the body");
	/* RFC 6376 8.15: anybody can add an author above the signed one, and
	 * readers show him. */
	if (count_signed_from(signature) < facts->from_fields)
		return ("not every From field is signed");
	if (!options->accept_expired && signature->expiration >= 0 &&
	    signature->expiration < facts->now)
		return ("the signature has expired");
	/* RFC 6376 3.5: such signatures may be ignored. */
	if (signature->timestamp >= 0 &&
	    signature->timestamp - options->clock_skew > facts->now)
		return ("t= lies in the future");
	return (NULL);
}

enum dkim_result
evaluate(const struct dkim_verify_options *options,
    const struct evaluate_facts *facts, const struct dkim_key *key,
    const char **reason)
{
	const struct dkim_key_info *info = dkim_key_info(key);

	*reason = check_key(facts->signature, info);
	if (*reason != NULL)
		return (DKIM_PERMERROR);
	*reason = check_message(facts, key);
	if (*reason != NULL)
		return (DKIM_FAIL);
	*reason = check_policy(options, facts, info);
	return (*reason != NULL ? DKIM_POLICY : DKIM_PASS);
}
