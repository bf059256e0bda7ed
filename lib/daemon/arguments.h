/*
 * arguments.h: the options that every daemon has.
 */
#ifndef DAEMON_ARGUMENTS_H
#define DAEMON_ARGUMENTS_H

enum arguments_command {
	ARGUMENTS_SERVE,
	ARGUMENTS_CHECK, /* -t */
	ARGUMENTS_PRINT, /* -P */
	ARGUMENTS_NAMES, /* -L */
};

/* What the words differ in from daemon to daemon. */
struct arguments_program {
	const char *name;
	const char *config_file; /* without -c */
	const char *checks;      /* what -t checks, for the usage */
};

struct arguments {
	enum arguments_command command;
	const char *path; /* of the configuration */
};

/**
 * arguments_read(program, argc, argv):
 * Return what ${argv} asks of ${program}.  Answer -V, -h and what we do not
 * understand here, and end the process then, in the last case with EX_USAGE.
 */
struct arguments arguments_read(
    const struct arguments_program *program, int argc, char *argv[]);

#endif
