#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "doctor_calls.h"
#include "doctor_networks.h"
#include "policyctl_commands.h"
#include "policyctl_postfix.h"

/* What each restriction list is good for. */
static const struct {
	enum doctor_list list;
	const char *effect;
	bool score; /* needed for it */
} lists[] = {
	{ DOCTOR_RECIPIENT,
	    "Each recipient: limits, score, greylist, quota.  First of all, so "
	    "that\n# who has logged in is seen too.",
	    true },
	{ DOCTOR_DATA, "DATA: how many recipients Postfix took.", false },
	{ DOCTOR_END_OF_DATA,
	    "END-OF-MESSAGE: the mail arrived; until then, what was counted "
	    "can be\n# given back.  Limits of bytes count real sizes.",
	    false },
};

static bool
is_asked(const struct doctor_service *service, enum doctor_list list)
{
	for (size_t i = 0; i < service->call_count; i++)
		if (service->calls[i].list == list &&
		    !service->calls[i].after_login &&
		    !service->calls[i].after_networks &&
		    !service->calls[i].after_all)
			return (true);
	return (false);
}

/* The commands for one list: main.cf's once, and each -o of its own. */
static void
print_list(const struct doctor_postfix *postfix, enum doctor_list list,
    const char *effect, struct arena *arena)
{
	bool main_done = false;

	(void)printf("# %s\n", effect);
	for (size_t i = 0; i < postfix->service_count; i++) {
		const struct doctor_service *service = &postfix->services[i];

		if (!service->own[list] && main_done)
			continue;
		main_done |= !service->own[list];
		if (is_asked(service, list))
			(void)printf("# (done for %s)\n",
			    service->own[list] ? service->name : "main.cf");
		else
			(void)printf("%s\n",
			    doctor_calls_wire(postfix, service, list, arena));
	}
}

/* Else the admin's own printers and hosts are judged as strangers. */
static void
print_networks(const struct config *config, struct arena *arena)
{
	const char *missing =
	    doctor_networks_missing(policyctl_postfix_mynetworks(arena),
		config->trusted_networks, config->trusted_network_count, arena);

	if (missing[0] == '\0')
		return;
	(void)puts("# First add what Postfix trusts (mynetworks) to the "
		   "daemon's configuration, or\n# these clients are judged as "
		   "strangers, and reload it:");
	(void)fputs("#   trusted_networks = {", stdout);
	for (size_t i = 0; i < config->settings.trusted_networks.count; i++)
		(void)printf("%s%s", i == 0 ? "" : ", ",
		    config->settings.trusted_networks.items[i]);
	(void)printf("%s}\n", missing);
}

static int
run(const struct policyctl_options *options)
{
	struct config *config = policyctl_options_config(options);
	bool score_only = options->score && !options->limits && !options->all;
	struct doctor_postfix postfix;

	if (config == NULL)
		return (EX_CONFIG);
	if (!policyctl_postfix_read(config, options->arena, &postfix)) {
		(void)fputs(POLICYCTL_PROGRAM
		    " postfix-snippet: postconf does not say how Postfix is "
		    "configured; see why, with: postconf -n\n",
		    stderr);
		config_free(config);
		return (EX_UNAVAILABLE);
	}
	(void)puts("# While the daemon is down, or silent for 5 s, mail passes "
		   "unchecked.");
	print_networks(config, options->arena);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (lists[i].score || !score_only)
			print_list(&postfix, lists[i].list, lists[i].effect,
			    options->arena);
	(void)puts("postfix reload");
	config_free(config);
	return (EX_OK);
}

const struct policyctl_command policyctl_snippet_command = {
	.name = "postfix-snippet",
	.help = "the commands that make Postfix ask the daemon",
	.usage =
	    "[OPTION]...\n"
	    "Print the commands that make this host's Postfix ask the "
	    "daemon; read them, then\n"
	    "run them.  What stands in main.cf and master.cf stays.\n"
	    "  --limits           for limits\n"
	    "  --score            for score, greylist and quota only\n"
	    "  --all              for all, which is what no option means\n"
	    "  -c, --config FILE  the daemon's configuration, else " CONFIG_FILE
	    "\n",
	.letters = "LSAc",
	.run = run,
};
