#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/complain.h"
#include "dns/dns_unbound.h"
#include "dns/resolvers.h"
#include "names.h"

#define MAX_TIMEOUT_S 600
#define MS 1000

/* The trust anchor that the default names; a machine without it, which has the
 * package dns-root-data not installed, cannot validate. */
static const char *
usable_anchor(const char *path)
{
	return (path != NULL && access(path, R_OK) == 0 ? path : NULL);
}

_Noreturn void
options_misuse(
    const struct options *options, const char *what, const char *problem)
{
	(void)fprintf(stderr, "%s: \"%s\" %s\nSee: %s --help\n",
	    options->program, what, problem, options->program);
	exit(EX_USAGE);
}

static int64_t
read_timeout(const struct options *options, const char *value)
{
	uint64_t seconds = 0;

	if (!span_to_u64(span_str(value), 3, &seconds) || seconds == 0 ||
	    seconds > MAX_TIMEOUT_S)
		options_misuse(
		    options, value, "is no number of seconds from 1 to 600");
	return ((int64_t)seconds * MS);
}

bool
options_take(struct options *options, int option, const char *value)
{
	switch (option) {
	case OPTIONS_CONFIG:
		options->config_file = value;
		return (true);
	case OPTIONS_RESOLVER:
		options->resolver = value;
		return (true);
	case OPTIONS_ZONE:
		options->zone = value;
		return (true);
	case OPTIONS_TRUST_ANCHOR:
		options->trust_anchor = value;
		return (true);
	case OPTIONS_ROOT_HINTS:
		options->root_hints = value;
		return (true);
	case OPTIONS_TIMEOUT:
		options->timeout_ms = read_timeout(options, value);
		return (true);
	default:
		return (false);
	}
}

const char *
options_domain(
    const struct options *options, int argc, char *argv[], struct arena *arena)
{
	const char *problem = NULL;

	if (optind == argc) {
		(void)fprintf(stderr, "%s: name the domain\nSee: %s --help\n",
		    options->program, options->program);
		exit(EX_USAGE);
	}
	if (optind + 1 < argc)
		options_misuse(
		    options, argv[optind + 1], "is one word too many");
	const char *domain = names_domain(argv[optind], arena, &problem);

	if (domain == NULL)
		options_misuse(options, argv[optind], problem);
	return (domain);
}

/* ADDR, ADDR:PORT, ADDR@PORT or [ADDR]:PORT as libunbound writes it. */
static const char *
resolver_word(const struct options *options, struct arena *arena)
{
	char *text = arena_strdup(arena, options->resolver);
	char *colon = strrchr(text, ':');

	if (dns_unbound_is_resolver(text))
		return (text);
	if (colon != NULL) {
		*colon = '\0';
		bool bracketed = text[0] == '[' && colon[-1] == ']';

		if (bracketed)
			colon[-1] = '\0';
		/* UNSAFE: the string goes on behind its first byte and behind
		 * its colon, if only with a NUL. */
		text = arena_printf(
		    arena, "%s@%s", text + (bracketed ? 1 : 0), colon + 1);
		if (dns_unbound_is_resolver(text))
			return (text);
	}
	options_misuse(options, options->resolver,
	    "is no resolver such as 192.0.2.1 or 192.0.2.1:5353");
}

static void
set_resolvers(const struct options *options, struct config *config)
{
	struct arena *arena = config->arena;
	const char **word = arena_alloc(arena, sizeof(*word));

	if (options->zone != NULL)
		*word = arena_printf(arena, "zone:%s", options->zone);
	else if (options->root_hints != NULL)
		*word =
		    arena_printf(arena, "recursive:%s", options->root_hints);
	else if (options->resolver != NULL)
		*word = resolver_word(options, arena);
	else
		return;
	config->settings.resolvers = (struct conf_list){ word, 1 };
}

struct config *
options_config(const struct options *options)
{
	const char *path = options->config_file;
	bool absent =
	    path == NULL && access(CONFIG_FILE, F_OK) != 0 && errno == ENOENT;

	if (path == NULL && !absent)
		path = CONFIG_FILE;
	struct config *config = config_load(path, complain_print_error, NULL);

	if (config == NULL)
		exit(EX_CONFIG);
	struct config_settings *settings = &config->settings;

	set_resolvers(options, config);
	if (options->trust_anchor != NULL)
		settings->trust_anchor = options->trust_anchor;
	else
		settings->trust_anchor = usable_anchor(settings->trust_anchor);
	if (options->timeout_ms > 0)
		settings->timeout = options->timeout_ms;
	return (config);
}

struct dns *
options_dns(const struct options *options,
    const struct config_settings *settings, const struct log *log,
    struct arena *arena)
{
	const char *error = NULL;
	struct dns_backend *backend = resolvers_open(
	    &settings->resolvers, settings->trust_anchor, log, arena, &error);

	if (backend == NULL) {
		(void)fprintf(stderr, "%s: %s\n", options->program, error);
		return (NULL);
	}
	return (dns_new(backend, NULL));
}
