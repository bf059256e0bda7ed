#include "dkim/keystore_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/shell.h"
#include "dns/name.h"

/* A list of KEYSTORE_MAX_KEYS keys takes a tenth. */
#define LIST_MAX_BYTES 262144

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

static int
word_value(const struct word *words, const char *name)
{
	while (words->name != NULL &&
	       (name == NULL || strcmp(words->name, name) != 0))
		words++;
	return (words->value);
}

static const char *
word_name(const struct word *words, int value)
{
	while (words->name != NULL && words->value != value)
		words++;
	return (words->name);
}

static bool
has_list(const char *folder, struct arena *arena)
{
	struct stat status;

	return (lstat(arena_printf(arena, "%s/" KEYSTORE_LIST_NAME, folder),
		    &status) == 0 ||
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

enum keystore_list_state
keystore_list_find(const char *folder, struct arena *arena)
{
	if (has_list(folder, arena))
		return (KEYSTORE_LIST_PRESENT);
	return (has_keys(folder) ? KEYSTORE_LIST_LOST : KEYSTORE_LIST_ABSENT);
}

/* The entry of an active key for the file ${name}: SELECTOR.ALGORITHM.pem. */
static json_t *
entry_of(const char *name, struct arena *arena)
{
	for (const struct word *word = algorithms; word->name != NULL; word++) {
		struct span suffix =
		    span_str(arena_printf(arena, ".%s.pem", word->name));
		struct span file = span_str(name);

		if (!span_ends_nocase(file, suffix))
			continue;
		const char *selector = name_to_ascii(
		    arena, span_head(file, file.len - suffix.len));

		if (selector != NULL &&
		    strcmp(name,
			keystore_list_file(selector,
			    (enum dkim_algorithm)word->value, arena)) == 0)
			return (json_pack("{ss ss ss}", "selector", selector,
			    "algorithm", word->name, "state", "active"));
	}
	return (NULL);
}

/* A list of all keys in ${folder}, in one line. */
static const char *
guess_list(const char *folder, struct arena *arena)
{
	json_t *list = json_pack("{sis[]}", "schema", 1, "keys");
	json_t *keys = json_object_get(list, "keys");
	DIR *files = opendir(folder);

	for (struct dirent *file;
	     files != NULL && (file = readdir(files)) != NULL;) {
		json_t *entry = entry_of(file->d_name, arena);

		if (entry != NULL)
			(void)json_array_append_new(keys, entry);
	}
	if (files != NULL)
		(void)closedir(files);
	char *text =
	    json_array_size(keys) == 0 ? NULL : json_dumps(list, JSON_COMPACT);
	const char *copy = text == NULL ? NULL : arena_strdup(arena, text);

	free(text);
	json_decref(list);
	return (copy);
}

const char *
keystore_list_lost(
    const char *folder, const struct keyfile_owner *owner, struct arena *arena)
{
	const char *list = guess_list(folder, arena);

	if (list == NULL)
		return ("there are keys but no " KEYSTORE_LIST_NAME
			" in it, and none is called SELECTOR.rsa.pem or "
			"SELECTOR.ed25519.pem; call them so, or take them "
			"away");
	return (arena_printf(arena,
	    "there are keys but no " KEYSTORE_LIST_NAME " in it; take the keys "
	    "away, or write a list, for all of them to sign, with: install -g "
	    "%s -m 640 /dev/stdin %s <<<%s",
	    shell_word(arena, keyfile_group(owner, arena)),
	    shell_word(
		arena, arena_printf(arena, "%s/" KEYSTORE_LIST_NAME, folder)),
	    shell_word(arena, list)));
}

/* What is wrong with ${list} as a whole, or NULL. */
static const char *
check(const json_t *list)
{
	const json_t *keys = json_object_get(list, "keys");

	if (json_integer_value(json_object_get(list, "schema")) != 1)
		return ("\"schema\" is not 1: written by a newer Mailreeve?");
	if (!json_is_array(keys) || json_array_size(keys) > KEYSTORE_MAX_KEYS)
		return ("\"keys\" is not a list of keys");
	return (NULL);
}

json_t *
keystore_list_read(const char *folder, const struct keyfile_owner *owner,
    struct arena *arena, const char **error)
{
	const char *file =
	    arena_printf(arena, "%s/" KEYSTORE_LIST_NAME, folder);
	json_error_t where;
	int fd = keyfile_open(file, owner, KEYFILE_LIST, arena, error);

	if (fd < 0)
		return (NULL);
	json_t *list = json_loadfd(fd, JSON_REJECT_DUPLICATES, &where);

	(void)close(fd);
	*error = list != NULL
	             ? check(list)
	             : arena_printf(arena,
			   "line %d: %s; correct it, or set the file aside "
			   "with: mv %s %s",
			   where.line, where.text, shell_word(arena, file),
			   shell_word(
			       arena, arena_printf(arena, "%s.broken", file)));
	if (*error == NULL)
		return (list);
	json_decref(list);
	return (NULL);
}

int
keystore_list_key(const char *folder, const char *domain, const json_t *entry,
    struct arena *arena, struct keystore_key *out)
{
	const char *selector =
	    json_string_value(json_object_get(entry, "selector"));
	const char *algorithm =
	    json_string_value(json_object_get(entry, "algorithm"));
	const char *state = json_string_value(json_object_get(entry, "state"));
	int algorithm_value = word_value(algorithms, algorithm);
	int state_value = word_value(states, state);

	*out = (struct keystore_key){ .domain = domain };
	/* A selector becomes a file name, so it may hold nothing but the
	 * characters of a domain name (RFC 6376 3.1). */
	if (selector != NULL)
		out->selector = name_to_ascii(arena, span_str(selector));
	if (out->selector == NULL || algorithm_value < 0 || state_value < 0)
		return (-1);
	out->algorithm = (enum dkim_algorithm)algorithm_value;
	out->state = (enum keystore_state)state_value;
	out->path =
	    arena_printf(arena, "%s/%s.%s.pem", folder, selector, algorithm);
	return (0);
}

/* RFC 3339, in UTC. */
static const char *
print_time(int64_t seconds, struct arena *arena)
{
	const time_t when = (time_t)seconds;
	struct tm tm = { 0 };
	char *text = arena_alloc(arena, sizeof("9999-12-31T23:59:59Z"));

	if (gmtime_r(&when, &tm) != NULL)
		(void)strftime(text, sizeof("9999-12-31T23:59:59Z"),
		    "%Y-%m-%dT%H:%M:%SZ", &tm);
	return (text);
}

json_t *
keystore_list_entry(const char *selector, enum dkim_algorithm algorithm,
    enum keystore_state state, int64_t now, struct arena *arena)
{
	const char *created = print_time(now, arena);

	return (json_pack("{ss ss ss ss ss? sn}", "selector", selector,
	    "algorithm", word_name(algorithms, (int)algorithm), "state",
	    word_name(states, (int)state), "created", created, "activated",
	    state == KEYSTORE_ACTIVE ? created : NULL, "retired"));
}

static void
print_value(struct buf *out, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	buf_add_str(out, text == NULL ? "null" : text);
	free(text);
}

static void
print_name(struct buf *out, const char *name)
{
	json_t *string = json_string(name);

	print_value(out, string);
	json_decref(string);
	buf_add_str(out, ":");
}

static void
print_keys(struct buf *out, const json_t *keys)
{
	size_t index;
	const json_t *entry;

	buf_add_str(out, "[");
	json_array_foreach(keys, index, entry)
	{
		buf_add_str(out, index == 0 ? "\n" : ",\n");
		print_value(out, entry);
	}
	buf_add_str(out, "\n]");
}

const char *
keystore_list_print(const json_t *list, struct arena *arena)
{
	struct buf out;
	const char *name;
	json_t *value;
	bool first = true;

	buf_init(&out, arena, LIST_MAX_BYTES);
	/* What a later version added to the list stays in it.  jansson does not
	 * change what it only walks through. */
	json_object_foreach((json_t *)(uintptr_t)list, name, value)
	{
		buf_add_str(&out, first ? "{" : ",");
		print_name(&out, name);
		if (strcmp(name, "keys") == 0)
			print_keys(&out, value);
		else
			print_value(&out, value);
		first = false;
	}
	buf_add_str(&out, "}\n");
	return (out.overflow ? NULL : buf_str(&out));
}

const char *
keystore_list_file(
    const char *selector, enum dkim_algorithm algorithm, struct arena *arena)
{
	return (arena_printf(arena, "%s.%s.pem", selector,
	    word_name(algorithms, (int)algorithm)));
}
