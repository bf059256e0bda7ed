#include "opendkim_settings.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "config_sections.h"
#include "opendkim_dataset.h"
#include "opendkim_hosts.h"
#include "opendkim_known.h"

/* RFC 8301 3.2 */
#define LEAST_RSA_BITS 1024

static void
tell_error(void *cookie, const char *text)
{
	config_error(cookie, NULL, text);
}

static void
tell_warning(void *cookie, const char *text)
{
	config_warning(cookie, text);
}

/* The setting ${name}, unless our own file sets ${option}, which wins. */
static const struct opendkim_setting *
wanted(
    const struct config_loading *loading, const char *name, const char *option)
{
	if (conf_place_of(loading->places, option, 0) != NULL)
		return (NULL);
	return (opendkim_file_get(&loading->opendkim->file, name));
}

bool
opendkim_settings_dataset(struct config_loading *loading, const char *name,
    struct opendkim_dataset *out)
{
	const struct opendkim_import *import = loading->opendkim;
	const struct opendkim_setting *setting =
	    opendkim_file_get(&import->file, name);

	*out = (struct opendkim_dataset){ 0 };
	return (
	    setting != NULL &&
	    opendkim_dataset_load(setting->name, setting->value,
		&setting->place, import->folder, &import->report, out) == 0);
}

/* The keys of a data set as the list of an option. */
static struct conf_list
keys_of(struct arena *arena, const struct opendkim_dataset *set)
{
	const char **items = arena_array(arena, set->count, sizeof(*items));

	for (size_t i = 0; i < set->count; i++)
		items[i] = set->rows[i].key;
	return ((struct conf_list){ .items = items, .count = set->count });
}

static void
take_mode(struct config_loading *loading)
{
	struct config_settings *settings = &loading->config->settings;
	const struct opendkim_setting *mode;

	mode = wanted(loading, "Mode", "sign");
	if (mode != NULL)
		settings->sign = strchr(mode->value, 's') != NULL;
	mode = wanted(loading, "Mode", "verify");
	if (mode != NULL)
		settings->verify = strchr(mode->value, 'v') != NULL;
}

/* Of one word, the body's is simple (RFC 6376 3.4, as OpenDKIM). */
static void
take_canonicalization(struct config_loading *loading)
{
	const struct opendkim_setting *setting =
	    wanted(loading, "Canonicalization", "canonicalization");
	struct span body, header;

	if (setting == NULL)
		return;
	body = span_str(setting->value);
	if (!span_take_until(&body, '/', &header))
		body = span_str("simple");
	bool relaxed_header = span_is_nocase(header, "relaxed");
	bool relaxed_body = span_is_nocase(body, "relaxed");

	if ((!relaxed_header && !span_is_nocase(header, "simple")) ||
	    (!relaxed_body && !span_is_nocase(body, "simple"))) {
		opendkim_error(&loading->opendkim->report, &setting->place,
		    "Canonicalization: \"%s\" is unknown", setting->value);
		return;
	}
	/* In the order of the option's words. */
	loading->config->settings.canonicalization =
	    (relaxed_header ? 2 : 0) + (relaxed_body ? 1 : 0);
}

/* A number from ${min} to ${max}; what lies outside becomes the nearest, with
 * a warning. */
static void
take_number(struct config_loading *loading, const char *name,
    const char *option, int64_t min, int64_t max, int64_t *out)
{
	const struct opendkim_report *report = &loading->opendkim->report;
	const struct opendkim_setting *setting = wanted(loading, name, option);
	char *end;

	if (setting == NULL)
		return;
	long long value = strtoll(setting->value, &end, 0);

	if (*end != '\0') {
		opendkim_error(report, &setting->place,
		    "%s: \"%s\" is no number", setting->name, setting->value);
		return;
	}
	*out = value < min ? min : value > max ? max : value;
	if (*out != value)
		opendkim_warning(report, &setting->place,
		    "%s %s is out of range here; %" PRId64 " counts",
		    setting->name, setting->value, *out);
}

static void
take_numbers(struct config_loading *loading)
{
	struct config_settings *settings = &loading->config->settings;

	take_number(loading, "SignatureTTL", "signature_ttl", 0, 315360000,
	    &settings->signature_ttl);
	take_number(loading, "ClockDrift", "clock_skew", 0, 86400,
	    &settings->clock_skew);
	take_number(loading, "DNSTimeout", "dns_timeout", 1, 60,
	    &settings->dns_timeout);
	take_number(loading, "MaximumSignaturesToVerify", "max_signatures", 1,
	    50, &settings->max_signatures);
	take_number(loading, "MinimumKeyBits", "min_verify_bits",
	    LEAST_RSA_BITS, 8192, &settings->min_verify_bits);
	/* OpenDKIM signs with short keys; we do, with a warning. */
	if (conf_place_of(loading->places, "min_signing_bits", 0) == NULL)
		settings->min_signing_bits = LEAST_RSA_BITS;
}

static void
take_authserv_id(struct config_loading *loading)
{
	const struct opendkim_setting *setting =
	    wanted(loading, "AuthservID", "authserv_id");
	char name[HOST_NAME_MAX + 1] = { 0 };

	if (setting == NULL)
		return;
	loading->config->settings.authserv_id = setting->value;
	if (strcmp(setting->value, "HOSTNAME") == 0 &&
	    gethostname(name, sizeof(name) - 1) == 0)
		loading->config->settings.authserv_id =
		    arena_strdup(loading->config->arena, name);
}

static bool
has(const struct opendkim_dataset *set, char mark, const char *name)
{
	for (size_t i = 0; i < set->count; i++) {
		const char *key = set->rows[i].key;

		if ((mark == '\0' && strcasecmp(key, name) == 0) ||
		    (mark != '\0' && key[0] == mark &&
			strcasecmp(&key[1], name) == 0))
			return (true);
	}
	return (false);
}

/* Whether ${name}, one of the usual fields, stays in the list. */
static bool
stays(const struct opendkim_dataset *given, const struct opendkim_dataset *omit,
    const char *name)
{
	/* RFC 6376 5.4: the From field MUST be signed. */
	if (strcasecmp(name, "From") == 0)
		return (true);
	return (!has(given, '-', name) && !has(omit, '\0', name) &&
		!has(omit, '+', name));
}

static void
add_field(struct config_loading *loading, const struct opendkim_dataset *given,
    size_t i, struct conf_list *list, const char **items)
{
	const struct opendkim_place place = { given->file,
		given->rows[i].line };
	const char *key = given->rows[i].key;
	const char *name = key[0] == '+' ? key + 1 : key;

	if (strcmp(key, "*") == 0 || key[0] == '-')
		return;
	if (strchr(name, '*') != NULL) {
		opendkim_warning(&loading->opendkim->report, &place,
		    "SignHeaders: \"%s\" is a pattern, which is not read "
		    "here; name the fields",
		    name);
		return;
	}
	items[list->count++] = name;
}

/* "a,b" names the fields to sign, "*,+a,-b" changes the usual ones. */
static struct conf_list
fields_to_sign(struct config_loading *loading,
    const struct opendkim_dataset *given, const struct opendkim_dataset *omit)
{
	const char *const *usual = dkim_sign_default_headers;
	bool change = given->count == 0 || has(given, '\0', "*");
	size_t most = given->count + 1;
	struct conf_list list = { 0 };

	for (size_t i = 0; usual[i] != NULL; i++)
		most++;
	const char **items =
	    arena_array(loading->config->arena, most, sizeof(*items));

	for (size_t i = 0; change && usual[i] != NULL; i++)
		if (stays(given, omit, usual[i]))
			items[list.count++] = usual[i];
	for (size_t i = 0; i < given->count; i++)
		add_field(loading, given, i, &list, items);
	list.items = items;
	if (!change && !has(given, '\0', "From"))
		items[list.count++] = "From";
	return (list);
}

static void
take_fields(struct config_loading *loading)
{
	struct config_settings *settings = &loading->config->settings;
	struct opendkim_dataset given, omit, over;

	(void)opendkim_settings_dataset(loading, "OmitHeaders", &omit);
	(void)opendkim_settings_dataset(loading, "SignHeaders", &given);
	if (given.count + omit.count > 0 &&
	    conf_place_of(loading->places, "sign_headers", 0) == NULL)
		settings->sign_headers = fields_to_sign(loading, &given, &omit);
	if (wanted(loading, "OversignHeaders", "oversign_headers") != NULL &&
	    opendkim_settings_dataset(loading, "OversignHeaders", &over))
		settings->oversign_headers =
		    keys_of(loading->config->arena, &over);
}

/* The hosts of the setting ${name}, or NULL. */
static struct opendkim_hosts *
read_hosts(struct config_loading *loading, const char *name, size_t *count)
{
	struct opendkim_dataset *set =
	    arena_alloc(loading->config->arena, sizeof(*set));

	*count = 0;
	if (!opendkim_settings_dataset(loading, name, set))
		return (NULL);
	*count = set->count;
	return (opendkim_hosts_new(set, &loading->opendkim->report));
}

static void
take_clients(struct config_loading *loading)
{
	struct config *config = loading->config;
	struct opendkim_dataset set;
	size_t peers;

	config->peers = read_hosts(loading, "PeerList", &peers);
	if (wanted(loading, "InternalHosts", "trusted_networks") != NULL) {
		config->internal_hosts = read_hosts(
		    loading, "InternalHosts", &loading->opendkim->hosts);
		config->settings.trusted_networks = (struct conf_list){ 0 };
	}
	/* Its hosts are only spared a line in the log that we do not write. */
	(void)opendkim_settings_dataset(loading, "ExternalIgnoreList", &set);
	if (wanted(loading, "MTA", "originating_daemons") != NULL &&
	    opendkim_settings_dataset(loading, "MTA", &set))
		config->settings.originating_daemons =
		    keys_of(config->arena, &set);
}

/* A section restricts only the users whom it names. */
static bool
restricts_all(const struct conf_sections *senders)
{
	const struct config_sender *sections = senders->items;

	for (size_t i = 0; i < senders->count; i++)
		if (strcmp(sections[i].place.title, "*") == 0)
			return (true);
	return (false);
}

/* OpenDKIM lets whoever logs in write as anybody: mail that it signs stays
 * signed, until somebody says otherwise. */
static void
take_users(struct config_loading *loading)
{
	struct config_settings *settings = &loading->config->settings;

	if (conf_place_of(loading->places, "author_check", 0) != NULL)
		return;
	settings->author_check = CONFIG_AUTHOR_TABLE;
	if (settings->sign && !restricts_all(&settings->senders))
		config_warning(loading,
		    arena_printf(loading->config->arena,
			"%s: as with OpenDKIM, whoever logs in may write as "
			"every author that its tables sign for; restrict it "
			"with author_check = login, with sender sections for "
			"exceptions, or keep it with author_check = table",
			settings->opendkim_conf));
}

static void
check_algorithm(const struct opendkim_import *import)
{
	const struct opendkim_setting *setting =
	    opendkim_file_get(&import->file, "SignatureAlgorithm");

	if (setting != NULL && strcasecmp(setting->value, "rsa-sha1") == 0)
		opendkim_warning(&import->report, &setting->place,
		    "SignatureAlgorithm rsa-sha1 must not be used (RFC 8301 "
		    "3.1); signatures are rsa-sha256");
}

static bool
is_lost(
    const struct opendkim_known *known, const struct opendkim_setting *setting)
{
	switch (known->kind) {
	case OPENDKIM_TAKEN:
	case OPENDKIM_UNNEEDED:
	case OPENDKIM_OURS:
		return (false);
	case OPENDKIM_LOST:
		return (true);
	case OPENDKIM_LOST_YES:
		return (opendkim_file_is_yes(setting));
	case OPENDKIM_LOST_ACTION:
		return (strcasecmp(setting->value, "accept") != 0 &&
			strcasecmp(setting->value, "a") != 0);
	}
	return (true);
}

/* What our own file has to say, and does not. */
static void
check_ours(const struct config_loading *loading,
    const struct opendkim_known *known, const struct opendkim_setting *setting)
{
	if (conf_place_of(loading->places, known->instead, 0) == NULL)
		opendkim_warning(&loading->opendkim->report, &setting->place,
		    "%s is not taken over: set `%s' in our own file",
		    known->name, known->instead);
}

static void
check_setting(const struct config_loading *loading,
    const struct opendkim_setting *setting)
{
	struct opendkim_import *import = loading->opendkim;
	const struct opendkim_known *known = opendkim_known_find(setting->name);

	if (known == NULL)
		opendkim_warning(&import->report, &setting->place,
		    "%s is no setting of OpenDKIM's; it is ignored",
		    setting->name);
	else if (known->kind == OPENDKIM_OURS)
		check_ours(loading, known, setting);
	else if (is_lost(known, setting))
		opendkim_warning(&import->report, &setting->place,
		    "%s cannot be honoured: %s", known->name, known->instead);
	else if (known->kind == OPENDKIM_UNNEEDED)
		import->unneeded = arena_printf(import->report.arena, "%s%s%s",
		    import->unneeded == NULL ? "" : import->unneeded,
		    import->unneeded == NULL ? "" : ", ", known->name);
}

/* Of two lines for one setting only the last counts. */
static void
check_settings(const struct config_loading *loading)
{
	const struct opendkim_file *file = &loading->opendkim->file;

	for (size_t i = 0; i < file->count; i++)
		if (opendkim_file_get(file, file->settings[i].name) ==
		    &file->settings[i])
			check_setting(loading, &file->settings[i]);
}

static int
load_file(const struct config_loading *loading, const char *path,
    struct opendkim_import *import)
{
	const struct conf_place *place =
	    conf_place_of(loading->places, "opendkim_conf", 0);
	const struct opendkim_setting from = { .name = "opendkim_conf",
		.value = path,
		.place = { place->file, place->line } };

	return (opendkim_file_load(&from, &import->report, &import->file));
}

const char *
opendkim_settings_place(
    const struct config_loading *loading, const char *option)
{
	static const struct {
		const char *option;
		const char *name;
	} options[] = {
		{ "authserv_id", "AuthservID" },
		{ "sign_headers", "SignHeaders" },
		{ "oversign_headers", "OversignHeaders" },
		{ "originating_daemons", "MTA" },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct opendkim_setting *setting =
		    strcmp(options[i].option, option) == 0
			? wanted(loading, options[i].name, option)
			: NULL;

		if (setting != NULL)
			return (arena_printf(loading->config->arena,
			    "%s:%d: %s", setting->place.file,
			    setting->place.line, setting->name));
	}
	return (NULL);
}

void
opendkim_settings_read(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const char *path = loading->config->settings.opendkim_conf;
	struct opendkim_import *import;

	if (path == NULL)
		return;
	if (path[0] != '/') {
		config_error_in(loading, "opendkim_conf", 0,
		    arena_printf(arena,
			"\"%s\" is no whole path such as /etc/opendkim.conf",
			path));
		return;
	}
	import = arena_alloc(arena, sizeof(*import));
	import->report = (struct opendkim_report){ .error = tell_error,
		.warning = tell_warning,
		.cookie = loading,
		.arena = arena };
	if (load_file(loading, path, import) != 0)
		return;
	loading->opendkim = import;
	const struct opendkim_setting *folder =
	    opendkim_file_get(&import->file, "BaseDirectory");

	import->folder = folder == NULL ? NULL : folder->value;
	const struct opendkim_setting *socket =
	    opendkim_file_get(&import->file, "Socket");

	loading->config->opendkim_socket = socket == NULL ? "" : socket->value;
	check_settings(loading);
	check_algorithm(import);
	take_mode(loading);
	take_canonicalization(loading);
	take_numbers(loading);
	take_authserv_id(loading);
	take_fields(loading);
	take_clients(loading);
	take_users(loading);
}
