/*
 * metrics.c: what the milter serves as metrics and writes to its log is what
 * happened, to the last message.
 *
 *	metrics MILTER FOLDER CASE
 *
 * FOLDER holds the signed messages and keys.zone.
 */
#include "metrics.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "support/files.h"
#include "support/http.h"

#define ZONE_MAX 65536
#define HOST "127.0.0.1"
#define TRIES 100
#define PAUSE_MS 50

int
metrics_listen(struct metrics_case *test, unsigned int port)
{
	struct robust *robust = &test->robust;

	test->port = port;
	if (port == 0)
		return (robust_fail(robust, "no free port"));
	daemon_option(
	    robust->daemon, arena_printf(robust->arena,
				"metrics = \"inet:%u@" HOST "\"", port));
	return (0);
}

const struct exposition *
metrics_read(struct metrics_case *test)
{
	struct robust *robust = &test->robust;
	struct exposition *page;
	struct http_reply reply;
	const char *error = NULL;

	http_get(HOST, test->port, "/metrics", robust->arena, &reply);
	if (reply.status != 200) {
		(void)robust_fail(robust, "/metrics: status %d", reply.status);
		return (NULL);
	}
	page = exposition_parse(robust->arena, reply.body, &error);
	if (page == NULL)
		(void)robust_fail(robust, "%s", error);
	return (page);
}

/* How many of ${expected} are not so in ${page}; tell of them if ${loud}. */
static size_t
count_wrong(struct metrics_case *test, const struct exposition *page,
    const struct metrics_expected *expected, bool loud)
{
	size_t wrong = 0;

	for (; expected->series != NULL; expected++) {
		double found = -1;

		if (exposition_find(page, expected->series, &found) &&
		    found == expected->value)
			continue;
		wrong++;
		if (loud)
			(void)robust_fail(&test->robust,
			    "%s: expected %g, found %g", expected->series,
			    expected->value, found);
	}
	return (wrong);
}

/* What a client has seen need not have been counted yet: its connection closes
 * before the milter knows. */
int
metrics_expect(
    struct metrics_case *test, const struct metrics_expected *expected)
{
	const struct exposition *page = metrics_read(test);

	for (int i = 0; i < TRIES && page != NULL; i++) {
		if (count_wrong(test, page, expected, false) == 0)
			return (0);
		(void)poll(NULL, 0, PAUSE_MS);
		page = metrics_read(test);
	}
	if (page != NULL)
		(void)count_wrong(test, page, expected, true);
	return (-1);
}

struct milter_message *
metrics_load(struct metrics_case *test, const char *file)
{
	struct robust *robust = &test->robust;
	struct milter_message *message = milter_message_new(robust->arena);
	const char *path =
	    arena_printf(robust->arena, "%s/%s", test->folder, file);
	struct span text;

	if (files_read(robust->arena, path, &text) != 0)
		(void)robust_fail(robust, "%s: %s", path, strerror(errno));
	else
		milter_message_parse(message, text);
	return (message);
}

int
metrics_send(struct metrics_case *test, const struct metrics_mail *mail)
{
	struct robust *robust = &test->robust;
	struct milter_client *client = robust_session(robust, mail->client);
	struct milter_message *message =
	    mail->file != NULL ? metrics_load(test, mail->file)
			       : milter_message_new(robust->arena);
	int result = -1;

	if (mail->text != NULL)
		milter_message_parse(message, span_str(mail->text));
	for (int i = 0; i < mail->junk; i++)
		milter_message_add(message, span_str("X-Junk"), span_str(" x"));
	if (client == NULL)
		return (-1);
	if (mail->login != NULL)
		milter_client_macro(client, "{auth_authen}", mail->login);
	test->body_bytes += message->body.len;
	result = robust_send(robust, client, message, mail->reply);
	milter_client_close(client);
	return (result);
}

static const struct {
	const char *name;
	metrics_run *run;
} cases[] = {
	{ "counts", metrics_counts },
	{ "reloads", metrics_reloads },
	{ "taken", metrics_taken },
	{ "stopping", metrics_stopping },
	{ "idle", metrics_idle },
	{ "silent", metrics_silent },
	{ "unapplied", metrics_unapplied },
	{ "load", metrics_load_many },
	{ "line", metrics_line },
};

static int
prepare(struct metrics_case *test)
{
	struct robust *robust = &test->robust;
	const char *record;
	struct span zone;

	robust->keys =
	    keyfolder_new(robust->arena, daemon_path(robust->daemon, "keys"));
	if (robust->keys == NULL ||
	    files_read(robust->arena,
		arena_printf(robust->arena, "%s/keys.zone", test->folder),
		&zone) != 0)
		return (robust_fail(robust, "%s", strerror(errno)));
	buf_add(&robust->zone, zone);
	milter_daemon_options(robust->daemon);
	record =
	    keyfolder_add(robust->keys, "example.org", "r1", "rsa", "active");
	if (record == NULL)
		return (
		    robust_fail(robust, "%s", keyfolder_error(robust->keys)));
	return (robust_key(robust, "e1", "active"));
}

static void
run(struct metrics_case *test, metrics_run *run_case)
{
	struct robust *robust = &test->robust;

	if (prepare(test) != 0 ||
	    metrics_listen(test, daemon_free_port()) != 0 ||
	    run_case(test) != 0)
		robust->failed = true;
	if (daemon_is_running(robust->daemon) &&
	    daemon_stop(robust->daemon) != 0)
		(void)robust_fail(robust, "%s", daemon_error(robust->daemon));
	if (robust->failed)
		(void)fprintf(stderr, "--- the log\n%s",
		    arena_str(robust->arena,
			daemon_log(robust->daemon, robust->arena)));
}

static metrics_run *
find_case(const char *name)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(cases[i].name, name) == 0)
			return (cases[i].run);
	return (NULL);
}

int
main(int argc, char **argv)
{
	struct metrics_case test = { 0 };
	struct robust *robust = &test.robust;
	metrics_run *run_case = argc == 4 ? find_case(argv[3]) : NULL;

	if (run_case == NULL) {
		(void)fprintf(stderr, "usage: metrics MILTER FOLDER CASE\n");
		return (EX_USAGE);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	robust->arena = arena_new();
	robust->name = argv[3];
	test.folder = argv[2];
	buf_init(&robust->zone, robust->arena, ZONE_MAX);
	robust->daemon = daemon_new(argv[1], "metrics");
	if (robust->daemon == NULL)
		(void)robust_fail(robust, "%s", strerror(errno));
	else
		run(&test, run_case);
	daemon_free(robust->daemon);
	arena_free(robust->arena);
	return (robust->failed ? 1 : 0);
}
