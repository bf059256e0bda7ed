#include "local/local.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "dns/name.h"
#include "local/accounts.h"
#include "local/dovecot.h"
#include "local/interfaces.h"
#include "local/keys.h"
#include "local/postfix.h"
#include "local/spki.h"

/* What the functions below share. */
struct work {
	const struct config_settings *settings;
	local_complain *complain;
	void *cookie;
	struct arena *arena;
	struct server *server;
};

static void
complain(const struct work *work, const char *text)
{
	work->complain(work->cookie, text);
}

/* The configured name, Postfix's, or the kernel's; it must have a dot to be one
 * that others can look up. */
static void
read_hostname(const struct work *work, const struct postfix *postfix)
{
	char kernel[HOST_NAME_MAX + 1] = "";
	const char *given = work->settings->hostname;

	if (given == NULL && postfix->here)
		given = postfix->hostname;
	if (given == NULL && gethostname(kernel, sizeof(kernel) - 1) == 0)
		given = kernel;
	const char *name =
	    given == NULL ? NULL : name_to_ascii(work->arena, span_str(given));

	if (name != NULL && strchr(name, '.') != NULL)
		work->server->hostname = name;
	else
		complain(
		    work, arena_printf(work->arena,
			      "\"%s\" is no full host name; set myhostname in "
			      "Postfix's main.cf, or hostname in " CONFIG_FILE,
			      given != NULL ? given : ""));
}

static void
read_addresses(const struct work *work)
{
	const struct conf_list *given = &work->settings->addresses;
	struct network_address *addresses;
	size_t count = given->count;

	if (count == 0)
		count = interfaces_read(work->arena, &addresses);
	else
		addresses = arena_array(work->arena, count, sizeof(*addresses));
	for (size_t i = 0; i < given->count; i++)
		(void)network_address_parse(given->items[i], &addresses[i]);
	work->server->addresses = addresses;
	work->server->address_count = count;
	if (count == 0)
		complain(work,
		    "no interface has a public address; name the addresses "
		    "under which the world sees this server with addresses "
		    "in " CONFIG_FILE);
}

/* The keys of certificates, each once. */
struct spki_list {
	struct server_spki *items;
	size_t count;
};

static void
add_spki(const struct work *work, struct spki_list *list, const char *file,
    bool next)
{
	const char *error = NULL;
	const char *hex = spki_of_file(file, work->arena, &error);

	if (hex == NULL) {
		complain(work, error);
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].hex, hex) == 0)
			return;
	list->items = arena_room(
	    work->arena, list->items, list->count, sizeof(*list->items));
	list->items[list->count++] = (struct server_spki){ hex, file, next };
}

static void
read_certificates(const struct work *work, const struct postfix *postfix)
{
	const struct config_settings *settings = work->settings;
	struct spki_list list = { 0 };

	if (settings->certificate != NULL)
		add_spki(work, &list, settings->certificate, false);
	for (size_t i = 0;
	     settings->certificate == NULL && i < postfix->file_count; i++)
		add_spki(work, &list, postfix->files[i], false);
	if (settings->next_key != NULL)
		add_spki(work, &list, settings->next_key, true);
	work->server->spki = list.items;
	work->server->spki_count = list.count;
}

static void
read_services(const struct work *work, const struct postfix *postfix,
    const struct dovecot *dovecot)
{
	for (size_t i = 0; i < SERVER_SERVICES; i++)
		work->server->offers[i] =
		    postfix->offers[i] || dovecot->offers[i];
}

void
local_read(const char *domain, const struct config_settings *settings,
    local_complain *complain_to, void *cookie, struct arena *arena,
    struct server *out)
{
	const struct work work = { settings, complain_to, cookie, arena, out };
	struct postfix postfix;
	struct dovecot dovecot;

	*out = (struct server){ .domain = domain };
	postfix_read(arena, &postfix);
	dovecot_read(arena, &dovecot);
	if (dovecot.trouble != NULL)
		complain(
		    &work, arena_printf(arena,
			       "doveconf, which says what Dovecot offers: %s",
			       dovecot.trouble));
	out->postfix = postfix.here;
	out->dovecot = dovecot.here;
	out->mynetworks = postfix.mynetworks;
	out->relay_restrictions = postfix.relay_restrictions;
	out->imap_certificate = dovecot.certificate;
	out->cleartext = dovecot.cleartext;
	read_hostname(&work, &postfix);
	read_addresses(&work);
	read_services(&work, &postfix, &dovecot);
	read_certificates(&work, &postfix);
	out->key_count = keys_read(settings->key_store, domain, complain_to,
	    cookie, arena, &out->keys);
	out->acme_account_count =
	    accounts_read(&settings->acme_accounts, arena, &out->acme_accounts);
}
