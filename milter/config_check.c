#include "config_check.h"

#include <string.h>

#include "base/span.h"
#include "daemon/endpoint.h"
#include "daemon/privileges.h"
#include "daemon/socket.h"
#include "dns/resolvers.h"
#include "mail/lexeme.h"
#include "metrics/metrics_monitor.h"

/* What we advise; the other daemons have those after it. */
#define CONFIG_METRICS_PORT 8894

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
	const char *error =
	    metrics_monitor_check(name, CONFIG_METRICS_PORT, arena);
	struct endpoint endpoint, socket;

	if (error != NULL)
		config_error_in(loading, "metrics", 0, error);
	else if (name != NULL &&
		 endpoint_parse(name, arena, &endpoint) == NULL &&
		 endpoint_parse(settings->socket, arena, &socket) == NULL &&
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

static void
complain_of_resolver(void *cookie, size_t index, const char *text)
{
	config_error_in(cookie, "resolvers", index, text);
}

static void
check_files(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const struct config_settings *settings = &loading->config->settings;
	const char *anchor =
	    resolvers_check_anchor(settings->trust_anchor, arena);
	const char *zone = resolvers_check_zone(&settings->resolvers, arena);

	if (anchor != NULL)
		config_error_in(loading, "trust_anchor", 0, anchor);
	if (zone != NULL)
		config_error_in(loading, "resolvers", 0, zone);
}

/* Only root needs `user' to start; but a daemon that root started must be able
 * to start again. */
static void
check_user(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const char *text =
	    privileges_check(loading->config->settings.user, "milter", arena);

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
	const char *error = socket_check_group(
	    settings->socket, settings->socket_group, loading->config->arena);

	if (error != NULL)
		config_error_in(loading, "socket_group", 0, error);
}

void
config_check(struct config_loading *loading)
{
	check_socket(loading);
	check_metrics(loading);
	check_authserv_id(loading);
	check_headers(loading);
	resolvers_check(&loading->config->settings.resolvers,
	    loading->config->arena, complain_of_resolver, loading);
	if (!loading->reader->to_serve)
		return;
	check_user(loading);
	check_socket_group(loading);
	/* Whether a file can be read is for the user to say who reads it. */
	if (!loading->reader->without_keys)
		check_files(loading);
}
