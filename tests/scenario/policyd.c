#include "policyd.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAILS_MAX 100000
#define SKIPPED 77

int
policyd_fail(struct policyd *policyd, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", policyd->name);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	policyd->failed = true;
	return (-1);
}

void
policyd_skip(struct policyd *policyd, const char *why)
{
	printf("skipped: %s\n", why);
	daemon_free(policyd->daemon);
	exit(SKIPPED);
}

void
policyd_limit(struct policyd *policyd, unsigned int rate, const char *more)
{
	daemon_option(policyd->daemon, "end_of_message = yes");
	daemon_text(policyd->daemon,
	    arena_printf(policyd->arena,
		"limit \"user\" { rate = %u\n period = 1h\n %s\n }", rate,
		more));
}

int
policyd_start(struct policyd *policyd)
{
	if (daemon_start(policyd->daemon) != 0)
		return (
		    policyd_fail(policyd, "%s", daemon_error(policyd->daemon)));
	return (0);
}

struct policy_client *
policyd_connect(struct policyd *policyd)
{
	const char *error;
	struct policy_client *client =
	    policy_client_open(policyd->socket, &error);

	if (client == NULL)
		(void)policyd_fail(policyd, "cannot connect: %s", error);
	return (client);
}

void
policyd_mail(struct policyd *policyd, struct policy_client *client,
    const char *user, struct policyd_mail *mail)
{
	mail->policyd = policyd;
	mail->client = client;
	mail->arena = policyd->arena;
	mail->user = user;
	mail->context = "";
	mail->instance = arena_printf(
	    policyd->arena, "3e8.%x.1.0", ++policyd->instance + 0x67450000U);
}

struct policy_request *
policyd_request(
    const struct policyd_mail *mail, const char *state, unsigned int number)
{
	struct policy_request *request = policy_request_new(mail->arena, state);
	bool rcpt = strcmp(state, "RCPT") == 0;

	policy_request_set(request, "instance", "%s", mail->instance);
	policy_request_set(request, "policy_context", "%s", mail->context);
	policy_request_set(request, "recipient", "%s", "");
	if (rcpt)
		policy_request_set(
		    request, "recipient", "to%u@example.org", number);
	else
		policy_request_set(request, "recipient_count", "%u", number);
	if (*mail->user == '\0')
		return (request);
	policy_request_set(request, "client_address", "203.0.113.9");
	policy_request_set(request, "sender", "%s", mail->user);
	policy_request_set(request, "sasl_method", "PLAIN");
	policy_request_set(request, "sasl_username", "%s", mail->user);
	return (request);
}

const char *
policyd_say(
    const struct policyd_mail *mail, const char *state, unsigned int number)
{
	struct policy_request *request = policyd_request(mail, state, number);
	const char *reply = policy_client_ask(mail->client, request);

	if (reply != NULL)
		return (reply);
	(void)policyd_fail(
	    mail->policyd, "%s: %s", state, policy_client_error(mail->client));
	return ("");
}

bool
policyd_passes(const char *reply)
{
	return (strcmp(reply, "DUNNO") == 0 ||
		strncmp(reply, "PREPEND X-Mailreeve-Score: ", 27) == 0);
}

bool
policyd_defers(const char *reply)
{
	return (strncmp(reply, "DEFER", 5) == 0 || *reply == '4');
}

/* One mail with one recipient.  Return 1 when it passes, 0 when it is deferred,
 * -1 otherwise. */
static int
send_one(
    struct policyd *policyd, struct policy_client *client, const char *user)
{
	struct policyd_mail mail;
	const char *reply;

	policyd_mail(policyd, client, user, &mail);
	reply = policyd_say(&mail, "RCPT", 0);
	if (policyd_defers(reply))
		return (0);
	if (!policyd_passes(reply) ||
	    !policyd_passes(policyd_say(&mail, "DATA", 1)) ||
	    !policyd_passes(policyd_say(&mail, "END-OF-MESSAGE", 1))) {
		(void)policyd_fail(policyd, "an odd reply: %s", reply);
		return (-1);
	}
	return (1);
}

int
policyd_left(struct policyd *policyd, const char *user)
{
	struct policy_client *client = policyd_connect(policyd);
	int sent = 0;
	int passed = 1;

	if (client == NULL)
		return (-1);
	while (passed == 1 && sent < MAILS_MAX) {
		passed = send_one(policyd, client, user);
		sent += passed;
	}
	policy_client_close(client);
	return (passed < 0 ? -1 : sent);
}

int
policyd_expect_left(
    struct policyd *policyd, const char *user, int low, int high)
{
	int left = policyd_left(policyd, user);

	if (left >= low && left <= high)
		return (0);
	return (policyd_fail(policyd,
	    "%s can send %d more, which should be from %d to %d", user, left,
	    low, high));
}

int
policyd_alive(struct policyd *policyd)
{
	struct policy_client *client;
	struct policyd_mail mail;
	const char *reply = "";

	if (!daemon_is_running(policyd->daemon))
		return (policyd_fail(policyd, "the daemon is gone"));
	client = policyd_connect(policyd);
	if (client == NULL)
		return (-1);
	policyd_mail(policyd, client, "alive@example.org", &mail);
	reply = policyd_say(&mail, "RCPT", 1);
	policy_client_close(client);
	if (!policyd_passes(reply))
		return (policyd_fail(policyd, "at the end: %s", reply));
	return (0);
}
