/*
 * robust_life.c: signals in the middle of messages.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "robust.h"

#define SENDERS 4
#define MESSAGES 100
#define RELOADS 6
#define PAUSE_MS 200
#define DRAINS 10

/* While it stops, the milter begins no message: the MTA shall try again. */
static int
refused_while_stopping(struct robust *robust, struct milter_client *client)
{
	static const char *const mail[] = { "<late@example.org>", NULL };

	if (milter_client_mail(client, mail) != 0)
		return (robust_fail(
		    robust, "a late message: %s", milter_client_error(client)));
	if (strncmp(milter_client_reply(client)->text, "451 4.3.2", 9) != 0)
		return (robust_fail(robust, "a late message: %s",
		    milter_client_reply(client)->text));
	return (0);
}

/* The message in hand is signed, and the reply arrives. */
static int
finish_message(struct robust *robust, struct milter_client *client,
    struct milter_message *message)
{
	if (milter_client_eom(client, message) != 0)
		return (robust_fail(robust, "the message in hand: %s",
		    milter_client_error(client)));
	if (milter_client_reply(client)->text[0] != '2' ||
	    milter_message_count(message, "DKIM-Signature") != 1)
		return (robust_fail(robust, "it was not signed: %s",
		    milter_client_reply(client)->text));
	return (0);
}

static int
stop_in_the_middle(struct robust *robust, struct milter_client *client,
    struct milter_client *late)
{
	struct milter_message *message = robust_message(robust->arena);

	if (robust_begin(robust, client) != 0)
		return (-1);
	if (milter_client_start_message(client, message) != 0 ||
	    milter_wire_flush(milter_client_wire(client)) != 0)
		return (robust_fail(robust, "%s", milter_client_error(client)));
	daemon_signal(robust->daemon, SIGTERM);
	(void)poll(NULL, 0, PAUSE_MS);
	if (!daemon_is_running(robust->daemon))
		return (robust_fail(robust, "SIGTERM dropped a message"));
	if (refused_while_stopping(robust, late) != 0)
		return (-1);
	return (finish_message(robust, client, message));
}

int
robust_drain(struct robust *robust)
{
	/* The reply races with the end of the process: try that often. */
	for (int i = 0; i < DRAINS; i++) {
		struct milter_client *client;
		struct milter_client *late;
		int status = -1;

		if (robust_start(robust, i % 2 == 1) != 0)
			return (-1);
		client = robust_session(robust, ROBUST_INSIDE);
		late = robust_session(robust, ROBUST_OUTSIDE);
		if (client != NULL && late != NULL)
			status = stop_in_the_middle(robust, client, late);
		if (client != NULL)
			milter_client_vanish(client, false);
		if (late != NULL)
			milter_client_vanish(late, false);
		if (status != 0)
			return (-1);
		status = daemon_wait(robust->daemon, DAEMON_STOP_MS);
		if (status != 0)
			return (robust_fail(robust, "exit status %d", status));
	}
	return (0);
}

/* One thread that sends messages as fast as it can. */
struct sender {
	struct robust robust; /* a copy; only its own thread uses it */
	pthread_t thread;
	unsigned int sent;
	unsigned int signed_;
	unsigned int refused;
};

static void
send_one(struct sender *sender, struct milter_client *client)
{
	struct arena *arena = arena_new();
	struct milter_message *message = robust_message(arena);

	if (robust_send(&sender->robust, client, message, "250") != 0)
		sender->refused++;
	else
		sender->sent++;
	if (milter_message_count(message, "DKIM-Signature") == 1)
		sender->signed_++;
	arena_free(arena);
}

static void *
send_many(void *cookie)
{
	struct sender *sender = cookie;

	sender->robust.arena = arena_new();
	for (int i = 0; i < MESSAGES && sender->refused == 0;) {
		struct milter_client *client =
		    robust_session(&sender->robust, ROBUST_INSIDE);

		if (client == NULL) {
			sender->refused++;
			break;
		}
		/* Five messages a connection, like a busy Postfix. */
		for (int j = 0; j < 5 && sender->refused == 0; j++, i++)
			send_one(sender, client);
		milter_client_close(client);
	}
	arena_free(sender->robust.arena);
	return (NULL);
}

/* Reload a good and a broken configuration in turn. */
static int
reload_often(struct robust *robust)
{
	for (int i = 0; i < RELOADS; i++) {
		bool broken = i % 2 == 1;

		daemon_option(robust->daemon,
		    broken ? "max_signatures = 0" : "max_signatures = 5");
		if (daemon_reload(robust->daemon, SIGUSR1) != 0)
			return (robust_fail(
			    robust, "%s", daemon_error(robust->daemon)));
	}
	return (0);
}

static int
collect(struct robust *robust, struct sender *senders)
{
	unsigned int sent = 0;

	for (int i = 0; i < SENDERS; i++) {
		(void)pthread_join(senders[i].thread, NULL);
		sent += senders[i].sent;
		if (senders[i].signed_ != senders[i].sent ||
		    senders[i].refused != 0)
			(void)robust_fail(robust,
			    "of %u messages %u were signed, and %u refused",
			    senders[i].sent, senders[i].signed_,
			    senders[i].refused);
	}
	printf(
	    "%s: %u messages during %d reloads\n", robust->name, sent, RELOADS);
	return (robust->failed ? -1 : 0);
}

/* The new key signs once it is active; a wrong file changes nothing. */
static int
rotate(struct robust *robust)
{
	struct milter_client *client = robust_session(robust, ROBUST_INSIDE);
	struct milter_message *message = robust_message(robust->arena);
	int result;

	if (client == NULL)
		return (-1);
	result = robust_send(robust, client, message, "250");
	milter_client_close(client);
	if (result != 0 || message->count == 0)
		return (-1);
	if (strstr(milter_message_unfold(robust->arena, &message->fields[0]),
		"s=e2;") == NULL)
		return (robust_fail(robust, "the new key does not sign"));
	return (0);
}

int
robust_reload(struct robust *robust)
{
	struct sender senders[SENDERS];

	if (robust_key(robust, "e2", "pending") != 0 ||
	    robust_start(robust, false) != 0)
		return (-1);
	for (int i = 0; i < SENDERS; i++) {
		senders[i] = (struct sender){ .robust = *robust };
		if (pthread_create(
			&senders[i].thread, NULL, send_many, &senders[i]) != 0)
			return (robust_fail(robust, "no thread"));
	}
	(void)reload_often(robust);
	if (collect(robust, senders) != 0)
		return (-1);
	if (!daemon_logged(robust->daemon, "reload_failed", "error", 0) ||
	    !daemon_logged(robust->daemon, "reloaded", NULL, 0))
		return (robust_fail(robust, "the log is silent"));
	daemon_option(robust->daemon, "max_signatures = 10");
	if (keyfolder_state(robust->keys, "example.org", "e1", "retired") !=
		0 ||
	    keyfolder_state(robust->keys, "example.org", "e2", "active") != 0 ||
	    daemon_reload(robust->daemon, SIGUSR1) != 0)
		return (robust_fail(robust, "cannot rotate"));
	return (rotate(robust));
}
