/*
 * mailreeve-dns: what a mail domain needs in the DNS.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "check/command.h"
#include "config.h"
#include "daemon/complain.h"
#include "keygen.h"
#include "records/records.h"

#define PROGRAM "mailreeve-dns"

struct command {
	const char *name;
	int (*run)(int argc, char *argv[]);
	const char *help;
};

static const struct command commands[] = {
	{ "keygen", keygen, "make DKIM keys for a domain" },
	{ "records", records, "print the records that a domain needs" },
	{ "check", command_check, "find what is wrong, and how to mend it" },
};

static void
print_usage(FILE *stream)
{
	(void)fputs("usage: " PROGRAM " COMMAND [ARGUMENT]...\n"
		    "Commands, each with a --help of its own:\n",
	    stream);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		(void)fprintf(
		    stream, "  %-8s  %s\n", commands[i].name, commands[i].help);
	(void)fputs("Options:\n"
		    "  -c FILE        the configuration, else " CONFIG_FILE "\n"
		    "  -t             check the configuration\n"
		    "  -P             print it with defaults\n"
		    "  -L             list the names of all its options\n"
		    "  -V, --version  print the version\n"
		    "  -h, --help     print this text\n",
	    stream);
}

static int
refuse(const char *problem, const char *what)
{
	(void)fprintf(stderr, PROGRAM ": %s%s\n", problem, what);
	print_usage(stderr);
	return (EX_USAGE);
}

static int
run_command(int argc, char *argv[])
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return (commands[i].run(argc, argv));
	return (refuse("there is no command ", argv[0]));
}

/* -t and -P: the file must be there. */
static int
show_config(const char *path, bool print)
{
	struct config *config = config_load(path, complain_print_error, NULL);

	if (config == NULL)
		return (EX_CONFIG);
	if (print)
		config_print(config, stdout);
	else
		(void)printf("%s is right\n", path);
	config_free(config);
	return (EX_OK);
}

int
main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = CONFIG_FILE;

	/* What follows the command's name is for the command. */
	for (int option; (option = getopt_long(
			      argc, argv, "+c:tPLVh", options, NULL)) != -1;) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 't':
			return (show_config(path, false));
		case 'P':
			return (show_config(path, true));
		case 'L':
			conf_names(stdout, config_options);
			return (EX_OK);
		case 'V':
			(void)puts(PROGRAM " " MAILREEVE_VERSION);
			return (EX_OK);
		case 'h':
			print_usage(stdout);
			return (EX_OK);
		default:
			print_usage(stderr);
			return (EX_USAGE);
		}
	}
	if (optind == argc)
		return (refuse("name a command", ""));
	return (run_command(argc - optind, &argv[optind]));
}
