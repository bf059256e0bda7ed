/*
 * mailreeve-quotad: keep the ledger of quotas.
 */
#include <event2/event.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "absence.h"
#include "base/clock.h"
#include "config.h"
#include "control.h"
#include "daemon/arguments.h"
#include "daemon/complain.h"
#include "daemon/inspect.h"
#include "daemon/privileges.h"
#include "observe.h"

#define PROGRAM "mailreeve-quotad"

struct check {
	const char *path;
	const struct config_reader *reader;
};

/* Whether the ledger's folder is there for the user that serves. */
static const char *
check_store(const struct config *config)
{
	const struct config_settings *settings = &config->settings;
	const char *folder =
	    dirname(arena_strdup(config->arena, settings->store));

	if (settings->store[0] != '/' || access(folder, W_OK | X_OK) == 0)
		return (NULL);
	return (arena_printf(config->arena,
	    "store: cannot make a file in %s; make it with: install -d -o %s "
	    "-m 0750 %s",
	    folder, settings->user, folder));
}

/* Read all that a start reads, as the user that does. */
static int
check_whole(void *cookie)
{
	const struct check *check = cookie;
	struct config *config = config_load(check->path, check->reader);
	const char *error;

	if (config == NULL)
		return (EX_CONFIG);
	error = check_store(config);
	if (error != NULL)
		complain_print_error(NULL, error);
	else
		(void)printf("%s: no errors; %zu sections of limits\n",
		    check->path, config->limit_count);
	config_free(config);
	return (error == NULL ? EX_OK : EX_CONFIG);
}

/* Errors on a terminal are for people: -t and -P do not log. */
static int
inspect(const struct arguments *arguments)
{
	const struct config_reader reader = { .error = complain_print_error,
		.warning = complain_print_warning };
	struct check check = { arguments->path, &reader };
	struct config *config = config_load(arguments->path, &reader);
	int status = EX_OK;

	if (config == NULL)
		return (EX_CONFIG);
	if (arguments->command == ARGUMENTS_PRINT)
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

/* Called in the thread of the page's server. */
static void
print_page(void *cookie, struct buf *page)
{
	meter_print(cookie, page);
}

static struct metrics_monitor *
monitor_new(struct meter *meter, const struct log *log)
{
	const struct metrics_monitor_options options = { .page = print_page,
		.cookie = meter,
		.log = log,
		.started = clock_now(&clock_system) };

	return (metrics_monitor_new(&options));
}

/* Serve from ${store}, until a signal ends it. */
static int
serve_from(struct control *control, struct store *store, struct meter *meter,
    struct arena *arena)
{
	struct observe observe = { .log = control->log };
	const struct ledger_options ledger = { .store = store,
		.config = control->config,
		.clock = &clock_system,
		.log = control->log,
		.meter = meter,
		.changed = observe_change,
		.cookie = &observe };
	const struct serve_options options = { .base = control->base,
		.config = control->config,
		.store = store,
		.meter = meter,
		.log = control->log };
	struct serve_options with = options;
	const char *error;
	int status = EX_UNAVAILABLE;

	control->ledger = ledger_new(&ledger);
	with.ledger = control->ledger;
	control->warn = warn_new(control->config, control->log, meter);
	control->serve = serve_new(&with, arena, &error);
	observe.warn = control->warn;
	observe.serve = control->serve;
	if (control->serve != NULL) {
		/* What was done without us is found by counting. */
		if (absence_was_noticed())
			(void)store_mark(store);
		(void)store_flush(store);
		control->monitor = monitor_new(meter, control->log);
		metrics_monitor_follow(
		    control->monitor, control->config->settings.metrics);
		status = control_run(control);
	} else {
		(void)fail(control->log, status, error);
	}
	metrics_monitor_free(control->monitor);
	serve_free(control->serve);
	warn_free(control->warn);
	ledger_free(control->ledger);
	return (status);
}

static int
run(struct control *control, struct arena *arena)
{
	const struct config_settings *settings = &control->config->settings;
	const struct store_options options = { .where = settings->store,
		.password_file = settings->store_password_file,
		.timeout_ms = settings->store_timeout,
		.log = control->log };
	const char *error = NULL;
	struct store *store = store_open(&options, arena, &error);
	struct meter *meter;
	int status;

	if (store == NULL)
		return (fail(control->log, EX_UNAVAILABLE, error));
	meter = meter_new();
	status = serve_from(control, store, meter, arena);
	store_close(store);
	if (status == EX_OK)
		absence_begins();
	meter_free(meter);
	return (status);
}

static const char *
become_user(const struct config *config, struct log *log, struct arena *arena)
{
	const struct config_settings *settings = &config->settings;

	log_set(log, (enum log_sink)settings->log_to,
	    (enum log_format)settings->log_format,
	    (enum log_level)settings->log_level);
	return (privileges_drop(settings->user, arena));
}

static int
serve(const char *path, struct log *log, struct arena *arena)
{
	const struct config_reader reader = { .error = complain_log_error,
		.warning = complain_log_warning,
		.cookie = log };
	struct config *config = config_load(path, &reader);
	struct control control = { .path = path,
		.reader = &reader,
		.log = log,
		.config = config,
		.started = config };
	const char *error;
	int status;

	if (config == NULL)
		return (fail(log, EX_CONFIG, "the configuration is wrong"));
	error = become_user(config, log, arena);
	control.base = event_base_new();
	if (error != NULL)
		status = fail(log, EX_CONFIG, error);
	else if (control.base == NULL)
		status = fail(log, EX_OSERR, "there is no event loop");
	else
		status = run(&control, arena);
	if (control.base != NULL)
		event_base_free(control.base);
	if (control.config != config)
		config_free(control.config);
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
	privileges_raise_files();

	struct arena *arena = arena_new();
	struct log *log = log_new(PROGRAM);
	int status = serve(arguments.path, log, arena);

	log_free(log);
	arena_free(arena);
	return (status);
}
