#include "daemon/arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

static void
print_usage(const struct arguments_program *program, FILE *stream)
{
	const char *name = program->name;

	(void)fprintf(stream,
	    "usage: %s [-c FILE] [-f]   serve, in the foreground\n"
	    "       %s [-c FILE] -t     check %s\n"
	    "       %s [-c FILE] -P     print the configuration with defaults\n"
	    "       %s -L               list the names of all options\n"
	    "       %s -V | -h          version, help (--version, --help)\n"
	    "FILE is %s unless given.\n",
	    name, name, program->checks, name, name, name,
	    program->config_file);
}

_Noreturn static void
end_with_usage(const struct arguments_program *program)
{
	print_usage(program, stderr);
	exit(EX_USAGE);
}

static void
take_option(const struct arguments_program *program, int option,
    struct arguments *arguments)
{
	switch (option) {
	case 'c':
		arguments->path = optarg;
		break;
	case 'f':
		break; /* there is no other way to run */
	case 't':
		arguments->command = ARGUMENTS_CHECK;
		break;
	case 'P':
		arguments->command = ARGUMENTS_PRINT;
		break;
	case 'L':
		arguments->command = ARGUMENTS_NAMES;
		break;
	case 'V':
		(void)printf("%s %s\n", program->name, MAILREEVE_VERSION);
		exit(EX_OK);
	case 'h':
		print_usage(program, stdout);
		exit(EX_OK);
	default:
		end_with_usage(program);
	}
}

struct arguments
arguments_read(const struct arguments_program *program, int argc, char *argv[])
{
	static const struct option long_options[] = {
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct arguments arguments = { .path = program->config_file };

	for (int option; (option = getopt_long(argc, argv, "c:ftPLVh",
			      long_options, NULL)) != -1;)
		take_option(program, option, &arguments);
	if (optind < argc) {
		(void)fprintf(stderr, "%s: \"%s\" is one word too many\n",
		    program->name, argv[optind]);
		end_with_usage(program);
	}
	return (arguments);
}
