/*
 * daemon.h: one of our programs, run for a test with a configuration of its own
 * in a temporary folder.  When root runs the test, a copy of the program runs
 * as nobody: our daemons never run as root, and the leak checker of a process
 * that changed its user cannot look at it.
 */
#ifndef SUPPORT_DAEMON_H
#define SUPPORT_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/compat.h"
#include "base/span.h"

/* How long it may take to start and to stop; sanitizers are slow. */
#define DAEMON_START_MS 20000
#define DAEMON_STOP_MS 40000
/* And to reload beside as many messages as the processors can take. */
#define DAEMON_RELOAD_MS 60000

struct daemon;

/**
 * daemon_new(program, name):
 * Return a daemon that will run ${program} -f -c FILE, its files in a folder
 * that has ${name} in its name; or NULL with errno set.
 */
struct daemon *daemon_new(const char *program, const char *name);

/**
 * daemon_free(daemon):
 * Kill the process if it still runs, remove the folder, free ${daemon}.  NULL
 * is harmless.
 */
void daemon_free(struct daemon *daemon);

/**
 * daemon_user(daemon), daemon_group(daemon):
 * Return whom the program runs as.
 */
uid_t daemon_user(const struct daemon *daemon);
gid_t daemon_group(const struct daemon *daemon);

/**
 * daemon_path(daemon, name):
 * Return the path of ${name} in the folder; it lives as long as ${daemon}.
 */
const char *daemon_path(struct daemon *daemon, const char *name);

/**
 * daemon_option(daemon, line):
 * Put ${line}, "name = value", into the configuration, instead of an earlier
 * one with that name.
 */
void daemon_option(struct daemon *daemon, const char *line);

/**
 * daemon_unset(daemon, name):
 * Forget the option ${name}.
 */
void daemon_unset(struct daemon *daemon, const char *name);

/**
 * daemon_option_value(daemon, name):
 * Return what stands after "name = " in the configuration, without quotes, or
 * NULL.
 */
const char *daemon_option_value(struct daemon *daemon, const char *name);

/**
 * daemon_text(daemon, line):
 * Append ${line} to the configuration as it is, after all options.
 */
void daemon_text(struct daemon *daemon, const char *line);

/**
 * daemon_write(daemon):
 * Write the configuration.  Return -1 with daemon_error() when that fails.
 */
int daemon_write(struct daemon *daemon) COMPAT_MUST_CHECK;

/**
 * daemon_pass(daemon, fd):
 * From now on start the program with the listening socket ${fd}, as systemd
 * does (sd_listen_fds(3)); -1: with none.
 */
void daemon_pass(struct daemon *daemon, int fd);

/**
 * daemon_start(daemon):
 * Write the configuration, start the program and wait until it says that it is
 * ready (sd_notify).  Return -1 with daemon_error() when it does not.
 */
int daemon_start(struct daemon *daemon) COMPAT_MUST_CHECK;

/**
 * daemon_stop(daemon):
 * Send SIGTERM and wait.  Return 0 when the program then exits with 0, -1 with
 * daemon_error() when it did anything else; a program that does not end is
 * killed.
 */
int daemon_stop(struct daemon *daemon) COMPAT_MUST_CHECK;

/**
 * daemon_reload(daemon, number):
 * Write the configuration again, send the signal ${number}, SIGUSR1 or SIGHUP,
 * and wait until the program says that it is ready again.  Return -1 with
 * daemon_error() when it does not.
 */
int daemon_reload(struct daemon *daemon, int number) COMPAT_MUST_CHECK;

/**
 * daemon_wait(daemon, timeout_ms):
 * Wait until the program ends.  Return its exit status, 128 and the signal's
 * number, or -1 when it still runs.
 */
int daemon_wait(struct daemon *daemon, int timeout_ms);

/**
 * daemon_last_status(daemon):
 * Return what daemon_wait() last returned for a process that ended, or -1.
 */
int daemon_last_status(const struct daemon *daemon);

/**
 * daemon_is_running(daemon):
 * Say whether the process that daemon_start() made is alive.
 */
bool daemon_is_running(struct daemon *daemon);

/**
 * daemon_signal(daemon, number):
 * Send the signal ${number}.
 */
void daemon_signal(struct daemon *daemon, int number);

/**
 * daemon_rss(daemon), daemon_peak(daemon):
 * Return the resident memory of the process in kB, or 0: now; the most so far.
 */
long daemon_rss(struct daemon *daemon);
long daemon_peak(struct daemon *daemon);

/**
 * daemon_threads(daemon), daemon_files(daemon):
 * Return how many threads the process has, how many files it has open; or 0.
 */
long daemon_threads(struct daemon *daemon);
long daemon_files(struct daemon *daemon);

/**
 * daemon_log(daemon, arena):
 * Return all that the program wrote to its standard error.
 */
struct span daemon_log(struct daemon *daemon, struct arena *arena);

/**
 * daemon_logged(daemon, event, pattern, timeout_ms):
 * Say whether a line of the JSON log has the event ${event} and matches the
 * extended regular expression ${pattern} (NULL: any), waiting up to
 * ${timeout_ms} for it.
 */
bool daemon_logged(struct daemon *daemon, const char *event,
    const char *pattern, int timeout_ms);

/**
 * daemon_error(daemon):
 * Return why the last function failed.
 */
const char *daemon_error(const struct daemon *daemon);

/**
 * daemon_free_port(void):
 * Return a TCP port of 127.0.0.1 that nobody listens on, or 0.
 */
unsigned int daemon_free_port(void);

#endif
