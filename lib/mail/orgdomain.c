#include "mail/orgdomain.h"

#include <errno.h>
#include <libpsl.h>
#include <string.h>
#include <sys/stat.h>

/* The list of today has 0.3 MB. */
#define ORGDOMAIN_MAX_BYTES ((off_t)16 * 1024 * 1024)

struct orgdomain {
	struct arena *arena; /* holds this */
	psl_ctx_t *suffixes;
};

/* libpsl reads until the end, and a device may have none. */
static const char *
check_file(const char *path, struct arena *arena)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return (arena_printf(arena, "%s: %s", path, strerror(errno)));
	if (!S_ISREG(status.st_mode))
		return (arena_printf(arena, "%s: not a regular file", path));
	if (status.st_size > ORGDOMAIN_MAX_BYTES)
		return (arena_printf(arena, "%s: too large", path));
	return (NULL);
}

static psl_ctx_t *
load_file(const char *path, struct arena *arena, const char **error)
{
	*error = check_file(path, arena);
	if (*error != NULL)
		return (NULL);
	psl_ctx_t *suffixes = psl_load_file(path);

	/* A compiled list does not count its suffixes: -1. */
	if (suffixes != NULL && psl_suffix_count(suffixes) != 0)
		return (suffixes);
	psl_free(suffixes);
	*error = arena_printf(arena, "%s: not a public suffix list", path);
	return (NULL);
}

struct orgdomain *
orgdomain_new(const char *path, struct arena *arena, const char **error)
{
	psl_ctx_t *suffixes;

	if (path != NULL) {
		suffixes = load_file(path, arena, error);
	} else {
		/* The file of the package publicsuffix, or the list inside
		 * libpsl when that is newer or the only one. */
		suffixes = psl_latest(NULL);
		*error = suffixes == NULL ? "there is no public suffix list "
		                            "on this system"
		                          : NULL;
	}
	if (suffixes == NULL)
		return (NULL);
	struct arena *own = arena_new();
	struct orgdomain *list = arena_alloc(own, sizeof(*list));

	list->arena = own;
	list->suffixes = suffixes;
	return (list);
}

void
orgdomain_free(struct orgdomain *list)
{
	if (list == NULL)
		return;
	psl_free(list->suffixes);
	arena_free(list->arena);
}

const char *
orgdomain_find(const struct orgdomain *list, const char *domain)
{
	const char *found = psl_registrable_domain(list->suffixes, domain);

	return (found != NULL ? found : domain);
}
