#include "support/keyfolder.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/list.h"
#include "support/files.h"

#define JSON_MAX 65536
#define RSA_BITS 2048
/* As mailreeve-dns leaves them: readable by the milter's group. */
#define KEY_MODE 0640
#define FOLDER_MODE 0750

struct entry {
	struct list link;
	const char *domain;
	const char *selector;
	const char *algorithm; /* rsa, ed25519 */
	const char *state;
};

struct keyfolder {
	struct arena *arena;
	const char *folder;
	struct list entries;
	const char *error;
};

struct keyfolder *
keyfolder_new(struct arena *arena, const char *folder)
{
	struct keyfolder *keys = arena_alloc(arena, sizeof(*keys));

	if (mkdir(folder, FOLDER_MODE) != 0)
		return (NULL);
	keys->arena = arena;
	keys->folder = arena_strdup(arena, folder);
	list_init(&keys->entries);
	return (keys);
}

const char *
keyfolder_error(const struct keyfolder *keys)
{
	return (keys->error);
}

static void
fail(struct keyfolder *keys, const char *what)
{
	keys->error =
	    arena_printf(keys->arena, "%s: %s", what, strerror(errno));
}

static void
print_entry(struct buf *json, const struct entry *entry)
{
	buf_printf(json,
	    "{\"selector\":\"%s\",\"algorithm\":\"%s\",\"state\":\"%s\","
	    "\"created\":\"2026-01-01T00:00:00Z\"",
	    entry->selector, entry->algorithm, entry->state);
	if (strcmp(entry->state, "pending") != 0)
		buf_add_str(json, ",\"activated\":\"2026-01-02T00:00:00Z\"");
	else
		buf_add_str(json, ",\"activated\":null");
	if (strcmp(entry->state, "retired") == 0)
		buf_add_str(json, ",\"retired\":\"2026-01-03T00:00:00Z\"}");
	else
		buf_add_str(json, ",\"retired\":null}");
}

/* Write the keys.json of ${domain}. */
static int
write_json(struct keyfolder *keys, const char *domain)
{
	char *path =
	    arena_printf(keys->arena, "%s/%s/keys.json", keys->folder, domain);
	const char *separator = "";
	struct buf json;

	buf_init(&json, keys->arena, JSON_MAX);
	buf_add_str(&json, "{\"schema\":1,\"keys\":[");
	for (struct list *link = keys->entries.next; link != &keys->entries;
	     link = link->next) {
		struct entry *entry = LIST_VALUE(link, struct entry, link);

		if (strcmp(entry->domain, domain) != 0)
			continue;
		buf_add_str(&json, separator);
		print_entry(&json, entry);
		separator = ",";
	}
	buf_add_str(&json, "]}\n");
	if (files_write(path, buf_span(&json), KEY_MODE) == 0)
		return (0);
	fail(keys, path);
	return (-1);
}

static int
write_pem(const char *path, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;
	int result = -1;

	if (PEM_write_bio_PKCS8PrivateKey(
		bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
		len = BIO_get_mem_data(bio, &data);
		result =
		    files_write(path, span_new(data, (size_t)len), KEY_MODE);
	}
	BIO_free(bio);
	return (result);
}

static char *
base64(struct arena *arena, const unsigned char *data, size_t len)
{
	unsigned char *out = arena_alloc(arena, len / 3 * 4 + 5);

	EVP_EncodeBlock(out, data, (int)len);
	return ((char *)out);
}

/* The key record of ${key}: RFC 6376 3.6.1, RFC 8463 4.2. */
static const char *
print_record(struct arena *arena, EVP_PKEY *key, bool is_rsa)
{
	unsigned char raw[32];
	size_t raw_len = sizeof(raw);
	unsigned char *der = NULL;
	char *text;
	int len;

	if (!is_rsa) {
		EVP_PKEY_get_raw_public_key(key, raw, &raw_len);
		return (arena_printf(arena, "v=DKIM1; k=ed25519; p=%s",
		    base64(arena, raw, raw_len)));
	}
	len = i2d_PUBKEY(key, &der);
	if (len <= 0)
		return (NULL);
	text = arena_printf(
	    arena, "v=DKIM1; k=rsa; p=%s", base64(arena, der, (size_t)len));
	OPENSSL_free(der);
	return (text);
}

static EVP_PKEY *
make_key(const char *type, bool is_rsa)
{
	unsigned long bits = RSA_BITS;

	if (is_rsa && type[3] != '\0')
		bits = strtoul(type + 3, NULL, 10);
	if (is_rsa)
		return (EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits));
	return (EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
}

static void
add_entry(struct keyfolder *keys, const char *domain, const char *selector,
    const char *algorithm, const char *state)
{
	struct entry *entry = arena_alloc(keys->arena, sizeof(*entry));

	entry->domain = arena_strdup(keys->arena, domain);
	entry->selector = arena_strdup(keys->arena, selector);
	entry->algorithm = algorithm;
	entry->state = arena_strdup(keys->arena, state);
	list_add_last(&keys->entries, &entry->link);
}

const char *
keyfolder_add(struct keyfolder *keys, const char *domain, const char *selector,
    const char *type, const char *state)
{
	bool is_rsa = strncmp(type, "rsa", 3) == 0;
	const char *algorithm = is_rsa ? "rsa" : "ed25519";
	char *folder = arena_printf(keys->arena, "%s/%s", keys->folder, domain);
	char *path = arena_printf(
	    keys->arena, "%s/%s.%s.pem", folder, selector, algorithm);
	const char *record = NULL;
	EVP_PKEY *key;

	errno = EINVAL;
	if (!is_rsa && strcmp(type, "ed25519") != 0) {
		fail(keys, type);
		return (NULL);
	}
	key = make_key(type, is_rsa);
	if (key != NULL)
		record = print_record(keys->arena, key, is_rsa);
	if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST)
		record = NULL;
	if (record != NULL && write_pem(path, key) != 0)
		record = NULL;
	EVP_PKEY_free(key);
	if (record == NULL) {
		fail(keys, path);
		return (NULL);
	}
	add_entry(keys, domain, selector, algorithm, state);
	return (write_json(keys, domain) == 0 ? record : NULL);
}

int
keyfolder_state(struct keyfolder *keys, const char *domain,
    const char *selector, const char *state)
{
	for (struct list *link = keys->entries.next; link != &keys->entries;
	     link = link->next) {
		struct entry *entry = LIST_VALUE(link, struct entry, link);

		if (strcmp(entry->domain, domain) != 0 ||
		    strcmp(entry->selector, selector) != 0)
			continue;
		entry->state = arena_strdup(keys->arena, state);
		return (write_json(keys, domain));
	}
	errno = ENOENT;
	fail(keys, selector);
	return (-1);
}
