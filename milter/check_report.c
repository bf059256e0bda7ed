#include "check_report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/cure.h"
#include "daemon/endpoint.h"
#include "daemon/postconf.h"
#include "postfix_attach.h"

/* Domains to name; who signs for more counts them with other tools. */
#define DOMAINS_MAX 20

static int
compare_text(const void *a, const void *b)
{
	return (strcmp(*(const char *const *)a, *(const char *const *)b));
}

size_t
check_report_keys(const struct config *config)
{
	struct arena *arena = arena_new();
	const char **keys =
	    arena_array(arena, config->private_count + 1, sizeof(*keys));
	size_t different = 0;

	for (size_t i = 0; i < config->private_count; i++) {
		keys[i] = dkim_private_public(config->privates[i], arena);
		if (keys[i] == NULL)
			keys[i] = "";
	}
	qsort(keys, config->private_count, sizeof(*keys), compare_text);
	for (size_t i = 0; i < config->private_count; i++)
		if (i == 0 || strcmp(keys[i - 1], keys[i]) != 0)
			different++;
	arena_free(arena);
	return (different);
}

/* A table of OpenDKIM's can say that d= is the author's domain, whichever. */
static const char *
domain_of(const struct dkim_sign_key *key)
{
	return (key->domain == NULL ? "the author's domain" : key->domain);
}

static int
compare_keys(const void *a, const void *b)
{
	const struct dkim_sign_key *one =
	    *(const struct dkim_sign_key *const *)a;
	const struct dkim_sign_key *two =
	    *(const struct dkim_sign_key *const *)b;
	int order = strcmp(domain_of(one), domain_of(two));

	return (order != 0 ? order : strcmp(one->selector, two->selector));
}

/* All keys of the rules, by domain and selector. */
static const struct dkim_sign_key **
sorted_keys(const struct signtable *table, struct arena *arena, size_t *count)
{
	size_t room = 1;

	*count = 0;
	for (size_t i = 0; i < table->rule_count; i++)
		room += table->rules[i].count;
	const struct dkim_sign_key **keys =
	    arena_array(arena, room, sizeof(const struct dkim_sign_key *));

	for (size_t i = 0; i < table->rule_count; i++)
		for (size_t j = 0; j < table->rules[i].count; j++)
			keys[(*count)++] = &table->rules[i].keys[j];
	qsort(keys, *count, sizeof(const struct dkim_sign_key *), compare_keys);
	return (keys);
}

static void
print_key(FILE *stream, const struct dkim_sign_key *key)
{
	if (dkim_private_algorithm(key->private) == DKIM_ED25519_SHA256)
		(void)fprintf(stream, "%s (Ed25519)", key->selector);
	else
		(void)fprintf(stream, "%s (RSA, %u bits)", key->selector,
		    dkim_private_bits(key->private));
}

/* A line for each domain; a key that two rules have is named once. */
static void
print_domains(FILE *stream, const struct config *config, struct arena *arena)
{
	size_t count;
	size_t domains = 0;
	const struct dkim_sign_key **keys =
	    sorted_keys(&config->signtable, arena, &count);

	for (size_t i = 0; i < count; i++) {
		bool same = i > 0 && strcmp(domain_of(keys[i - 1]),
					 domain_of(keys[i])) == 0;

		if (same && compare_keys(&keys[i - 1], &keys[i]) == 0)
			continue;
		if (!same && ++domains <= DOMAINS_MAX)
			(void)fprintf(stream, "%s  %s: ", i > 0 ? "\n" : "",
			    domain_of(keys[i]));
		if (domains > DOMAINS_MAX)
			continue;
		if (same)
			(void)fputs(", ", stream);
		print_key(stream, keys[i]);
	}
	if (count > 0)
		(void)fputc('\n', stream);
	if (domains > DOMAINS_MAX)
		(void)fprintf(
		    stream, "  and %zu domains more\n", domains - DOMAINS_MAX);
}

static void
print_hint(FILE *stream, const char *text, bool sudo, struct arena *arena)
{
	(void)fprintf(
	    stream, "%s\n", sudo ? cure_with_sudo(text, arena) : text);
}

/* Below its queue directory Postfix finds a socket from its chroots, too. */
static const char *
outside_of_chroot(const struct endpoint *endpoint,
    const struct postfix *postfix, const char *name, struct arena *arena)
{
	if (endpoint->path == NULL ||
	    strcmp(&name[strlen("unix:")], endpoint->path) != 0)
		return (NULL);
	return (arena_printf(arena,
	    "The socket is not below %s: services of Postfix that master.cf "
	    "runs in a chroot do not find it",
	    postfix->queue_directory));
}

/* What is left to do for Postfix to use it as ${name}. */
static const char *
attach_hint(const struct config *config, const struct endpoint *endpoint,
    const struct postfix *postfix, const char *name, struct arena *arena)
{
	const char *command;

	switch (postfix_attach_find(
	    postfix, endpoint, config->opendkim_socket, arena, &command)) {
	case POSTFIX_ATTACH_DONE:
		return (arena_printf(arena, "Postfix uses it as %s", name));
	case POSTFIX_ATTACH_COMMAND:
		return (arena_printf(arena,
		    "Postfix does not use it yet; once the milter runs, "
		    "change that with: %s",
		    command));
	case POSTFIX_ATTACH_BY_HAND:
		return (arena_printf(arena,
		    "Postfix does not use it yet; once the milter runs, write "
		    "%s in the place of OpenDKIM's in smtpd_milters and "
		    "non_smtpd_milters: beside it, mail gets two signatures",
		    name));
	case POSTFIX_ATTACH_TWICE:
		break;
	}
	return (arena_printf(arena,
	    "Postfix uses it as %s and OpenDKIM (%s), so that mail gets two "
	    "signatures: take OpenDKIM's out of smtpd_milters and "
	    "non_smtpd_milters",
	    name, config->opendkim_socket));
}

static void
print_postfix(FILE *stream, const struct config *config,
    const struct endpoint *endpoint, const struct postfix *postfix, bool sudo,
    struct arena *arena)
{
	const char *name =
	    postconf_endpoint(endpoint, postfix->queue_directory, arena);
	const char *problem = outside_of_chroot(endpoint, postfix, name, arena);

	if (problem != NULL)
		(void)fprintf(stream, "%s\n", problem);
	print_hint(stream, attach_hint(config, endpoint, postfix, name, arena),
	    sudo, arena);
}

static bool
is_there(const char *path)
{
	struct stat status;

	return (lstat(path, &status) == 0);
}

static const char *
action_words(int action)
{
	return (action == VERDICT_TAG
		    ? "tag, for Sieve to file it into Junk"
		    : verdict_action_name((enum verdict_action)action));
}

/* What becomes of mail that DMARC fails, in one line. */
static void
print_verdicts(FILE *stream, const struct config *config)
{
	const struct config_settings *settings = &config->settings;

	if (!settings->verify) {
		(void)fprintf(stream, "Inbound mail is not verified\n");
		return;
	}
	(void)fprintf(stream,
	    "Where DMARC fails: p=reject: %s; p=quarantine: %s; %zu rule%s "
	    "before that%s\n",
	    action_words(settings->on_reject),
	    action_words(settings->on_quarantine), config->rule_count,
	    config->rule_count == 1 ? "" : "s",
	    settings->enforce ? ""
			      : "; all of it only in the log (enforce = no)");
}

void
check_report_print(FILE *stream, const struct config *config,
    const struct postfix *postfix, bool sudo)
{
	struct arena *arena = arena_new();
	struct endpoint endpoint;

	print_domains(stream, config, arena);
	print_verdicts(stream, config);
	if (endpoint_parse(config->settings.socket, arena, &endpoint) == NULL) {
		(void)fprintf(stream, "Postfix connects to %s\n",
		    config->settings.socket);
		if (endpoint.path != NULL && !is_there(endpoint.path) &&
		    is_there("/run/systemd/system"))
			print_hint(stream,
			    "The milter does not run; start it with: systemctl "
			    "enable --now mailreeve-milter",
			    sudo, arena);
		if (postfix != NULL)
			print_postfix(
			    stream, config, &endpoint, postfix, sudo, arena);
	}
	arena_free(arena);
}
