/*
 * scenario_session.c: what the SMTP client says, and the message that it sends.
 */
#include <errno.h>
#include <libmilter/mfapi.h>
#include <stdlib.h>
#include <string.h>

#include "support/files.h"
#include "support/scenario.h"

#define ARGUMENTS_MAX 16
#define CLIENT_PORT 40000

/* The filter has spoken, or has not when ${result} is -1. */
static int
heard(struct scenario *scenario, int result)
{
	if (result != 0)
		return (scenario_fail(
		    scenario, "%s", milter_client_error(scenario->session)));
	scenario->reply = arena_strdup(
	    scenario->arena, milter_client_reply(scenario->session)->text);
	return (0);
}

static int
need_session(struct scenario *scenario)
{
	if (scenario->session != NULL)
		return (0);
	return (scenario_fail(scenario, "no client has connected yet"));
}

static void
set_macros(struct scenario *scenario)
{
	const struct scenario_client *client = &scenario->client;
	struct milter_client *session = scenario->session;

	milter_client_macro(session, "j", "mx.example");
	milter_client_macro(session, "{daemon_name}",
	    client->daemon != NULL ? client->daemon : "mx.example");
	milter_client_macro(session, "{daemon_addr}", "192.0.2.1");
	milter_client_macro(session, "v", "Postfix 3.7.11");
	milter_client_macro(session, "_",
	    arena_printf(scenario->arena, "%s [%s]", client->name,
		client->address != NULL ? client->address : "unknown"));
}

static int
connect_client(struct scenario *scenario)
{
	const char *error;

	if (scenario_start(scenario) != 0)
		return (-1);
	milter_client_close(scenario->session);
	scenario->session = milter_client_open_without(
	    scenario->client.no_hold_queue ? SMFIF_QUARANTINE : 0,
	    milter_daemon_address(scenario->daemon), 0, scenario->arena,
	    &error);
	if (scenario->session == NULL)
		return (scenario_fail(scenario, "%s", error));
	set_macros(scenario);
	return (heard(scenario,
	    milter_client_connect(scenario->session, scenario->client.name,
		scenario->client.address, CLIENT_PORT)));
}

/* daemon NAME: {daemon_name} of the clients that follow. */
static int
run_daemon(struct scenario *scenario, struct span rest)
{
	scenario->client.daemon =
	    scenario_string(scenario, scenario_word(&rest));
	return (0);
}

/* no-hold-queue: the MTA of the clients that follow has none. */
static int
run_no_hold_queue(struct scenario *scenario, struct span rest)
{
	(void)rest;
	scenario->client.no_hold_queue = true;
	return (0);
}

/* client IP NAME: a new connection; "local": without an address. */
static int
run_client(struct scenario *scenario, struct span rest)
{
	struct span address = scenario_word(&rest);
	struct span name = scenario_word(&rest);

	scenario->client.address = span_is(address, "local")
	                               ? NULL
	                               : scenario_string(scenario, address);
	scenario->client.name =
	    name.len > 0 ? scenario_string(scenario, name) : "unknown";
	return (connect_client(scenario));
}

/* helo NAME */
static int
run_helo(struct scenario *scenario, struct span rest)
{
	if (need_session(scenario) != 0)
		return (-1);
	scenario->client.helo = scenario_string(scenario, scenario_word(&rest));
	return (heard(scenario,
	    milter_client_helo(scenario->session, scenario->client.helo)));
}

/* macro NAME [VALUE]; without a value it is no longer sent. */
static int
run_macro(struct scenario *scenario, struct span rest)
{
	struct span name = scenario_word(&rest);

	if (need_session(scenario) != 0)
		return (-1);
	milter_client_macro(scenario->session, scenario_string(scenario, name),
	    rest.len > 0
		? scenario_string(scenario, scenario_unescape(scenario, rest))
		: NULL);
	return (0);
}

/* auth USER: the client has logged in. */
static int
run_auth(struct scenario *scenario, struct span rest)
{
	if (need_session(scenario) != 0)
		return (-1);
	milter_client_macro(scenario->session, "{auth_type}", "PLAIN");
	milter_client_macro(scenario->session, "{auth_authen}",
	    scenario_string(scenario, scenario_word(&rest)));
	return (0);
}

/* Split ${rest} into an array ended by NULL. */
static const char *const *
split(struct scenario *scenario, struct span rest)
{
	const char **arguments =
	    arena_array(scenario->arena, ARGUMENTS_MAX + 1, sizeof(*arguments));

	for (size_t i = 0; i < ARGUMENTS_MAX && rest.len > 0; i++)
		arguments[i] = scenario_string(scenario,
		    scenario_unescape(scenario, scenario_word(&rest)));
	return (arguments);
}

/* The address in the path ${path}, as Postfix gives it in macros. */
static const char *
bare_address(struct scenario *scenario, const char *path)
{
	struct span address = span_str(path);

	(void)span_take_byte(&address, '<');
	return (scenario_string(
	    scenario, span_head(address, span_find(address, '>'))));
}

static int
say_mail(struct scenario *scenario)
{
	struct milter_client *session = scenario->session;
	const char *const *arguments = scenario->client.mail;

	/* Postfix has a queue id from the first recipient on. */
	milter_client_macro(session, "i", NULL);
	scenario->has_queue_id = false;
	milter_client_macro(
	    session, "{mail_addr}", bare_address(scenario, arguments[0]));
	milter_client_macro(session, "{mail_host}", "mx.example");
	milter_client_macro(session, "{mail_mailer}", "smtp");
	return (heard(scenario, milter_client_mail(session, arguments)));
}

static int
say_rcpt(struct scenario *scenario)
{
	struct milter_client *session = scenario->session;
	const char *const *arguments = scenario->client.rcpt;
	int result;

	milter_client_macro(
	    session, "{rcpt_addr}", bare_address(scenario, arguments[0]));
	milter_client_macro(session, "{rcpt_host}", "mx.example");
	milter_client_macro(session, "{rcpt_mailer}", "local");
	result = heard(scenario, milter_client_rcpt(session, arguments));
	if (!scenario->has_queue_id)
		milter_client_macro(session, "i",
		    arena_printf(
			scenario->arena, "4QTEST%04u", ++scenario->queue_ids));
	scenario->has_queue_id = true;
	return (result);
}

/* mail <PATH> [PARAMETER...] */
static int
run_mail(struct scenario *scenario, struct span rest)
{
	if (need_session(scenario) != 0)
		return (-1);
	if (rest.len == 0)
		return (scenario_fail(scenario, "mail <PATH> [PARAMETER...]"));
	scenario->client.mail = split(scenario, rest);
	return (say_mail(scenario));
}

/* rcpt <PATH> [PARAMETER...] */
static int
run_rcpt(struct scenario *scenario, struct span rest)
{
	if (need_session(scenario) != 0)
		return (-1);
	if (rest.len == 0)
		return (scenario_fail(scenario, "rcpt <PATH> [PARAMETER...]"));
	scenario->client.rcpt = split(scenario, rest);
	return (say_rcpt(scenario));
}

/* rset */
static int
run_rset(struct scenario *scenario, struct span rest)
{
	(void)rest;
	if (need_session(scenario) != 0)
		return (-1);
	scenario->draft = milter_message_new(scenario->arena);
	return (heard(scenario, milter_client_abort(scenario->session)));
}

/* message FILE */
static int
run_message(struct scenario *scenario, struct span rest)
{
	char *path = arena_printf(scenario->arena, "%s/%s", scenario->folder,
	    scenario_string(scenario, scenario_word(&rest)));
	struct span text;

	if (files_read(scenario->arena, path, &text) != 0)
		return (
		    scenario_fail(scenario, "%s: %s", path, strerror(errno)));
	milter_message_parse(scenario->draft, text);
	return (0);
}

/* Split "NAME:VALUE", the blank after the colon kept. */
static int
split_field(struct scenario *scenario, struct span rest, struct span *name,
    struct span *value)
{
	struct span text = scenario_unescape(scenario, rest);

	if (!span_take_until(&text, ':', name) || name->len == 0)
		return (scenario_fail(scenario, "NAME: VALUE"));
	*value = text;
	return (0);
}

/* header NAME: VALUE */
static int
run_header(struct scenario *scenario, struct span rest)
{
	struct span name = span_str(NULL);
	struct span value = span_str(NULL);

	if (split_field(scenario, rest, &name, &value) != 0)
		return (-1);
	milter_message_add(scenario->draft, name, value);
	return (0);
}

/* headers COUNT NAME: VALUE: the same field many times. */
static int
run_headers(struct scenario *scenario, struct span rest)
{
	struct span number = scenario_word(&rest);
	struct span name = span_str(NULL);
	struct span value = span_str(NULL);
	uint64_t count;

	if (!span_to_u64(number, 6, &count))
		return (scenario_fail(scenario, "headers COUNT NAME: VALUE"));
	if (split_field(scenario, rest, &name, &value) != 0)
		return (-1);
	while (count-- > 0)
		milter_message_add(scenario->draft, name, value);
	return (0);
}

/* body [TEXT]: one more line, or several with \n in it. */
static int
run_body(struct scenario *scenario, struct span rest)
{
	struct span text = scenario_unescape(scenario, rest);
	struct span line;

	if (text.len == 0)
		milter_message_line(scenario->draft, text);
	while (span_take_line(&text, &line))
		milter_message_line(scenario->draft, line);
	return (0);
}

/* take: the next message begins as the last one ended. */
static int
run_take(struct scenario *scenario, struct span rest)
{
	(void)rest;
	if (scenario->sent == NULL)
		return (scenario_fail(scenario, "nothing was sent yet"));
	scenario->draft = milter_message_copy(scenario->arena, scenario->sent);
	return (0);
}

/* drop NAME: the next message loses all fields of that name. */
static int
run_drop(struct scenario *scenario, struct span rest)
{
	struct span name = scenario_word(&rest);
	struct milter_message *draft = scenario->draft;
	size_t kept = 0;

	for (size_t i = 0; i < draft->count; i++)
		if (!span_ieq(draft->fields[i].name, name))
			draft->fields[kept++] = draft->fields[i];
	if (kept == draft->count)
		return (scenario_fail(scenario, "there is no such field"));
	draft->count = kept;
	return (0);
}

/* send: the message, to its end. */
static int
run_send(struct scenario *scenario, struct span rest)
{
	(void)rest;
	if (need_session(scenario) != 0)
		return (-1);
	scenario->sent = scenario->draft;
	scenario->draft = milter_message_new(scenario->arena);
	return (heard(scenario,
	    milter_client_message(scenario->session, scenario->sent)));
}

/* send-part: the message, but not its end. */
static int
run_send_part(struct scenario *scenario, struct span rest)
{
	(void)rest;
	if (need_session(scenario) != 0)
		return (-1);
	return (heard(scenario,
	    milter_client_start_message(scenario->session, scenario->draft)));
}

/* reverify [IP NAME]: the last message, as it left the filter, arrives from
 * another host with the same envelope. */
static int
run_reverify(struct scenario *scenario, struct span rest)
{
	struct span address = scenario_word(&rest);
	struct span name = scenario_word(&rest);

	if (run_take(scenario, rest) != 0)
		return (-1);
	scenario->client.daemon = NULL;
	scenario->client.address = address.len > 0
	                               ? scenario_string(scenario, address)
	                               : "198.51.100.99";
	scenario->client.name =
	    name.len > 0 ? scenario_string(scenario, name) : "out.example.net";
	if (connect_client(scenario) != 0 ||
	    heard(scenario, milter_client_helo(scenario->session,
				scenario->client.name)) != 0 ||
	    say_mail(scenario) != 0 || say_rcpt(scenario) != 0)
		return (-1);
	return (run_send(scenario, rest));
}

/* quit */
static int
run_quit(struct scenario *scenario, struct span rest)
{
	(void)rest;
	milter_client_close(scenario->session);
	scenario->session = NULL;
	return (0);
}

const struct scenario_verb scenario_session_verbs[] = {
	{ "daemon", run_daemon },
	{ "no-hold-queue", run_no_hold_queue },
	{ "client", run_client },
	{ "helo", run_helo },
	{ "macro", run_macro },
	{ "auth", run_auth },
	{ "mail", run_mail },
	{ "rcpt", run_rcpt },
	{ "rset", run_rset },
	{ "message", run_message },
	{ "header", run_header },
	{ "headers", run_headers },
	{ "body", run_body },
	{ "take", run_take },
	{ "drop", run_drop },
	{ "send", run_send },
	{ "send-part", run_send_part },
	{ "reverify", run_reverify },
	{ "quit", run_quit },
	{ NULL, NULL },
};
