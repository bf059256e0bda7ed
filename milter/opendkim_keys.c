#include "opendkim_keys.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "dns/name.h"
#include "opendkim_copies.h"
#include "opendkim_settings.h"
#include "pattern.h"

/* OpenDKIM's are shorter than a row. */
#define PATH_BYTES ((size_t)4096)
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
	struct opendkim_copies shut; /* those that the milter may not read */
	const char *refusal; /* why not the first, which it can read; or NULL */
	bool only_looks;     /* for the milter, as root */
	struct opendkim_copies stale; /* that it must copy again, or anew */
};

struct opendkim_keys *
opendkim_keys_new(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	struct opendkim_keys *keys = arena_alloc(arena, sizeof(*keys));

	keys->loading = loading;
	keys->arena = arena;
	keys->seen = hash_new();
	keys->shut.loading = keys->stale.loading = loading;
	keys->only_looks = loading->reader->without_keys;
	return (keys);
}

const char *
opendkim_keys_path(struct arena *arena, const char *path, const char *domain)
{
	const char *expanded = pattern_expand(arena, path, domain, PATH_BYTES);

	return (expanded == NULL ? "" : expanded);
}

static bool
is_missing(const char *path)
{
	return (
	    access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR));
}

/* Whether ${path}, which we may not look at, is not there: root has looked. */
static bool
is_absent(const struct opendkim_keys *keys, const char *path)
{
	const struct hash *absent = keys->loading->reader->absent_keys;

	return (is_missing(path) ||
		(absent != NULL && hash_get(absent, span_str(path)) != NULL));
}

/* The folder above ${path} that we may not enter has a copy: what was in it has
 * been copied once, and what has no copy is not there, or new. */
static bool
is_uncopied(const struct opendkim_keys *keys, const char *path)
{
	const char *folder;

	if (keys->loading->reader->absent_keys != NULL ||
	    access(path, F_OK) == 0 || errno != EACCES)
		return (false);
	folder = keyfile_closed_folder(path, keys->arena);
	return (folder != NULL &&
		access(opendkim_copies_path(keys->loading, folder), F_OK) == 0);
}

/* Why keyfile_open() refused a key that we can read, without its cure: that
 * could take the key from OpenDKIM. */
static const char *
refusal(struct arena *arena, const char *path, const char *error)
{
	const char *cure = strstr(error, "; mend it with: ");

	if (access(path, R_OK) != 0)
		return (NULL);
	if (cure == NULL)
		return (error);
	/* UNSAFE: the cure is a part of the text. */
	return (arena_str(arena, span_new(error, (size_t)(cure - error))));
}

static enum opendkim_key_status
explain_shut(struct opendkim_keys *keys, const char *path,
    const struct opendkim_place *place, const char *error)
{
	const struct opendkim_report *report = &keys->loading->opendkim->report;
	const char *copy = opendkim_copies_path(keys->loading, path);
	struct stat status;

	if (is_absent(keys, path))
		return (OPENDKIM_KEY_MISSING);
	if (is_uncopied(keys, path))
		return (OPENDKIM_KEY_UNCOPIED);
	if (lstat(copy, &status) == 0 && S_ISLNK(status.st_mode)) {
		opendkim_error(report, place,
		    "%s: a symbolic link, which is not followed where only "
		    "root can read; name the file that it leads to",
		    path);
	} else if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
		opendkim_error(report, place, "%s: not a regular file", path);
	} else {
		if (keys->shut.count == 0)
			keys->refusal = refusal(keys->arena, path, error);
		opendkim_copies_add(&keys->shut, path, place);
	}
	return (OPENDKIM_KEY_ERROR);
}

/* What only root can see: that a file is not there, or newer than its copy. */
static enum opendkim_key_status
look(struct opendkim_keys *keys, const char *path,
    const struct opendkim_place *place)
{
	struct stat original, copy;

	if (is_missing(path)) {
		struct hash_node *node =
		    arena_alloc(keys->arena, sizeof(*node));

		node->key = span_str(arena_strdup(keys->arena, path));
		hash_add(keys->loading->reader->absent_keys, node);
		return (OPENDKIM_KEY_MISSING);
	}
	if (stat(path, &original) == 0 &&
	    stat(opendkim_copies_path(keys->loading, path), &copy) == 0 &&
	    (original.st_mtim.tv_sec > copy.st_mtim.tv_sec ||
		(original.st_mtim.tv_sec == copy.st_mtim.tv_sec &&
		    original.st_mtim.tv_nsec > copy.st_mtim.tv_nsec)))
		opendkim_copies_add(&keys->stale, path, place);
	return (OPENDKIM_KEY_OK);
}

static enum opendkim_key_status
load(struct opendkim_keys *keys, const char *path,
    const struct opendkim_place *place, const struct dkim_private **out)
{
	const struct keyfile_owner *owner = &keys->loading->reader->key_owner;
	const char *error = NULL;
	const char *copy_error = NULL;

	if (keys->only_looks)
		return (look(keys, path, place));
	int fd =
	    keyfile_open(path, owner, KEYFILE_PRIVATE, keys->arena, &error);

	if (fd < 0)
		fd = keyfile_open(opendkim_copies_path(keys->loading, path),
		    owner, KEYFILE_PRIVATE, keys->arena, &copy_error);
	if (fd < 0)
		return (explain_shut(keys, path, place, error));
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

/* Whoever is neither root nor the milter's user need only be root. */
static bool
is_somebody_else(const struct opendkim_keys *keys)
{
	return (geteuid() != 0 &&
		geteuid() != keys->loading->reader->key_owner.user);
}

static void
tell_shut(const struct opendkim_keys *keys)
{
	const struct opendkim_copies *shut = &keys->shut;
	const struct opendkim_report *report = &keys->loading->opendkim->report;
	const char *more = opendkim_copies_more(shut);

	if (is_somebody_else(keys))
		opendkim_error(report, &shut->place,
		    "%s: you may not read this key; run it with sudo",
		    shut->paths[0]);
	else if (keys->refusal != NULL)
		opendkim_error(report, &shut->place,
		    "%s: the milter does not take OpenDKIM's key from there "
		    "(%s)%s; give it copies, OpenDKIM keeps its own, %s",
		    shut->paths[0], keys->refusal, more,
		    opendkim_copies_command(shut));
	else
		opendkim_error(report, &shut->place,
		    "%s: the milter may not read OpenDKIM's key%s; give it "
		    "copies, OpenDKIM keeps its own, %s",
		    shut->paths[0], more, opendkim_copies_command(shut));
}

/* Now or never: the milter's user cannot see it, and so nobody reads again. */
static void
tell_stale(const struct opendkim_keys *keys)
{
	const struct opendkim_copies *stale = &keys->stale;
	const struct config_reader *reader = keys->loading->reader;

	reader->warning(reader->cookie,
	    arena_printf(keys->arena,
		"%s:%d: %s: the milter has no copy of OpenDKIM's key as it is "
		"now%s; renew it, and then reload, %s",
		stale->place.file, stale->place.line, stale->paths[0],
		opendkim_copies_more(stale), opendkim_copies_command(stale)));
}

void
opendkim_keys_finish(struct opendkim_keys *keys)
{
	hash_free(keys->seen);
	keys->seen = NULL;
	if (keys->shut.count > 0)
		tell_shut(keys);
	if (keys->stale.count > 0)
		tell_stale(keys);
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
	const struct opendkim_place *place;
	struct span before; /* in the name in which the `%' stands */
	struct span after;
	bool copied; /* there are copies: what has none is not there */
	const char **domains;
	size_t count;
};

/* Whether ${domain} has a key file, as far as we may know. */
static bool
has_file(const struct opendkim_keys *keys, const struct search *search,
    const char *domain)
{
	const char *path =
	    opendkim_keys_path(keys->arena, search->path, domain);

	if (access(opendkim_copies_path(keys->loading, path), F_OK) == 0 ||
	    access(path, F_OK) == 0)
		return (true);
	return (errno == EACCES && !search->copied);
}

/* Once the folder has been copied, every key in it needs a copy. */
static void
look_at_copy(
    struct opendkim_keys *keys, const struct search *search, const char *domain)
{
	const char *path =
	    opendkim_keys_path(keys->arena, search->path, domain);

	if (is_missing(opendkim_copies_path(keys->loading, path)))
		opendkim_copies_add(&keys->stale, path, search->place);
}

static void
search_folder(struct opendkim_keys *keys, DIR *folder, struct search *search)
{
	struct arena *arena = keys->arena;

	for (const struct dirent *entry = readdir(folder);
	     entry != NULL && search->count < DOMAINS_MAX;
	     entry = readdir(folder)) {
		const char *domain = domain_in(
		    arena, entry->d_name, search->before, search->after);

		if (domain == NULL || !has_file(keys, search, domain))
			continue;
		if (keys->only_looks && search->copied)
			look_at_copy(keys, search, domain);
		search->domains = arena_room(
		    arena, search->domains, search->count, sizeof(char *));
		search->domains[search->count++] = domain;
	}
}

const char **
opendkim_keys_domains(struct opendkim_keys *keys, const char *path,
    const struct opendkim_place *place, size_t *count)
{
	struct span rest = span_str(path);
	struct search search = { .path = path, .place = place };
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
	DIR *copy = opendir(opendkim_copies_path(keys->loading, folder));

	search.copied = copy != NULL;
	if (own != NULL)
		search_folder(keys, own, &search);
	else if (copy != NULL)
		search_folder(keys, copy, &search);
	else if (shut)
		opendkim_copies_add(&keys->shut, parent, place);
	if (own != NULL)
		(void)closedir(own);
	if (copy != NULL)
		(void)closedir(copy);
	*count = search.count;
	return (search.domains);
}
