#include "policyctl_options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "console_command.h"

#define COMMON_HELP                                                              \
	"  --socket FILE      control socket of the daemon, else the one that\n" \
	"                     the configuration names\n"                         \
	"  -c, --config FILE  the daemon's configuration, else " CONFIG_FILE     \
	"\n"

/* What an option is called by a command that has its letter. */
static const struct option all_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "socket", required_argument, NULL, 's' },
	{ "limit", required_argument, NULL, 'l' },
	{ "count", required_argument, NULL, 'n' },
	{ "file", required_argument, NULL, 'F' },
	{ "json", no_argument, NULL, 'j' },
	{ "remove", no_argument, NULL, 'r' },
	{ "follow", no_argument, NULL, 'f' },
	{ "journal", no_argument, NULL, 'J' },
	{ "limits", no_argument, NULL, 'L' },
	{ "score", no_argument, NULL, 'S' },
	{ "all", no_argument, NULL, 'A' },
	{ "help", no_argument, NULL, 'h' },
};

#define OPTION_COUNT (sizeof(all_options) / sizeof(all_options[0]))

static void
print_usage(const struct policyctl_command *command, FILE *stream)
{
	(void)fprintf(stream, "usage: " POLICYCTL_PROGRAM " %s %s%s",
	    command->name, command->usage,
	    strchr(command->letters, 's') != NULL ? COMMON_HELP : "");
	(void)fputs("  -h, --help         print this text\n", stream);
}

static int
refuse(const struct policyctl_command *command, const char *problem,
    const char *what)
{
	(void)fprintf(stderr, POLICYCTL_PROGRAM " %s: %s%s\n", command->name,
	    problem, what);
	print_usage(command, stderr);
	return (EX_USAGE);
}

static int
read_value(const struct policyctl_command *command, int letter,
    const char *value, struct policyctl_options *out)
{
	switch (letter) {
	case 'c':
		out->config = value;
		break;
	case 's':
		out->socket = value;
		break;
	case 'l':
		out->limit = value;
		break;
	case 'F':
		out->file = value;
		break;
	default:
		if (!span_to_u64(span_str(value), 6, &out->count) ||
		    out->count < 1 || out->count > CONSOLE_COMMAND_MAX_COUNT)
			return (refuse(
			    command, "no number from 1 to 1000: ", value));
	}
	return (-1);
}

static int
read_option(const struct policyctl_command *command, int letter,
    struct policyctl_options *out)
{
	switch (letter) {
	case 'j':
		out->json = true;
		break;
	case 'r':
		out->remove = true;
		break;
	case 'f':
		out->follow = true;
		break;
	case 'J':
		out->journal = true;
		break;
	case 'L':
		out->limits = true;
		break;
	case 'S':
		out->score = true;
		break;
	case 'A':
		out->all = true;
		break;
	case 'h':
		print_usage(command, stdout);
		return (EX_OK);
	case '?':
		print_usage(command, stderr);
		return (EX_USAGE);
	default:
		return (read_value(command, letter, optarg, out));
	}
	return (-1);
}

/* The options that ${command} has; short ones beside the long. */
static const char *
choose(const struct policyctl_command *command, struct arena *arena,
    struct option chosen[OPTION_COUNT + 1])
{
	const char *shorts = "h";
	size_t count = 0;

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		int letter = all_options[i].val;

		if (letter != 'h' && strchr(command->letters, letter) == NULL)
			continue;
		chosen[count++] = all_options[i];
		if (strchr("cnf", letter) != NULL)
			shorts = arena_printf(arena, "%s%c%s", shorts, letter,
			    letter == 'f' ? "" : ":");
	}
	memset(&chosen[count], 0, sizeof(chosen[count]));
	return (shorts);
}

int
policyctl_options_read(const struct policyctl_command *command, int argc,
    char *argv[], struct arena *arena, struct policyctl_options *out)
{
	struct option chosen[OPTION_COUNT + 1];
	const char *shorts = choose(command, arena, chosen);

	*out = (struct policyctl_options){ .arena = arena, .count = 10 };
	/* getopt's messages begin with the program's name. */
	argv[0] = arena_printf(arena, POLICYCTL_PROGRAM " %s", command->name);
	optind = 0;
	for (int letter;
	     (letter = getopt_long(argc, argv, shorts, chosen, NULL)) != -1;) {
		int status = read_option(command, letter, out);

		if (status >= 0)
			return (status);
	}
	out->arguments = &argv[optind];
	out->argument_count = argc - optind;
	if (out->argument_count < command->least)
		return (refuse(command, "an argument is missing", ""));
	if (out->argument_count > command->most)
		return (refuse(command,
		    "one argument too many: ", out->arguments[command->most]));
	return (-1);
}

static void
print_error(void *cookie, const char *text)
{
	(void)cookie;
	(void)fprintf(stderr, POLICYCTL_PROGRAM ": %s\n", text);
}

static void
ignore(void *cookie, const char *text)
{
	(void)cookie;
	(void)text;
}

static struct config *
load(const struct policyctl_options *options, conf_complain *error)
{
	const struct config_reader reader = { .error = error,
		.warning = ignore };
	const char *path = options->config;

	if (path == NULL && access(CONFIG_FILE, F_OK) == 0)
		path = CONFIG_FILE;
	return (config_load(path, &reader));
}

struct config *
policyctl_options_config(const struct policyctl_options *options)
{
	return (load(options, print_error));
}

const char *
policyctl_options_socket(const struct policyctl_options *options)
{
	if (options->socket != NULL)
		return (options->socket);
	/* A file that is wrong by now does not keep the running daemon from
	 * being asked; one that was named should be right. */
	struct config *config =
	    load(options, options->config != NULL ? print_error : ignore);
	const char *socket =
	    config == NULL
		? CONFIG_CONTROL
		: arena_strdup(options->arena, config->settings.control_socket);

	config_free(config);
	return (socket);
}
