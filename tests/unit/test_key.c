#include "support/unit.h"

#include "dkim/key.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "dkim/keycache.h"
#include "dkim/tags.h"
#include "support/dkim.h"

/* RFC 8463 A.2. */
#define ED_P "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define RSA_P                                                                  \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08" \
	"a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR" \
	"+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l" \
	"/K4w3QIDAQAB"
enum {
	TESTING = 1,
	STRICT = 2,
	NOT_EMAIL = 4,
	NO_SHA1 = 8,
	NO_SHA256 = 16,
	REVOKED = 32,
};

static const struct {
	const char *record;
	const char *error; /* a part of it, or NULL */
	enum dkim_key_type type;
	unsigned int bits;
	int flags;
	const char *notes;
} cases[] = {
	{ "v=DKIM1; k=rsa; p=" RSA_P, NULL, DKIM_KEY_RSA, 1024, 0, NULL },
	{ "v=DKIM1; p=" RSA_P, NULL, DKIM_KEY_RSA, 1024, 0, NULL },
	{ "p=" RSA_P, NULL, DKIM_KEY_RSA, 1024, 0, NULL },
	{ "k=rsa;p=" RSA_P ";", NULL, DKIM_KEY_RSA, 1024, 0, NULL },
	{ " v = DKIM1 ; k=RSA; p=" RSA_P " ; ", NULL, DKIM_KEY_RSA, 1024, 0,
	    NULL },
	{ "v=DKIM1; k=ed25519; p=" ED_P, NULL, DKIM_KEY_ED25519, 256, 0, NULL },
	{ "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7h\r\n cvPapiMl rwIaaPcHURo",
	    NULL, DKIM_KEY_ED25519, 256, 0, NULL },
	{ "v=DKIM1; g=*; z=?; k=ed25519; p=" ED_P, NULL, DKIM_KEY_ED25519, 256,
	    0, NULL },
	{ "k=ed25519; t=y; p=" ED_P, NULL, DKIM_KEY_ED25519, 256, TESTING,
	    NULL },
	{ "k=ed25519; t=s : y:?; p=" ED_P, NULL, DKIM_KEY_ED25519, 256,
	    TESTING | STRICT, NULL },
	{ "k=ed25519; t=sy; p=" ED_P, NULL, DKIM_KEY_ED25519, 256, 0, NULL },
	{ "k=ed25519; s=email; p=" ED_P, NULL, DKIM_KEY_ED25519, 256, 0, NULL },
	{ "k=ed25519; s=tlsrpt:*; p=" ED_P, NULL, DKIM_KEY_ED25519, 256, 0,
	    NULL },
	{ "k=ed25519; s=tlsrpt; p=" ED_P, NULL, DKIM_KEY_ED25519, 256,
	    NOT_EMAIL, NULL },
	{ "k=ed25519; h=sha256; p=" ED_P, NULL, DKIM_KEY_ED25519, 256, NO_SHA1,
	    NULL },
	{ "k=ed25519; h=sha1; p=" ED_P, NULL, DKIM_KEY_ED25519, 256, NO_SHA256,
	    NULL },
	{ "k=ed25519; h=sha1 : SHA256; p=" ED_P, NULL, DKIM_KEY_ED25519, 256, 0,
	    NULL },
	{ "k=ed25519; n=hi=20there=3B; p=" ED_P, NULL, DKIM_KEY_ED25519, 256, 0,
	    "hi there;" },
	{ "k=ed25519; n==zz; p=" ED_P, NULL, DKIM_KEY_ED25519, 256, 0, NULL },
	/* RFC 6376 3.6.1: an empty p= revokes. */
	{ "v=DKIM1; p=", NULL, DKIM_KEY_RSA, 0, REVOKED, NULL },
	{ "v=DKIM1; k=ed25519; p= ;", NULL, DKIM_KEY_ED25519, 0, REVOKED,
	    NULL },
	{ "", "malformed", DKIM_KEY_UNKNOWN, 0, 0, NULL },
	{ "v=spf1 -all", "version", DKIM_KEY_UNKNOWN, 0, 0, NULL },
	{ "v=DKIM2; p=" ED_P, "version", DKIM_KEY_UNKNOWN, 0, 0, NULL },
	{ "v=dkim1; p=" ED_P, "version", DKIM_KEY_UNKNOWN, 0, 0, NULL },
	{ "v=DKIM1: g=*; k=rsa; p=" RSA_P, "version", DKIM_KEY_UNKNOWN, 0, 0,
	    NULL },
	{ "k=rsa; v=DKIM1; p=" RSA_P, "not first", DKIM_KEY_UNKNOWN, 0, 0,
	    NULL },
	{ "v=DKIM1; k=rsa", "no p=", DKIM_KEY_UNKNOWN, 0, 0, NULL },
	{ "v=DKIM1; P=" RSA_P, "no p=", DKIM_KEY_UNKNOWN, 0, 0, NULL },
	{ "v=DKIM1; k=dsa; p=" RSA_P, "k= is unknown", DKIM_KEY_UNKNOWN, 0, 0,
	    NULL },
	{ "v=DKIM1; k=; p=" RSA_P, "k= is unknown", DKIM_KEY_UNKNOWN, 0, 0,
	    NULL },
	{ "v=DKIM1; p=" RSA_P "; p=" RSA_P, "malformed", DKIM_KEY_UNKNOWN, 0, 0,
	    NULL },
	{ "k=ed25519; p=!" ED_P, "not base64", DKIM_KEY_ED25519, 0, 0, NULL },
	{ "k=ed25519; p=AAAA", "not an Ed25519", DKIM_KEY_ED25519, 0, 0, NULL },
	{ "k=ed25519; p=" RSA_P, "not an Ed25519", DKIM_KEY_ED25519, 0, 0,
	    NULL },
	{ "k=rsa; p=" ED_P, "not an RSA", DKIM_KEY_RSA, 0, 0, NULL },
	/* An Ed25519 key as SubjectPublicKeyInfo. */
	{ "k=rsa; "
	  "p=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
	    "not an RSA", DKIM_KEY_RSA, 0, 0, NULL },
	{ "k=rsa; p=AAAA" RSA_P, "not an RSA", DKIM_KEY_RSA, 0, 0, NULL },
	/* Bytes after the key. */
	{ "k=rsa; p=" RSA_P "AAAA", "not an RSA", DKIM_KEY_RSA, 0, 0, NULL },
};

static void
test_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct dkim_key *key =
		    dkim_key_parse(span_str(cases[i].record));
		const struct dkim_key_info *info = dkim_key_info(key);
		int flags = cases[i].flags;

		if (cases[i].error == NULL && info->error != NULL)
			fail_msg("%s: %s", cases[i].record, info->error);
		if (cases[i].error != NULL) {
			assert_non_null(info->error);
			assert_non_null(strstr(info->error, cases[i].error));
			dkim_key_free(key);
			continue;
		}
		assert_int_equal(info->type, cases[i].type);
		assert_int_equal(info->bits, cases[i].bits);
		assert_int_equal(info->testing, (flags & TESTING) != 0);
		assert_int_equal(info->strict, (flags & STRICT) != 0);
		assert_int_equal(info->for_email, (flags & NOT_EMAIL) == 0);
		assert_int_equal(info->allow_sha1, (flags & NO_SHA1) == 0);
		assert_int_equal(info->allow_sha256, (flags & NO_SHA256) == 0);
		assert_int_equal(info->revoked, (flags & REVOKED) != 0);
		if (cases[i].notes == NULL)
			assert_null(info->notes);
		else
			assert_string_equal(info->notes, cases[i].notes);
		dkim_key_free(key);
	}
	dkim_key_free(NULL);
}

static void
test_long_record(void **state)
{
	static const char start[] = "k=ed25519; p=" ED_P "; x=";
	char record[DKIM_KEY_MAX_RECORD + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(record); i++)
		record[i] = i < strlen(start) ? start[i] : 'x';
	struct dkim_key *key =
	    dkim_key_parse(span_new(record, DKIM_KEY_MAX_RECORD));

	assert_null(dkim_key_info(key)->error);
	dkim_key_free(key);
	key = dkim_key_parse(span_new(record, DKIM_KEY_MAX_RECORD + 1));
	assert_non_null(strstr(dkim_key_info(key)->error, "longer"));
	dkim_key_free(key);
}

/* RSA keys that nobody made with care. */
static const struct {
	size_t modulus; /* in bytes */
	size_t exponent;
	unsigned char last; /* of the exponent */
	const char *error;
} odd_keys[] = {
	{ 128, 3, 1, NULL },
	{ 1024, 3, 1, NULL },
	{ 1025, 3, 1, "more than 8192" },
	{ 128, 8, 1, NULL },
	{ 128, 9, 1, "exponent" },
	{ 128, 100, 1, "exponent" },
	{ 128, 3, 2, "exponent" },
	{ 128, 1, 1, "exponent" },
	{ 128, 1, 3, NULL },
};

/* Append an INTEGER of ${len} bytes: 0xa5 ... ${last}, or ${last} alone. */
static void
add_integer(struct buf *der, size_t len, unsigned char last)
{
	size_t size = len + (len > 1 ? 1 : 0); /* a zero keeps it positive */

	buf_add_byte(der, 0x02);
	buf_add_byte(der, 0x82);
	buf_add_byte(der, (unsigned char)(size >> 8));
	buf_add_byte(der, (unsigned char)size);
	if (len > 1)
		buf_add_byte(der, 0);
	for (size_t i = 1; i < len; i++)
		buf_add_byte(der, 0xa5);
	buf_add_byte(der, last);
}

static void
test_odd_keys(void **state)
{
	static const unsigned char hash[32] = { 1 };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(odd_keys); i++) {
		struct arena *arena = arena_new();
		struct buf body, der;

		buf_init(&body, arena, 4096);
		buf_init(&der, arena, 4096);
		add_integer(&body, odd_keys[i].modulus, 1);
		add_integer(&body, odd_keys[i].exponent, odd_keys[i].last);
		buf_add_byte(&der, 0x30);
		buf_add_byte(&der, 0x82);
		buf_add_byte(&der, (unsigned char)(body.len >> 8));
		buf_add_byte(&der, (unsigned char)body.len);
		buf_add(&der, buf_span(&body));
		struct dkim_key *key = dkim_key_parse(span_str(arena_printf(
		    arena, "p=%s", tags_encode_base64(arena, buf_span(&der)))));
		const char *error = dkim_key_info(key)->error;

		assert_int_equal(error == NULL, odd_keys[i].error == NULL);
		if (error != NULL && odd_keys[i].error != NULL)
			assert_non_null(strstr(error, odd_keys[i].error));
		assert_false(dkim_key_check(key, hash,
		    span_head(buf_span(&body), odd_keys[i].modulus)));
		dkim_key_free(key);
		arena_free(arena);
	}
}

static const struct {
	const char *file;
	enum dkim_algorithm algorithm;
	unsigned int bits;
} usable_files[] = {
	{ "rsa512.pem", DKIM_RSA_SHA256, 512 },
	{ "rsa1024.pem", DKIM_RSA_SHA256, 1024 },
	{ "rsa2048.pem", DKIM_RSA_SHA256, 2048 },
	{ "rsa2048_pkcs1.pem", DKIM_RSA_SHA256, 2048 },
	{ "rsa8192.pem", DKIM_RSA_SHA256, 8192 },
	{ "ed25519.pem", DKIM_ED25519_SHA256, 256 },
};

/* Return p= of ${record}'s RSA key as an RSAPublicKey. */
static const char *
as_pkcs1(struct arena *arena, const char *p)
{
	struct span der;

	assert_true(tags_decode_base64(arena, span_str(p), &der));
	const unsigned char *next = der.data;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &next, (long)der.len);
	unsigned char *out = NULL;
	int len = i2d_PublicKey(key, &out);

	assert_true(len > 0);
	char *text = tags_encode_base64(arena, span_new(out, (size_t)len));

	OPENSSL_free(out);
	EVP_PKEY_free(key);
	return (text);
}

static void
check_pair(const struct dkim_private *private, const char *record,
    struct span signature, const unsigned char hash[32])
{
	struct dkim_key *key = dkim_key_parse(span_str(record));
	unsigned char other[32];
	unsigned char broken[1100];

	assert_null(dkim_key_info(key)->error);
	assert_int_equal(dkim_key_info(key)->bits, dkim_private_bits(private));
	assert_true(dkim_key_check(key, hash, signature));
	memcpy(other, hash, sizeof(other));
	other[31] ^= 1;
	assert_false(dkim_key_check(key, other, signature));
	memcpy(broken, signature.data, signature.len);
	broken[signature.len / 2] ^= 1;
	assert_false(
	    dkim_key_check(key, hash, span_new(broken, signature.len)));
	assert_false(
	    dkim_key_check(key, hash, span_head(signature, signature.len - 1)));
	assert_false(dkim_key_check(key, hash, span_head(signature, 0)));
	dkim_key_free(key);
}

static void
test_sign_and_check(void **state)
{
	unsigned char hash[32];

	(void)state;
	memset(hash, 0x5a, sizeof(hash));
	for (size_t i = 0; i < UNIT_COUNT(usable_files); i++) {
		struct arena *arena = arena_new();
		struct dkim_private *key =
		    support_key(arena, usable_files[i].file);
		struct span signature;

		assert_int_equal(
		    dkim_private_algorithm(key), usable_files[i].algorithm);
		assert_int_equal(dkim_private_bits(key), usable_files[i].bits);
		assert_int_equal(
		    dkim_private_sign(key, arena, hash, &signature), 0);
		check_pair(key, support_record(arena, key, "v=DKIM1; "),
		    signature, hash);
		if (usable_files[i].algorithm == DKIM_RSA_SHA256)
			check_pair(key,
			    arena_printf(arena, "p=%s",
				as_pkcs1(
				    arena, dkim_private_public(key, arena))),
			    signature, hash);
		dkim_private_free(key);
		arena_free(arena);
	}
	dkim_private_free(NULL);
}

static const struct {
	const char *file;
	const char *error; /* a part of it */
} bad_files[] = {
	{ "absent.pem", "Bad file descriptor" },
	{ "", "Is a directory" },
	{ "README.md", "no private key" },
	{ "ec.pem", "neither RSA nor Ed25519" },
	{ "encrypted.pem", "openssl pkey -in OLD -out NEW" },
	{ "encrypted_pkcs1.pem", "openssl pkey -in OLD -out NEW" },
	{ "public.pem", "name the file of the private key" },
	{ "damaged.pem", "damaged" },
};

static void
test_bad_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(bad_files); i++) {
		struct arena *arena = arena_new();
		const char *path =
		    arena_printf(arena, "support/keys/%s", bad_files[i].file);
		const char *error = NULL;

		int fd = open(path, O_RDONLY);

		assert_null(dkim_private_load(fd, arena, &error));
		(void)close(fd);
		assert_non_null(error);
		assert_non_null(strstr(error, bad_files[i].error));
		arena_free(arena);
	}
}

static void
test_cache(void **state)
{
	static const char *const records[] = { "k=ed25519; p=" ED_P,
		"k=rsa; p=" RSA_P, "v=DKIM1; p=" };
	struct keycache *cache = keycache_new(2);
	struct keycache_counters counters;

	(void)state;
	struct dkim_key *first = keycache_get(cache, span_str(records[0]));
	struct dkim_key *again = keycache_get(cache, span_str(records[0]));

	assert_ptr_equal(first, again);
	dkim_key_free(again);
	/* The third takes the place of the second, which is older than the
	 * first since that was used again. */
	dkim_key_free(keycache_get(cache, span_str(records[1])));
	dkim_key_free(keycache_get(cache, span_str(records[0])));
	dkim_key_free(keycache_get(cache, span_str(records[2])));
	again = keycache_get(cache, span_str(records[0]));
	assert_ptr_equal(first, again);
	dkim_key_free(again);
	keycache_counters(cache, &counters);
	assert_int_equal(counters.parsed, 3);
	assert_int_equal(counters.hits, 3);
	assert_int_equal(counters.entries, 2);
	dkim_key_free(keycache_get(cache, span_str(records[1])));
	keycache_counters(cache, &counters);
	assert_int_equal(counters.parsed, 4);
	/* A key outlives its place in the cache. */
	keycache_free(cache);
	assert_int_equal(dkim_key_info(first)->bits, 256);
	dkim_key_free(first);
	keycache_free(NULL);
}

static void *
use_cache(void *cookie)
{
	struct keycache *cache = cookie;

	for (int i = 0; i < 2000; i++) {
		char record[64];

		(void)snprintf(
		    record, sizeof(record), "k=ed25519; x=%d; p=" ED_P, i % 7);
		struct dkim_key *key = keycache_get(cache, span_str(record));

		if (dkim_key_info(key)->bits != 256)
			return (cookie);
		dkim_key_free(key);
	}
	return (NULL);
}

static void
test_threads(void **state)
{
	struct keycache *cache = keycache_new(4);
	struct keycache_counters counters;
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(threads); i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, use_cache, cache), 0);
	for (size_t i = 0; i < UNIT_COUNT(threads); i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	keycache_counters(cache, &counters);
	assert_int_equal(counters.hits + counters.parsed, 8000);
	assert_true(counters.entries <= 4);
	keycache_free(cache);
}

/* A key and what it signed, for many threads. */
struct signed_hash {
	const struct dkim_private *private;
	const struct dkim_key *key;
	struct span signature;
};

static void *
use_key(void *cookie)
{
	static const unsigned char hash[32] = { 7 };
	const struct signed_hash *shared = cookie;

	for (int i = 0; i < 50; i++) {
		struct arena *arena = arena_new();
		struct span signature;
		bool good = dkim_private_sign(shared->private, arena, hash,
				&signature) == 0 &&
		            span_eq(signature, shared->signature) &&
		            dkim_key_check(shared->key, hash, signature);

		arena_free(arena);
		if (!good)
			return (cookie);
	}
	return (NULL);
}

/* RSA with PKCS #1 v1.5, and Ed25519, sign the same each time. */
static void
test_key_in_threads(void **state)
{
	static const unsigned char hash[32] = { 7 };
	static const char *const files[] = { "rsa1024.pem", "ed25519.pem" };

	(void)state;
	for (size_t f = 0; f < UNIT_COUNT(files); f++) {
		struct arena *arena = arena_new();
		struct dkim_private *private = support_key(arena, files[f]);
		struct dkim_key *key = dkim_key_parse(
		    span_str(support_record(arena, private, "")));
		struct signed_hash shared = { .private = private, .key = key };
		pthread_t threads[4];
		void *failed;

		assert_int_equal(
		    dkim_private_sign(private, arena, hash, &shared.signature),
		    0);
		for (size_t i = 0; i < UNIT_COUNT(threads); i++)
			assert_int_equal(
			    pthread_create(&threads[i], NULL, use_key, &shared),
			    0);
		for (size_t i = 0; i < UNIT_COUNT(threads); i++) {
			assert_int_equal(pthread_join(threads[i], &failed), 0);
			assert_null(failed);
		}
		dkim_key_free(key);
		dkim_private_free(private);
		arena_free(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_long_record),
		cmocka_unit_test(test_odd_keys),
		cmocka_unit_test(test_sign_and_check),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_key_in_threads),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
