#include "local/accounts.h"

#include <glob.h>
#include <jansson.h>
#include <string.h>

struct accounts {
	struct arena *arena;
	const char **uris;
	size_t count;
};

static void
add(struct accounts *accounts, const char *uri)
{
	for (size_t i = 0; i < accounts->count; i++)
		if (strcmp(accounts->uris[i], uri) == 0)
			return;
	if (accounts->count < ACCOUNTS_MAX)
		accounts->uris[accounts->count++] =
		    arena_strdup(accounts->arena, uri);
}

static void
add_file(struct accounts *accounts, const char *path)
{
	json_t *root = json_load_file(path, 0, NULL);
	const char *uri = json_string_value(json_object_get(root, "uri"));

	if (uri != NULL && strpbrk(uri, "\"\\; \t\r\n") == NULL)
		add(accounts, uri);
	json_decref(root);
}

static void
add_matches(struct accounts *accounts, const char *pattern)
{
	glob_t found = { 0 };

	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (strstr(found.gl_pathv[i], "staging") == NULL)
				add_file(accounts, found.gl_pathv[i]);
	globfree(&found);
}

/* certbot: FOLDER/SERVER/directory/ACCOUNT/regr.json; some servers' URLs have
 * one part more. */
static void
add_folder(struct accounts *accounts, const char *folder)
{
	add_matches(accounts,
	    arena_printf(accounts->arena, "%s/*/*/regr.json", folder));
	add_matches(accounts,
	    arena_printf(accounts->arena, "%s/*/*/*/regr.json", folder));
}

size_t
accounts_read(
    const struct conf_list *list, struct arena *arena, const char *const **out)
{
	struct accounts accounts = { .arena = arena,
		.uris = arena_array(arena, ACCOUNTS_MAX, sizeof(char *)) };

	for (size_t i = 0; i < list->count; i++)
		if (strstr(list->items[i], "://") != NULL)
			add(&accounts, list->items[i]);
		else
			add_folder(&accounts, list->items[i]);
	*out = accounts.uris;
	return (accounts.count);
}
