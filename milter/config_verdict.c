#include "config_verdict.h"

#include <string.h>

#include "base/span.h"
#include "conf/nearest.h"
#include "dns/name.h"
#include "mail/address.h"
#include "mail/orgdomain.h"
#include "outgoing.h"

#define URL_PREFIX "https://"

/* The milter protocol does not carry a `%' as it is. */
static bool
is_contact_byte(unsigned char byte)
{
	return (byte > ' ' && byte < 0x7f && byte != '%' && byte != '"' &&
		byte != '<' && byte != '>');
}

static bool
is_host_byte(unsigned char byte)
{
	return (span_is_alnum(byte) || byte == '.' || byte == '-');
}

static bool
is_url(const char *text, struct arena *arena)
{
	struct span rest = span_str(text);

	if (!span_starts(rest, URL_PREFIX))
		return (false);
	span_skip(&rest, strlen(URL_PREFIX));
	return (
	    name_to_ascii(arena, span_take_while(&rest, is_host_byte)) != NULL);
}

static bool
is_address(const char *text, struct arena *arena)
{
	struct mailbox mailbox;

	return (address_parse_path(arena, span_str(text), &mailbox) == 0 &&
		mailbox.local_part.len > 0 &&
		name_to_ascii(arena, mailbox.domain) != NULL);
}

static const char *
explain_contact(const char *text, struct arena *arena)
{
	struct span rest = span_str(text);

	if (rest.len > VERDICT_CONTACT_MAX)
		return (arena_printf(arena,
		    "it is longer than %d characters, which is all that a "
		    "reply has room for",
		    VERDICT_CONTACT_MAX));
	(void)span_take_while(&rest, is_contact_byte);
	if (rest.len > 0)
		return (arena_printf(arena,
		    "\"%s\" holds what a reply cannot: write printable ASCII "
		    "without blanks, quotes, <, > and %%",
		    text));
	if (!is_url(text, arena) && !is_address(text, arena))
		return (arena_printf(arena,
		    "\"%s\" is neither a URL such as https://example.org/mail "
		    "nor an address such as postmaster@example.org",
		    text));
	return (NULL);
}

static void
check_contact(struct config_loading *loading)
{
	const char *text = loading->config->settings.contact;
	const char *error =
	    text == NULL ? NULL : explain_contact(text, loading->config->arena);

	if (error != NULL)
		config_error_in(loading, "contact", 0, error);
}

static const char *
explain_refusal(struct arena *arena, const char *text)
{
	struct conf_option words[OUTGOING_KINDS + 1] = { { .name = NULL } };

	for (size_t i = 0; i < OUTGOING_KINDS; i++)
		words[i].name = outgoing_kind_name((enum outgoing_kind)i);
	const char *nearest = nearest_name(words, text);

	if (nearest != NULL)
		return (arena_printf(arena,
		    "\"%s\" is no warning; the nearest is \"%s\"", text,
		    nearest));
	return (arena_printf(arena, "\"%s\" is no warning such as %s or %s",
	    text, words[0].name, words[1].name));
}

static bool
is_refusal(const char *text)
{
	for (size_t i = 0; i < OUTGOING_KINDS; i++)
		if (strcmp(text, outgoing_kind_name((enum outgoing_kind)i)) ==
		    0)
			return (true);
	return (false);
}

static void
check_outgoing(struct config_loading *loading)
{
	const struct config_settings *settings = &loading->config->settings;
	const struct conf_list *list = &settings->outgoing_refuse;

	for (size_t i = 0; i < list->count; i++)
		if (!is_refusal(list->items[i]))
			config_error_in(loading, "outgoing_refuse", i,
			    explain_refusal(
				loading->config->arena, list->items[i]));
	if (list->count > 0 && !settings->outgoing_check)
		config_warning_in(loading, "outgoing_refuse", 0,
		    "nothing is refused with outgoing_check = no");
}

/* What can be meant, but had better be looked at. */
static void
check_actions(struct config_loading *loading)
{
	const struct config_settings *settings = &loading->config->settings;

	if (!settings->enforce)
		config_warning_in(loading, "enforce", 0,
		    "nothing is acted upon: the log alone tells what would "
		    "have happened");
	if (settings->on_reject < settings->on_quarantine)
		config_warning_in(loading, "on_reject", 0,
		    "this is milder than on_quarantine, though p=reject asks "
		    "for more than p=quarantine");
	if (settings->rules.count > 0 && !settings->verify)
		config_warning_in(loading, "verify", 0,
		    "rules mean nothing where inbound mail is not verified");
}

static void
read_suffixes(struct config_loading *loading)
{
	struct config *config = loading->config;
	const char *error = NULL;

	if (config->settings.discovery == DMARC_TREEWALK)
		return;
	config->suffixes = orgdomain_new(
	    config->settings.public_suffix_list, config->arena, &error);
	if (config->suffixes == NULL)
		config_error_in(loading, "public_suffix_list", 0,
		    arena_printf(config->arena,
			"%s; or set discovery = treewalk, which needs none",
			error));
}

void
config_verdict_read(struct config_loading *loading)
{
	const struct config_settings *settings = &loading->config->settings;

	loading->config->verdict_policy = (struct verdict_policy){
		.enforce = settings->enforce,
		.reject = (enum verdict_action)settings->on_reject,
		.quarantine = (enum verdict_action)settings->on_quarantine,
		.no_from = (enum verdict_action)settings->no_from,
		.several_from_fields =
		    (enum verdict_action)settings->several_from_fields,
		.several_from_domains =
		    (enum verdict_action)settings->several_from_domains,
		/* The words are pass and tempfail. */
		.dns_tempfail = settings->on_dns_trouble == 1,
		.contact = settings->contact,
	};
	check_contact(loading);
	check_outgoing(loading);
	check_actions(loading);
	read_suffixes(loading);
}
