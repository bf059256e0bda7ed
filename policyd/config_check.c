#include "config_loading.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "daemon/endpoint.h"
#include "daemon/privileges.h"
#include "daemon/socket.h"
#include "dns/resolvers.h"
#include "metrics/metrics_monitor.h"
#include "quota.h"

#define PASSWORD_MAX_BYTES 1024

/* What we advise; the milter has the one before. */
#define CONFIG_METRICS_PORT 8895

static const char *
endpoint_error(struct arena *arena, const char *text, struct endpoint *endpoint)
{
	const char *error = endpoint_parse(text, arena, endpoint);

	return (error == NULL ? NULL
			      : arena_printf(arena, "\"%s\": %s", text, error));
}

static void
check_sockets(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const struct conf_list *list = &loading->config->settings.sockets;

	for (size_t i = 0; i < list->count; i++) {
		struct endpoint endpoint;
		const char *error =
		    endpoint_error(arena, list->items[i], &endpoint);

		if (error != NULL)
			config_error_in(loading, "sockets", i, error);
		else if (!endpoint.loopback)
			config_warning_in(loading, "sockets", i,
			    arena_printf(arena,
				"\"%s\": whoever can connect there can use up "
				"your users' limits; let only Postfix through "
				"the firewall",
				list->items[i]));
	}
}

static void
check_endpoint(
    struct config_loading *loading, const char *option, const char *text)
{
	struct endpoint endpoint;

	if (text == NULL)
		return;
	const char *error =
	    endpoint_error(loading->config->arena, text, &endpoint);

	if (error != NULL)
		config_error_in(loading, option, 0, error);
}

/* As the source will see it when it is opened. */
static void
check_quota(struct config_loading *loading)
{
	const char *text = loading->config->settings.quota;
	const char *error = NULL;

	if (text == NULL)
		return;
	quota_close(quota_open(text, loading->config->arena, &error));
	if (error != NULL)
		config_error_in(loading, "quota", 0,
		    arena_printf(
			loading->config->arena, "\"%s\": %s", text, error));
}

static void
check_metrics(struct config_loading *loading)
{
	const char *name = loading->config->settings.metrics;
	const char *error = metrics_monitor_check(
	    name, CONFIG_METRICS_PORT, loading->config->arena);

	if (error != NULL)
		config_error_in(loading, "metrics", 0, error);
}

static void
complain_of_resolver(void *cookie, size_t index, const char *text)
{
	config_error_in(cookie, "resolvers", index, text);
}

static void
check_dns(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const struct config_settings *settings = &loading->config->settings;
	const char *error;

	resolvers_check(
	    &settings->resolvers, arena, complain_of_resolver, loading);
	error = resolvers_check_anchor(settings->trust_anchor, arena);
	if (error != NULL)
		config_error_in(loading, "trust_anchor", 0, error);
	error = resolvers_check_zone(&settings->resolvers, arena);
	if (error != NULL)
		config_error_in(loading, "resolvers", 0, error);
}

static void
check_scores(struct config_loading *loading)
{
	const struct config_settings *settings = &loading->config->settings;

	if (settings->score_reject != 0 &&
	    settings->score_reject <= settings->score_greylist)
		config_warning_in(loading, "score_reject", 0,
		    "not above score_greylist: nobody is asked to come again");
	if (settings->recipient_delimiter[0] != '\0' &&
	    settings->recipient_delimiter[1] != '\0')
		config_error_in(loading, "recipient_delimiter", 0,
		    "one character, or \"\"");
	if (settings->webhook != NULL &&
	    strncmp(settings->webhook, "https://", 8) != 0 &&
	    strncmp(settings->webhook, "http://", 7) != 0)
		config_error_in(loading, "webhook", 0,
		    "must begin with https:// or http://");
}

/* Who may come again only when it is too late never gets through. */
static void
check_greylist(struct config_loading *loading)
{
	const struct config_settings *settings = &loading->config->settings;

	if (settings->greylist_window <= settings->greylist_delay)
		config_error_in(loading, "greylist_window", 0,
		    "not longer than greylist_delay: nobody would ever pass");
}

/* The first line of a file that others cannot read. */
static void
read_password(struct config_loading *loading)
{
	struct config *config = loading->config;
	const char *path = config->settings.shared_password_file;
	char line[PASSWORD_MAX_BYTES];

	if (path == NULL)
		return;
	FILE *file = fopen(path, "re");

	if (file == NULL || fgets(line, (int)sizeof(line), file) == NULL)
		config_error_in(loading, "shared_password_file", 0,
		    arena_printf(config->arena, "cannot read %s: %s", path,
			file == NULL ? strerror(errno) : "it is empty"));
	else
		config->shared_password = arena_str(config->arena,
		    span_trim_end(span_str(line), span_is_space));
	if (file != NULL)
		(void)fclose(file);
	explicit_bzero(line, sizeof(line));
}

static void
check_shared(struct config_loading *loading)
{
	const struct config_settings *settings = &loading->config->settings;
	const struct conf_list *sentinels = &settings->shared_sentinels;

	check_endpoint(loading, "shared_server", settings->shared_server);
	for (size_t i = 0; i < sentinels->count; i++)
		check_endpoint(
		    loading, "shared_sentinels", sentinels->items[i]);
	if (settings->shared_server != NULL && sentinels->count > 0)
		config_error_in(loading, "shared_sentinels", 0,
		    "shared_server names the server already; keep one of both");
	read_password(loading);
}

/* Only root needs `user' to start; but a daemon that root started must be able
 * to start again. */
static void
check_user(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const char *text =
	    privileges_check(loading->config->settings.user, "daemon", arena);

	if (text != NULL && loading->reader->from_root)
		config_error_in(loading, "user", 0, text);
	else if (text != NULL)
		config_warning_in(loading, "user", 0,
		    arena_printf(arena, "started by root: %s", text));
}

static void
check_socket_group(struct config_loading *loading)
{
	const struct config_settings *settings = &loading->config->settings;
	const char *error = NULL;

	for (size_t i = 0; i < settings->sockets.count && error == NULL; i++)
		error = socket_check_group(settings->sockets.items[i],
		    settings->socket_group, loading->config->arena);
	if (error != NULL)
		config_error_in(loading, "socket_group", 0, error);
}

void
config_check(struct config_loading *loading)
{
	check_sockets(loading);
	check_metrics(loading);
	check_dns(loading);
	check_scores(loading);
	check_greylist(loading);
	check_shared(loading);
	check_quota(loading);
	if (!loading->reader->to_serve)
		return;
	check_user(loading);
	check_socket_group(loading);
}
