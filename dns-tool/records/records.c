#include "records/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "local/local.h"
#include "options.h"
#include "records/expected.h"
#include "records/print.h"
#include "records/sts.h"

#define PROGRAM "mailreeve-dns records"

enum format {
	FORMAT_ZONE,
	FORMAT_JSON,
	FORMAT_HOSTINGER,
	FORMAT_ANSIBLE,
	FORMAT_MTA_STS,
};

struct arguments {
	struct options common;
	enum format format;
};

enum {
	OPTION_FORMAT = OPTIONS_OWN,
	OPTION_JSON,
};

static const struct option long_options[] = {
	OPTIONS_COMMON,
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ NULL, 0, NULL, 0 },
};

static void
print_usage(FILE *stream)
{
	(void)fputs("usage: " PROGRAM " [OPTION]... DOMAIN\n"
		    "Print every record that this server needs for the mail of "
		    "DOMAIN, by what Postfix,\n"
		    "Dovecot, the key store and the certificates say.\n"
		    "  --format FORM         zone (a zone file), json, "
		    "hostinger (a request's body),\n"
		    "                        ansible (variables) or mta-sts "
		    "(the policy's text)\n"
		    "  --json                the same as --format json\n"
		    "  -c, --config FILE     the configuration, "
		    "else " CONFIG_FILE "\n"
		    "  -h, --help            print this text\n",
	    stream);
}

static enum format
read_format(const struct options *common, const char *value)
{
	static const char *const names[] = { "zone", "json", "hostinger",
		"ansible", "mta-sts" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(value, names[i]) == 0)
			return ((enum format)i);
	options_misuse(common, value,
	    "is no form of records: zone, json, hostinger, ansible or "
	    "mta-sts");
}

static struct arguments
read_arguments(int argc, char *argv[])
{
	struct arguments arguments = { .common.program = PROGRAM };

	optind = 0; /* anew: main() has read the options before the command */
	for (int option; (option = getopt_long(
			      argc, argv, "c:h", long_options, NULL)) != -1;) {
		if (option == OPTION_FORMAT) {
			arguments.format =
			    read_format(&arguments.common, optarg);
		} else if (option == OPTION_JSON) {
			arguments.format = FORMAT_JSON;
		} else if (option == OPTIONS_HELP) {
			print_usage(stdout);
			exit(EX_OK);
		} else if (!options_take(&arguments.common, option, optarg)) {
			print_usage(stderr);
			exit(EX_USAGE);
		}
	}
	return (arguments);
}

static void
complain(void *cookie, const char *text)
{
	bool *incomplete = cookie;

	*incomplete = true;
	(void)fprintf(stderr, PROGRAM ": %s\n", text);
}

static void
print(enum format format, const struct server *server,
    const struct config_settings *settings, struct arena *arena)
{
	const struct record_list list =
	    expected_records(server, settings, arena);
	const char *policy = settings->mta_sts == CONFIG_STS_NONE
	                         ? NULL
	                         : sts_policy(server, settings, arena);

	switch (format) {
	case FORMAT_ZONE:
		print_zone(stdout, server, &list, arena);
		break;
	case FORMAT_JSON:
		print_json(stdout, server, &list, policy, arena);
		break;
	case FORMAT_HOSTINGER:
		print_hostinger(stdout, server, &list, arena);
		break;
	case FORMAT_ANSIBLE:
		print_ansible(stdout, server, &list, policy, arena);
		break;
	case FORMAT_MTA_STS:
		(void)fputs(policy != NULL ? policy : "", stdout);
		break;
	}
}

int
records(int argc, char *argv[])
{
	const struct arguments arguments = read_arguments(argc, argv);
	struct arena *arena = arena_new();
	const char *domain =
	    options_domain(&arguments.common, argc, argv, arena);
	struct config *config = options_config(&arguments.common);
	struct server server;
	bool incomplete = false;
	int status = EX_OK;

	local_read(
	    domain, &config->settings, complain, &incomplete, arena, &server);
	print(arguments.format, &server, &config->settings, arena);
	if (fflush(stdout) != 0 || ferror(stdout) != 0)
		status = EX_IOERR;
	else if (incomplete)
		status = 1;
	config_free(config);
	arena_free(arena);
	return (status);
}
