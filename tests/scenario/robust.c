/*
 * robust.c: one robustness case against the milter.
 *
 *	robust MILTER CASE [sanitized]
 */
#include "robust.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "support/files.h"

#define ZONE_MAX 65536

int
robust_fail(struct robust *robust, const char *format, ...)
{
	va_list ap;

	robust->failed = true;
	va_start(ap, format);
	fprintf(stderr, "%s: ", robust->name);
	vfprintf(stderr, format, ap);
	fprintf(stderr, "\n");
	va_end(ap);
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
	    robust->daemon, robust->arena, address, "client.example", &error);

	if (client == NULL)
		(void)robust_fail(robust, "no session: %s", error);
	return (client);
}

struct milter_client *
robust_wire(struct robust *robust)
{
	const char *error;
	struct milter_client *client = milter_client_open(
	    milter_daemon_address(robust->daemon), 0, robust->arena, &error);

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

static const struct {
	const char *name;
	robust_case *run;
} cases[] = {
	{ "garbage", robust_garbage },
	{ "packets", robust_packets },
	{ "order", robust_order },
	{ "macros", robust_macros },
	{ "vanish", robust_vanish },
	{ "body", robust_body },
	{ "fields", robust_fields },
	{ "line", robust_line },
	{ "drain", robust_drain },
	{ "reload", robust_reload },
	{ "latency", robust_latency },
};

static robust_case *
find_case(const char *name)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(cases[i].name, name) == 0)
			return (cases[i].run);
	return (NULL);
}

static void
show_log(struct robust *robust)
{
	struct span log = daemon_log(robust->daemon, robust->arena);

	fprintf(stderr, "--- the end of the milter's log\n");
	if (log.len > ZONE_MAX)
		log = span_tail(log, log.len - ZONE_MAX);
	if (log.len > 0)
		(void)fwrite(log.data, 1, log.len, stderr);
}

static void
run(struct robust *robust, robust_case *run_case)
{
	robust->keys =
	    keyfolder_new(robust->arena, daemon_path(robust->daemon, "keys"));
	if (robust->keys == NULL) {
		(void)robust_fail(robust, "%s", strerror(errno));
		return;
	}
	milter_daemon_options(robust->daemon);
	daemon_option(robust->daemon, "log_level = \"info\"");
	if (robust_key(robust, "e1", "active") != 0 || run_case(robust) != 0)
		robust->failed = true;
	if (daemon_is_running(robust->daemon) &&
	    daemon_stop(robust->daemon) != 0)
		(void)robust_fail(robust, "%s", daemon_error(robust->daemon));
	if (robust->failed)
		show_log(robust);
}

int
main(int argc, char **argv)
{
	struct robust robust = { .random = UINT64_C(0x9e3779b97f4a7c15) };
	robust_case *run_case = argc >= 3 ? find_case(argv[2]) : NULL;

	if (run_case == NULL) {
		fprintf(stderr, "usage: robust MILTER CASE [sanitized]\n");
		return (EX_USAGE);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	robust.arena = arena_new();
	robust.name = argv[2];
	robust.sanitized = argc > 3;
	buf_init(&robust.zone, robust.arena, ZONE_MAX);
	robust.daemon = daemon_new(argv[1], "robust");
	if (robust.daemon == NULL)
		(void)robust_fail(&robust, "%s", strerror(errno));
	else
		run(&robust, run_case);
	daemon_free(robust.daemon);
	arena_free(robust.arena);
	return (robust.failed ? 1 : 0);
}
