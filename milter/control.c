#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "daemon/supervisor.h"
#include "listen.h"
#include "meter.h"
#include <libmilter/mfapi.h>

/* What main's thread reads from the pipe, besides signal numbers. */
#define LISTENER_ENDED 0

/* The longest wait for connections to end, when no message is in hand. */
#define SETTLE_SECONDS INT64_C(5)

/* A signal handler has nothing but globals: the pipe to main's thread, opened
 * once before there are handlers and threads. */
static int wake_pipe[2] = { -1, -1 };

static void
wake(int what)
{
	unsigned char byte = (unsigned char)what;
	int saved = errno;

	(void)!write(wake_pipe[1], &byte, 1);
	errno = saved;
}

/* libmilter starts a thread that waits for TERM, HUP and INT and drops the
 * messages in hand when one comes.  The program's definition comes before the C
 * library's, for libmilter, too, and here its thread waits in vain: signals are
 * ours, and only this file's handlers see them. */
int
sigwait(const sigset_t *set, int *number)
{
	(void)set;
	(void)number;
	for (;;)
		(void)pause();
}

/* Only the first thread has them unblocked. */
static void
catch_signals(void)
{
	static const int caught[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	struct sigaction action = { .sa_handler = wake,
		.sa_flags = SA_RESTART };
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		(void)sigaction(caught[i], &action, NULL);
		(void)sigaddset(&set, caught[i]);
	}
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void *
run_libmilter(void *unused)
{
	(void)unused;
	(void)smfi_main();
	wake(LISTENER_ENDED);
	return (NULL);
}

static int
start_libmilter(void)
{
	pthread_t thread;
	sigset_t all;
	sigset_t old;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	int failed = pthread_create(&thread, NULL, run_libmilter, NULL);

	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (failed == 0)
		(void)pthread_detach(thread);
	return (failed == 0 ? 0 : -1);
}

static void
reload(const struct control *control)
{
	supervisor_reloading();
	struct config *loaded = config_load(control->path, control->reader);

	meter_reload(service_meter(control->service), loaded != NULL);
	if (loaded == NULL) {
		log_error(control->log, "reload_failed",
		    LOG_TEXT("kept", "the configuration in force"));
	} else {
		const char *options =
		    config_restart_needed(control->started, loaded);

		if (options != NULL)
			log_warning(control->log, "restart_needed",
			    LOG_TEXT("options", options));
		log_set_level(
		    control->log, (enum log_level)loaded->settings.log_level);
		metrics_monitor_follow(
		    control->monitor, loaded->settings.metrics);
		service_replace(control->service, loaded);
		log_info(control->log, "reloaded");
	}
	supervisor_ready();
}

static int
stop(const struct control *control)
{
	struct config *config = service_config(control->service);
	const struct config_settings *settings = &config->settings;

	supervisor_stopping(settings->drain_timeout + 2 * SETTLE_SECONDS);
	log_info(control->log, "stopping");
	/* A reload may name another socket; ours is the first one. */
	listen_close(&control->started->settings);
	unsigned int left =
	    service_drain(control->service, settings->drain_timeout);

	/* The last callback of a message comes before libmilter writes the
	 * reply; only a closed connection tells that it is on its way. */
	listen_hang_up(&control->started->settings);
	service_settle(control->service, SETTLE_SECONDS);
	if (left > 0)
		log_warning(control->log, "stopped",
		    LOG_NUMBER("messages_dropped", left),
		    LOG_TEXT("reason", "drain_timeout is over"));
	else
		log_info(control->log, "stopped");
	config_free(config);
	return (left > 0 ? EX_TEMPFAIL : EX_OK);
}

/* Wait for a byte in the pipe; poll() is where signals find this thread. */
static int
next_event(void)
{
	struct pollfd pipe_end = { .fd = wake_pipe[0], .events = POLLIN };
	unsigned char what;

	while (poll(&pipe_end, 1, -1) < 0 && errno == EINTR)
		;
	return (read(wake_pipe[0], &what, 1) == 1 ? what : LISTENER_ENDED);
}

int
control_run(const struct control *control)
{
	bool ready = pipe2(wake_pipe, O_CLOEXEC) == 0;

	if (ready)
		catch_signals();
	if (!ready || start_libmilter() != 0) {
		log_error(control->log, "start_failed",
		    LOG_TEXT("reason", strerror(errno)));
		return (EX_OSERR);
	}
	supervisor_ready();
	log_info(
	    control->log, "started", LOG_TEXT("version", MAILREEVE_VERSION));
	for (int what; (what = next_event()) != LISTENER_ENDED;) {
		if (what != SIGUSR1 && what != SIGHUP)
			return (stop(control));
		reload(control);
	}
	log_error(control->log, "listener_failed",
	    LOG_TEXT("reason", "libmilter gave up; see its lines in syslog"));
	return (EX_OSERR);
}
