#include "dkim/keystore.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/span.h"
#include "dns/name.h"

/* What keystore_load() hands down. */
struct loader {
	struct arena *arena;
	const struct keystore_reader *reader;
	struct keystore *out;
	size_t size;
	int result;
};

struct word {
	const char *name;
	int value;
};

static const struct word states[] = {
	{ "pending", KEYSTORE_PENDING },
	{ "active", KEYSTORE_ACTIVE },
	{ "retired", KEYSTORE_RETIRED },
	{ "revoked", KEYSTORE_REVOKED },
	{ NULL, -1 },
};

static const struct word algorithms[] = {
	{ "rsa", DKIM_RSA_SHA256 },
	{ "ed25519", DKIM_ED25519_SHA256 },
	{ NULL, -1 },
};

static void
complain(struct loader *loader, const char *file, const char *what)
{
	loader->result = -1;
	loader->reader->error(loader->reader->cookie,
	    arena_printf(loader->arena, "%s: %s", file, what));
}

static void
warn(const struct loader *loader, const char *folder, const char *what)
{
	loader->reader->warning(loader->reader->cookie,
	    arena_printf(loader->arena, "%s: %s", folder, what));
}

static int
word_value(const struct word *words, const char *name)
{
	while (words->name != NULL &&
	       (name == NULL || strcmp(words->name, name) != 0))
		words++;
	return (words->value);
}

static void
add_key(struct loader *loader, const char *folder, const char *domain,
    const char *file, const json_t *entry)
{
	const char *selector =
	    json_string_value(json_object_get(entry, "selector"));
	const char *algorithm =
	    json_string_value(json_object_get(entry, "algorithm"));
	const char *state = json_string_value(json_object_get(entry, "state"));
	struct keystore_key key = { .domain = domain };
	int algorithm_value = word_value(algorithms, algorithm);
	int state_value = word_value(states, state);

	/* A selector becomes a file name, so it may hold nothing but the
	 * characters of a domain name (RFC 6376 3.1). */
	if (selector != NULL)
		key.selector = name_to_ascii(loader->arena, span_str(selector));
	if (key.selector == NULL || algorithm_value < 0 || state_value < 0) {
		complain(loader, file,
		    "a key needs \"selector\", \"algorithm\" (rsa or ed25519)"
		    " and \"state\" (pending, active, retired or revoked)");
		return;
	}
	key.algorithm = (enum dkim_algorithm)algorithm_value;
	key.state = (enum keystore_state)state_value;
	key.path = arena_printf(
	    loader->arena, "%s/%s.%s.pem", folder, selector, algorithm);

	struct keystore *out = loader->out;

	if (out->count == loader->size) {
		size_t size = loader->size * 2 + 8;

		out->keys = arena_grow(loader->arena, out->keys,
		    out->count * sizeof(*out->keys), size * sizeof(*out->keys));
		loader->size = size;
	}
	out->keys[out->count++] = key;
}

static void
add_keys(struct loader *loader, const char *folder, const char *domain,
    const char *file, const json_t *root)
{
	const json_t *keys = json_object_get(root, "keys");
	json_int_t schema = json_integer_value(json_object_get(root, "schema"));
	size_t index;
	const json_t *entry;

	if (schema != 1) {
		complain(loader, file,
		    "\"schema\" is not 1: written by a newer Mailreeve?");
		return;
	}
	if (!json_is_array(keys) || json_array_size(keys) > KEYSTORE_MAX_KEYS) {
		complain(loader, file, "\"keys\" is not a list of keys");
		return;
	}
	json_array_foreach(keys, index, entry)
	    add_key(loader, folder, domain, file, entry);
}

static void
load_file(struct loader *loader, const char *folder, const char *domain)
{
	struct arena *arena = loader->arena;
	const char *file = arena_printf(arena, "%s/keys.json", folder);
	const char *wrong;
	json_error_t error;
	int fd = keyfile_open(
	    file, loader->reader->owner, KEYFILE_LIST, arena, &wrong);

	if (fd < 0) {
		complain(loader, file, wrong);
		return;
	}
	json_t *root = json_loadfd(fd, JSON_REJECT_DUPLICATES, &error);

	(void)close(fd);
	if (root == NULL) {
		complain(loader, file,
		    arena_printf(arena, "line %d: %s", error.line, error.text));
		return;
	}
	add_keys(loader, folder, domain, file, root);
	json_decref(root);
}

static bool
has_list(struct arena *arena, const char *folder)
{
	struct stat status;

	return (
	    lstat(arena_printf(arena, "%s/keys.json", folder), &status) == 0 ||
	    errno != ENOENT);
}

/* Whether a private key lies in ${folder}: its list is lost, then. */
static bool
has_keys(const char *folder)
{
	DIR *files = opendir(folder);
	bool found = false;

	if (files == NULL)
		return (false);
	for (struct dirent *entry; (entry = readdir(files)) != NULL && !found;)
		found =
		    span_ends_nocase(span_str(entry->d_name), span_str(".pem"));
	(void)closedir(files);
	return (found);
}

static void
load_domain(struct loader *loader, const char *directory, const char *name)
{
	char *domain = name_to_ascii(loader->arena, span_str(name));
	char *folder = arena_printf(loader->arena, "%s/%s", directory, name);
	struct stat status;

	if (stat(folder, &status) != 0) {
		complain(loader, folder,
		    keyfile_explain(
			folder, loader->reader->owner, loader->arena));
		return;
	}
	if (!S_ISDIR(status.st_mode))
		return;
	/* lost+found, or a domain that somebody is about to fill. */
	if (domain == NULL)
		warn(loader, folder,
		    "left out: the folder's name is no domain name");
	else if (!has_list(loader->arena, folder) && has_keys(folder))
		complain(loader, folder,
		    "there are keys but no keys.json in it; write one (see "
		    "mailreeve-milter(8)), or take the keys away");
	else if (!has_list(loader->arena, folder))
		warn(loader, folder, "left out: there is no keys.json in it");
	else
		load_file(loader, folder, domain);
}

static int
is_visible(const struct dirent *entry)
{
	return (entry->d_name[0] != '.');
}

int
keystore_load(struct arena *arena, const char *directory,
    const struct keystore_reader *reader, struct keystore *out)
{
	struct loader loader = { .arena = arena, .reader = reader, .out = out };
	struct dirent **names;

	*out = (struct keystore){ 0 };
	int count = scandir(directory, &names, is_visible, alphasort);

	out->absent = count < 0 && errno == ENOENT;
	if (out->absent)
		return (0);
	if (count < 0) {
		complain(&loader, directory,
		    keyfile_explain(directory, reader->owner, arena));
		return (-1);
	}
	if (count > KEYSTORE_MAX_DOMAINS)
		complain(&loader, directory, "holds too many domains");
	for (int i = 0; i < count; i++) {
		if (i < KEYSTORE_MAX_DOMAINS)
			load_domain(&loader, directory, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return (loader.result);
}
