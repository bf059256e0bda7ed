/*
 * mailreeve-milter: sign and verify mail for Postfix.
 */
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/hash.h"
#include "check_report.h"
#include "config.h"
#include "control.h"
#include "daemon/arguments.h"
#include "daemon/complain.h"
#include "daemon/inspect.h"
#include "daemon/privileges.h"
#include "hooks.h"
#include "listen.h"
#include "monitor.h"
#include "service.h"

#define PROGRAM "mailreeve-milter"

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

struct check {
	const char *path;
	struct config_reader *reader;
	struct arena *arena;
};

/* Read all that a start reads, as the user that does. */
static int
check_whole(void *cookie)
{
	const struct check *check = cookie;
	struct postfix postfix;
	bool has_postfix = postfix_read(check->arena, &postfix);

	check->reader->mail_domain = has_postfix ? postfix.mydomain : NULL;
	struct config *config = config_load(check->path, check->reader);

	if (config == NULL)
		return (EX_CONFIG);
	const char *error = check_opening(config, config->arena);

	if (error != NULL)
		complain_print_error(NULL, error);
	else
		(void)printf("%s: no errors; signs with %zu keys\n",
		    check->path, check_report_keys(config));
	if (error == NULL && config->opendkim_summary != NULL)
		(void)printf("%s\n", config->opendkim_summary);
	if (error == NULL)
		check_report_print(stdout, config,
		    has_postfix ? &postfix : NULL, complain_is_sudoer());
	config_free(config);
	return (error == NULL ? EX_OK : EX_CONFIG);
}

/* Check as ${user}, whose keys they are. */
static int
check_as(const char *user, const char *path, struct config_reader *reader)
{
	struct check check = {
		.path = path, .reader = reader, .arena = arena_new()
	};

	reader->without_keys = false;
	reader->key_owner = key_owner_of(user);
	int status = inspect_as(user, check_whole, &check);

	arena_free(check.arena);
	return (status);
}

/* Errors on a terminal are for people: -t and -P do not log. */
static int
inspect(const struct arguments *arguments)
{
	bool only_print = arguments->command == ARGUMENTS_PRINT;
	bool is_root = geteuid() == 0;
	struct config_reader reader = { .error = complain_print_error,
		.warning = complain_print_warning,
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
		status =
		    check_as(config->settings.user, arguments->path, &reader);
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
	metrics_monitor_follow(control->monitor, config->settings.metrics);
	int status = control_run(control);

	metrics_monitor_free(control->monitor);
	return (status);
}

static int
serve(const char *path, struct log *log, struct arena *arena)
{
	struct config_reader reader = { .error = complain_log_error,
		.warning = complain_log_warning,
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
	static const struct arguments_program program = { .name = PROGRAM,
		.config_file = CONFIG_FILE,
		.checks = "the configuration and its keys" };
	struct arguments arguments = arguments_read(&program, argc, argv);

	switch (arguments.command) {
	case ARGUMENTS_CHECK:
	case ARGUMENTS_PRINT:
		return (inspect(&arguments));
	case ARGUMENTS_NAMES:
		conf_names(stdout, config_options);
		return (EX_OK);
	case ARGUMENTS_SERVE:
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
