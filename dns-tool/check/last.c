#include "check/last.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/shell.h"

/* Of a file that only we write; more is not believed. */
#define MAX_KEYS 10000
#define FOLDER_MODE 0755

static const char *
file_of(const char *folder, const char *domain, struct arena *arena)
{
	return (arena_printf(arena, "%s/%s.last.json", folder, domain));
}

static const char *
key_of(const struct finding *finding, struct arena *arena)
{
	return (arena_printf(arena, "%s %s", finding->id, finding->subject));
}

void
last_read(const char *folder, const char *domain, struct arena *arena,
    struct last *out)
{
	json_t *root = json_load_file(file_of(folder, domain, arena), 0, NULL);
	const json_t *list = json_object_get(root, "findings");
	size_t count = json_array_size(list);

	*out = (struct last){ .known = json_is_array(list) };
	if (count > MAX_KEYS)
		count = 0;
	out->keys = arena_array(arena, count, sizeof(*out->keys));
	for (size_t i = 0; i < count; i++) {
		const char *key = json_string_value(json_array_get(list, i));

		if (key != NULL)
			out->keys[out->count++] = arena_strdup(arena, key);
	}
	json_decref(root);
}

static const char *
explain(const char *path, struct arena *arena)
{
	return (arena_printf(arena,
	    "the findings cannot be kept for the next --since last: %s: %s",
	    shell_word(arena, path), strerror(errno)));
}

/* The folder, and the one that it is in. */
static bool
make_folder(const char *folder, struct arena *arena)
{
	char *parent = arena_strdup(arena, folder);
	char *slash = strrchr(parent, '/');

	if (slash != NULL && slash != parent) {
		*slash = '\0';
		(void)mkdir(parent, FOLDER_MODE);
	}
	return (mkdir(folder, FOLDER_MODE) == 0 || errno == EEXIST);
}

const char *
last_write(const char *folder, const char *domain,
    const struct finding_list *findings, struct arena *arena)
{
	const char *path = file_of(folder, domain, arena);
	const char *fresh = arena_printf(arena, "%s.new", path);
	json_t *list = json_array();

	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].severity > FINDING_OK)
			(void)json_array_append_new(list,
			    json_string(key_of(&findings->items[i], arena)));
	json_t *root = json_pack("{si so}", "schema", 1, "findings", list);
	bool kept = make_folder(folder, arena) &&
	            json_dump_file(root, fresh, JSON_INDENT(1)) == 0 &&
	            rename(fresh, path) == 0;

	json_decref(root);
	return (kept ? NULL : explain(path, arena));
}

static bool
has(const char *const *keys, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(keys[i], key) == 0)
			return (true);
	return (false);
}

void
last_changes(const struct last *last, struct finding_list *findings,
    const char ***gone, size_t *gone_count, struct arena *arena)
{
	const char **now = arena_array(arena, findings->count, sizeof(*now));
	size_t now_count = 0;
	size_t kept = 0;

	*gone = arena_array(arena, last->count, sizeof(**gone));
	*gone_count = 0;
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding finding = findings->items[i];

		if (finding.severity == FINDING_OK)
			continue;
		now[now_count++] = key_of(&finding, arena);
		if (!has(last->keys, last->count, now[now_count - 1]))
			findings->items[kept++] = finding;
	}
	findings->count = kept;
	for (size_t i = 0; i < last->count; i++)
		if (!has(now, now_count, last->keys[i]))
			(*gone)[(*gone_count)++] = last->keys[i];
}
