#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_loading.h"
#include "config_sections.h"
#include "geo.h"
#include "mail/orgdomain.h"
#include "passlist.h"

#define HOST_NAME_BYTES 256

void
config_error(struct config_loading *loading, const struct conf_place *place,
    const char *text)
{
	loading->failed = true;
	loading->reader->error(loading->reader->cookie,
	    place->file == NULL
		? arena_printf(
		      loading->config->arena, "%s: %s", place->title, text)
		: arena_printf(loading->config->arena, "%s:%d: \"%s\": %s",
		      place->file, place->line, place->title, text));
}

/* ${text}, about the value at ${index} of ${option}, with its place. */
static const char *
place_text(const struct config_loading *loading, const char *option,
    size_t index, const char *text)
{
	return (conf_complaint(loading->config->arena, loading->places,
	    loading->path, option, index, text));
}

void
config_error_in(struct config_loading *loading, const char *option,
    size_t index, const char *text)
{
	loading->failed = true;
	loading->reader->error(
	    loading->reader->cookie, place_text(loading, option, index, text));
}

void
config_warning_in(struct config_loading *loading, const char *option,
    size_t index, const char *text)
{
	loading->reader->warning(
	    loading->reader->cookie, place_text(loading, option, index, text));
}

struct network *
config_networks(struct config_loading *loading, const char *option,
    const struct conf_list *list, size_t *count)
{
	struct arena *arena = loading->config->arena;
	struct network *networks =
	    arena_array(arena, list->count, sizeof(*networks));

	*count = list->count;
	for (size_t i = 0; i < list->count; i++)
		if (network_parse(list->items[i], &networks[i]) != 0)
			config_error_in(loading, option, i,
			    network_explain(arena, list->items[i]));
	return (networks);
}

static void
read_pools(struct config_loading *loading)
{
	struct config *config = loading->config;
	const struct conf_sections *sections = &config->settings.pools;
	const struct config_pool *items = sections->items;
	struct facts_pool *pools =
	    arena_array(config->arena, sections->count, sizeof(*pools));

	for (size_t i = 0; i < sections->count; i++) {
		const struct conf_list *list = &items[i].networks;
		struct network *networks =
		    arena_array(config->arena, list->count, sizeof(*networks));

		for (size_t j = 0; j < list->count; j++)
			if (network_parse(list->items[j], &networks[j]) != 0)
				config_error(loading, &items[i].place,
				    network_explain(
					config->arena, list->items[j]));
		pools[i] =
		    (struct facts_pool){ .name = arena_printf(config->arena,
					     "pool %s", items[i].place.title),
			    .networks = networks,
			    .count = list->count };
	}
	config->pools = pools;
}

static void
read_facts(struct config_loading *loading)
{
	struct config *config = loading->config;
	const struct config_settings *settings = &config->settings;
	const char *error = NULL;

	config->suffixes =
	    orgdomain_new(settings->public_suffix_list, config->arena, &error);
	if (config->suffixes == NULL)
		config_error_in(loading, "public_suffix_list", 0, error);
	if (settings->country_database != NULL ||
	    settings->asn_database != NULL) {
		config->geo = geo_new(settings->country_database,
		    settings->asn_database, config->arena, &error);
		if (config->geo == NULL)
			config_error_in(loading,
			    settings->country_database != NULL
				? "country_database"
				: "asn_database",
			    0, error);
	}
	read_pools(loading);
	config->facts_rules = (struct facts_rules){
		.pools = config->pools,
		.pool_count = settings->pools.count,
		.client_net_ipv4 = (unsigned int)settings->client_net_ipv4,
		.client_net_ipv6 = (unsigned int)settings->client_net_ipv6,
		.recipient_delimiter = settings->recipient_delimiter[0],
		.geo = config->geo,
		.suffixes = config->suffixes,
	};
}

static void
read_weights(struct config *config)
{
	const struct config_settings *settings = &config->settings;

	config->weights = (struct score_weights){
		.helo_literal = (int)settings->helo_literal,
		.helo_address = (int)settings->helo_address,
		.helo_ours = (int)settings->helo_ours,
		.helo_no_dot = (int)settings->helo_no_dot,
		.helo_invalid = (int)settings->helo_invalid,
		.helo_unresolved = (int)settings->helo_unresolved,
		.name_missing = (int)settings->name_missing,
		.name_unconfirmed = (int)settings->name_unconfirmed,
		.name_generic = (int)settings->name_generic,
		.spf_pass = (int)settings->spf_pass,
		.spf_none = (int)settings->spf_none,
		.spf_softfail = (int)settings->spf_softfail,
		.spf_fail = (int)settings->spf_fail,
		.spf_permerror = (int)settings->spf_permerror,
		.null_several = (int)settings->null_several,
		.unknown_recipients = (int)settings->unknown_recipients,
		.reputation = (int)settings->reputation,
		.group_cap = (int)settings->group_cap,
	};
}

static void
read_policy(struct config *config)
{
	const struct config_settings *settings = &config->settings;
	/* The words of jump_action in limit.h's order. */
	static const enum limit_action jump_actions[] = { LIMIT_ALARM,
		LIMIT_DEFER, LIMIT_HOLD, LIMIT_LOCK };

	config->policy = (struct decide_policy){
		.score_junk = (int)settings->score_junk,
		.score_greylist = (int)settings->score_greylist,
		.score_defer = (int)settings->score_defer,
		.score_reject = (int)settings->score_reject,
		.reject_groups = (unsigned int)settings->reject_groups,
		.score_shadow = settings->score_mode == CONFIG_SHADOW,
		.greylist = settings->greylist,
		.greylist_shadow = settings->greylist_mode == CONFIG_SHADOW,
		.quota_shadow = settings->quota_mode == CONFIG_SHADOW,
		.watch_shadow = settings->watch_mode == CONFIG_SHADOW,
		.quota_defers = settings->over_quota != 0,
		.trouble_defers = settings->on_trouble != 0,
		.shadow = settings->mode == CONFIG_SHADOW,
	};
	config->greylist_rules = (struct greylist_rules){
		.delay_ms = settings->greylist_delay * 1000,
		.window_ms = settings->greylist_window * 1000,
		.lifetime_ms = settings->greylist_lifetime * 1000,
		.auto_allow = (uint64_t)settings->auto_allow,
	};
	config->watch_rules = (struct watch_rules){
		.jump_factor = (uint64_t)settings->jump_factor,
		.jump_minimum = (uint64_t)settings->jump_minimum,
		.jump_action = jump_actions[settings->jump_action],
		.bounce_minimum = (uint64_t)settings->bounce_minimum,
		.bounce_alarm = (uint64_t)settings->bounce_alarm,
		.bounce_hold = (uint64_t)settings->bounce_hold,
		.locked_users = settings->locked_users,
		.shadow = settings->watch_mode == CONFIG_SHADOW,
	};
}

/* Our names, as no stranger may call himself. */
static void
read_names(struct config *config)
{
	const struct conf_list *list = &config->settings.own_names;
	const char **names =
	    arena_array(config->arena, list->count + 2, sizeof(*names));
	char host[HOST_NAME_BYTES + 1] = "";

	for (size_t i = 0; i < list->count; i++)
		names[i] = list->items[i];
	if (list->count == 0 && gethostname(host, HOST_NAME_BYTES) == 0)
		names[0] = arena_strdup(config->arena, host);
	config->own_names = names;
}

/* Who wrote to whom is remembered where it makes a difference. */
static bool
wants_known(const struct config *config)
{
	const struct accounting_rules *rules = &config->accounting;

	for (size_t i = 0; i < rules->limit_count; i++)
		if (rules->limits[i].unit == LIMIT_FIRST_RECIPIENTS)
			return (true);
	return (config->settings.score && config->settings.greylist);
}

static void
read_whole(struct config_loading *loading)
{
	struct config *config = loading->config;
	const struct config_settings *settings = &config->settings;

	config_check(loading);
	config->trusted_networks = config_networks(loading, "trusted_networks",
	    &settings->trusted_networks, &config->trusted_network_count);
	read_facts(loading);
	read_weights(config);
	read_policy(config);
	read_names(config);
	config_limits_read(loading);
	config_lists_read(loading);
	config->learns_known = wants_known(config);
	config->passlist = passlist_new(&settings->whitelist_clients,
	    &settings->whitelist_recipients, config->arena,
	    loading->reader->error, loading->reader->cookie);
	if (config->passlist == NULL)
		loading->failed = true;
}

struct config *
config_load(const char *path, const struct config_reader *reader)
{
	struct arena *arena = arena_new();
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct config_loading loading = {
		.config = config, .reader = reader, .path = path
	};

	config->arena = arena;
	atomic_init(&config->references, 1);
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

struct config *
config_ref(struct config *config)
{
	(void)atomic_fetch_add(&config->references, 1);
	return (config);
}

void
config_free(struct config *config)
{
	if (config == NULL || atomic_fetch_sub(&config->references, 1) > 1)
		return;
	passlist_free(config->passlist);
	geo_free(config->geo);
	orgdomain_free(config->suffixes);
	arena_free(config->arena);
}

const char *
config_restart_needed(const struct config *started, const struct config *loaded)
{
	static const char *const names[] = { "sockets", "socket_group", "user",
		"control_socket", "max_connections", "idle_timeout", "workers",
		"state", "end_of_message", "reservation_time", "max_keys",
		"shared_server", "shared_sentinels", "shared_sentinel_name",
		"shared_username", "shared_password_file", "shared_tls",
		"shared_tls_ca", "shared_timeout", "shared_nodes", "resolvers",
		"trust_anchor", "dns_cache_entries", "quota",
		"quota_recipient_maps", "log_format", "log_to", NULL };

	return (conf_changes(loaded->arena, config_options, names,
	    &started->settings, &loaded->settings));
}

void
config_print(const struct config *config, FILE *stream)
{
	conf_print(stream, config_options, &config->settings);
}
