#include "robust.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support/files.h"

int
robust_fail(struct robust *robust, const char *format, ...)
{
	const char *text;
	va_list ap;

	robust->failed = true;
	va_start(ap, format);
	text = arena_vprintf(robust->arena, format, ap);
	va_end(ap);
	fprintf(stderr, "%s: %s\n", robust->name, text);
	return (-1);
}

/* xorshift64*: the same bytes in every run, so that a failure comes back. */
uint32_t
robust_random(struct robust *robust, uint32_t bound)
{
	uint64_t x = robust->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	robust->random = x;
	return ((uint32_t)((x * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % bound);
}

int
robust_key(struct robust *robust, const char *selector, const char *state)
{
	const char *record = keyfolder_add(
	    robust->keys, "example.org", selector, "ed25519", state);

	if (record == NULL)
		return (robust_fail(robust, "cannot make a key: %s",
		    keyfolder_error(robust->keys)));
	buf_printf(&robust->zone,
	    "%s._domainkey.example.org. 300 IN TXT \"%s\"\n", selector, record);
	return (0);
}

int
robust_start(struct robust *robust, bool inet)
{
	const char *zone = daemon_path(robust->daemon, "zone");

	if (files_write(zone, buf_span(&robust->zone), 0644) != 0)
		return (robust_fail(robust, "%s: %s", zone, strerror(errno)));
	milter_daemon_socket(robust->daemon, inet);
	robust->socket = milter_daemon_address(robust->daemon);
	if (daemon_start(robust->daemon) != 0)
		return (
		    robust_fail(robust, "%s", daemon_error(robust->daemon)));
	return (0);
}

struct milter_client *
robust_session(struct robust *robust, const char *address)
{
	const char *error;
	struct milter_client *client = milter_daemon_session(
	    robust->arena, robust->socket, address, "client.example", &error);

	if (client == NULL)
		(void)robust_fail(robust, "no session: %s", error);
	return (client);
}

struct milter_client *
robust_wire(struct robust *robust)
{
	const char *error;
	struct milter_client *client =
	    milter_client_open(robust->socket, 0, robust->arena, &error);

	if (client == NULL)
		(void)robust_fail(robust, "no connection: %s", error);
	return (client);
}

struct milter_message *
robust_message(struct arena *arena)
{
	struct milter_message *message = milter_message_new(arena);

	milter_message_parse(message, span_str("From: ann@example.org\n"
					       "To: bob@example.net\n"
					       "Subject: Sheep\n"
					       "\n"
					       "All sheep are here.\n"));
	return (message);
}

int
robust_begin(struct robust *robust, struct milter_client *client)
{
	static const char *const mail[] = { "<ann@example.org>", NULL };
	static const char *const rcpt[] = { "<bob@example.net>", NULL };

	milter_client_macro(client, "i", "4ROBUST");
	if (milter_client_mail(client, mail) == 0 &&
	    milter_client_rcpt(client, rcpt) == 0)
		return (0);
	return (robust_fail(robust, "%s", milter_client_error(client)));
}

int
robust_send(struct robust *robust, struct milter_client *client,
    struct milter_message *message, const char *reply)
{
	const char *found;

	if (robust_begin(robust, client) != 0)
		return (-1);
	if (milter_client_message(client, message) != 0)
		return (robust_fail(robust, "%s", milter_client_error(client)));
	found = milter_client_reply(client)->text;
	if (strncmp(found, reply, strlen(reply)) == 0)
		return (0);
	return (
	    robust_fail(robust, "expected reply %s, found %s", reply, found));
}

int
robust_alive(struct robust *robust)
{
	struct milter_message *message = robust_message(robust->arena);
	struct milter_client *client;
	int result;

	if (!daemon_is_running(robust->daemon))
		return (robust_fail(robust, "the milter is dead"));
	client = robust_session(robust, ROBUST_INSIDE);
	if (client == NULL)
		return (-1);
	result = robust_send(robust, client, message, "250");
	milter_client_close(client);
	if (result == 0 && milter_message_count(message, "DKIM-Signature") != 1)
		return (robust_fail(robust, "a good message is not signed"));
	return (result);
}

void
robust_growth(struct robust *robust, long before, long bound)
{
	long now = daemon_rss(robust->daemon);

	printf("%s: resident memory %ld kB, was %ld kB\n", robust->name, now,
	    before);
	if (!robust->sanitized && now - before > bound)
		(void)robust_fail(robust,
		    "the milter grew by %ld kB, more than %ld", now - before,
		    bound);
}
