/*
 * evp.c: what one signature costs by itself: OpenSSL's EVP_DigestSign() over 32
 * bytes with a parsed RSA key.  Usage: bench_evp KEYFILE SIGNATURES; prints
 * microseconds of CPU time each.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double
cpu_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return ((double)now.tv_sec + (double)now.tv_nsec / 1e9);
}

static EVP_PKEY *
load(const char *path)
{
	FILE *file = fopen(path, "r");
	EVP_PKEY *key =
	    file == NULL ? NULL : PEM_read_PrivateKey(file, NULL, NULL, NULL);

	if (file != NULL)
		(void)fclose(file);
	return (key);
}

static int
sign(EVP_PKEY *key)
{
	static const unsigned char text[32] = "a hash";
	unsigned char signature[1024];
	size_t len = sizeof(signature);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int good =
	    context != NULL &&
	    EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(context, signature, &len, text, sizeof(text)) == 1;

	EVP_MD_CTX_free(context);
	return (good ? 0 : -1);
}

int
main(int argc, char **argv)
{
	EVP_PKEY *key = argc == 3 ? load(argv[1]) : NULL;
	int count = argc == 3 ? atoi(argv[2]) : 0;

	if (key == NULL || count <= 0) {
		(void)fprintf(stderr, "usage: bench_evp KEYFILE SIGNATURES\n");
		return (64);
	}
	/* The first one also loads what OpenSSL needs. */
	int result = sign(key);
	double start = cpu_seconds();

	for (int i = 0; i < count && result == 0; i++)
		result = sign(key);
	(void)printf("{\"cpu_us\":%.2f}\n",
	    (cpu_seconds() - start) / (double)count * 1e6);
	EVP_PKEY_free(key);
	return (result == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
