#include "dkim/keystore.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/shell.h"
#include "base/span.h"
#include "dkim/keystore_list.h"
#include "dns/name.h"

/* What keystore_load() hands down. */
struct loader {
	struct arena *arena;
	const struct keystore_reader *reader;
	struct keystore *out;
	size_t size;
	int result;
};

static void
complain(struct loader *loader, const char *file, const char *what)
{
	loader->result = -1;
	loader->reader->error(
	    loader->reader->cookie, arena_printf(loader->arena, "%s: %s",
					shell_word(loader->arena, file), what));
}

static void
warn(const struct loader *loader, const char *folder, const char *what)
{
	loader->reader->warning(loader->reader->cookie,
	    arena_printf(loader->arena, "%s: %s",
		shell_word(loader->arena, folder), what));
}

static void
add_key(struct loader *loader, const struct keystore_key *key)
{
	struct keystore *out = loader->out;

	if (out->count == loader->size) {
		size_t size = loader->size * 2 + 8;

		out->keys = arena_grow(loader->arena, out->keys,
		    out->count * sizeof(*out->keys), size * sizeof(*out->keys));
		loader->size = size;
	}
	out->keys[out->count++] = *key;
}

static void
load_list(struct loader *loader, const char *folder, const char *domain)
{
	struct arena *arena = loader->arena;
	const char *file =
	    arena_printf(arena, "%s/" KEYSTORE_LIST_NAME, folder);
	const char *error;
	json_t *list =
	    keystore_list_read(folder, loader->reader->owner, arena, &error);
	size_t index;
	const json_t *entry;
	struct keystore_key key;

	if (list == NULL) {
		complain(loader, file, error);
		return;
	}
	json_array_foreach(json_object_get(list, "keys"), index, entry)
	{
		if (keystore_list_key(folder, domain, entry, arena, &key) == 0)
			add_key(loader, &key);
		else
			complain(loader, file,
			    arena_printf(arena,
				"key number %zu needs \"selector\", "
				"\"algorithm\" (rsa or ed25519) and \"state\" "
				"(pending, active, retired or revoked)",
				index + 1));
	}
	json_decref(list);
}

/* The list of a folder named for ${domain}, if it has one. */
static void
load_folder(struct loader *loader, const char *folder, const char *domain)
{
	switch (keystore_list_find(folder, loader->arena)) {
	case KEYSTORE_LIST_PRESENT:
		load_list(loader, folder, domain);
		break;
	case KEYSTORE_LIST_ABSENT:
		warn(loader, folder,
		    "left out: there is no " KEYSTORE_LIST_NAME " in it");
		break;
	case KEYSTORE_LIST_LOST:
		complain(loader, folder,
		    keystore_list_lost(
			folder, loader->reader->owner, loader->arena));
		break;
	}
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
	else
		load_folder(loader, folder, domain);
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
