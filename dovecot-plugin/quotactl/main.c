/*
 * mailreeve-quotactl: looks at the ledger of mailreeve-quotad, and changes it.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "config.h"
#include "daemon/complain.h"
#include "quotactl.h"

#define TIMEOUT_MS 30000

static const struct quotactl_command *const commands[] = {
	&quotactl_get,
	&quotactl_list,
	&quotactl_holders,
	&quotactl_top,
	&quotactl_status,
	&quotactl_watch,
	&quotactl_set,
	&quotactl_forget,
	&quotactl_dirty,
	&quotactl_bind,
	&quotactl_unbind,
	&quotactl_verify,
	&quotactl_repair,
	&quotactl_import,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

enum {
	OPTION_ALL = 256,
	OPTION_DIRTY,
	OPTION_DOVEADM,
	OPTION_SOCKET,
};

static const struct option all_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "json", no_argument, NULL, 'j' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ "all", no_argument, NULL, OPTION_ALL },
	{ "dirty", no_argument, NULL, OPTION_DIRTY },
	{ "doveadm", required_argument, NULL, OPTION_DOVEADM },
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ NULL, 0, NULL, 0 },
};

static void
print_usage(FILE *stream)
{
	(void)fputs("usage: " QUOTACTL_PROGRAM
		    " COMMAND [ARGUMENT]... [OPTION]...\n",
	    stream);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		(void)fprintf(stream, "  %s %s\n      %s\n", commands[i]->name,
		    commands[i]->usage, commands[i]->help);
	(void)fputs(
	    "Options:\n"
	    "  -j, --json         objects of JSON instead of text\n"
	    "  --all              all holders of the ledger\n"
	    "  --dirty            those that are to be counted anew\n"
	    "  -n, --dry-run      only say who would be counted\n"
	    "  -c, --config FILE  the daemon's configuration, "
	    "else " CONFIG_FILE "\n"
	    "  --socket FILE      the daemon's socket, else the one that the\n"
	    "                     configuration names\n"
	    "  --doveadm COMMAND  doveadm with options of its own, such as\n"
	    "                     \"doveadm -c FILE\"\n"
	    "  -V, --version      print the version\n"
	    "  -h, --help         print this text\n",
	    stream);
}

static int
refuse(const char *problem, const char *what)
{
	(void)fprintf(stderr, QUOTACTL_PROGRAM ": %s%s\n", problem, what);
	print_usage(stderr);
	return (EX_USAGE);
}

/* The socket of the configuration; without one, that of the defaults. */
static const char *
find_socket(const char *path, struct arena *arena)
{
	const struct config_reader reader = { .error = complain_print_error,
		.warning = complain_print_warning };
	struct config *config = config_load(path, &reader);
	const char *where = NULL;

	if (config != NULL)
		where = arena_strdup(arena, config->settings.socket);
	config_free(config);
	return (where);
}

static const char *
config_path(const char *named)
{
	FILE *file;

	if (named != NULL)
		return (named);
	file = fopen(CONFIG_FILE, "r");
	if (file == NULL)
		return (NULL);
	(void)fclose(file);
	return (CONFIG_FILE);
}

/* Return -1 to go on, or an exit status. */
static int
read_option(struct quotactl *ctl, int letter, const char **config)
{
	switch (letter) {
	case 'c':
		*config = optarg;
		break;
	case 'j':
		ctl->json = true;
		break;
	case 'n':
		ctl->dry = true;
		break;
	case OPTION_ALL:
		ctl->all = true;
		break;
	case OPTION_DIRTY:
		ctl->dirty = true;
		break;
	case OPTION_DOVEADM:
		ctl->doveadm = optarg;
		break;
	case OPTION_SOCKET:
		ctl->path = optarg;
		break;
	case 'V':
		(void)puts(QUOTACTL_PROGRAM " " MAILREEVE_VERSION);
		return (EX_OK);
	case 'h':
		print_usage(stdout);
		return (EX_OK);
	default:
		print_usage(stderr);
		return (EX_USAGE);
	}
	return (-1);
}

static int
run(struct quotactl *ctl, const char *config)
{
	if (ctl->path == NULL)
		ctl->path = find_socket(config_path(config), ctl->arena);
	if (ctl->path == NULL)
		return (EX_CONFIG);
	ctl->client = ledger_client_new(ctl->path, TIMEOUT_MS);
	if (ctl->client == NULL)
		return (
		    refuse("the path is too long for a socket: ", ctl->path));
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i]->name, ctl->words[0]) == 0)
			return (commands[i]->run(ctl));
	return (refuse("there is no command ", ctl->words[0]));
}

int
main(int argc, char *argv[])
{
	struct quotactl ctl = { .doveadm = "doveadm" };
	const char *config = NULL;
	int letter, status = -1;

	while (status < 0 && (letter = getopt_long(argc, argv, "c:jnVh",
				  all_options, NULL)) >= 0)
		status = read_option(&ctl, letter, &config);
	if (status >= 0)
		return (status);
	if (optind == argc)
		return (refuse("say what to do", ""));
	(void)signal(SIGPIPE, SIG_IGN);
	ctl.arena = arena_new();
	ctl.words = &argv[optind];
	ctl.count = argc - optind;
	status = run(&ctl, config);
	ledger_client_free(ctl.client);
	arena_free(ctl.arena);
	return (status);
}
