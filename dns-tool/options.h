/*
 * options.h: the options that the commands with a configuration share.
 */
#ifndef DNS_TOOL_OPTIONS_H
#define DNS_TOOL_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

#include "base/log.h"
#include "config.h"
#include "dns/dns.h"

/* Values of getopt_long() for OPTIONS_COMMON; a command's own begin above. */
enum options_common {
	OPTIONS_CONFIG = 'c',
	OPTIONS_HELP = 'h',
	OPTIONS_RESOLVER = 256,
	OPTIONS_ZONE,
	OPTIONS_TRUST_ANCHOR,
	OPTIONS_ROOT_HINTS,
	OPTIONS_TIMEOUT,
	OPTIONS_OWN, /* the first of a command's own */
};

/* Rows of a table for getopt_long(). */
#define OPTIONS_COMMON                                                         \
	{ "config", required_argument, NULL, OPTIONS_CONFIG },                 \
	    { "resolver", required_argument, NULL, OPTIONS_RESOLVER },         \
	    { "zone", required_argument, NULL, OPTIONS_ZONE },                 \
	    { "trust-anchor", required_argument, NULL, OPTIONS_TRUST_ANCHOR }, \
	    { "root-hints", required_argument, NULL, OPTIONS_ROOT_HINTS },     \
	    { "timeout", required_argument, NULL, OPTIONS_TIMEOUT },           \
	{                                                                      \
		"help", no_argument, NULL, OPTIONS_HELP                        \
	}

/* Their lines in a usage. */
#define OPTIONS_USAGE                                                          \
	"  -c, --config FILE     the configuration, else " CONFIG_FILE "\n"    \
	"  --resolver ADDR[:PORT]  ask this resolver\n"                        \
	"  --zone FILE           take all answers from a zone file\n"          \
	"  --trust-anchor FILE   validate DNSSEC with these keys\n"            \
	"  --root-hints FILE     ask these root servers, and no resolver\n"    \
	"  --timeout SECONDS     deadline for all of it\n"

struct options {
	const char *program;     /* "mailreeve-dns check" */
	const char *config_file; /* NULL: CONFIG_FILE if there is one */
	const char *resolver;
	const char *zone;
	const char *trust_anchor;
	const char *root_hints;
	int64_t timeout_ms; /* 0: what the configuration says */
};

/**
 * options_take(options, option, value):
 * Take ${option} of getopt_long() if it is one of the common ones but --help;
 * false if not.  What cannot be meant ends the process with EX_USAGE.
 */
bool options_take(struct options *options, int option, const char *value);

/**
 * options_misuse(options, what, problem):
 * Say that the word ${what} of the command line ${problem}, and end the process
 * with EX_USAGE.
 */
_Noreturn void options_misuse(
    const struct options *options, const char *what, const char *problem);

/**
 * options_domain(options, argc, argv, arena):
 * Return the only word left after the options, a mail domain, in lower-case
 * A-labels.  Else end the process with EX_USAGE.
 */
const char *options_domain(
    const struct options *options, int argc, char *argv[], struct arena *arena);

/**
 * options_config(options):
 * Return the configuration, changed by ${options}.  Errors are written to
 * standard error and end the process with EX_CONFIG.
 */
struct config *options_config(const struct options *options);

/**
 * options_dns(options, settings, log, arena):
 * Return the way to the DNS that ${options} and ${settings} ask for, or NULL
 * when there is none, of which standard error was told.  Threads start here.
 */
struct dns *options_dns(const struct options *options,
    const struct config_settings *settings, const struct log *log,
    struct arena *arena);

#endif
