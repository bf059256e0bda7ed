/*
 * mailreeve-policyd: answer Postfix's policy questions.
 */
#include <event2/event.h>
#include <libgen.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "config.h"
#include "console.h"
#include "control.h"
#include "daemon/arguments.h"
#include "daemon/complain.h"
#include "daemon/endpoint.h"
#include "daemon/inspect.h"
#include "daemon/privileges.h"
#include "engine.h"
#include "listener.h"
#include "meter.h"
#include "serve.h"
#include "store/store.h"

#define PROGRAM "mailreeve-policyd"

/* The value of `state' with which nothing is kept. */
#define NO_STATE "none"

/* Larger blocks, such as those of tables and of what waits for the store, go
 * back to the system when they are freed, and leave no holes that others are
 * too large for: of 100,000 users, 7 MB of 34. */
#define BLOCK_BYTES (60 * 1024)

static bool
has_store(const struct config_settings *settings)
{
	return (strcmp(settings->state, NO_STATE) != 0);
}

/* systemd makes our socket for us, also where we could not: it is there. */
static bool
is_made_for_us(const char *where, struct arena *arena)
{
	struct endpoint endpoint;
	struct stat status;

	if (endpoint_parse(where, arena, &endpoint) != NULL ||
	    endpoint.path == NULL || lstat(endpoint.path, &status) != 0)
		return (false);
	return (S_ISSOCK(status.st_mode) && status.st_uid == geteuid() &&
		access(dirname(arena_strdup(arena, endpoint.path)), W_OK) != 0);
}

/* Whether the sockets could be opened: NULL, or what is wrong. */
static const char *
check_sockets(const struct config_settings *settings, struct arena *arena)
{
	const char *error = NULL;

	for (size_t i = 0; i < settings->sockets.count && error == NULL; i++) {
		struct socket_place place =
		    listener_place(settings->sockets.items[i],
			settings->socket_group, settings->user);

		if (!is_made_for_us(place.where, arena))
			error = socket_check(&place, arena);
	}
	if (error != NULL || settings->metrics == NULL)
		return (error);
	struct socket_place metrics = listener_place(
	    settings->metrics, settings->socket_group, settings->user);

	metrics.option = "metrics";
	return (socket_check(&metrics, arena));
}

/* Without its file the daemon goes on from memory: that is no error, but
 * nobody wants it. */
static void
check_store(const struct config_settings *settings, struct arena *arena)
{
	const char *folder = dirname(arena_strdup(arena, settings->state));
	const char *error = NULL;

	if (!has_store(settings))
		return;
	if (access(settings->state, F_OK) == 0)
		store_close(store_open(settings->state, arena, &error));
	else if (access(folder, W_OK | X_OK) != 0)
		error = arena_printf(arena,
		    "cannot make a file in %s, so nothing would be kept; make "
		    "it with: install -d -o %s -m 0750 %s",
		    folder, settings->user, folder);
	if (error != NULL)
		complain_print_warning(
		    NULL, arena_printf(arena, "state: %s", error));
}

struct check {
	const char *path;
	const struct config_reader *reader;
};

/* Read all that a start reads, as the user that does. */
static int
check_whole(void *cookie)
{
	const struct check *check = cookie;
	struct config *config = config_load(check->path, check->reader);

	if (config == NULL)
		return (EX_CONFIG);
	const char *error = check_sockets(&config->settings, config->arena);

	if (error != NULL) {
		complain_print_error(NULL, error);
	} else {
		check_store(&config->settings, config->arena);
		(void)printf("%s: no errors; %zu limits, %zu DNS lists\n",
		    check->path, config->accounting.limit_count,
		    config->list_count);
	}
	config_free(config);
	return (error == NULL ? EX_OK : EX_CONFIG);
}

/* Errors on a terminal are for people: -t and -P do not log. */
static int
inspect(const struct arguments *arguments)
{
	bool only_print = arguments->command == ARGUMENTS_PRINT;
	const struct config_reader reader = { .error = complain_print_error,
		.warning = complain_print_warning,
		.to_serve = !only_print,
		.from_root = geteuid() == 0 };
	struct check check = { .path = arguments->path, .reader = &reader };
	struct config *config = config_load(arguments->path, &reader);
	int status = EX_OK;

	if (config == NULL)
		return (EX_CONFIG);
	if (only_print)
		config_print(config, stdout);
	else
		status = inspect_as(config->settings.user, check_whole, &check);
	config_free(config);
	return (status);
}

static int
fail(const struct log *log, int status, const char *reason)
{
	log_error(log, "start_failed", LOG_TEXT("reason", reason));
	return (status);
}

/* Become the user of the configuration at ${path}, which is read as root, and
 * again as the user that reloads will be. */
static const char *
become_user(const char *path, struct log *log,
    const struct config_reader *reader, struct arena *arena)
{
	struct config *config = config_load(path, reader);

	if (config == NULL)
		return ("the configuration is wrong");
	const struct config_settings *settings = &config->settings;

	log_set(log, (enum log_sink)settings->log_to,
	    (enum log_format)settings->log_format,
	    (enum log_level)settings->log_level);
	const char *error = privileges_drop(settings->user, arena);

	config_free(config);
	return (error);
}

/* What cannot be kept is no reason to stop mail. */
static struct store *
open_store(const struct config_settings *settings, const struct log *log,
    struct arena *arena)
{
	const char *error = NULL;

	if (!has_store(settings))
		return (NULL);
	struct store *store = store_open(settings->state, arena, &error);

	if (store == NULL)
		log_error(log, "store_failed", LOG_TEXT("reason", error),
		    LOG_TEXT("kept", "in memory only"));
	return (store);
}

static struct engine *
open_engine(struct config *config, struct event_base *base,
    const struct log *log, struct arena *arena, const char **error)
{
	const struct engine_options options = { .config = config_ref(config),
		.base = base,
		.log = log,
		.store = open_store(&config->settings, log, arena),
		.now = control_now() };

	return (engine_new(&options, arena, error));
}

static struct serve *
open_sockets(const struct config_settings *settings, struct event_base *base,
    struct engine *engine, const struct log *log, struct arena *arena,
    const char **error)
{
	const struct serve_options options = { .sockets = &settings->sockets,
		.socket_group = settings->socket_group,
		.user = settings->user,
		.max_connections = settings->max_connections,
		.idle_s = settings->idle_timeout,
		.log = log };

	return (serve_new(base, &options, engine, arena, error));
}

/* Called in the thread of the page's server. */
static void
print_page(void *cookie, struct buf *page)
{
	meter_print(cookie, page);
}

static struct metrics_monitor *
monitor_new(const struct control *control)
{
	const struct metrics_monitor_options options = { .page = print_page,
		.cookie = engine_meter(control->engine),
		.log = control->log,
		.started = clock_now(&clock_system) };

	return (metrics_monitor_new(&options));
}

/* Serve as ${config} says, until a signal ends it. */
static int
run(struct config *config, struct control *control, struct arena *arena)
{
	const struct config_settings *settings = &config->settings;
	struct console *console = NULL;
	const char *error = NULL;
	int status = EX_UNAVAILABLE;

	control->started = config;
	control->engine =
	    open_engine(config, control->base, control->log, arena, &error);
	if (control->engine != NULL)
		control->serve = open_sockets(settings, control->base,
		    control->engine, control->log, arena, &error);
	if (control->serve != NULL)
		console = console_new(control->base, settings->control_socket,
		    control->engine, control->serve, control->log, arena,
		    &error);
	if (console != NULL) {
		control->monitor = monitor_new(control);
		metrics_monitor_follow(control->monitor, settings->metrics);
		status = control_run(control);
	} else {
		(void)fail(control->log, status, error);
	}
	metrics_monitor_free(control->monitor);
	console_free(console);
	serve_free(control->serve);
	engine_free(control->engine);
	return (status);
}

static int
serve(const char *path, struct log *log, struct arena *arena)
{
	const struct config_reader reader = { .error = complain_log_error,
		.warning = complain_log_warning,
		.cookie = log,
		.to_serve = true,
		.from_root = geteuid() == 0 };
	const char *error = become_user(path, log, &reader, arena);

	if (error != NULL)
		return (fail(log, EX_CONFIG, error));
	struct config *config = config_load(path, &reader);

	if (config == NULL)
		return (fail(log, EX_CONFIG, "the configuration is wrong"));
	struct control control = { .base = event_base_new(),
		.log = log,
		.path = path,
		.reader = &reader };
	int status = control.base == NULL
	                 ? fail(log, EX_OSERR, "there is no event loop")
	                 : run(config, &control, arena);

	if (control.base != NULL)
		event_base_free(control.base);
	config_free(config);
	if (status == EX_OK)
		log_info(log, "stopped");
	return (status);
}

int
main(int argc, char *argv[])
{
	static const struct arguments_program program = { .name = PROGRAM,
		.config_file = CONFIG_FILE,
		.checks = "the configuration" };
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
	(void)mallopt(M_MMAP_THRESHOLD, BLOCK_BYTES);
	privileges_raise_files();

	struct arena *arena = arena_new();
	struct log *log = log_new(PROGRAM);
	int status = serve(arguments.path, log, arena);

	log_free(log);
	arena_free(arena);
	return (status);
}
