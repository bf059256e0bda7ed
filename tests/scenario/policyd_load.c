/*
 * policyd_load.c: many clients, bad ones, and an end in the middle of it all.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "policyd.h"
#include "support/loopback.h"

#define CROWD 4000
#define DEAF_BYTES ((size_t)64 * 1024 * 1024)
#define DEAF 10
#define DEAF_MS 500
#define GROWTH_KB 16384
#define ASKED 200
#define FAST_MS 1000
/* Strangers at once, and how long Postfix waits for one reply (timeout=5s). */
#define HUNG 500
#define HUNG_MS 5000

/* Fill the connection of somebody who reads nothing, until nothing more goes
 * in. */
static int
stuff(struct policyd *policyd, struct policy_client *deaf)
{
	struct policyd_mail mail;
	int64_t until = clock_monotonic_ms() + DEAF_MS;
	size_t sent = 0;

	policyd_mail(policyd, deaf, "deaf@example.org", &mail);
	struct span bytes =
	    policy_request_print(policyd_request(&mail, "RCPT", 1));

	while (sent < DEAF_BYTES && clock_monotonic_ms() < until) {
		ssize_t n = send(policy_client_fd(deaf), bytes.data, bytes.len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			return (0); /* It was closed: as good. */
		if (n < 0)
			(void)poll(NULL, 0, 10);
		else
			sent += (size_t)n;
		if (n > 0 && (size_t)n < bytes.len)
			break;
	}
	if (sent >= DEAF_BYTES)
		return (policyd_fail(
		    policyd, "it answers without end whoever does not read"));
	return (0);
}

int
policyd_deaf(struct policyd *policyd)
{
	struct policy_client *deaf[DEAF];
	struct policy_client *client;
	struct policyd_mail mail;
	long before;
	int64_t began;

	if (policyd_start(policyd) != 0)
		return (-1);
	before = daemon_rss(policyd->daemon);
	for (size_t i = 0; i < DEAF; i++)
		if ((deaf[i] = policyd_connect(policyd)) == NULL ||
		    stuff(policyd, deaf[i]) != 0)
			return (-1);
	client = policyd_connect(policyd);
	if (client == NULL)
		return (-1);
	began = clock_monotonic_ms();
	for (unsigned int i = 0; i < ASKED; i++) {
		policyd_mail(policyd, client, "ann@example.org", &mail);
		if (!policyd_passes(policyd_say(&mail, "RCPT", i)))
			return (policyd_fail(policyd, "others are not served"));
	}
	if (clock_monotonic_ms() - began > FAST_MS && !policyd->sanitized)
		return (policyd_fail(policyd, "others wait"));
	if (daemon_rss(policyd->daemon) - before > GROWTH_KB &&
	    !policyd->sanitized)
		return (policyd_fail(policyd, "it took %ld kB of memory",
		    daemon_rss(policyd->daemon) - before));
	for (size_t i = 0; i < DEAF; i++)
		policy_client_close(deaf[i]);
	policy_client_close(client);
	return (policyd_alive(policyd));
}

static int
allow_files(struct policyd *policyd)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return (policyd_fail(policyd, "getrlimit"));
	if (limit.rlim_max < CROWD + 200)
		policyd_skip(policyd, "too few files may be open");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return (policyd_fail(policyd, "setrlimit"));
	return (0);
}

/* As many as max_connections allows by default, each of which is answered; and
 * then again. */
int
policyd_crowd(struct policyd *policyd)
{
	static struct policy_client *crowd[CROWD];
	struct policyd_mail mail;

	if (allow_files(policyd) != 0)
		return (-1);
	policyd_limit(policyd, 2 * CROWD, "");
	if (policyd_start(policyd) != 0)
		return (-1);
	for (size_t i = 0; i < CROWD; i++)
		if ((crowd[i] = policyd_connect(policyd)) == NULL)
			return (-1);
	for (unsigned int round = 0; round < 2; round++)
		for (size_t i = 0; i < CROWD; i++) {
			policyd_mail(
			    policyd, crowd[i], "crowd@example.org", &mail);
			mail.arena = arena_new();
			bool passed =
			    policyd_passes(policyd_say(&mail, "RCPT", round));

			arena_free(mail.arena);
			if (!passed)
				return (policyd_fail(policyd,
				    "connection %zu is not served", i));
		}
	for (size_t i = 0; i < CROWD; i++)
		policy_client_close(crowd[i]);
	return (policyd_alive(policyd));
}

/* A resolver that says nothing holds a stranger's request for the length of
 * lookup_timeout. */
static int
silent_resolver(struct policyd *policyd)
{
	struct sockaddr_in at;
	int fd = loopback_bind(SOCK_DGRAM, 0, &at);

	if (fd < 0)
		return (policyd_fail(policyd, "no port"));
	daemon_option(policyd->daemon,
	    arena_printf(policyd->arena, "resolvers = {\"127.0.0.1@%u\"}",
		ntohs(at.sin_port)));
	daemon_option(policyd->daemon, "lookup_timeout = 1500ms");
	daemon_option(policyd->daemon, "greylist = no");
	return (0);
}

/* Accounts do not wait for what strangers wait for. */
static int
others_meanwhile(struct policyd *policyd)
{
	struct policy_client *client = policyd_connect(policyd);
	struct policyd_mail mail;
	int64_t began = clock_monotonic_ms();

	if (client == NULL)
		return (-1);
	for (unsigned int i = 0; i < ASKED; i++) {
		policyd_mail(policyd, client, "ann@example.org", &mail);
		if (!policyd_passes(policyd_say(&mail, "RCPT", i)))
			return (-1);
	}
	policy_client_close(client);
	if (clock_monotonic_ms() - began > FAST_MS && !policyd->sanitized)
		return (policyd_fail(policyd, "accounts wait for the DNS"));
	return (0);
}

/* SIGTERM with a request in hand: it is answered, and then the end. */
int
policyd_drain(struct policyd *policyd)
{
	struct policy_client *client;
	struct policyd_mail mail;
	const char *reply;
	int status;

	if (silent_resolver(policyd) != 0 || policyd_start(policyd) != 0 ||
	    (client = policyd_connect(policyd)) == NULL)
		return (-1);
	policyd_mail(policyd, client, "", &mail);
	if (policy_client_send(client,
		policy_request_print(policyd_request(&mail, "RCPT", 1))) != 0)
		return (policyd_fail(policyd, "the connection ended"));
	if (others_meanwhile(policyd) != 0)
		return (-1);
	if (!policy_client_is_silent(client, 100))
		return (policyd_fail(policyd, "nothing was in hand"));
	daemon_signal(policyd->daemon, SIGTERM);
	reply = policy_client_read(
	    client, policyd->arena, POLICY_CLIENT_TIMEOUT_MS);
	if (reply == NULL)
		return (policyd_fail(policyd, "the request in hand: %s",
		    policy_client_error(client)));
	if (!policyd_passes(reply))
		return (policyd_fail(policyd, "in hand: %s", reply));
	status = daemon_wait(policyd->daemon, DAEMON_STOP_MS);
	policy_client_close(client);
	if (status != 0)
		return (policyd_fail(policyd, "exit status %d", status));
	return (0);
}

static int
send_strangers(struct policyd *policyd, struct policy_client *clients[])
{
	for (unsigned int i = 0; i < HUNG; i++) {
		struct policyd_mail mail;

		clients[i] = policyd_connect(policyd);
		if (clients[i] == NULL)
			return (-1);
		policyd_mail(policyd, clients[i], "", &mail);
		if (policy_client_send(clients[i],
			policy_request_print(
			    policyd_request(&mail, "RCPT", i))) != 0)
			return (policyd_fail(policyd, "the connection ended"));
	}
	return (0);
}

/* Many more strangers than workers, and no resolver: each is answered within
 * lookup_timeout, and not when all before him had theirs. */
int
policyd_hung(struct policyd *policyd)
{
	struct policy_client *clients[HUNG] = { NULL };
	int64_t began;

	daemon_option(policyd->daemon, "workers = 8");
	if (silent_resolver(policyd) != 0 || policyd_start(policyd) != 0)
		return (-1);
	began = clock_monotonic_ms();
	if (send_strangers(policyd, clients) != 0 ||
	    others_meanwhile(policyd) != 0)
		return (-1);
	for (unsigned int i = 0; i < HUNG; i++) {
		const char *reply = policy_client_read(
		    clients[i], policyd->arena, POLICY_CLIENT_TIMEOUT_MS);

		if (reply == NULL || !policyd_passes(reply))
			return (policyd_fail(policyd, "stranger %u: %s", i,
			    reply != NULL ? reply : "no reply"));
		policy_client_close(clients[i]);
	}
	if (clock_monotonic_ms() - began > HUNG_MS)
		return (policyd_fail(policyd, "the last waited for %lld ms",
		    (long long)(clock_monotonic_ms() - began)));
	return (policyd_alive(policyd));
}

/* Postfix loses patience and asks again over another connection, while the
 * first request still waits for the DNS: the reply that it reads has the header
 * that the first one had. */
int
policyd_twice(struct policyd *policyd)
{
	struct policy_client *clients[2];
	const char *replies[2];
	struct policyd_mail mail;

	if (silent_resolver(policyd) != 0 || policyd_start(policyd) != 0)
		return (-1);
	for (int i = 0; i < 2; i++) {
		clients[i] = policyd_connect(policyd);
		if (clients[i] == NULL)
			return (-1);
		if (i == 0)
			policyd_mail(policyd, clients[0], "", &mail);
		if (policy_client_send(clients[i],
			policy_request_print(
			    policyd_request(&mail, "RCPT", 1))) != 0 ||
		    !policy_client_is_silent(clients[i], 100))
			return (policyd_fail(policyd, "nothing was in hand"));
	}
	for (int i = 0; i < 2; i++) {
		replies[i] = policy_client_read(
		    clients[i], policyd->arena, POLICY_CLIENT_TIMEOUT_MS);
		policy_client_close(clients[i]);
		if (replies[i] == NULL)
			return (policyd_fail(policyd, "no reply %d", i));
	}
	if (strcmp(replies[0], replies[1]) != 0 ||
	    strncmp(replies[0], "PREPEND ", strlen("PREPEND ")) != 0)
		return (policyd_fail(
		    policyd, "\"%s\" and \"%s\"", replies[0], replies[1]));
	return (0);
}
