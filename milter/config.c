#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "config_check.h"
#include "config_keys.h"
#include "config_rules.h"
#include "config_sections.h"
#include "config_verdict.h"
#include "dns/name.h"
#include "mail/orgdomain.h"
#include "opendkim_hosts.h"
#include "opendkim_settings.h"

/* Values of `canonicalization', in the order of its words. */
static const struct {
	enum dkim_canon header;
	enum dkim_canon body;
} canonicalizations[] = {
	{ DKIM_SIMPLE, DKIM_SIMPLE },
	{ DKIM_SIMPLE, DKIM_RELAXED },
	{ DKIM_RELAXED, DKIM_SIMPLE },
	{ DKIM_RELAXED, DKIM_RELAXED },
};

void
config_error(struct config_loading *loading, const struct conf_place *place,
    const char *text)
{
	loading->failed = true;
	if (place != NULL)
		text = arena_printf(loading->config->arena, "%s:%d: %s",
		    place->file, place->line, text);
	loading->reader->error(loading->reader->cookie, text);
}

void
config_warning(struct config_loading *loading, const char *text)
{
	/* Who reads without keys will read again. */
	if (!loading->reader->without_keys)
		loading->reader->warning(loading->reader->cookie, text);
}

/* ${text}, about the value at ${index} of ${option}, with its place. */
static const char *
place_text(const struct config_loading *loading, const char *option,
    size_t index, const char *text)
{
	struct arena *arena = loading->config->arena;
	const char *theirs = NULL;

	if (loading->opendkim != NULL &&
	    conf_place_of(loading->places, option, index) == NULL)
		theirs = opendkim_settings_place(loading, option);
	if (theirs != NULL)
		return (arena_printf(arena, "%s: %s", theirs, text));
	return (conf_complaint(
	    arena, loading->places, loading->path, option, index, text));
}

void
config_error_in(struct config_loading *loading, const char *option,
    size_t index, const char *text)
{
	config_error(loading, NULL, place_text(loading, option, index, text));
}

void
config_warning_in(struct config_loading *loading, const char *option,
    size_t index, const char *text)
{
	config_warning(loading, place_text(loading, option, index, text));
}

static void
read_networks(struct config_loading *loading)
{
	struct config *config = loading->config;
	const struct conf_list *list = &config->settings.trusted_networks;

	config->trusted_networks =
	    arena_array(config->arena, list->count, sizeof(struct network));
	config->trusted_network_count = list->count;
	for (size_t i = 0; i < list->count; i++)
		if (network_parse(
			list->items[i], &config->trusted_networks[i]) != 0)
			config_error_in(loading, "trusted_networks", i,
			    network_explain(config->arena, list->items[i]));
}

static void
read_sender(struct config_loading *loading, const struct config_sender *section,
    struct signtable_user *user)
{
	struct arena *arena = loading->config->arena;
	const char *title = section->place.title;

	if (strchr(title, '@') == NULL && strcmp(title, "*") != 0)
		user->login = title;
	else if (pattern_parse(arena, title, &user->logins) != 0)
		config_error(loading, &section->place,
		    "the title is no login name and no pattern such as "
		    "*@example.org");
	user->authors =
	    arena_array(arena, section->from.count, sizeof(*user->authors));
	user->count = section->from.count;
	for (size_t i = 0; i < user->count; i++)
		if (pattern_parse(
			arena, section->from.items[i], &user->authors[i]) != 0)
			config_error(loading, &section->place,
			    arena_printf(arena,
				"from: \"%s\" is no address, domain or "
				"pattern",
				section->from.items[i]));
}

static void
read_senders(struct config_loading *loading)
{
	struct config *config = loading->config;
	const struct conf_sections *sections = &config->settings.senders;
	const struct config_sender *items = sections->items;
	struct signtable *table = &config->signtable;

	table->users =
	    arena_array(config->arena, sections->count, sizeof(*table->users));
	table->user_count = sections->count;
	table->any_author =
	    config->settings.author_check == CONFIG_AUTHOR_TABLE;
	for (size_t i = 0; i < sections->count; i++)
		read_sender(loading, &items[i], &table->users[i]);
	if (config->settings.login_domain == NULL)
		return;
	table->login_domain = name_to_ascii(
	    config->arena, span_str(config->settings.login_domain));
	if (table->login_domain == NULL)
		config_error_in(loading, "login_domain", 0,
		    arena_printf(config->arena, "\"%s\" is no domain name",
			config->settings.login_domain));
}

static void
read_sign_options(struct config *config)
{
	const struct config_settings *settings = &config->settings;
	struct dkim_sign_options *options = &config->sign_options;

	options->header_canon =
	    canonicalizations[settings->canonicalization].header;
	options->body_canon =
	    canonicalizations[settings->canonicalization].body;
	options->ttl = settings->signature_ttl;
	if (settings->sign_headers.count > 0) {
		options->headers = settings->sign_headers.items;
		options->header_count = settings->sign_headers.count;
	}
	if (settings->oversign_headers.count > 0) {
		options->oversigned = settings->oversign_headers.items;
		options->oversigned_count = settings->oversign_headers.count;
	}
}

static void
read_verify_options(struct config *config)
{
	const struct config_settings *settings = &config->settings;

	config->verify_options = (struct dkim_verify_options){
		.max_signatures = (size_t)settings->max_signatures,
		.min_rsa_bits = (unsigned int)settings->min_verify_bits,
		.accept_partial_body = settings->accept_partial_body,
		.accept_expired = settings->accept_expired,
		.clock_skew = settings->clock_skew,
	};
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
		opendkim_settings_read(&loading);
	if (!loading.failed) {
		read_networks(&loading);
		read_senders(&loading);
		read_sign_options(config);
		read_verify_options(config);
		config_verdict_read(&loading);
		config_rules_read(&loading);
		config_check(&loading);
		config_keys_read(&loading);
	}
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
	for (size_t i = 0; i < config->private_count; i++)
		dkim_private_free(config->privates[i]);
	orgdomain_free(config->suffixes);
	arena_free(config->arena);
}

bool
config_is_trusted(const struct config *config, const char *name,
    const struct network_address *client)
{
	if (config->internal_hosts != NULL &&
	    opendkim_hosts_contain(config->internal_hosts, name, client))
		return (true);
	for (size_t i = 0; i < config->trusted_network_count; i++)
		if (network_contains(&config->trusted_networks[i], client))
			return (true);
	return (false);
}

bool
config_is_peer(const struct config *config, const char *name,
    const struct network_address *client)
{
	return (config->peers != NULL &&
		opendkim_hosts_contain(config->peers, name, client));
}

const char *
config_restart_needed(const struct config *started, const struct config *loaded)
{
	static const char *const names[] = { "socket", "socket_group", "user",
		"resolvers", "trust_anchor", "dns_cache_entries", "log_format",
		"log_to", NULL };

	return (conf_changes(loaded->arena, config_options, names,
	    &started->settings, &loaded->settings));
}

void
config_print(const struct config *config, FILE *stream)
{
	conf_print(stream, config_options, &config->settings);
}
