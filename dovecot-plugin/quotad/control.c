#include "control.h"

#include <signal.h>
#include <sysexits.h>

#include "base/clock.h"
#include "daemon/supervisor.h"

static const int signals[] = { SIGTERM, SIGINT, SIGUSR1, SIGHUP };

#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))

struct run {
	struct control *control;
	struct event *events[SIGNAL_COUNT];
	struct event *tick;
	int64_t watchdog_ms; /* between two signs of life; 0: none wanted */
	int64_t last_sign;
	bool stopping;
};

static void
follow(struct control *control, struct config *loaded)
{
	const char *options = config_restart_needed(control->started, loaded);
	struct config *old = control->config;

	if (options != NULL)
		log_warning(control->log, "restart_needed",
		    LOG_TEXT("options", options));
	log_set_level(control->log, (enum log_level)loaded->settings.log_level);
	metrics_monitor_follow(control->monitor, loaded->settings.metrics);
	ledger_configure(control->ledger, loaded);
	serve_configure(control->serve, loaded);
	warn_configure(control->warn, loaded);
	control->config = loaded;
	if (old != control->started)
		config_free(old);
	log_info(control->log, "reloaded");
}

static void
reload(struct control *control)
{
	supervisor_reloading();
	struct config *loaded = config_load(control->path, control->reader);

	if (loaded != NULL)
		follow(control, loaded);
	else
		log_error(control->log, "reload_failed",
		    LOG_TEXT("kept", "the configuration in force"));
	supervisor_ready();
}

static void
on_signal(int number, short what, void *cookie)
{
	struct run *run = cookie;

	(void)what;
	if (number == SIGTERM || number == SIGINT)
		run->stopping = true;
	else
		reload(run->control);
}

static void
on_tick(int fd, short what, void *cookie)
{
	struct run *run = cookie;
	int64_t now = clock_monotonic_ms();

	(void)fd;
	(void)what;
	serve_tick(run->control->serve, now);
	if (run->watchdog_ms == 0 || now - run->last_sign < run->watchdog_ms)
		return;
	run->last_sign = now;
	supervisor_alive();
}

static bool
start_events(struct run *run)
{
	static const struct timeval tick = { .tv_sec = 1 };
	struct event_base *base = run->control->base;
	bool started = true;

	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		run->events[i] = evsignal_new(base, signals[i], on_signal, run);
		started = run->events[i] != NULL &&
		          event_add(run->events[i], NULL) == 0 && started;
	}
	run->tick = event_new(base, -1, EV_PERSIST, on_tick, run);
	return (
	    started && run->tick != NULL && event_add(run->tick, &tick) == 0);
}

static void
free_events(struct run *run)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		if (run->events[i] != NULL)
			event_free(run->events[i]);
	if (run->tick != NULL)
		event_free(run->tick);
}

int
control_run(struct control *control)
{
	struct run run = { .control = control,
		.watchdog_ms = supervisor_interval_ms() };
	int status = EX_OSERR;

	if (start_events(&run)) {
		supervisor_ready();
		log_info(control->log, "started",
		    LOG_TEXT("version", MAILREEVE_VERSION));
		status = EX_OK;
		while (!run.stopping && status == EX_OK) {
			if (event_base_loop(control->base, EVLOOP_ONCE) < 0)
				status = EX_OSERR;
			serve_turn(control->serve);
		}
		supervisor_stopping(1);
		log_info(control->log, "stopping");
	} else {
		log_error(control->log, "start_failed",
		    LOG_TEXT("reason", "no events"));
	}
	free_events(&run);
	return (status);
}
