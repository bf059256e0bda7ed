#include "dkim/keypair.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "dkim/private_impl.h"

static EVP_PKEY *
generate(enum dkim_algorithm algorithm, unsigned int bits)
{
	if (algorithm == DKIM_ED25519_SHA256)
		return (EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	return (EVP_RSA_gen(bits));
}

struct dkim_private *
keypair_new(enum dkim_algorithm algorithm, unsigned int bits)
{
	EVP_PKEY *key = generate(algorithm, bits);
	const char *error;

	ERR_clear_error();
	return (key == NULL ? NULL : private_impl_new(key, &error));
}

char *
keypair_pem(const struct dkim_private *key, struct arena *arena)
{
	/* Memory that is wiped when it is freed. */
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text = NULL;
	char *data;

	if (bio != NULL && PEM_write_bio_PKCS8PrivateKey(
			       bio, key->key, NULL, NULL, 0, NULL, NULL) == 1) {
		long len = BIO_get_mem_data(bio, &data);

		if (len > 0)
			text = arena_str(arena, span_new(data, (size_t)len));
	}
	BIO_free(bio);
	ERR_clear_error();
	return (text);
}

char *
keypair_record(const struct dkim_private *key, struct arena *arena)
{
	const char *public = dkim_private_public(key, arena);
	const char *type =
	    key->algorithm == DKIM_ED25519_SHA256 ? "ed25519" : "rsa";

	if (public == NULL)
		return (NULL);
	return (arena_printf(arena, "v=DKIM1; k=%s; p=%s", type, public));
}
