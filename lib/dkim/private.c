#include "dkim/private_impl.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "dkim/tags.h"

/* An RSA key of 8192 bits has about 6400 bytes in PEM. */
#define FILE_MAX_BYTES 32768

/* Read all of ${fd} into ${text}.  Return NULL or the reason. */
static const char *
read_all(int fd, struct arena *arena, unsigned char *text, size_t *len)
{
	ssize_t got = 1;

	for (*len = 0; got > 0 && *len < FILE_MAX_BYTES; *len += (size_t)got) {
		/* UNSAFE: text has room for FILE_MAX_BYTES. */
		got = read(fd, text + *len, FILE_MAX_BYTES - *len);
		if (got < 0)
			return (arena_printf(arena, "%s", strerror(errno)));
	}
	return (NULL);
}

/* What stands in files that people take for a private key. */
static const struct {
	const char *mark;
	const char *error;
} wrong_files[] = {
	{ "-----BEGIN ENCRYPTED PRIVATE KEY-----",
	    "the key is encrypted: remove its passphrase with "
	    "openssl pkey -in OLD -out NEW" },
	{ "Proc-Type: 4,ENCRYPTED",
	    "the key is encrypted: remove its passphrase with "
	    "openssl pkey -in OLD -out NEW" },
	{ "-----BEGIN OPENSSH PRIVATE KEY-----",
	    "this is an SSH key: make a DKIM key with "
	    "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048" },
	{ "-----BEGIN PUBLIC KEY-----",
	    "this is a public key, which belongs in the DNS: "
	    "name the file of the private key" },
	{ "-----BEGIN RSA PUBLIC KEY-----",
	    "this is a public key, which belongs in the DNS: "
	    "name the file of the private key" },
	{ "-----BEGIN CERTIFICATE-----",
	    "this is a certificate: name the file of a private key" },
	{ "v=DKIM1", "this is a key record for the DNS: "
		     "name the file of the private key" },
};

static const char *
explain(const char *text)
{
	for (size_t i = 0; i < sizeof(wrong_files) / sizeof(wrong_files[0]);
	     i++)
		if (strstr(text, wrong_files[i].mark) != NULL)
			return (wrong_files[i].error);
	if (strstr(text, "PRIVATE KEY-----") != NULL)
		return ("the private key is damaged: "
			"restore the file, or make a new key");
	return ("there is no private key in PEM form in it: make one with "
		"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048");
}

/* Never ask anybody for a passphrase. */
static int
no_passphrase(char *buffer, int size, int writing, void *cookie)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)cookie;
	return (-1);
}

static EVP_PKEY *
decode(const unsigned char *text, size_t len)
{
	BIO *bio = BIO_new_mem_buf(text, (int)len);
	EVP_PKEY *key = bio == NULL ? NULL
	                            : PEM_read_bio_PrivateKey(
					  bio, NULL, no_passphrase, NULL);

	BIO_free(bio);
	ERR_clear_error();
	return (key);
}

/* Fill in what ${private}->key is.  Return NULL or the reason. */
static const char *
classify(struct dkim_private *private)
{
	int type = EVP_PKEY_get_base_id(private->key);
	int bits = EVP_PKEY_get_bits(private->key);

	private->bits = bits < 0 ? 0 : (unsigned int)bits;
	if (type == EVP_PKEY_ED25519) {
		private->algorithm = DKIM_ED25519_SHA256;
		private->bits = 256;
		return (NULL);
	}
	private->algorithm = DKIM_RSA_SHA256;
	if (type != EVP_PKEY_RSA)
		return ("the key is neither RSA nor Ed25519: make one with "
			"openssl genpkey -algorithm RSA "
			"-pkeyopt rsa_keygen_bits:2048");
	if (private->bits > DKIM_KEY_MAX_BITS)
		return ("the RSA key has more than 8192 bits: "
			"make one of 2048");
	return (NULL);
}

struct dkim_private *
private_impl_new(EVP_PKEY *key, const char **error)
{
	struct dkim_private *private = arena_impl_malloc(sizeof(*private));

	*private = (struct dkim_private){ .key = key };
	*error = classify(private);
	if (*error == NULL)
		return (private);
	dkim_private_free(private);
	return (NULL);
}

struct dkim_private *
dkim_private_load(int fd, struct arena *arena, const char **error)
{
	size_t len = 0;
	unsigned char text[FILE_MAX_BYTES + 1] = { 0 };

	*error = read_all(fd, arena, text, &len);
	EVP_PKEY *key = *error == NULL ? decode(text, len) : NULL;

	if (*error == NULL && key == NULL)
		*error = explain((const char *)text);
	OPENSSL_cleanse(text, sizeof(text));
	return (key == NULL ? NULL : private_impl_new(key, error));
}

void
dkim_private_free(struct dkim_private *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->key);
	free(key);
}

enum dkim_algorithm
dkim_private_algorithm(const struct dkim_private *key)
{
	return (key->algorithm);
}

unsigned int
dkim_private_bits(const struct dkim_private *key)
{
	return (key->bits);
}

char *
dkim_private_public(const struct dkim_private *key, struct arena *arena)
{
	unsigned char raw[32];
	size_t raw_len = sizeof(raw);

	if (key->algorithm == DKIM_ED25519_SHA256) {
		if (EVP_PKEY_get_raw_public_key(key->key, raw, &raw_len) != 1)
			return (NULL);
		return (tags_encode_base64(arena, span_new(raw, raw_len)));
	}
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key->key, &der);

	if (len <= 0)
		return (NULL);
	char *text = tags_encode_base64(arena, span_new(der, (size_t)len));

	OPENSSL_free(der);
	return (text);
}

static bool
sign_rsa(EVP_PKEY *key, const unsigned char hash[32], unsigned char *out,
    size_t *len)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	bool good =
	    context != NULL && EVP_PKEY_sign_init(context) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
	    EVP_PKEY_sign(context, out, len, hash, 32) == 1;

	EVP_PKEY_CTX_free(context);
	return (good);
}

static bool
sign_ed25519(EVP_PKEY *key, const unsigned char hash[32], unsigned char *out,
    size_t *len)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context != NULL &&
	            EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
	            EVP_DigestSign(context, out, len, hash, 32) == 1;

	EVP_MD_CTX_free(context);
	return (good);
}

int
dkim_private_sign(const struct dkim_private *key, struct arena *arena,
    const unsigned char hash[32], struct span *out)
{
	size_t len = (size_t)EVP_PKEY_get_size(key->key);
	unsigned char *signature = arena_alloc(arena, len);
	bool good = key->algorithm == DKIM_ED25519_SHA256
	                ? sign_ed25519(key->key, hash, signature, &len)
	                : sign_rsa(key->key, hash, signature, &len);

	ERR_clear_error();
	*out = span_new(signature, len);
	return (good ? 0 : -1);
}
