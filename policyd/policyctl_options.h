/*
 * policyctl_options.h: what the commands of mailreeve-policyctl are given.
 */
#ifndef POLICYD_POLICYCTL_OPTIONS_H
#define POLICYD_POLICYCTL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "config.h"

#define POLICYCTL_PROGRAM "mailreeve-policyctl"

struct policyctl_options {
	struct arena *arena;
	const char *config; /* NULL: CONFIG_FILE if there is one */
	const char *socket; /* NULL: the configuration's */
	const char *limit;  /* NULL: all */
	const char *file;   /* NULL: standard input */
	uint64_t count;
	bool json;
	bool remove;
	bool follow;
	bool journal;
	bool limits;
	bool score;
	bool all;
	char **arguments; /* that are no options, ended by NULL */
	int argument_count;
};

/* One command. */
struct policyctl_command {
	const char *name;
	const char *help;    /* one line */
	const char *usage;   /* the lines of --help, but for the common ones */
	const char *letters; /* of its options, see policyctl_options.c */
	int least;           /* arguments */
	int most;
	int (*run)(const struct policyctl_options *options);
};

/**
 * policyctl_options_read(command, argc, argv, arena, out):
 * Read the command line of ${command}.  Return -1, or the status to end with
 * when there is nothing more to do: after --help, or for wrong usage, which was
 * told.
 */
int policyctl_options_read(const struct policyctl_command *command, int argc,
    char *argv[], struct arena *arena, struct policyctl_options *out);

/**
 * policyctl_options_config(options):
 * Return the daemon's configuration, or NULL when what is wrong with it was
 * told.
 */
struct config *policyctl_options_config(
    const struct policyctl_options *options);

/**
 * policyctl_options_socket(options):
 * Return where the daemon's control socket is, as long as the arena lives.
 */
const char *policyctl_options_socket(const struct policyctl_options *options);

#endif
