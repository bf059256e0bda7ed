#include "opendkim_keys.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "dns/name.h"
#include "opendkim_settings.h"

/* Files that one command names; more are copied with their folder. */
#define FILES_IN_COMMAND ((size_t)10)
#define PATH_BYTES ((size_t)4096)
#define COMMAND_MAX ((size_t)16384)
/* Domains in a folder of keys. */
#define DOMAINS_MAX ((size_t)100000)

/* A file that was looked at. */
struct key_file {
	struct hash_node node; /* its path */
	enum opendkim_key_status status;
	const struct dkim_private *private;
};

struct opendkim_keys {
	struct config_loading *loading;
	struct arena *arena;
	struct hash *seen;
	/* Those that the milter may not read. */
	size_t shut_count;
	const char *shut[FILES_IN_COMMAND];
	const char *common; /* the folder that all of them are below */
	struct opendkim_place first;
};

struct opendkim_keys *
opendkim_keys_new(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	struct opendkim_keys *keys = arena_alloc(arena, sizeof(*keys));

	keys->loading = loading;
	keys->arena = arena;
	keys->seen = hash_new();
	return (keys);
}

/* A copy keeps its whole path below the folder of copies. */
static const char *
copy_of(const struct opendkim_keys *keys, const char *path)
{
	return (arena_printf(keys->arena, "%s%s",
	    keys->loading->config->settings.opendkim_keys, path));
}

const char *
opendkim_keys_path(struct arena *arena, const char *path, const char *domain)
{
	struct span rest = span_str(path);
	struct span part;
	struct buf text;

	buf_init(&text, arena, PATH_BYTES);
	while (span_take_until(&rest, '%', &part)) {
		buf_add(&text, part);
		buf_add_str(&text, domain);
	}
	buf_add(&text, part);
	return (text.overflow ? "" : buf_str(&text));
}

static bool
is_missing(const char *path)
{
	return (
	    access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR));
}

/* Where ${a} and ${b}, two paths, are both. */
static const char *
common_folder(struct arena *arena, const char *a, const char *b)
{
	size_t same = 0;
	size_t slash = 0;

	for (; a[same] != '\0' && a[same] == b[same]; same++)
		if (a[same] == '/')
			slash = same;
	if (a[same] == '\0' && b[same] == '/')
		slash = same;
	return (arena_str(arena, span_new(a, slash)));
}

static void
remember_shut(struct opendkim_keys *keys, const char *path,
    const struct opendkim_place *place)
{
	const char *folder = dirname(arena_strdup(keys->arena, path));

	if (keys->shut_count == 0) {
		keys->first = *place;
		keys->common = folder;
	}
	if (keys->shut_count < FILES_IN_COMMAND)
		keys->shut[keys->shut_count] = path;
	keys->shut_count++;
	keys->common = common_folder(keys->arena, keys->common,
	    arena_printf(keys->arena, "%s/", folder));
}

static int
open_key(struct opendkim_keys *keys, const char *path)
{
	const struct keyfile_owner *owner = &keys->loading->reader->key_owner;
	const char *error = NULL;
	int fd =
	    keyfile_open(path, owner, KEYFILE_PRIVATE, keys->arena, &error);

	error = NULL;
	return (fd >= 0 ? fd
			: keyfile_open(copy_of(keys, path), owner,
			      KEYFILE_PRIVATE, keys->arena, &error));
}

static enum opendkim_key_status
load(struct opendkim_keys *keys, const char *path,
    const struct opendkim_place *place, const struct dkim_private **out)
{
	const char *error = NULL;
	int fd = open_key(keys, path);

	if (fd < 0 && is_missing(path))
		return (OPENDKIM_KEY_MISSING);
	if (fd < 0) {
		remember_shut(keys, path, place);
		return (OPENDKIM_KEY_ERROR);
	}
	struct dkim_private *private =
	    dkim_private_load(fd, keys->arena, &error);

	(void)close(fd);
	if (private == NULL) {
		opendkim_error(&keys->loading->opendkim->report, place,
		    "%s: %s", path, error);
		return (OPENDKIM_KEY_ERROR);
	}
	*out = private;
	return (config_keys_add_private(keys->loading, path, private)
		    ? OPENDKIM_KEY_OK
		    : OPENDKIM_KEY_ERROR);
}

enum opendkim_key_status
opendkim_keys_load(struct opendkim_keys *keys, const char *path,
    const struct opendkim_place *place, const struct dkim_private **private)
{
	struct hash_node *node = hash_get(keys->seen, span_str(path));
	struct key_file *file = (struct key_file *)node;

	if (file == NULL) {
		file = arena_alloc(keys->arena, sizeof(*file));
		file->node.key = span_str(arena_strdup(keys->arena, path));
		file->status = load(keys, path, place, &file->private);
		hash_add(keys->seen, &file->node);
	}
	*private = file->private;
	return (file->status);
}

static bool
is_plain(unsigned char byte)
{
	return (span_is_alnum(byte) ||
		(byte != '\0' && strchr("/._-+=:@%,", byte) != NULL));
}

/* ${text} as one word of a shell. */
static void
add_word(struct buf *command, const char *text)
{
	struct span rest = span_str(text);

	(void)span_take_while(&rest, is_plain);
	if (rest.len == 0) {
		buf_add_str(command, text);
		return;
	}
	buf_add_byte(command, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			buf_add_str(command, "'\\''");
		else
			buf_add_byte(command, (unsigned char)*text);
	}
	buf_add_byte(command, '\'');
}

static size_t
depth(const char *path)
{
	size_t slashes = 0;

	for (; *path != '\0'; path++)
		slashes += *path == '/' ? 1 : 0;
	return (slashes);
}

/* Copies of these keys for us; OpenDKIM's own stay as they are, so that one can
 * go back. */
static const char *
copy_command(const struct opendkim_keys *keys)
{
	const char *base = keys->loading->config->settings.opendkim_keys;
	const struct group *group =
	    getgrgid(keys->loading->reader->key_owner.group);
	const char *name = group == NULL ? "root" : group->gr_name;
	struct buf command, to;

	buf_init(&to, keys->arena, COMMAND_MAX);
	add_word(&to, base);
	buf_init(&command, keys->arena, COMMAND_MAX);
	buf_printf(&command,
	    "install -d -o root -g %s -m 750 %s && cp -RL --parents", name,
	    buf_str(&to));
	/* A folder of the whole system is not copied for a few keys. */
	if (keys->shut_count > FILES_IN_COMMAND && depth(keys->common) > 1) {
		buf_add_byte(&command, ' ');
		add_word(&command, keys->common);
	} else {
		for (size_t i = 0; i < keys->shut_count && i < FILES_IN_COMMAND;
		     i++) {
			buf_add_byte(&command, ' ');
			add_word(&command, keys->shut[i]);
		}
	}
	buf_printf(&command,
	    " %s && chown -R root:%s %s && chmod -R u=rwX,g=rX,o= %s",
	    buf_str(&to), name, buf_str(&to), buf_str(&to));
	return (command.overflow ? "(too long to write)" : buf_str(&command));
}

/* Whoever is neither root nor the milter's user need only be root. */
static bool
is_somebody_else(const struct opendkim_keys *keys)
{
	return (geteuid() != 0 &&
		geteuid() != keys->loading->reader->key_owner.user);
}

void
opendkim_keys_finish(struct opendkim_keys *keys)
{
	hash_free(keys->seen);
	keys->seen = NULL;
	if (keys->shut_count == 0)
		return;
	if (is_somebody_else(keys)) {
		opendkim_error(&keys->loading->opendkim->report, &keys->first,
		    "%s: you may not read this key; run it with sudo",
		    keys->shut[0]);
		return;
	}
	opendkim_error(&keys->loading->opendkim->report, &keys->first,
	    "%s: the milter may not read OpenDKIM's key%s%s; give it copies, "
	    "OpenDKIM keeps its own, with: %s",
	    keys->shut[0],
	    keys->shut_count == 1
		? ""
		: arena_printf(keys->arena, ", nor %zu more of its keys",
		      keys->shut_count - 1),
	    keys->shut_count > FILES_IN_COMMAND && depth(keys->common) < 2
		? " (these are the first)"
		: "",
	    copy_command(keys));
}

/* The domain in ${name}, which begins and ends as a path says around its `%';
 * or NULL. */
static const char *
domain_in(struct arena *arena, const char *name, struct span before,
    struct span after)
{
	struct span text = span_str(name);

	if (text.len <= before.len + after.len ||
	    !span_eq(span_head(text, before.len), before) ||
	    !span_ends_nocase(text, after))
		return (NULL);
	text = span_tail(text, before.len);
	return (name_to_ascii(arena, span_head(text, text.len - after.len)));
}

struct search {
	const char *path;
	struct span before; /* in the name in which the `%' stands */
	struct span after;
	bool copied; /* there are copies: what has none is not there */
	const char **domains;
	size_t count;
	size_t size;
};

/* Whether ${domain} has a key file, as far as we may know. */
static bool
has_file(const struct opendkim_keys *keys, const struct search *search,
    const char *domain)
{
	const char *path =
	    opendkim_keys_path(keys->arena, search->path, domain);

	if (access(copy_of(keys, path), F_OK) == 0 || access(path, F_OK) == 0)
		return (true);
	return (errno == EACCES && !search->copied);
}

static void
search_folder(
    const struct opendkim_keys *keys, DIR *folder, struct search *search)
{
	struct arena *arena = keys->arena;

	for (const struct dirent *entry = readdir(folder);
	     entry != NULL && search->count < DOMAINS_MAX;
	     entry = readdir(folder)) {
		const char *domain = domain_in(
		    arena, entry->d_name, search->before, search->after);

		if (domain == NULL || !has_file(keys, search, domain))
			continue;
		if (search->count == search->size) {
			size_t size = search->size == 0 ? 32 : 2 * search->size;

			search->domains = arena_grow(arena, search->domains,
			    search->count * sizeof(char *),
			    size * sizeof(char *));
			search->size = size;
		}
		search->domains[search->count++] = domain;
	}
}

const char **
opendkim_keys_domains(struct opendkim_keys *keys, const char *path,
    const struct opendkim_place *place, size_t *count)
{
	struct span rest = span_str(path);
	struct search search = { .path = path };
	struct span before;

	(void)span_take_until(&rest, '%', &before);
	search.after = span_head(rest, span_find(rest, '/'));
	size_t slash = before.len;

	while (slash > 0 && before.data[slash - 1] != '/')
		slash--;
	search.before = span_tail(before, slash);
	const char *folder = arena_str(keys->arena, span_head(before, slash));
	const char *parent =
	    arena_str(keys->arena, span_head(before, slash - 1));
	DIR *own = opendir(folder);
	bool shut = own == NULL && errno == EACCES;
	DIR *copy = opendir(copy_of(keys, folder));

	search.copied = copy != NULL;
	if (own != NULL)
		search_folder(keys, own, &search);
	else if (copy != NULL)
		search_folder(keys, copy, &search);
	else if (shut)
		remember_shut(keys, parent, place);
	if (own != NULL)
		(void)closedir(own);
	if (copy != NULL)
		(void)closedir(copy);
	*count = search.count;
	return (search.domains);
}
