#include "opendkim_copies.h"

#include <libgen.h>
#include <pwd.h>
#include <string.h>

#include "base/buf.h"
#include "base/shell.h"

#define COMMAND_MAX ((size_t)16384)

const char *
opendkim_copies_path(const struct config_loading *loading, const char *path)
{
	return (arena_printf(loading->config->arena, "%s%s",
	    loading->config->settings.opendkim_keys, path));
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

void
opendkim_copies_add(struct opendkim_copies *copies, const char *path,
    const struct opendkim_place *place)
{
	struct arena *arena = copies->loading->config->arena;
	const char *folder = dirname(arena_strdup(arena, path));

	if (copies->count == 0) {
		copies->place = *place;
		copies->common = folder;
	}
	if (copies->count < OPENDKIM_COPIES_NAMED)
		copies->paths[copies->count] = path;
	copies->count++;
	copies->common = common_folder(
	    arena, copies->common, arena_printf(arena, "%s/", folder));
}

const char *
opendkim_copies_more(const struct opendkim_copies *copies)
{
	if (copies->count < 2)
		return ("");
	return (arena_printf(copies->loading->config->arena,
	    ", nor %zu more of its keys", copies->count - 1));
}

static size_t
depth(const char *path)
{
	size_t slashes = 0;

	for (; *path != '\0'; path++)
		slashes += *path == '/' ? 1 : 0;
	return (slashes);
}

/* A folder of the whole system is not copied for a few keys. */
static bool
is_with_folder(const struct opendkim_copies *copies)
{
	return (
	    copies->count > OPENDKIM_COPIES_NAMED && depth(copies->common) > 1);
}

static void
add_paths(struct buf *command, const struct opendkim_copies *copies)
{
	if (is_with_folder(copies)) {
		buf_add_byte(command, ' ');
		buf_add_str(
		    command, shell_word(command->arena, copies->common));
		return;
	}
	for (size_t i = 0; i < copies->count && i < OPENDKIM_COPIES_NAMED;
	     i++) {
		buf_add_byte(command, ' ');
		buf_add_str(
		    command, shell_word(command->arena, copies->paths[i]));
	}
}

/* Who reads the copies; root, who only looks, does not say. */
static struct keyfile_owner
reader_of(const struct config_loading *loading)
{
	const struct passwd *user = getpwnam(loading->config->settings.user);

	if (user == NULL)
		return (loading->reader->key_owner);
	return ((struct keyfile_owner){ user->pw_uid, user->pw_gid });
}

const char *
opendkim_copies_command(const struct opendkim_copies *copies)
{
	struct config_loading *loading = copies->loading;
	struct arena *arena = loading->config->arena;
	const struct keyfile_owner owner = reader_of(loading);
	const char *group = keyfile_group(&owner, arena);
	const char *to =
	    shell_word(arena, loading->config->settings.opendkim_keys);
	struct buf command;

	buf_init(&command, arena, COMMAND_MAX);
	if (copies->count > OPENDKIM_COPIES_NAMED && !is_with_folder(copies))
		buf_add_str(&command, "(the first of them) ");
	buf_printf(&command,
	    "with: install -d -o root -g %s -m 750 %s && cp -RP --parents",
	    group, to);
	add_paths(&command, copies);
	buf_printf(&command,
	    " %s && chown -R root:%s %s && chmod -R u=rwX,g=rX,o= %s", to,
	    group, to, to);
	return (command.overflow ? "(the command is too long to write)"
				 : buf_str(&command));
}
