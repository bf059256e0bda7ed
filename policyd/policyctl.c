/*
 * mailreeve-policyctl: looks at mailreeve-policyd and tells it what to do.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "policyctl_commands.h"

static const struct policyctl_command *const commands[] = {
	&policyctl_show_command,
	&policyctl_top_command,
	&policyctl_change_reset,
	&policyctl_change_allow,
	&policyctl_change_block,
	&policyctl_change_list,
	&policyctl_change_release,
	&policyctl_override_command,
	&policyctl_explain_command,
	&policyctl_doctor_command,
	&policyctl_snippet_command,
	&policyctl_replay_command,
	&policyctl_feed_command,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void
print_usage(FILE *stream)
{
	(void)fputs("usage: " POLICYCTL_PROGRAM " COMMAND [ARGUMENT]...\n"
		    "Commands, each with a --help of its own:\n",
	    stream);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		(void)fprintf(stream, "  %-16s %s\n", commands[i]->name,
		    commands[i]->help);
	(void)fputs("Options:\n"
		    "  -V, --version  print the version\n"
		    "  -h, --help     print this text\n",
	    stream);
}

static int
refuse(const char *problem, const char *what)
{
	(void)fprintf(stderr, POLICYCTL_PROGRAM ": %s%s\n", problem, what);
	print_usage(stderr);
	return (EX_USAGE);
}

static int
run(const struct policyctl_command *command, int argc, char *argv[])
{
	struct arena *arena = arena_new();
	struct policyctl_options options;
	int status =
	    policyctl_options_read(command, argc, argv, arena, &options);

	/* The daemon may go while we write to it. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (status < 0)
		status = command->run(&options);
	if (fflush(stdout) != 0 && status == EX_OK)
		status = EX_IOERR;
	arena_free(arena);
	return (status);
}

static int
run_command(int argc, char *argv[])
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(argv[0], commands[i]->name) == 0)
			return (run(commands[i], argc, argv));
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
			(void)puts(POLICYCTL_PROGRAM " " MAILREEVE_VERSION);
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
