#include "config_check.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "base/shell.h"
#include "base/span.h"
#include "dns/dns_anchor.h"
#include "dns/dns_unbound.h"
#include "dns/dns_zone.h"
#include "daemon/endpoint.h"
#include "mail/lexeme.h"

#define ZONE_PREFIX "zone:"

/* RFC 5322 2.2: printable US-ASCII but the colon; h= cannot name a field with a
 * semicolon (RFC 6376 3.2). */
static bool
is_field_name_byte(unsigned char byte)
{
	return (byte > ' ' && byte < 0x7f && byte != ':' && byte != ';');
}

/* Whether ${text} is one or more bytes, all of ${class}. */
static bool
is_all(const char *text, span_class *class)
{
	struct span rest = span_str(text);

	return (span_take_while(&rest, class).len > 0 && rest.len == 0);
}

static bool
list_has(const struct conf_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcasecmp(list->items[i], name) == 0)
			return (true);
	return (false);
}

static void
check_socket(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const char *name = loading->config->settings.socket;
	struct endpoint endpoint;
	const char *error = endpoint_parse(name, arena, &endpoint);

	if (error != NULL)
		config_error_in(loading, "socket", 0,
		    arena_printf(arena, "\"%s\": %s", name, error));
	else if (!endpoint.loopback)
		config_warning_in(loading, "socket", 0,
		    arena_printf(arena,
			"\"%s\": whoever can connect there can have mail "
			"signed; let only Postfix through the firewall",
			name));
}

/* One program an address; any number of them may read what we serve. */
static bool
is_same_address(const struct endpoint *one, const struct endpoint *other)
{
	return (one->path == NULL && one->address_len == other->address_len &&
		memcmp(&one->address, &other->address, one->address_len) == 0);
}

static void
check_metrics(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const struct config_settings *settings = &loading->config->settings;
	const char *name = settings->metrics;
	struct endpoint endpoint, socket;

	if (name == NULL)
		return;
	if (endpoint_parse(name, arena, &endpoint) != NULL ||
	    endpoint.path != NULL || !endpoint.loopback)
		config_error_in(loading, "metrics", 0,
		    arena_printf(arena,
			"\"%s\" is no loopback address with a port; write "
			"inet:8894@127.0.0.1 or inet6:8894@::1",
			name));
	else if (endpoint_parse(settings->socket, arena, &socket) == NULL &&
		 is_same_address(&socket, &endpoint))
		config_error_in(loading, "metrics", 0,
		    arena_printf(arena,
			"\"%s\" is where `socket' listens; take another port",
			name));
}

/* An empty name would claim no forged field; a blank would end it early (RFC
 * 8601 2.2). */
static void
check_authserv_id(struct config_loading *loading)
{
	const char *name = loading->config->settings.authserv_id;

	if (name != NULL &&
	    (!is_all(name, lexeme_is_token) || !lexeme_is_utf8(span_str(name))))
		config_error_in(loading, "authserv_id", 0,
		    arena_printf(loading->config->arena,
			"\"%s\" is not one word such as mx.example.org; leave "
			"it out to use Postfix's $myhostname",
			name));
}

static void
check_field_names(struct config_loading *loading, const char *option,
    const struct conf_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!is_all(list->items[i], is_field_name_byte))
			config_error_in(loading, option, i,
			    arena_printf(loading->config->arena,
				"\"%s\" is no name of a header field",
				list->items[i]));
}

static void
check_headers(struct config_loading *loading)
{
	const struct config_settings *settings = &loading->config->settings;

	check_field_names(loading, "sign_headers", &settings->sign_headers);
	check_field_names(
	    loading, "oversign_headers", &settings->oversign_headers);
	/* RFC 6376 5.4: the From field MUST be signed. */
	if (settings->sign_headers.count > 0 &&
	    !list_has(&settings->sign_headers, "From"))
		config_error_in(loading, "sign_headers", 0,
		    "From must be in the list (RFC 6376 5.4)");
}

static bool
is_zone(const char *resolver)
{
	return (strncmp(resolver, ZONE_PREFIX, strlen(ZONE_PREFIX)) == 0);
}

static bool
stands_alone(const char *resolver)
{
	return (strcmp(resolver, "system") == 0 ||
		strcmp(resolver, "recursive") == 0 || is_zone(resolver));
}

/* What somebody meant by ${item} who wrote a colon before the port. */
static const char *
with_port(const char *item, struct arena *arena)
{
	char *text = arena_strdup(arena, item);
	char *colon = strrchr(text, ':');

	if (colon == NULL)
		return (NULL);
	*colon = '@';
	return (dns_unbound_is_resolver(text) ? text : NULL);
}

static const char *
explain_resolver(const char *item, struct arena *arena)
{
	const char *meant = with_port(item, arena);

	if (meant != NULL)
		return (arena_printf(arena,
		    "\"%s\" has a colon before its port; write \"%s\"", item,
		    meant));
	return (arena_printf(arena,
	    "\"%s\" is neither an IP address, nor ADDRESS@PORT, nor "
	    "\"system\", \"recursive\" or \"zone:FILE\"",
	    item));
}

static void
check_resolvers(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const struct conf_list *list = &loading->config->settings.resolvers;

	if (list->count == 0)
		config_error_in(loading, "resolvers", 0,
		    "name one, or \"system\" or \"recursive\"");
	for (size_t i = 0; i < list->count; i++) {
		const char *item = list->items[i];

		if (stands_alone(item) && list->count > 1)
			config_error_in(loading, "resolvers", i,
			    arena_printf(
				arena, "\"%s\" must stand alone", item));
		else if (!stands_alone(item) && !dns_unbound_is_resolver(item))
			config_error_in(loading, "resolvers", i,
			    explain_resolver(item, arena));
	}
}

/* The record is good enough for us; libunbound has the last word. */
static const char *
take_anchor(void *cookie, const char *text)
{
	(void)cookie;
	(void)text;
	return (NULL);
}

static void
check_files(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const struct config_settings *settings = &loading->config->settings;
	const char *error = NULL;

	if (settings->trust_anchor != NULL &&
	    dns_anchor_read(
		settings->trust_anchor, take_anchor, NULL, arena, &error) != 0)
		config_error_in(loading, "trust_anchor", 0, error);
	if (settings->resolvers.count == 0 ||
	    !is_zone(settings->resolvers.items[0]))
		return;
	struct dns_backend *zone = dns_zone_load(
	    &settings->resolvers.items[0][strlen(ZONE_PREFIX)], arena, &error);

	if (zone == NULL)
		config_error_in(loading, "resolvers", 0, error);
	else
		zone->free(zone);
}

/* Only root needs `user' to start; but a daemon that root started must be able
 * to start again. */
static void
check_user(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const char *name = loading->config->settings.user;
	const struct passwd *user = getpwnam(name);
	const char *text = NULL;

	if (user == NULL)
		text = arena_printf(arena,
		    "there is no user %s; make it with: adduser --system "
		    "--group --no-create-home %s",
		    name, shell_word(arena, name));
	else if (user->pw_uid == 0)
		text = "the milter never runs as root; name another user";
	if (text == NULL)
		return;
	if (loading->reader->from_root)
		config_error_in(loading, "user", 0, text);
	else
		config_warning_in(loading, "user", 0,
		    arena_printf(arena, "started by root: %s", text));
}

static void
check_socket_group(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const struct config_settings *settings = &loading->config->settings;
	const char *name = settings->socket_group;
	struct endpoint endpoint;

	if (endpoint_parse(settings->socket, arena, &endpoint) != NULL ||
	    endpoint.path == NULL || getgrnam(name) != NULL)
		return;
	config_error_in(loading, "socket_group", 0,
	    arena_printf(arena,
		"there is no group %s; install Postfix, name its group if that "
		"has another name, or make it with: addgroup --system %s",
		name, shell_word(arena, name)));
}

void
config_check(struct config_loading *loading)
{
	check_socket(loading);
	check_metrics(loading);
	check_authserv_id(loading);
	check_headers(loading);
	check_resolvers(loading);
	if (!loading->reader->to_serve)
		return;
	check_user(loading);
	check_socket_group(loading);
	/* Whether a file can be read is for the user to say who reads it. */
	if (!loading->reader->without_keys)
		check_files(loading);
}
