/*
 * policyd_state.c: what survives: a crash, a broken store, a bad reload, a
 * restart under load.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "policyd.h"
#include "support/files.h"

#define USER "ann@example.org"
#define RATE 200
#define WRITTEN_MS 1500
#define RESTARTS 12
#define KILLS 3

/* Let ${count} mails of ${user} arrive. */
static int
send_many(struct policyd *policyd, const char *user, unsigned int count)
{
	struct policy_client *client = policyd_connect(policyd);

	if (client == NULL)
		return (-1);
	for (unsigned int i = 0; i < count; i++) {
		struct policyd_mail mail;

		policyd_mail(policyd, client, user, &mail);
		if (!policyd_passes(policyd_say(&mail, "RCPT", 1)) ||
		    !policyd_passes(policyd_say(&mail, "DATA", 1)) ||
		    !policyd_passes(policyd_say(&mail, "END-OF-MESSAGE", 1)))
			return (policyd_fail(policyd, "mail %u", i));
	}
	policy_client_close(client);
	return (0);
}

static int
restart(struct policyd *policyd)
{
	if (daemon_is_running(policyd->daemon) &&
	    daemon_stop(policyd->daemon) != 0)
		return (
		    policyd_fail(policyd, "%s", daemon_error(policyd->daemon)));
	return (policyd_start(policyd));
}

/* SIGKILL costs the last second of counters at most; SIGTERM costs nothing. */
int
policyd_killed(struct policyd *policyd)
{
	policyd_limit(policyd, RATE, "");
	if (policyd_start(policyd) != 0 || send_many(policyd, USER, 50) != 0)
		return (-1);
	(void)poll(NULL, 0, WRITTEN_MS);
	if (send_many(policyd, USER, 20) != 0)
		return (-1);
	daemon_signal(policyd->daemon, SIGKILL);
	(void)daemon_wait(policyd->daemon, DAEMON_STOP_MS);
	if (policyd_start(policyd) != 0)
		return (-1);
	if (policyd_expect_left(policyd, USER, RATE - 70, RATE - 50) != 0)
		return (-1);
	/* All are used up now. */
	if (restart(policyd) != 0)
		return (-1);
	return (policyd_expect_left(policyd, USER, 0, 0));
}

/* A mail that is under way while the daemon is started anew counts once when it
 * arrives, and not at all when it does not. */
int
policyd_underway(struct policyd *policyd)
{
	struct policyd_mail arrives, given_up;
	struct policy_client *client;

	policyd_limit(policyd, 5, "");
	if (policyd_start(policyd) != 0)
		return (-1);
	client = policyd_connect(policyd);
	if (client == NULL)
		return (-1);
	policyd_mail(policyd, client, USER, &arrives);
	if (!policyd_passes(policyd_say(&arrives, "RCPT", 1)) ||
	    !policyd_passes(policyd_say(&arrives, "RCPT", 2)) ||
	    !policyd_passes(policyd_say(&arrives, "DATA", 2)))
		return (-1);
	arrives.client = policyd_connect(policyd);
	policyd_mail(policyd, arrives.client, USER, &given_up);
	if (!policyd_passes(policyd_say(&given_up, "RCPT", 1)))
		return (-1);
	policy_client_close(given_up.client);
	policy_client_close(client);
	if (restart(policyd) != 0)
		return (-1);
	arrives.client = policyd_connect(policyd);
	if (!policyd_passes(policyd_say(&arrives, "END-OF-MESSAGE", 2)))
		return (policyd_fail(policyd, "it does not arrive"));
	policy_client_close(arrives.client);
	return (policyd_expect_left(policyd, USER, 3, 3));
}

/* It serves from memory, and says what is wrong. */
static int
serves_and_says(struct policyd *policyd, const char *pattern)
{
	if (send_many(policyd, USER, 150) != 0)
		return (-1);
	if (policyd_expect_left(policyd, USER, RATE - 150, RATE - 150) != 0)
		return (-1);
	if (!daemon_logged(policyd->daemon, "store_failed", pattern, 5000))
		return (
		    policyd_fail(policyd, "the log does not say %s", pattern));
	return (policyd_alive(policyd));
}

int
policyd_corrupt(struct policyd *policyd)
{
	const char *state = daemon_path(policyd->daemon, "state");

	policyd_limit(policyd, RATE, "");
	if (files_write(state, span_str("This was a database once.\n"), 0600) !=
	    0)
		return (policyd_fail(policyd, "%s", strerror(errno)));
	if (policyd_start(policyd) != 0)
		return (-1);
	return (serves_and_says(policyd, "state"));
}

int
policyd_readonly(struct policyd *policyd)
{
	const char *folder = daemon_path(policyd->daemon, "closed");
	const char *state = daemon_path(policyd->daemon, "closed/state");

	policyd_limit(policyd, RATE, "");
	if (policyd_start(policyd) != 0 || send_many(policyd, USER, 10) != 0 ||
	    daemon_stop(policyd->daemon) != 0)
		return (-1);
	if (mkdir(folder, 0755) != 0 ||
	    rename(daemon_path(policyd->daemon, "state"), state) != 0 ||
	    chmod(state, 0444) != 0 || chmod(folder, 0555) != 0)
		return (policyd_fail(policyd, "%s", strerror(errno)));
	daemon_option(policyd->daemon,
	    arena_printf(policyd->arena, "state = \"%s\"", state));
	if (policyd_start(policyd) != 0)
		return (-1);
	if (serves_and_says(policyd, "read-?only|readonly|denied|state") != 0)
		return (-1);
	return (chmod(folder, 0755));
}

/* A file system of 200 kB: it is full after some hundred accounts. */
int
policyd_full(struct policyd *policyd)
{
	const char *folder = daemon_path(policyd->daemon, "small");

	if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		policyd_skip(policyd, "this needs a file system of its own");
	if (mkdir(folder, 0755) != 0 ||
	    mount("tmpfs", folder, "tmpfs", 0, "size=200k,mode=0755") != 0 ||
	    chown(folder, daemon_user(policyd->daemon),
		daemon_group(policyd->daemon)) != 0)
		return (policyd_fail(policyd, "%s", strerror(errno)));
	policyd_limit(policyd, RATE, "");
	daemon_option(policyd->daemon,
	    arena_printf(policyd->arena, "state = \"%s/state\"", folder));
	if (policyd_start(policyd) != 0)
		return (-1);
	for (unsigned int i = 0; i < 3000; i++)
		if (send_many(policyd,
			arena_printf(policyd->arena, "u%u@example.org", i),
			1) != 0)
			return (-1);
	if (serves_and_says(policyd, "full") != 0)
		return (-1);
	if (daemon_stop(policyd->daemon) != 0)
		return (
		    policyd_fail(policyd, "%s", daemon_error(policyd->daemon)));
	return (umount(folder));
}

/* A bad file is refused, and the old one stays in force, counters and all; a
 * good one changes the rate of what was counted. */
int
policyd_reload(struct policyd *policyd)
{
	const char *text = "limit \"user\" { rate = 10\n period = 1h }";

	daemon_option(policyd->daemon, "end_of_message = yes");
	daemon_text(policyd->daemon, text);
	if (policyd_start(policyd) != 0 || send_many(policyd, USER, 3) != 0)
		return (-1);
	daemon_option(policyd->daemon, "max_keys = 1");
	if (daemon_reload(policyd->daemon, SIGUSR1) != 0)
		return (
		    policyd_fail(policyd, "%s", daemon_error(policyd->daemon)));
	if (!daemon_logged(policyd->daemon, "config", "max_keys", 0) ||
	    !daemon_logged(policyd->daemon, "reload_failed", NULL, 0))
		return (policyd_fail(policyd, "the log does not say why"));
	if (policyd_expect_left(policyd, USER, 7, 7) != 0)
		return (-1);
	daemon_unset(policyd->daemon, "max_keys");
	daemon_text(policyd->daemon, "override \"" USER "\" { limits = "
				     "{\"user=15\"} }");
	if (daemon_reload(policyd->daemon, SIGUSR1) != 0 ||
	    !daemon_logged(policyd->daemon, "reloaded", NULL, 0))
		return (policyd_fail(policyd, "a good file is not taken"));
	return (policyd_expect_left(policyd, USER, 5, 5));
}

/* Somebody who connects and asks all the time, as Postfix does: a request whose
 * connection ended without a reply is sent once more. */
struct asker {
	const char *socket;
	pthread_t thread;
	atomic_bool stop;
	unsigned int asked;
	unsigned int again;
	const char *refused; /* a connection */
	const char *failure;
};

/* Return whether there was a reply. */
static bool
ask_over_new_connection(struct asker *asker)
{
	struct arena *arena = arena_new();
	struct policy_client *client =
	    policy_client_open(asker->socket, &asker->refused);
	bool answered = false;

	if (client != NULL) {
		answered = policy_client_ask(client,
			       policy_request_new(arena, "CONNECT")) != NULL;
		if (!answered)
			asker->failure = policy_client_error(client);
		policy_client_close(client);
	}
	arena_free(arena);
	return (answered);
}

static void *
ask_always(void *cookie)
{
	struct asker *asker = cookie;

	while (!atomic_load(&asker->stop) && asker->refused == NULL) {
		asker->asked++;
		if (ask_over_new_connection(asker) || asker->refused != NULL)
			continue;
		asker->again++;
		if (!ask_over_new_connection(asker))
			break;
		asker->failure = NULL;
	}
	return (NULL);
}

static int
listen_for(struct policyd *policyd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = daemon_path(policyd->daemon, "activated");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, 4096) != 0)
		return (policyd_fail(policyd, "%s: %s", path, strerror(errno)));
	policyd->socket = arena_printf(policyd->arena, "unix:%s", path);
	return (fd);
}

/* Start the daemon anew so often while somebody asks, after a crash if
 * ${kills}. Store how many requests were sent again in ${again}. */
static int
restart_often(
    struct policyd *policyd, int times, bool kills, unsigned int *again)
{
	struct asker asker = { .socket = policyd->socket };

	if (pthread_create(&asker.thread, NULL, ask_always, &asker) != 0)
		return (policyd_fail(policyd, "no thread"));
	for (int i = 0; i < times; i++) {
		(void)poll(NULL, 0, 200);
		if (kills) {
			daemon_signal(policyd->daemon, SIGKILL);
			(void)daemon_wait(policyd->daemon, DAEMON_STOP_MS);
		}
		if (restart(policyd) != 0)
			break;
	}
	(void)poll(NULL, 0, 200);
	atomic_store(&asker.stop, true);
	(void)pthread_join(asker.thread, NULL);
	printf("%s: %u requests, %u of them sent again\n",
	    kills ? "killed" : "stopped", asker.asked, asker.again);
	*again = asker.again;
	if (asker.refused != NULL || asker.failure != NULL)
		return (policyd_fail(policyd, "after %u: %s", asker.asked,
		    asker.refused != NULL ? asker.refused : asker.failure));
	return (policyd->failed ? -1 : 0);
}

/* systemd holds the socket: a restart, or even a crash, refuses nobody; what
 * comes meanwhile is answered after.  Only a request that was in hand when the
 * daemon was killed is Postfix's to send again. */
int
policyd_activation(struct policyd *policyd)
{
	unsigned int again = 0;
	int fd = listen_for(policyd);
	int result;

	if (fd < 0)
		return (-1);
	daemon_pass(policyd->daemon, fd);
	if (policyd_start(policyd) != 0)
		return (-1);
	result = restart_often(policyd, RESTARTS, false, &again);
	if (result == 0 && again > 0)
		result = policyd_fail(policyd, "a stop lost %u", again);
	if (result == 0)
		result = restart_often(policyd, KILLS, true, &again);
	if (result == 0 && again > KILLS)
		result =
		    policyd_fail(policyd, "%d crashes lost %u", KILLS, again);
	(void)close(fd);
	return (result);
}
