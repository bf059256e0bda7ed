/*
 * policyd_counts.c: counts are exact, whatever Postfix says twice, gives up or
 * asks from several places.
 */
#include <poll.h>
#include <string.h>

#include "policyd.h"

#define USER "ann@example.org"
#define TIMES 5

static int
expect_pass(const struct policyd_mail *mail, const char *state, unsigned int n)
{
	const char *reply = policyd_say(mail, state, n);

	if (policyd_passes(reply))
		return (0);
	return (policyd_fail(
	    mail->policyd, "%s %u does not pass: %s", state, n, reply));
}

static int
expect_deferred(
    const struct policyd_mail *mail, const char *state, unsigned int n)
{
	const char *reply = policyd_say(mail, state, n);

	if (policyd_defers(reply))
		return (0);
	return (policyd_fail(
	    mail->policyd, "%s %u is not deferred: %s", state, n, reply));
}

/* DATA and END-OF-MESSAGE of so many recipients. */
static int
finish(const struct policyd_mail *mail, unsigned int recipients)
{
	if (expect_pass(mail, "DATA", recipients) != 0)
		return (-1);
	return (expect_pass(mail, "END-OF-MESSAGE", recipients));
}

static int
start(struct policyd *policyd, unsigned int rate, struct policy_client **client)
{
	policyd_limit(policyd, rate, "");
	*client = NULL;
	if (policyd_start(policyd) == 0)
		*client = policyd_connect(policyd);
	return (*client != NULL ? 0 : -1);
}

/* Of 50 recipients, those that the limit allows pass, each by itself; the mail
 * goes to them.  Refused ones do not count. */
static int
fifty(struct policyd *policyd, struct policy_client *client)
{
	struct policyd_mail mail;

	policyd_mail(policyd, client, USER, &mail);
	for (unsigned int i = 0; i < 20; i++)
		if (expect_pass(&mail, "RCPT", i) != 0)
			return (-1);
	for (unsigned int i = 20; i < 50; i++)
		if (expect_deferred(&mail, "RCPT", i) != 0)
			return (-1);
	if (finish(&mail, 20) != 0)
		return (-1);
	return (policyd_expect_left(policyd, USER, 0, 0));
}

/* The next: 20 recipients of which Postfix itself accepted 15 count as 15. */
static int
fixed_at_data(struct policyd *policyd, struct policy_client *client)
{
	struct policyd_mail mail;

	policyd_mail(policyd, client, "ben@example.org", &mail);
	for (unsigned int i = 0; i < 20; i++)
		if (expect_pass(&mail, "RCPT", i) != 0)
			return (-1);
	if (finish(&mail, 15) != 0)
		return (-1);
	return (policyd_expect_left(policyd, "ben@example.org", 5, 5));
}

int
policyd_recipients(struct policyd *policyd)
{
	struct policy_client *client;
	int result;

	if (start(policyd, 20, &client) != 0)
		return (-1);
	result = fifty(policyd, client);
	if (result == 0)
		result = fixed_at_data(policyd, client);
	policy_client_close(client);
	return (result);
}

/* Postfix sends a request again over a new connection when the reply was late
 * (smtpd_policy_service_try_limit). */
static int
over_new_connections(struct policyd *policyd, struct policyd_mail *mail)
{
	struct policy_client *first = mail->client;
	int result = 0;

	for (int i = 0; i < TIMES && result == 0; i++) {
		mail->client = policyd_connect(policyd);
		if (mail->client == NULL)
			return (-1);
		result = expect_pass(mail, "RCPT", 1);
		policy_client_close(mail->client);
	}
	mail->client = first;
	return (result);
}

int
policyd_resent(struct policyd *policyd)
{
	struct policy_client *client;
	struct policyd_mail mail;
	int result = 0;

	if (start(policyd, 3, &client) != 0)
		return (-1);
	policyd_mail(policyd, client, USER, &mail);
	for (int i = 0; i < TIMES && result == 0; i++)
		result = expect_pass(&mail, "RCPT", 1);
	if (result == 0)
		result = over_new_connections(policyd, &mail);
	for (int i = 0; i < TIMES && result == 0; i++)
		result = finish(&mail, 1);
	policy_client_close(client);
	return (
	    result != 0 ? result : policyd_expect_left(policyd, USER, 2, 2));
}

/* SMTPD_POLICY_README: another instance on the same connection means that the
 * one before is over, one way or the other. */
int
policyd_abort(struct policyd *policyd)
{
	struct policy_client *client;
	struct policyd_mail mail;
	int result = 0;

	if (start(policyd, 5, &client) != 0)
		return (-1);
	for (int i = 0; i < TIMES && result == 0; i++) {
		policyd_mail(policyd, client, USER, &mail);
		for (unsigned int to = 0; to < 5 && result == 0; to++)
			result = expect_pass(&mail, "RCPT", to);
		if (result == 0)
			result = expect_deferred(&mail, "RCPT", 5);
	}
	/* The last one is not over yet: nothing is left. */
	if (result == 0)
		result = policyd_expect_left(policyd, USER, 0, 0);
	policyd_mail(policyd, client, "another@example.org", &mail);
	if (result == 0)
		result = expect_pass(&mail, "RCPT", 0);
	policy_client_close(client);
	return (
	    result != 0 ? result : policyd_expect_left(policyd, USER, 5, 5));
}

/* Four recipients of a mail of ${user}, and then the connection ends. */
static int
break_off(struct policyd *policyd, const char *user, struct policyd_mail *mail)
{
	struct policy_client *client = policyd_connect(policyd);
	int result = 0;

	if (client == NULL)
		return (-1);
	policyd_mail(policyd, client, user, mail);
	for (unsigned int to = 0; to < 4 && result == 0; to++)
		result = expect_pass(mail, "RCPT", to);
	policy_client_close(client);
	return (result);
}

/* A connection that is gone says nothing of its mail, which may go on over
 * another one; after reservation_time it is given back, and when it arrives all
 * the same, it counts again. */
int
policyd_late(struct policyd *policyd)
{
	static const char soon[] = "soon@example.org";
	static const char never[] = "never@example.org";
	static const char late[] = "late@example.org";
	struct policyd_mail mails[3];
	int result;

	daemon_option(policyd->daemon, "reservation_time = 10s");
	policyd_limit(policyd, 10, "");
	if (policyd_start(policyd) != 0 ||
	    break_off(policyd, soon, &mails[0]) != 0 ||
	    break_off(policyd, never, &mails[1]) != 0 ||
	    break_off(policyd, late, &mails[2]) != 0 ||
	    policyd_expect_left(policyd, soon, 6, 6) != 0)
		return (-1);
	(void)poll(NULL, 0, 11000);
	if (policyd_expect_left(policyd, never, 10, 10) != 0)
		return (-1);
	mails[2].client = policyd_connect(policyd);
	if (mails[2].client == NULL)
		return (-1);
	result = finish(&mails[2], 4);
	policy_client_close(mails[2].client);
	return (
	    result != 0 ? result : policyd_expect_left(policyd, late, 6, 6));
}

/* With smtpd_delay_reject, client, helo, sender and recipient restrictions all
 * ask at RCPT. */
int
policyd_lists(struct policyd *policyd)
{
	static const char *const contexts[] = { "client", "helo", "sender",
		"recipient" };
	struct policy_client *client;
	struct policyd_mail mail;
	int result = 0;

	if (start(policyd, 10, &client) != 0)
		return (-1);
	policyd_mail(policyd, client, USER, &mail);
	for (unsigned int to = 0; to < 3; to++)
		for (size_t i = 0; i < 4 && result == 0; i++) {
			mail.context = contexts[i];
			result = expect_pass(&mail, "RCPT", to);
		}
	mail.context = "end";
	if (result == 0)
		result = finish(&mail, 3);
	policy_client_close(client);
	return (
	    result != 0 ? result : policyd_expect_left(policyd, USER, 7, 7));
}

/* What a milter refuses after END-OF-MESSAGE was sent all the same. */
int
policyd_committed(struct policyd *policyd)
{
	struct policy_client *client;
	struct policyd_mail mail;
	int result = 0;

	if (start(policyd, 10, &client) != 0)
		return (-1);
	for (int i = 0; i < 4 && result == 0; i++) {
		policyd_mail(policyd, client, USER, &mail);
		result = expect_pass(&mail, "RCPT", 1);
		if (result == 0)
			result = finish(&mail, 1);
	}
	policy_client_close(client);
	return (
	    result != 0 ? result : policyd_expect_left(policyd, USER, 6, 6));
}

/* ${count} mails of which nothing is heard after RCPT. */
static int
never_end(struct policyd *policyd, const char *user, int count)
{
	struct policy_client *client = policyd_connect(policyd);
	struct policyd_mail mail;
	int result = 0;

	if (client == NULL)
		return (-1);
	for (int i = 0; i < count && result == 0; i++) {
		policyd_mail(policyd, client, user, &mail);
		result = expect_pass(&mail, "RCPT", 1);
	}
	policy_client_close(client);
	return (result);
}

/* Where END-OF-MESSAGE is not wired, RCPT counts for good; a daemon that finds
 * that out by itself says so. */
int
policyd_unwired(struct policyd *policyd)
{
	policyd_limit(policyd, 5, "");
	daemon_option(policyd->daemon, "end_of_message = no");
	if (policyd_start(policyd) != 0 || never_end(policyd, USER, 3) != 0 ||
	    policyd_expect_left(policyd, USER, 2, 2) != 0)
		return (-1);
	if (daemon_stop(policyd->daemon) != 0)
		return (
		    policyd_fail(policyd, "%s", daemon_error(policyd->daemon)));
	daemon_option(policyd->daemon, "end_of_message = auto");
	daemon_option(policyd->daemon, "state = \"none\"");
	if (policyd_start(policyd) != 0 ||
	    never_end(policyd, "ben@example.org", 4) != 0)
		return (-1);
	if (!daemon_logged(policyd->daemon, "commits_at_rcpt",
		"smtpd_end_of_data_restrictions", 0))
		return (policyd_fail(policyd, "it does not say so"));
	/* Once Postfix asks at the end, it knows better. */
	if (policyd_expect_left(policyd, "cia@example.org", 5, 5) != 0 ||
	    never_end(policyd, "dan@example.org", 4) != 0)
		return (-1);
	return (policyd_expect_left(policyd, "ben@example.org", 1, 1));
}
