#include "config_keys.h"

#include <errno.h>
#include <libgen.h>
#include <string.h>
#include <unistd.h>

#include "base/shell.h"
#include "config_sections.h"
#include "dkim/keystore.h"
#include "dns/name.h"
#include "opendkim_rules.h"

/* RFC 8301 3.2: signers SHOULD use at least 2048 bits. */
#define GOOD_RSA_BITS 2048

static void
keystore_error(void *cookie, const char *text)
{
	config_error(cookie, NULL, text);
}

static void
keystore_warning(void *cookie, const char *text)
{
	config_warning(cookie, text);
}

static void
remember(struct config *config, struct dkim_private *private)
{
	config->privates = arena_room(config->arena, config->privates,
	    config->private_count, sizeof(struct dkim_private *));
	config->privates[config->private_count++] = private;
}

static bool
check_bits(struct config_loading *loading, const char *path,
    const struct dkim_private *private)
{
	struct arena *arena = loading->config->arena;
	unsigned int bits = dkim_private_bits(private);
	int64_t least = loading->config->settings.min_signing_bits;

	if (dkim_private_algorithm(private) != DKIM_RSA_SHA256)
		return (true);
	if (bits < least) {
		config_error(loading, NULL,
		    arena_printf(arena,
			"%s: an RSA key of %u bits is too short; make one of "
			"%d bits%s",
			path, bits, GOOD_RSA_BITS,
			bits >= 1024 ? ", or allow it with min_signing_bits"
				     : ""));
		return (false);
	}
	if (bits < GOOD_RSA_BITS)
		config_warning(
		    loading, arena_printf(arena,
				 "%s: signing with an RSA key of only %u bits",
				 path, bits));
	return (true);
}

bool
config_keys_add_private(struct config_loading *loading, const char *path,
    struct dkim_private *private)
{
	remember(loading->config, private);
	return (check_bits(loading, path, private));
}

/* Load the private key ${path}; NULL when the reader was told why not. */
static const struct dkim_private *
load_private(struct config_loading *loading, const struct conf_place *place,
    const char *path)
{
	struct arena *arena = loading->config->arena;
	struct dkim_private *private = NULL;
	const char *error;
	int fd = keyfile_open(
	    path, &loading->reader->key_owner, KEYFILE_PRIVATE, arena, &error);

	if (fd >= 0) {
		private = dkim_private_load(fd, arena, &error);
		(void)close(fd);
	}
	if (private == NULL) {
		config_error(loading, place,
		    arena_printf(
			arena, "%s: %s", shell_word(arena, path), error));
		return (NULL);
	}
	return (
	    config_keys_add_private(loading, path, private) ? private : NULL);
}

void
config_keys_add(struct config *config, struct signtable_rule *rule,
    const struct dkim_sign_key *key)
{
	rule->keys =
	    arena_room(config->arena, rule->keys, rule->count, sizeof(*key));
	rule->keys[rule->count++] = *key;
}

struct signtable_rule *
config_keys_add_rule(struct config *config)
{
	struct signtable *table = &config->signtable;

	table->rules = arena_room(config->arena, table->rules,
	    table->rule_count, sizeof(*table->rules));
	return (&table->rules[table->rule_count++]);
}

/* A key as a section writes it: SELECTOR:FILE. */
static void
add_listed_key(struct config_loading *loading,
    const struct config_signing *section, const struct dkim_sign_key *model,
    const char *text, struct signtable_rule *rule)
{
	struct arena *arena = loading->config->arena;
	struct dkim_sign_key key = *model;
	struct span file = span_str(text);
	struct span selector;

	if (span_take_until(&file, ':', &selector) && file.len > 0)
		key.selector = name_to_ascii(arena, selector);
	if (key.selector == NULL) {
		config_error(loading, &section->place,
		    arena_printf(
			arena, "keys: \"%s\" is not SELECTOR:FILE", text));
		return;
	}
	key.private =
	    load_private(loading, &section->place, arena_str(arena, file));
	if (key.private != NULL)
		config_keys_add(loading->config, rule, &key);
}

/* The command that makes keys of ${domain} where we look for them, such as
 * ${option} says. */
static const char *
make_keys(const struct config_loading *loading, const char *option,
    const char *domain)
{
	struct arena *arena = loading->config->arena;
	const char *store = loading->config->settings.key_store;
	const char *user = loading->config->settings.user;

	return (arena_printf(arena, "mailreeve-dns keygen%s%s%s%s%s %s", option,
	    strcmp(store, CONFIG_KEY_STORE) == 0 ? "" : " --key-store ",
	    strcmp(store, CONFIG_KEY_STORE) == 0 ? ""
						 : shell_word(arena, store),
	    strcmp(user, CONFIG_USER) == 0 ? "" : " --group ",
	    strcmp(user, CONFIG_USER) == 0
		? ""
		: shell_word(
		      arena, keyfile_group(&loading->reader->key_owner, arena)),
	    domain));
}

/* The list that has ${key}, as a word of a command. */
static const char *
list_of(const struct keystore_key *key, struct arena *arena)
{
	return (
	    shell_word(arena, arena_printf(arena, "%s/keys.json",
				  dirname(arena_strdup(arena, key->path)))));
}

/* Another key under the same selector would not match the record that is
 * published.  keygen writes a line for each key, so sed finds the lost one. */
static const char *
explain_lost(
    const struct config_loading *loading, const struct keystore_key *key)
{
	struct arena *arena = loading->config->arena;

	return (arena_printf(arena,
	    "%s: the private key is lost, though keys.json lists it as active; "
	    "restore the file from a backup, or make a new key, whose record "
	    "is then to be published, and mark the lost one retired, with: %s "
	    "&& sed -i '/\"%s\"/s/\"active\"/\"retired\"/' %s",
	    shell_word(arena, key->path), make_keys(loading, "", key->domain),
	    key->selector, list_of(key, arena)));
}

static bool
is_lost(const struct keystore_key *key)
{
	return (access(key->path, F_OK) != 0 && errno == ENOENT);
}

/* The active keys of ${domain} in the store, in a rule. */
static void
add_stored_keys(struct config_loading *loading, const struct keystore *store,
    const struct dkim_sign_key *model, struct signtable_rule *rule)
{
	for (size_t i = 0; i < store->count; i++) {
		const struct keystore_key *stored = &store->keys[i];
		struct dkim_sign_key key = *model;

		if (stored->state != KEYSTORE_ACTIVE ||
		    strcmp(stored->domain, model->domain) != 0)
			continue;
		if (is_lost(stored)) {
			config_error(
			    loading, NULL, explain_lost(loading, stored));
			continue;
		}
		key.selector = stored->selector;
		key.private = load_private(loading, NULL, stored->path);
		if (key.private == NULL)
			continue;
		if (dkim_private_algorithm(key.private) != stored->algorithm)
			config_error(loading, NULL,
			    arena_printf(loading->config->arena,
				"%s: not a key of the algorithm that keys.json "
				"says",
				stored->path));
		config_keys_add(loading->config, rule, &key);
	}
}

/* i=: a word, or an identity at or below d= (RFC 6376 3.5). */
static void
set_identity(struct config_loading *loading,
    const struct config_signing *section, struct dkim_sign_key *model,
    struct signtable_rule *rule)
{
	struct arena *arena = loading->config->arena;
	const char *identity = section->identity;
	const char *at = identity == NULL ? NULL : strrchr(identity, '@');

	if (identity == NULL)
		return;
	rule->identity_from_author = strcmp(identity, "author") == 0;
	if (rule->identity_from_author)
		return;
	const char *domain =
	    at == NULL ? NULL : name_to_ascii(arena, span_str(at + 1));

	if (domain == NULL || !name_is_within(domain, model->domain)) {
		config_error(loading, &section->place,
		    arena_printf(arena,
			"identity: \"%s\" is not \"author\" and no address "
			"at or below %s",
			identity, model->domain));
		return;
	}
	model->identity = identity;
}

static void
read_section(struct config_loading *loading,
    const struct config_signing *section, const struct keystore *store)
{
	struct config *config = loading->config;
	struct signtable_rule *rule = config_keys_add_rule(config);
	struct dkim_sign_key model = { 0 };

	if (pattern_parse(config->arena, section->place.title, &rule->author) !=
	    0) {
		config_error(loading, &section->place,
		    "the title is no address, domain or pattern");
		return;
	}
	model.domain = section->domain == NULL ? rule->author.domain
	                                       : name_to_ascii(config->arena,
						     span_str(section->domain));
	if (model.domain == NULL) {
		config_error(loading, &section->place,
		    "domain: set it to the domain of the signature (d=)");
		return;
	}
	set_identity(loading, section, &model, rule);
	if (loading->reader->without_keys)
		return;
	for (size_t i = 0; i < section->keys.count; i++)
		add_listed_key(
		    loading, section, &model, section->keys.items[i], rule);
	if (section->keys.count == 0)
		add_stored_keys(loading, store, &model, rule);
	if (rule->count == 0 && !loading->failed)
		config_error(loading, &section->place,
		    arena_printf(config->arena,
			"no keys: list some, or make active ones for %s with: "
			"%s",
			model.domain,
			make_keys(loading, " --active", model.domain)));
}

/* The keys of one domain, with which ${rest} begins: the store keeps them
 * together. */
static struct keystore
first_domain(struct keystore rest)
{
	size_t count = 1;

	while (count < rest.count &&
	       strcmp(rest.keys[count].domain, rest.keys[0].domain) == 0)
		count++;
	rest.count = count;
	return (rest);
}

/* Each domain of the store signs for itself. */
static void
read_stored_domains(struct config_loading *loading, struct keystore rest)
{
	while (rest.count > 0) {
		struct keystore part = first_domain(rest);
		const char *domain = part.keys[0].domain;
		struct dkim_sign_key model = { .domain = domain };
		struct signtable_rule rule = { .author = { .domain = domain } };

		add_stored_keys(loading, &part, &model, &rule);
		if (rule.count > 0)
			*config_keys_add_rule(loading->config) = rule;
		rest.keys = &rest.keys[part.count];
		rest.count -= part.count;
	}
}

static const char *
absent_store(const struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const char *folder = loading->config->settings.key_store;

	return (arena_printf(arena,
	    "the folder %s does not exist; make it with: %s",
	    shell_word(arena, folder),
	    keyfile_make_folder(folder, &loading->reader->key_owner, arena)));
}

/* Only the default folder may be missing: whoever names one means it. */
static struct keystore
load_store(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const char *folder = loading->config->settings.key_store;
	const struct keystore_reader reader = {
		.owner = &loading->reader->key_owner,
		.error = keystore_error,
		.warning = keystore_warning,
		.cookie = loading,
	};
	struct keystore store;

	(void)keystore_load(arena, folder, &reader, &store);
	if (store.absent &&
	    conf_place_of(loading->places, "key_store", 0) != NULL)
		config_error_in(loading, "key_store", 0, absent_store(loading));
	return (store);
}

/* The first key of ${store} that is pending, or NULL. */
static const struct keystore_key *
find_pending(const struct keystore *store)
{
	for (size_t i = 0; i < store->count; i++)
		if (store->keys[i].state == KEYSTORE_PENDING)
			return (&store->keys[i]);
	return (NULL);
}

/* Whose first keys to make: what is known of this host's mail. */
static const char *
example_domain(const struct config_loading *loading)
{
	if (loading->config->signtable.login_domain != NULL)
		return (loading->config->signtable.login_domain);
	const char *domain = loading->reader->mail_domain;

	/* A host without a name calls its domain localdomain. */
	if (domain != NULL && strchr(domain, '.') != NULL)
		return (domain);
	return ("example.org");
}

/* Rules without a key defer mail. */
static void
warn_of_tables(struct config_loading *loading)
{
	struct arena *arena = loading->config->arena;
	const char *path = loading->config->settings.opendkim_conf;

	if (loading->config->signtable.rule_count > 0)
		config_warning(loading,
		    arena_printf(arena,
			"%s: its tables name no key that can be used: mail of "
			"their authors waits, other outbound mail goes "
			"unsigned",
			path));
	else
		config_warning(loading,
		    arena_printf(arena,
			"outbound mail goes unsigned: %s names no key", path));
}

static void
warn_of_no_key(struct config_loading *loading, const struct keystore *store)
{
	struct arena *arena = loading->config->arena;
	const char *folder = loading->config->settings.key_store;
	const struct keystore_key *pending = find_pending(store);
	const char *text;

	if (pending != NULL)
		text = arena_printf(arena,
		    "the keys of %s are pending; when their records are "
		    "published, make them active with: sed -i "
		    "'s/\"pending\"/\"active\"/' %s",
		    pending->domain, list_of(pending, arena));
	else
		text = arena_printf(arena,
		    "no active key in %s; make the first of a domain with: %s",
		    shell_word(arena, folder),
		    make_keys(loading, " --active", example_domain(loading)));
	config_warning(loading,
	    arena_printf(arena, "outbound mail goes unsigned: %s", text));
}

void
config_keys_read(struct config_loading *loading)
{
	struct config *config = loading->config;
	const struct config_settings *settings = &config->settings;
	const struct config_signing *sections = settings->signing.items;
	struct keystore store = { 0 };

	config->signtable.all_from = SIZE_MAX;
	if (!settings->sign) {
		if (loading->opendkim != NULL)
			opendkim_rules_read(loading);
		return;
	}
	if (!loading->reader->without_keys)
		store = load_store(loading);
	for (size_t i = 0; i < settings->signing.count; i++)
		read_section(loading, &sections[i], &store);
	if (!loading->reader->without_keys)
		read_stored_domains(loading, store);
	if (loading->opendkim != NULL && !loading->failed)
		opendkim_rules_read(loading);
	signtable_index(&config->signtable, config->arena);
	if (!loading->failed && !loading->reader->without_keys &&
	    config->private_count == 0) {
		if (loading->opendkim != NULL)
			warn_of_tables(loading);
		else
			warn_of_no_key(loading, &store);
	}
}
