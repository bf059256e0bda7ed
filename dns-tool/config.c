#include "config.h"

#include <ctype.h>
#include <string.h>

#include "base/network.h"
#include "dns/name.h"
#include "dns/resolvers.h"
#include "records/mx.h"

struct loading {
	struct config *config;
	conf_complain *error;
	void *cookie;
	const char *path;
	const struct conf_places *places;
	bool failed;
};

static void
fail_in(
    struct loading *loading, const char *option, size_t index, const char *text)
{
	loading->failed = true;
	loading->error(loading->cookie,
	    conf_complaint(loading->config->arena, loading->places,
		loading->path, option, index, text));
}

static void
check_addresses(struct loading *loading)
{
	const struct conf_list *list = &loading->config->settings.addresses;
	struct network_address address;

	for (size_t i = 0; i < list->count; i++)
		if (network_address_parse(list->items[i], &address) != 0)
			fail_in(loading, "addresses", i,
			    arena_printf(loading->config->arena,
				"\"%s\" is no IP address", list->items[i]));
}

static void
check_names(
    struct loading *loading, const char *option, const struct conf_list *list)
{
	struct arena *arena = loading->config->arena;

	for (size_t i = 0; i < list->count; i++)
		if (name_to_ascii(arena, span_str(list->items[i])) == NULL)
			fail_in(loading, option, i,
			    arena_printf(arena, "\"%s\" is no domain name",
				list->items[i]));
}

static void
check_hostname(struct loading *loading)
{
	struct config_settings *settings = &loading->config->settings;
	struct arena *arena = loading->config->arena;
	const char *given = settings->hostname;

	if (given == NULL)
		return;
	settings->hostname = name_to_ascii(arena, span_str(given));
	if (settings->hostname == NULL)
		fail_in(loading, "hostname", 0,
		    arena_printf(arena, "\"%s\" is no host name", given));
}

static void
check_other_mx(struct loading *loading)
{
	const struct conf_list *list = &loading->config->settings.other_mx;
	struct arena *arena = loading->config->arena;

	for (size_t i = 0; i < list->count; i++)
		if (mx_parse(list->items[i], arena).host == NULL)
			fail_in(loading, "other_mx", i,
			    arena_printf(arena,
				"\"%s\" is not written as \"20 "
				"backup.example.net\"",
				list->items[i]));
}

/* What goes into a record as it stands must be able to. */
static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (!isgraph((unsigned char)*text) || *text == '"' ||
		    *text == '\\' || *text == ';')
			return (false);
	return (true);
}

static void
check_words(
    struct loading *loading, const char *option, const struct conf_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i][0] == '\0' || !is_printable(list->items[i]))
			fail_in(loading, option, i,
			    "blanks, quotes, semicolons and what is not ASCII "
			    "cannot stand here");
}

static void
check_spf_all(struct loading *loading)
{
	const char *all = loading->config->settings.spf_all;

	if (strcmp(all, "-all") != 0 && strcmp(all, "~all") != 0 &&
	    strcmp(all, "?all") != 0)
		fail_in(loading, "spf_all", 0,
		    strcmp(all, "+all") == 0
			? "+all lets the whole world send in your name; use "
			  "-all, ~all or ?all"
			: "this is -all, ~all or ?all");
}

static void
fail_resolver(void *cookie, size_t index, const char *text)
{
	fail_in(cookie, "resolvers", index, text);
}

static void
check_accepted(struct loading *loading)
{
	const struct conf_sections *list = &loading->config->settings.accepted;
	const struct config_accepted *items = list->items;

	for (size_t i = 0; i < list->count; i++) {
		if (items[i].reason != NULL && items[i].reason[0] != '\0')
			continue;
		loading->failed = true;
		loading->error(loading->cookie,
		    arena_printf(loading->config->arena,
			"%s:%d: accept \"%s\": give the reason, for who reads "
			"this in a year",
			items[i].place.file, items[i].place.line,
			items[i].place.title));
	}
}

static void
empty_is_none(const char **value)
{
	if (*value != NULL && **value == '\0')
		*value = NULL;
}

static void
check(struct loading *loading)
{
	struct config_settings *settings = &loading->config->settings;

	empty_is_none(&settings->trust_anchor);
	check_hostname(loading);
	check_addresses(loading);
	resolvers_check(&settings->resolvers, loading->config->arena,
	    fail_resolver, loading);
	check_other_mx(loading);
	check_words(loading, "spf_terms", &settings->spf_terms);
	check_spf_all(loading);
	check_words(loading, "dmarc_rua", &settings->dmarc_rua);
	check_words(loading, "tls_rua", &settings->tls_rua);
	check_names(loading, "caa_issuers", &settings->caa_issuers);
	check_names(loading, "address_lists", &settings->address_lists);
	check_names(loading, "domain_lists", &settings->domain_lists);
	check_names(loading, "outgoing_hosts", &settings->outgoing_hosts);
	check_accepted(loading);
}

struct config *
config_load(const char *path, conf_complain *error, void *cookie)
{
	struct arena *arena = arena_new();
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct loading loading = {
		.config = config, .error = error, .cookie = cookie, .path = path
	};

	config->arena = arena;
	if (path == NULL)
		conf_defaults(arena, config_options, &config->settings);
	else if (conf_load(arena, config_options, path, error, cookie,
		     &config->settings, &loading.places) != 0)
		loading.failed = true;
	if (!loading.failed)
		check(&loading);
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
