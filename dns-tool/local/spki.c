#include "local/spki.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/buf.h"
#include "base/shell.h"

static const char *
digest(const unsigned char *bytes, size_t len, struct arena *arena)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	struct buf text;

	(void)SHA256(bytes, len, hash);
	buf_init(&text, arena, 2 * sizeof(hash) + 1);
	for (size_t i = 0; i < sizeof(hash); i++)
		buf_printf(&text, "%02x", hash[i]);
	return (buf_str(&text));
}

static const char *
of_key(EVP_PKEY *key, struct arena *arena)
{
	unsigned char *der = NULL;
	int len = key == NULL ? -1 : i2d_PUBKEY(key, &der);
	const char *text = len > 0 ? digest(der, (size_t)len, arena) : NULL;

	OPENSSL_free(der);
	return (text);
}

const char *
spki_of_certificate(X509 *certificate, struct arena *arena)
{
	return (of_key(X509_get0_pubkey(certificate), arena));
}

/* Never ask a person for a pass phrase. */
static int
no_password(char *buffer, int size, int writing, void *cookie)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)cookie;
	return (-1);
}

static const char *
read_certificate(BIO *file, struct arena *arena)
{
	X509 *certificate = PEM_read_bio_X509(file, NULL, no_password, NULL);
	const char *text = certificate == NULL
	                       ? NULL
	                       : spki_of_certificate(certificate, arena);

	X509_free(certificate);
	return (text);
}

static const char *
read_key(BIO *file, struct arena *arena)
{
	EVP_PKEY *key = PEM_read_bio_PrivateKey(file, NULL, no_password, NULL);

	if (key == NULL && BIO_reset(file) == 0)
		key = PEM_read_bio_PUBKEY(file, NULL, no_password, NULL);
	const char *text = of_key(key, arena);

	EVP_PKEY_free(key);
	return (text);
}

const char *
spki_of_file(const char *path, struct arena *arena, const char **error)
{
	BIO *file = BIO_new_file(path, "r");
	const char *text;

	if (file == NULL) {
		*error = arena_printf(
		    arena, "%s: %s", shell_word(arena, path), strerror(errno));
		return (NULL);
	}
	text = read_certificate(file, arena);
	if (text == NULL && BIO_reset(file) == 0)
		text = read_key(file, arena);
	if (text == NULL)
		*error = arena_printf(arena,
		    "%s: there is neither a certificate nor a key in it",
		    shell_word(arena, path));
	(void)BIO_free(file);
	return (text);
}
