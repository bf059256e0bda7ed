#include "dkim/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "dkim/tags.h"

#define ED25519_BYTES 32

/* A longer public exponent only costs time. */
#define RSA_MAX_EXPONENT_BITS 64

struct dkim_key {
	atomic_uint references;
	struct dkim_key_info info;
	EVP_PKEY *public; /* NULL when info.error or info.revoked is set */
	EVP_PKEY_CTX *verifier; /* RSA: ready to be copied; setting one up costs
	                         * a fifth of a verification */
	char *notes;
};

/* RFC 6376 3.6.1: an unknown key type makes the record useless. */
static enum dkim_key_type
key_type(struct span k)
{
	if (span_is_nocase(k, "rsa"))
		return (DKIM_KEY_RSA);
	return (
	    span_is_nocase(k, "ed25519") ? DKIM_KEY_ED25519 : DKIM_KEY_UNKNOWN);
}

/* Decode ${der} with ${decode} if it is nothing but one key. */
static EVP_PKEY *
decode_der(struct span der, bool is_info)
{
	const unsigned char *next = der.data;
	EVP_PKEY *key =
	    is_info ? d2i_PUBKEY(NULL, &next, (long)der.len)
		    : d2i_PublicKey(EVP_PKEY_RSA, NULL, &next, (long)der.len);

	/* UNSAFE: d2i leaves next inside der or at its end. */
	if (key != NULL && next == der.data + der.len)
		return (key);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return (NULL);
}

static const char *
check_rsa(struct dkim_key *key)
{
	BIGNUM *exponent = NULL;

	if (EVP_PKEY_get_base_id(key->public) != EVP_PKEY_RSA)
		return ("the key record's p= is not an RSA key");
	int bits = EVP_PKEY_get_bits(key->public);

	if (bits <= 0 || bits > DKIM_KEY_MAX_BITS)
		return ("the RSA key has more than 8192 bits");
	key->info.bits = (unsigned int)bits;
	if (EVP_PKEY_get_bn_param(
		key->public, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1)
		return ("the RSA key has no exponent");
	bool usable = BN_num_bits(exponent) <= RSA_MAX_EXPONENT_BITS &&
	              BN_is_odd(exponent) && !BN_is_one(exponent);

	BN_free(exponent);
	return (usable ? NULL : "the RSA key's exponent is unusable");
}

/* RSASSA-PKCS1-v1_5 with SHA-256 (RFC 6376 3.3.2). */
static const char *
prepare_rsa(struct dkim_key *key)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->public, NULL);

	key->verifier = context;
	if (context != NULL && EVP_PKEY_verify_init(context) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1)
		return (NULL);
	ERR_clear_error();
	return ("the RSA key is unusable");
}

/* RFC 6376 3.6.1 wants an RSAPublicKey (RFC 8017 A.1.1); nearly everybody, and
 * its appendix C, publishes a SubjectPublicKeyInfo. */
static const char *
load_rsa(struct dkim_key *key, struct span der)
{
	key->public = decode_der(der, true);
	if (key->public == NULL)
		key->public = decode_der(der, false);
	if (key->public == NULL)
		return ("the key record's p= is not an RSA key");
	const char *error = check_rsa(key);

	return (error != NULL ? error : prepare_rsa(key));
}

/* RFC 8463 4: the bare 32 bytes. */
static const char *
load_ed25519(struct dkim_key *key, struct span bytes)
{
	if (bytes.len != ED25519_BYTES)
		return ("the key record's p= is not an Ed25519 key");
	key->public = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, bytes.data, bytes.len);
	if (key->public == NULL)
		return ("the key record's p= is not an Ed25519 key");
	key->info.bits = 256;
	return (NULL);
}

static const char *
load(struct dkim_key *key, struct arena *arena, struct span p)
{
	struct span bytes;

	if (!tags_decode_base64(arena, p, &bytes))
		return ("the key record's p= is not base64");
	if (key->info.type == DKIM_KEY_RSA)
		return (load_rsa(key, bytes));
	return (load_ed25519(key, bytes));
}

static void
read_notes(struct dkim_key *key, struct arena *arena, struct span n)
{
	struct span text;

	if (n.len == 0 || !tags_unquote(arena, n, &text))
		return;
	key->notes = strdup(arena_str(arena, text));
	key->info.notes = key->notes;
}

static const char *
parse(struct dkim_key *key, struct arena *arena, struct span record)
{
	struct tag_list list;
	struct dkim_key_info *info = &key->info;

	if (record.len > DKIM_KEY_MAX_RECORD)
		return ("the key record is longer than 4096 bytes");
	if (tags_parse(record, &list) != NULL)
		return ("the key record is malformed");
	const struct tag *v = tags_find(&list, "v");

	/* RFC 6376 3.6.1: v= comes first and is DKIM1, if it is there. */
	if (v != NULL && v != &list.tags[0])
		return ("v= is not first in the key record");
	if (v != NULL && !span_is(v->value, "DKIM1"))
		return ("the key record's version is not DKIM1");
	const struct tag *p = tags_find(&list, "p");

	if (p == NULL)
		return ("the key record has no p=");
	const struct tag *h = tags_find(&list, "h");
	struct span s = tags_value(&list, "s", "*");
	struct span t = tags_value(&list, "t", "");

	info->type = key_type(tags_value(&list, "k", "rsa"));
	info->testing = tags_has_item(t, "y");
	info->strict = tags_has_item(t, "s");
	info->for_email = tags_has_item(s, "*") || tags_has_item(s, "email");
	info->allow_sha1 = h == NULL || tags_has_item(h->value, "sha1");
	info->allow_sha256 = h == NULL || tags_has_item(h->value, "sha256");
	info->revoked = p->value.len == 0;
	read_notes(key, arena, tags_value(&list, "n", ""));
	if (info->type == DKIM_KEY_UNKNOWN)
		return ("the key record's k= is unknown");
	return (info->revoked ? NULL : load(key, arena, p->value));
}

struct dkim_key *
dkim_key_parse(struct span record)
{
	struct dkim_key *key = arena_impl_malloc(sizeof(*key));
	struct arena *arena = arena_new();

	memset(key, 0, sizeof(*key));
	atomic_init(&key->references, 1);
	key->info.type = DKIM_KEY_UNKNOWN;
	key->info.error = parse(key, arena, record);
	arena_free(arena);
	return (key);
}

struct dkim_key *
dkim_key_ref(struct dkim_key *key)
{
	atomic_fetch_add_explicit(&key->references, 1, memory_order_relaxed);
	return (key);
}

void
dkim_key_free(struct dkim_key *key)
{
	if (key == NULL || atomic_fetch_sub_explicit(
			       &key->references, 1, memory_order_acq_rel) > 1)
		return;
	EVP_PKEY_CTX_free(key->verifier);
	EVP_PKEY_free(key->public);
	free(key->notes);
	free(key);
}

const struct dkim_key_info *
dkim_key_info(const struct dkim_key *key)
{
	return (&key->info);
}

static bool
check_signature_rsa(const EVP_PKEY_CTX *verifier, const unsigned char hash[32],
    struct span signature)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_dup(verifier);
	bool good = context != NULL && EVP_PKEY_verify(context, signature.data,
					   signature.len, hash, 32) == 1;

	EVP_PKEY_CTX_free(context);
	return (good);
}

static bool
check_signature_ed25519(
    EVP_PKEY *public, const unsigned char hash[32], struct span signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good =
	    context != NULL &&
	    EVP_DigestVerifyInit(context, NULL, NULL, NULL, public) == 1 &&
	    EVP_DigestVerify(
		context, signature.data, signature.len, hash, 32) == 1;

	EVP_MD_CTX_free(context);
	return (good);
}

bool
dkim_key_check(const struct dkim_key *key, const unsigned char hash[32],
    struct span signature)
{
	if (key->info.error != NULL || key->public == NULL ||
	    signature.len == 0)
		return (false);
	bool good = key->info.type == DKIM_KEY_RSA
	                ? check_signature_rsa(key->verifier, hash, signature)
	                : check_signature_ed25519(key->public, hash, signature);

	ERR_clear_error();
	return (good);
}
