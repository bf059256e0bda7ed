/*
 * mailreeve-milter: sign and verify mail for Postfix.
 */
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/hash.h"
#include "check_report.h"
#include "config.h"
#include "control.h"
#include "daemon/cure.h"
#include "daemon/privileges.h"
#include "hooks.h"
#include "listen.h"
#include "service.h"

#define PROGRAM "mailreeve-milter"

enum command {
	COMMAND_SERVE,
	COMMAND_CHECK,
	COMMAND_PRINT,
	COMMAND_NAMES,
};

struct arguments {
	enum command command;
	const char *path;
};

static void
print_usage(FILE *stream)
{
	(void)fputs("usage: " PROGRAM " [-c FILE] [-f]   serve, in the "
		    "foreground\n"
		    "       " PROGRAM " [-c FILE] -t     check the "
		    "configuration and its keys\n"
		    "       " PROGRAM " [-c FILE] -P     print the "
		    "configuration with defaults\n"
		    "       " PROGRAM " -L               list the names of all "
		    "options\n"
		    "       " PROGRAM
		    " -V | -h          version, help (--version, --help)\n"
		    "FILE is " CONFIG_FILE " unless given.\n",
	    stream);
}

/* Who may have keys: ${user} and his group, or ourselves when it is NULL or no
 * user. */
static struct keyfile_owner
key_owner_of(const char *user)
{
	const struct passwd *entry = user != NULL ? getpwnam(user) : NULL;
	struct keyfile_owner owner = { geteuid(), getegid() };

	if (entry != NULL)
		owner = (struct keyfile_owner){ entry->pw_uid, entry->pw_gid };
	return (owner);
}

static const struct option long_options[] = {
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static struct arguments
read_arguments(int argc, char *argv[])
{
	struct arguments arguments = { .path = CONFIG_FILE };

	for (int option; (option = getopt_long(argc, argv, "c:ftPLVh",
			      long_options, NULL)) != -1;) {
		switch (option) {
		case 'c':
			arguments.path = optarg;
			break;
		case 'f':
			break; /* there is no other way to run */
		case 't':
			arguments.command = COMMAND_CHECK;
			break;
		case 'P':
			arguments.command = COMMAND_PRINT;
			break;
		case 'L':
			arguments.command = COMMAND_NAMES;
			break;
		case 'V':
			(void)puts(PROGRAM " " MAILREEVE_VERSION);
			exit(EX_OK);
		case 'h':
			print_usage(stdout);
			exit(EX_OK);
		default:
			print_usage(stderr);
			exit(EX_USAGE);
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, PROGRAM ": \"%s\" is one word too many\n",
		    argv[optind]);
		print_usage(stderr);
		exit(EX_USAGE);
	}
	return (arguments);
}

/* Who came here by sudo can paste what he reads. */
static bool
is_sudoer(void)
{
	return (getenv("SUDO_USER") != NULL);
}

static void
print_line(const char *kind, const char *text)
{
	struct arena *arena = arena_new();

	(void)fprintf(stderr, "%s: %s\n", kind,
	    is_sudoer() ? cure_with_sudo(text, arena) : text);
	arena_free(arena);
}

static void
print_error(void *cookie, const char *text)
{
	(void)cookie;
	print_line("error", text);
}

static void
print_warning(void *cookie, const char *text)
{
	(void)cookie;
	print_line("warning", text);
}

static void
log_config_error(void *cookie, const char *text)
{
	log_error(cookie, "config", LOG_TEXT("text", text));
}

static void
log_config_warning(void *cookie, const char *text)
{
	log_warning(cookie, "config", LOG_TEXT("text", text));
}

/* Whether the resolver and the socket could be opened as ${config} says: NULL,
 * or what is wrong with its cure. */
static const char *
check_opening(struct config *config, struct arena *arena)
{
	const char *error = listen_check(&config->settings, arena);

	if (error == NULL)
		error = listen_check_metrics(&config->settings, arena);
	if (error != NULL)
		return (error);
	struct log *log = log_new(PROGRAM);
	struct service *service =
	    service_new(config_ref(config), log, &clock_system, arena, &error);

	service_free(service);
	log_free(log);
	return (error);
}

/* Read all that a start reads, as the user that does. */
static int
check_whole(const char *path, struct config_reader *reader, struct arena *arena)
{
	struct postfix postfix;
	bool has_postfix = postfix_read(arena, &postfix);

	reader->mail_domain = has_postfix ? postfix.mydomain : NULL;
	struct config *config = config_load(path, reader);

	if (config == NULL)
		return (EX_CONFIG);
	const char *error = check_opening(config, config->arena);

	if (error != NULL)
		print_error(NULL, error);
	else
		(void)printf("%s: no errors; signs with %zu keys\n", path,
		    check_report_keys(config));
	if (error == NULL && config->opendkim_summary != NULL)
		(void)printf("%s\n", config->opendkim_summary);
	if (error == NULL)
		check_report_print(
		    stdout, config, has_postfix ? &postfix : NULL, is_sudoer());
	config_free(config);
	return (error == NULL ? EX_OK : EX_CONFIG);
}

static int
check_here(const char *path, struct config_reader *reader)
{
	struct arena *arena = arena_new();
	int status = check_whole(path, reader, arena);

	arena_free(arena);
	return (status);
}

/* In a child of root: check as ${user}, and never come back.  What the parent
 * has still to write is his. */
_Noreturn static void
check_as(const char *user, const char *path, struct config_reader *reader)
{
	struct arena *arena = arena_new();
	const char *error = privileges_drop(user, arena);
	int status = EX_CONFIG;

	if (error != NULL)
		print_error(NULL, error);
	else
		status = check_whole(path, reader, arena);
	arena_free(arena);
	(void)fflush(stdout);
	_exit(status);
}

/* Root can read what the milter cannot: only a process of its user knows. */
static int
check(const char *path, const char *user, struct config_reader *reader)
{
	int status = 0;

	reader->without_keys = false;
	reader->key_owner = key_owner_of(user);
	if (!reader->from_root)
		return (check_here(path, reader));
	(void)fflush(NULL);
	pid_t child = fork();

	if (child == 0)
		check_as(user, path, reader);
	if (child > 0 && waitpid(child, &status, 0) == child &&
	    WIFEXITED(status))
		return (WEXITSTATUS(status));
	print_error(NULL, "the process that checks did not end well");
	return (EX_OSERR);
}

/* Errors on a terminal are for people: -t and -P do not log. */
static int
inspect(const struct arguments *arguments)
{
	bool only_print = arguments->command == COMMAND_PRINT;
	bool is_root = geteuid() == 0;
	struct config_reader reader = { .error = print_error,
		.warning = print_warning,
		.without_keys = true,
		.absent_keys = is_root && !only_print ? hash_new() : NULL,
		.to_serve = !only_print,
		.from_root = is_root };
	struct config *config = config_load(arguments->path, &reader);
	int status = EX_OK;

	if (config == NULL)
		status = EX_CONFIG;
	else if (only_print)
		config_print(config, stdout);
	else
		status = check(arguments->path, config->settings.user, &reader);
	hash_free(reader.absent_keys);
	config_free(config);
	return (status);
}

static int
fail(struct log *log, int status, const char *reason)
{
	log_error(log, "start_failed", LOG_TEXT("reason", reason));
	log_free(log);
	return (status);
}

/* Become the user of the configuration at ${path}, which is read as root; keys
 * are read later, as the user that reloads will read them. */
static const char *
become_user(const char *path, struct log *log, struct config_reader *reader,
    struct arena *arena)
{
	struct config *config = config_load(path, reader);

	if (config == NULL)
		return ("the configuration is wrong");
	const struct config_settings *settings = &config->settings;

	log_set(log, (enum log_sink)settings->log_to,
	    (enum log_format)settings->log_format,
	    (enum log_level)settings->log_level);
	/* Others than root stay who they are. */
	reader->key_owner =
	    key_owner_of(reader->from_root ? settings->user : NULL);
	reader->without_keys = false;

	const char *error = privileges_drop(settings->user, arena);

	config_free(config);
	return (error);
}

/* Start the service and its socket; NULL with the reason in ${error}. */
static struct service *
open_service(struct config *config, struct log *log, struct arena *arena,
    const char **error)
{
	struct service *service =
	    service_new(config_ref(config), log, &clock_system, arena, error);

	if (service == NULL)
		return (NULL);
	*error = hooks_register(service) == 0
	             ? listen_open(&config->settings, arena)
	             : "libmilter refuses the filter";
	if (*error == NULL)
		return (service);
	service_free(service);
	return (NULL);
}

/* Serve as ${config} says, until a signal ends it. */
static int
run(struct config *config, struct control *control, struct arena *arena)
{
	const char *error;

	control->started = config;
	control->service = open_service(config, control->log, arena, &error);
	if (control->service == NULL)
		return (fail(control->log, EX_UNAVAILABLE, error));
	control->monitor = monitor_new(control->service);
	monitor_follow(control->monitor, &config->settings);
	int status = control_run(control);

	monitor_free(control->monitor);
	return (status);
}

static int
serve(const char *path, struct log *log, struct arena *arena)
{
	struct config_reader reader = { .error = log_config_error,
		.warning = log_config_warning,
		.cookie = log,
		.without_keys = true,
		.to_serve = true,
		.from_root = geteuid() == 0 };
	const char *error = become_user(path, log, &reader, arena);

	if (error != NULL)
		return (fail(log, EX_CONFIG, error));
	struct config *config = config_load(path, &reader);

	if (config == NULL)
		return (fail(log, EX_CONFIG, "the configuration is wrong"));
	struct control control = {
		.log = log, .path = path, .reader = &reader
	};
	int status = run(config, &control, arena);

	config_free(config);
	return (status);
}

/* What lives as long as the process is left to its end: libmilter's idle
 * threads cannot be joined. */
int
main(int argc, char *argv[])
{
	struct arguments arguments = read_arguments(argc, argv);

	switch (arguments.command) {
	case COMMAND_CHECK:
	case COMMAND_PRINT:
		return (inspect(&arguments));
	case COMMAND_NAMES:
		conf_names(stdout, config_options);
		return (EX_OK);
	case COMMAND_SERVE:
		break;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	privileges_raise_files();
	dkim_prepare();

	struct arena *arena = arena_new();
	int status = serve(arguments.path, log_new(PROGRAM), arena);

	arena_free(arena);
	return (status);
}
