#include "opendkim_rules.h"

#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "dns/name.h"
#include "opendkim_dataset.h"
#include "opendkim_keys.h"
#include "opendkim_settings.h"
#include "opendkim_tables.h"

/* A key of the KeyTable under its name. */
struct named_key {
	struct hash_node node;
	const struct opendkim_key *key;
};

struct builder {
	struct config_loading *loading;
	struct arena *arena;
	const struct opendkim_report *report;
	struct opendkim_keys *files;
	bool to_look; /* at keys */
	struct hash *names;
	struct named_key *named;
	size_t named_count;
	size_t rules;
	size_t row;    /* of the SigningTable, counted from 1 */
	size_t looked; /* at keys that might fit a % */
};

static struct signtable_rule *
add_rule(struct builder *builder, const struct opendkim_signing *signing)
{
	if (builder->rules >= OPENDKIM_RULES) {
		if (builder->rules++ == OPENDKIM_RULES)
			opendkim_error(builder->report, &signing->place,
			    "the tables make more than %zu rules",
			    OPENDKIM_RULES);
		return (NULL);
	}
	builder->rules++;
	struct signtable_rule *rule =
	    config_keys_add_rule(builder->loading->config);

	rule->author = signing->authors;
	rule->signer = signing->signer;
	rule->row = builder->row;
	return (rule);
}

/* The end of a row with %: authors of a domain that no rule of it is for. */
static void
add_otherwise(struct builder *builder, const struct opendkim_signing *signing,
    const char *why)
{
	struct signtable_rule *rule = add_rule(builder, signing);

	if (rule == NULL)
		return;
	rule->broken = why;
	rule->otherwise = true;
}

/* OpenDKIM defers mail for which it finds no key; so do we. */
static void
add_broken(struct builder *builder, const struct opendkim_signing *signing,
    const char *why)
{
	struct signtable_rule *rule = add_rule(builder, signing);

	if (rule != NULL)
		rule->broken = why;
	opendkim_warning(builder->report, &signing->place,
	    "%s: mail of these authors is deferred", why);
}

/* Whether ${count} more keys may be looked at. */
static bool
may_look(struct builder *builder, const struct opendkim_signing *signing,
    size_t count)
{
	bool may = builder->looked + count <= OPENDKIM_RULES_LOOKED;

	if (!may && builder->looked <= OPENDKIM_RULES_LOOKED)
		opendkim_error(builder->report, &signing->place,
		    "too many rows with %% for too many keys");
	builder->looked += count;
	return (may);
}

static bool
is_one_domain(const struct pattern *authors)
{
	return (authors->domain != NULL && !authors->below);
}

/* d= of a signature: false when it is none. */
static bool
set_domain(struct builder *builder, const struct opendkim_key *key,
    struct dkim_sign_key *out)
{
	if (strcmp(key->domain, "%") == 0)
		return (true);
	out->domain = name_to_ascii(builder->arena, span_str(key->domain));
	if (out->domain != NULL)
		return (true);
	opendkim_error(builder->report, &key->place, "\"%s\" is no domain name",
	    key->domain);
	return (false);
}

/* ${text} as s= names it, as OpenDKIM does in the letters of the table; NULL
 * when it is no name. */
static const char *
selector_of(struct arena *arena, const char *text)
{
	const char *name = name_to_ascii(arena, span_str(text));

	return (name != NULL && strcasecmp(name, text) == 0 ? text : name);
}

/* Why there is no key in ${path}. */
static const char *
explain_missing(struct builder *builder, const struct opendkim_key *key,
    const char *path, bool copied)
{
	return (arena_printf(builder->arena,
	    copied ? "%s:%d: there is no copy of the key file %s"
		   : "%s:%d: the key file %s does not exist",
	    key->place.file, key->place.line, path));
}

/* One rule, with the key in ${path}. */
static void
add_signing(struct builder *builder, const struct opendkim_signing *signing,
    const struct opendkim_key *key, const char *path)
{
	struct dkim_sign_key sign = { 0 };

	if (!set_domain(builder, key, &sign))
		return;
	sign.selector = selector_of(builder->arena, key->selector);
	if (sign.selector == NULL) {
		add_broken(builder, signing,
		    arena_printf(builder->arena, "%s:%d: \"%s\" is no selector",
			key->place.file, key->place.line, key->selector));
		return;
	}
	enum opendkim_key_status status = opendkim_keys_load(
	    builder->files, path, &key->place, &sign.private);

	switch (status) {
	case OPENDKIM_KEY_OK:
		break;
	case OPENDKIM_KEY_MISSING:
	case OPENDKIM_KEY_UNCOPIED:
		add_broken(builder, signing,
		    explain_missing(
			builder, key, path, status == OPENDKIM_KEY_UNCOPIED));
		return;
	case OPENDKIM_KEY_ERROR:
		return;
	}
	struct signtable_rule *rule = add_rule(builder, signing);

	if (rule != NULL)
		config_keys_add(builder->loading->config, rule, &sign);
}

/* ${signing}, only for ${domain}; false when none of its authors is there. */
static bool
narrow(const struct opendkim_signing *signing, const char *domain,
    struct opendkim_signing *out)
{
	const struct pattern *authors = &signing->authors;

	if (authors->domain != NULL &&
	    (strcmp(domain, authors->domain) == 0 ||
		!name_is_within(domain, authors->domain)))
		return (false);
	*out = *signing;
	out->authors.domain = domain;
	out->authors.below = false;
	return (true);
}

/* A path with % for the author's domain: a rule for each that has a key. */
static void
add_for_each_file(struct builder *builder,
    const struct opendkim_signing *signing, const struct opendkim_key *key)
{
	size_t count;
	const char **domains = opendkim_keys_domains(
	    builder->files, key->file, &key->place, &count);
	struct opendkim_signing narrowed;

	if (!may_look(builder, signing, count))
		return;
	for (size_t i = 0; i < count; i++) {
		if (!narrow(signing, domains[i], &narrowed))
			continue;
		const char *path =
		    opendkim_keys_path(builder->arena, key->file, domains[i]);

		add_signing(builder, &narrowed, key, path);
	}
	add_otherwise(builder, signing,
	    arena_printf(builder->arena, "%s:%d: no key file for this domain",
		key->place.file, key->place.line));
}

/* One rule, with the key in ${file}, which may be relative to BaseDirectory. */
static void
add_file(struct builder *builder, const struct opendkim_signing *signing,
    const struct opendkim_key *key, const char *file)
{
	const char *path = opendkim_dataset_path(
	    builder->arena, builder->loading->opendkim->folder, file);

	if (file[0] == '\0')
		opendkim_error(builder->report, &key->place,
		    "the path of the key is too long");
	else if (path[0] == '/')
		add_signing(builder, signing, key, path);
	else
		opendkim_error(builder->report, &key->place,
		    "the key file \"%s\" is relative; write its whole path, or "
		    "set BaseDirectory",
		    path);
}

static bool
is_path(const char *text)
{
	return (text[0] == '/' || strncmp(text, "./", 2) == 0 ||
		strncmp(text, "../", 3) == 0);
}

static void
add_with_key(struct builder *builder, const struct opendkim_signing *signing,
    const struct opendkim_key *key)
{
	bool any_domain = strcmp(key->domain, "%") == 0;
	const char *file = key->file;

	if (file[0] == '\0') {
		add_broken(builder, signing,
		    arena_printf(builder->arena,
			"%s:%d: the row is not NAME DOMAIN:SELECTOR:FILE",
			key->place.file, key->place.line));
		return;
	}
	if (!is_path(file)) {
		opendkim_error(builder->report, &key->place,
		    "the key of \"%s\" stands in the table itself; write it to "
		    "a file, as PEM, and name that by its path",
		    key->name);
		return;
	}
	if (file[0] == '/' && strchr(file, '%') != NULL) {
		if (!any_domain)
			file = opendkim_keys_path(
			    builder->arena, file, key->domain);
		else if (is_one_domain(&signing->authors))
			file = opendkim_keys_path(
			    builder->arena, file, signing->authors.domain);
		else {
			add_for_each_file(builder, signing, key);
			return;
		}
	}
	add_file(builder, signing, key, file);
}

static void
add_named(struct builder *builder, const struct opendkim_signing *signing,
    const char *name)
{
	const struct named_key *named =
	    (struct named_key *)hash_get(builder->names, span_str(name));

	if (named != NULL)
		add_with_key(builder, signing, named->key);
	else
		add_broken(builder, signing,
		    arena_printf(builder->arena,
			"there is no key \"%s\" in the KeyTable", name));
}

/* A key name "%": the key is named for the author's domain. */
static void
add_for_each_name(
    struct builder *builder, const struct opendkim_signing *signing)
{
	struct opendkim_signing narrowed;

	if (!may_look(builder, signing, builder->named_count))
		return;
	for (size_t i = 0; i < builder->named_count; i++) {
		const struct opendkim_key *key = builder->named[i].key;
		const char *domain =
		    name_to_ascii(builder->arena, span_str(key->name));

		/* OpenDKIM looks for the domain in small letters. */
		if (domain != NULL && strcmp(domain, key->name) == 0 &&
		    narrow(signing, domain, &narrowed))
			add_with_key(builder, &narrowed, key);
	}
	add_otherwise(
	    builder, signing, "no key of this domain's name in the KeyTable");
}

static void
add_row(struct builder *builder, const struct opendkim_signing *signing)
{
	builder->row++;
	if (signing->signer != NULL && strchr(signing->signer, '@') == NULL)
		opendkim_warning(builder->report, &signing->place,
		    "\"%s\" is no address, and so signatures have no i=; "
		    "OpenDKIM does not sign then",
		    signing->signer);
	if (strcmp(signing->key, "%") != 0)
		add_named(builder, signing, signing->key);
	else if (is_one_domain(&signing->authors))
		add_named(builder, signing, signing->authors.domain);
	else
		add_for_each_name(builder, signing);
}

static void
name_keys(struct builder *builder, const struct opendkim_dataset *set)
{
	size_t count;
	struct opendkim_key *keys =
	    opendkim_tables_keys(set, builder->arena, &count);

	builder->named =
	    arena_array(builder->arena, count, sizeof(*builder->named));
	for (size_t i = 0; i < count; i++) {
		struct named_key *named = &builder->named[builder->named_count];

		if (set->type == OPENDKIM_REFILE &&
		    strchr(keys[i].name, '*') != NULL) {
			opendkim_warning(builder->report, &keys[i].place,
			    "\"%s\" is a pattern of names of keys, which is not "
			    "read here; name each key",
			    keys[i].name);
			continue;
		}
		named->key = &keys[i];
		named->node.key = span_str(keys[i].name);
		/* The first of a name counts. */
		if (hash_get(builder->names, named->node.key) != NULL)
			continue;
		hash_add(builder->names, &named->node);
		builder->named_count++;
	}
}

static const struct opendkim_setting *
setting(const struct builder *builder, const char *name)
{
	return (opendkim_file_get(&builder->loading->opendkim->file, name));
}

static void
read_tables(struct builder *builder)
{
	struct signtable *table = &builder->loading->config->signtable;
	struct opendkim_dataset keys, authors;
	size_t count;

	if (!opendkim_settings_dataset(builder->loading, "KeyTable", &keys) ||
	    !opendkim_settings_dataset(
		builder->loading, "SigningTable", &authors))
		return;
	name_keys(builder, &keys);
	if (opendkim_file_is_yes(setting(builder, "MultipleSignatures")))
		table->all_from = table->rule_count;
	const struct opendkim_signing *signings =
	    opendkim_tables_signings(&authors, builder->report, &count);

	if (!builder->to_look)
		return;
	for (size_t i = 0; i < count; i++)
		add_row(builder, &signings[i]);
}

/* The rows of Domain as those of a SigningTable, where ".example.org" is what
 * lies below. */
static void
add_subdomains(struct arena *arena, struct opendkim_dataset *set)
{
	struct opendkim_row *rows =
	    arena_array(arena, 2 * set->count, sizeof(*rows));

	for (size_t i = 0; i < set->count; i++) {
		rows[i] = set->rows[i];
		rows[set->count + i] = set->rows[i];
		rows[set->count + i].key =
		    arena_printf(arena, ".%s", set->rows[i].key);
	}
	set->rows = rows;
	set->count *= 2;
}

static bool
has_row(const struct opendkim_dataset *set, const char *key)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->rows[i].key, key) == 0)
			return (true);
	return (false);
}

/* d= is the domain of the list, or that of the author for a pattern. */
static void
add_domains(struct builder *builder, struct opendkim_dataset *set,
    const struct opendkim_key *model)
{
	bool patterns = set->type == OPENDKIM_REFILE;
	size_t count;

	for (size_t i = 0; i < set->count && patterns; i++)
		set->rows[i].key =
		    arena_printf(builder->arena, "*@%s", set->rows[i].key);
	if (!patterns && !has_row(set, "*") &&
	    opendkim_file_is_yes(setting(builder, "SubDomains")))
		add_subdomains(builder->arena, set);
	struct opendkim_signing *signings =
	    opendkim_tables_signings(set, builder->report, &count);

	if (!builder->to_look)
		return;
	for (size_t i = 0; i < count; i++) {
		struct opendkim_key key = *model;

		builder->row++;
		signings[i].signer = NULL;
		key.domain = patterns || signings[i].authors.domain == NULL
		                 ? "%"
		                 : signings[i].authors.domain;
		add_file(builder, &signings[i], &key, key.file);
	}
}

/* Domain, KeyFile and Selector */
static void
read_single(struct builder *builder)
{
	const struct opendkim_setting *file = setting(builder, "KeyFile");
	const struct opendkim_setting *selector = setting(builder, "Selector");
	const struct opendkim_setting *domain = setting(builder, "Domain");
	struct opendkim_dataset set;

	if (domain == NULL ||
	    !opendkim_settings_dataset(builder->loading, "Domain", &set))
		return;
	if (file == NULL || selector == NULL) {
		opendkim_error(builder->report, &domain->place,
		    "Domain needs KeyFile and Selector, or use KeyTable and "
		    "SigningTable");
		return;
	}
	struct opendkim_key key = { .selector = selector->value,
		.file = file->value,
		.place = file->place };

	add_domains(builder, &set, &key);
}

/* What signs nothing in OpenDKIM either, and what it refuses to start with. */
static void
check_combination(const struct builder *builder)
{
	const struct opendkim_setting *keys = setting(builder, "KeyTable");
	const struct opendkim_setting *authors =
	    setting(builder, "SigningTable");

	if (keys == NULL && authors != NULL)
		opendkim_error(builder->report, &authors->place,
		    "SigningTable needs a KeyTable");
	if (keys != NULL && authors == NULL)
		opendkim_warning(builder->report, &keys->place,
		    "KeyTable without SigningTable signs nothing, as in "
		    "OpenDKIM");
}

static void
summarize(struct config_loading *loading, size_t keys, size_t rules)
{
	const struct opendkim_import *import = loading->opendkim;
	struct config *config = loading->config;

	config->opendkim_summary = arena_printf(config->arena,
	    "%s: %zu signing rules, %zu keys, %zu internal hosts%s%s",
	    config->settings.opendkim_conf, rules, keys, import->hosts,
	    import->unneeded == NULL ? "" : "; not needed here: ",
	    import->unneeded == NULL ? "" : import->unneeded);
}

void
opendkim_rules_read(struct config_loading *loading)
{
	struct config *config = loading->config;
	size_t keys = config->private_count;
	struct builder builder = { .loading = loading,
		.arena = config->arena,
		.report = &loading->opendkim->report,
		.files = opendkim_keys_new(loading),
		.to_look = !loading->reader->without_keys ||
		           loading->reader->absent_keys != NULL,
		.names = hash_new() };

	/* What nobody set holds for OpenDKIM's authors, not for ours. */
	if (conf_place_of(loading->places, "author_check", 0) == NULL)
		config->signtable.any_from = config->signtable.rule_count;
	if (config->settings.sign) {
		check_combination(&builder);
		if (setting(&builder, "KeyTable") != NULL)
			read_tables(&builder);
		else
			read_single(&builder);
	}
	hash_free(builder.names);
	opendkim_keys_finish(builder.files);
	summarize(loading, config->private_count - keys, builder.rules);
}
