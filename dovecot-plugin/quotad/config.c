#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "daemon/endpoint.h"

#define MAX_PERCENT 1000

struct loading {
	struct config *config;
	const struct config_reader *reader;
	const char *path;
	const struct conf_places *places;
	bool failed;
};

static void
fail_in(
    struct loading *loading, const char *option, size_t index, const char *text)
{
	loading->failed = true;
	loading->reader->error(loading->reader->cookie,
	    conf_complaint(loading->config->arena, loading->places,
		loading->path, option, index, text));
}

static int
compare_levels(const void *a, const void *b)
{
	int64_t first = *(const int64_t *)a;
	int64_t second = *(const int64_t *)b;

	return ((first > second) - (first < second));
}

static void
read_levels(struct loading *loading)
{
	struct config *config = loading->config;
	const struct conf_list *list = &config->settings.warn_at;

	if (list->count > CONFIG_MAX_LEVELS) {
		fail_in(loading, "warn_at", CONFIG_MAX_LEVELS,
		    "these are too many levels");
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		char *rest;
		long percent = strtol(list->items[i], &rest, 10);

		if (*rest != '\0' || percent < 1 || percent > MAX_PERCENT) {
			fail_in(loading, "warn_at", i,
			    "a level is a percentage, such as 80");
			return;
		}
		config->levels[config->level_count++] = percent;
	}
	qsort(config->levels, config->level_count, sizeof(config->levels[0]),
	    compare_levels);
}

static void
fail_at(
    struct loading *loading, const struct config_limit *limit, const char *text)
{
	loading->failed = true;
	loading->reader->error(loading->reader->cookie,
	    arena_printf(loading->config->arena, "%s:%d: limit \"%s\": %s",
		limit->place.file, limit->place.line, limit->place.title,
		text));
}

static bool
is_soft_above(int64_t soft, int64_t hard)
{
	return (soft > 0 && hard > 0 && soft > hard);
}

static void
check_limit(struct loading *loading, const struct config_limit *limit)
{
	const char *title = limit->place.title;
	size_t len = strlen(title);

	if (len == 0 || len > RECORD_MAX_NAME || title[0] == '/' ||
	    title[len - 1] == '/')
		fail_at(loading, limit,
		    "name a kind (\"domain\") or an account "
		    "(\"domain/a.example\")");
	if (is_soft_above(limit->soft_storage, limit->storage) ||
	    is_soft_above(limit->soft_messages, limit->messages))
		fail_at(loading, limit,
		    "a soft limit above the hard one is never reached");
	if (limit->unlimited &&
	    (limit->storage > 0 || limit->messages > 0 ||
		limit->soft_storage > 0 || limit->soft_messages > 0))
		fail_at(loading, limit,
		    "it is unlimited, and has a limit: take one out");
}

static void
check_sockets(struct loading *loading)
{
	const struct config_settings *settings = &loading->config->settings;

	if (settings->socket[0] != '/')
		fail_in(
		    loading, "socket", 0, "this is a path that begins with /");
	if (settings->store[0] != '/' &&
	    strncmp(settings->store, "redis:", 6) != 0)
		fail_in(loading, "store", 0,
		    "this is a path that begins with /, or redis:ENDPOINT");
}

static void
read_whole(struct loading *loading)
{
	struct config *config = loading->config;

	config->limits = config->settings.limits.items;
	config->limit_count = config->settings.limits.count;
	for (size_t i = 0; i < config->limit_count; i++)
		check_limit(loading, &config->limits[i]);
	read_levels(loading);
	check_sockets(loading);
}

struct config *
config_load(const char *path, const struct config_reader *reader)
{
	struct arena *arena = arena_new();
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct loading loading = {
		.config = config, .reader = reader, .path = path
	};

	config->arena = arena;
	if (path == NULL)
		conf_defaults(arena, config_options, &config->settings);
	else if (conf_load(arena, config_options, path, reader->error,
		     reader->cookie, &config->settings, &loading.places) != 0)
		loading.failed = true;
	if (!loading.failed)
		read_whole(&loading);
	if (!loading.failed)
		return (config);
	config_free(config);
	return (NULL);
}

void
config_free(struct config *config)
{
	if (config != NULL)
		arena_free(config->arena);
}

void
config_print(const struct config *config, FILE *stream)
{
	conf_print(stream, config_options, &config->settings);
}

const char *
config_restart_needed(const struct config *started, const struct config *loaded)
{
	static const char *const names[] = { "socket", "user", "store",
		"store_password_file", "store_timeout", "max_connections",
		"log_format", "log_to", NULL };

	return (conf_changes(loaded->arena, config_options, names,
	    &started->settings, &loaded->settings));
}
