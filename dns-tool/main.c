/*
 * mailreeve-dns: what a mail domain needs in the DNS.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "check/command.h"
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
	{ "check", command_check, "find what is wrong, and how to mend it" },
	{ "records", records, "print the records that a domain needs" },
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

int
main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};

	/* What follows the command's name is for the command. */
	for (int option;
	     (option = getopt_long(argc, argv, "+Vh", options, NULL)) != -1;) {
		switch (option) {
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
