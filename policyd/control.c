#include "control.h"

#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "daemon/supervisor.h"
#include "meter.h"

/* What writing everything to the disk may take at the end, in seconds. */
#define FLUSH_SECONDS INT64_C(30)

static const int signals[] = { SIGTERM, SIGINT, SIGUSR1, SIGHUP };

#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))

struct run {
	const struct control *control;
	struct event *events[SIGNAL_COUNT];
	struct event *tick;
	struct event *drain;
	int64_t deadline;    /* of the replies, clock_monotonic_ms() */
	int64_t watchdog_ms; /* between two signs of life; 0: none wanted */
	int64_t last_sign;   /* clock_monotonic_ms() */
	uint64_t left;       /* without reply at the end */
	bool stopping;
};

int64_t
control_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static void
follow(const struct control *control, struct config *loaded)
{
	const char *options = config_restart_needed(control->started, loaded);

	if (options != NULL)
		log_warning(control->log, "restart_needed",
		    LOG_TEXT("options", options));
	log_set_level(control->log, (enum log_level)loaded->settings.log_level);
	metrics_monitor_follow(control->monitor, loaded->settings.metrics);
	engine_follow(control->engine, loaded);
	log_info(control->log, "reloaded");
}

static void
reload(const struct control *control)
{
	supervisor_reloading();
	struct config *loaded = config_load(control->path, control->reader);

	meter_reload(engine_meter(control->engine), loaded != NULL);
	if (loaded != NULL)
		follow(control, loaded);
	else
		log_error(control->log, "reload_failed",
		    LOG_TEXT("kept", "the configuration in force"));
	supervisor_ready();
}

/* Whoever is still connected waits for a reply, or for the rest of one. */
static uint64_t
count_waiting(const struct control *control)
{
	struct serve_load load;

	serve_load(control->serve, &load);
	return (load.connections);
}

static void
on_drain(int fd, short what, void *cookie)
{
	struct run *run = cookie;

	(void)fd;
	(void)what;
	run->left = count_waiting(run->control);
	if (run->left == 0 || clock_monotonic_ms() >= run->deadline)
		(void)event_base_loopbreak(run->control->base);
}

static void
stop(struct run *run)
{
	static const struct timeval often = { .tv_usec = 10000 };
	const struct control *control = run->control;
	int64_t patience =
	    engine_config(control->engine)->settings.drain_timeout;

	if (run->stopping)
		return;
	run->stopping = true;
	supervisor_stopping(patience + FLUSH_SECONDS);
	log_info(control->log, "stopping");
	serve_stop(control->serve);
	run->deadline = clock_monotonic_ms() + patience * 1000;
	(void)event_add(run->drain, &often);
	on_drain(-1, 0, run);
}

static void
on_signal(int number, short what, void *cookie)
{
	struct run *run = cookie;

	(void)what;
	if (number == SIGTERM || number == SIGINT)
		stop(run);
	else if (!run->stopping)
		reload(run->control);
}

static void
give_sign(struct run *run)
{
	int64_t now = clock_monotonic_ms();

	if (run->watchdog_ms == 0 || now - run->last_sign < run->watchdog_ms)
		return;
	run->last_sign = now;
	supervisor_alive();
}

static void
on_tick(int fd, short what, void *cookie)
{
	struct run *run = cookie;
	const struct control *control = run->control;

	(void)fd;
	(void)what;
	engine_tick(control->engine, control_now());
	meter_snapshot(
	    engine_meter(control->engine), control->engine, control->serve);
	give_sign(run);
}

static bool
start_events(struct run *run)
{
	static const struct timeval tick = { .tv_usec =
						 CONTROL_TICK_MS * 1000L };
	struct event_base *base = run->control->base;
	bool started = true;

	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		run->events[i] = evsignal_new(base, signals[i], on_signal, run);
		started = run->events[i] != NULL &&
		          event_add(run->events[i], NULL) == 0 && started;
	}
	run->tick = event_new(base, -1, EV_PERSIST, on_tick, run);
	run->drain = event_new(base, -1, EV_PERSIST, on_drain, run);
	return (started && run->drain != NULL && run->tick != NULL &&
		event_add(run->tick, &tick) == 0);
}

static void
free_events(struct run *run)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		if (run->events[i] != NULL)
			event_free(run->events[i]);
	if (run->tick != NULL)
		event_free(run->tick);
	if (run->drain != NULL)
		event_free(run->drain);
}

static int
end(const struct run *run)
{
	if (!run->stopping) {
		log_error(run->control->log, "stopped",
		    LOG_TEXT("reason", "the event loop failed"));
		return (EX_OSERR);
	}
	if (run->left == 0)
		return (EX_OK);
	log_warning(run->control->log, "replies_dropped",
	    LOG_NUMBER("count", run->left),
	    LOG_TEXT("reason", "drain_timeout is over"));
	return (EX_TEMPFAIL);
}

int
control_run(const struct control *control)
{
	struct run run = { .control = control,
		.watchdog_ms = supervisor_interval_ms() };
	int status = EX_OSERR;

	if (start_events(&run)) {
		supervisor_ready();
		log_info(control->log, "started",
		    LOG_TEXT("version", MAILREEVE_VERSION));
		(void)event_base_dispatch(control->base);
		status = end(&run);
	} else {
		log_error(control->log, "start_failed",
		    LOG_TEXT("reason", "no events"));
	}
	free_events(&run);
	return (status);
}
