#include "session.h"

#include <string.h>

#include "support/milter_client.h"

#define SESSION_BYTES ((size_t)64 * 1024 * 1024)

static void
listen_in(void *cookie, struct span bytes)
{
	struct session *session = cookie;
	size_t start =
	    session->count == 0 ? 0 : session->turns[session->count - 1].end;

	if (bytes.len > 0)
		buf_add(&session->bytes, bytes);
	else if (session->bytes.len > start &&
		 session->count < SESSION_TURNS_MAX)
		session->turns[session->count++].end = session->bytes.len;
}

/* Say whether ${text} stands in a field of ${message}. */
static bool
has(const struct milter_message *message, struct arena *arena, const char *text)
{
	for (size_t i = 0; i < message->count; i++)
		if (strstr(arena_printf(arena, "%s:%s",
			       arena_str(arena, message->fields[i].name),
			       arena_str(arena, message->fields[i].value)),
			text) != NULL)
			return (true);
	return (false);
}

/* Look for what the plan expects; return what is missing, or NULL. */
static const char *
missing(const struct session_plan *plan, struct arena *arena,
    const struct milter_message *message)
{
	for (size_t i = 0; i < plan->expect_count; i++)
		if (!has(message, arena, plan->expects[i]))
			return (plan->expects[i]);
	if (plan->expect_count == 0 && message->edits > 0)
		return ("a message as it was");
	return (NULL);
}

static int
record_message(struct session *session, struct milter_client *client,
    struct arena *arena, const char **error)
{
	const struct session_plan *plan = &session->plan;
	const char *mail[] = { arena_printf(arena, "<a@%s>", plan->domain),
		"SIZE=4096", NULL };
	static const char *const rcpt[] = { "<b@mx.example>", NULL };
	struct milter_message *message = milter_message_new(arena);

	milter_message_parse(message, plan->message);
	if (milter_client_mail(client, mail) != 0 ||
	    milter_client_rcpt(client, rcpt) != 0 ||
	    milter_client_message(client, message) != 0) {
		*error = arena_strdup(arena, milter_client_error(client));
		return (-1);
	}
	session->turns[session->count - 1].ends = true;
	session->message = message;
	const char *what = missing(plan, arena, message);

	if (*milter_client_reply(client)->text != '2')
		what = milter_client_reply(client)->text;
	if (what == NULL)
		return (0);
	*error = arena_printf(
	    arena, "the filter did not do what was expected: %s", what);
	return (-1);
}

static int
record(struct session *session, struct milter_client *client,
    struct arena *arena, const char **error)
{
	const struct session_plan *plan = &session->plan;
	const char *name = arena_printf(arena, "mail.%s", plan->domain);

	milter_client_macro(client, "j", "mx.example");
	milter_client_macro(client, "{daemon_name}", "mx.example");
	milter_client_macro(client, "{daemon_addr}", "192.0.2.1");
	milter_client_macro(client, "v", "Postfix 3.7.11");
	milter_client_macro(
	    client, "_", arena_printf(arena, "%s [%s]", name, plan->client));
	milter_client_macro(client, "i", "4XYZabc0123456");
	milter_client_macro(
	    client, "{mail_addr}", arena_printf(arena, "a@%s", plan->domain));
	milter_client_macro(client, "{rcpt_addr}", "b@mx.example");
	if (milter_client_connect(client, name, plan->client, 40000) != 0 ||
	    milter_client_helo(client, name) != 0) {
		*error = arena_strdup(arena, milter_client_error(client));
		return (-1);
	}
	for (size_t i = 0; i < plan->messages; i++)
		if (record_message(session, client, arena, error) != 0)
			return (-1);
	return (0);
}

struct session *
session_record(
    const struct session_plan *plan, struct arena *arena, const char **error)
{
	struct session *session = arena_alloc(arena, sizeof(*session));
	unsigned char offer[MILTER_CLIENT_OFFER_SIZE];
	struct milter_client *client =
	    milter_client_open(plan->socket, 0, arena, error);

	if (client == NULL)
		return (NULL);
	session->plan = *plan;
	buf_init(&session->bytes, arena, SESSION_BYTES);
	milter_client_offer(offer);
	listen_in(session, span_new(offer, sizeof(offer)));
	listen_in(session, span_str(NULL));
	milter_wire_listen(milter_client_wire(client), listen_in, session);
	int result = record(session, client, arena, error);

	milter_client_close(client);
	if (result == 0 && session->bytes.overflow)
		*error = "the session is too long";
	return (result == 0 && !session->bytes.overflow ? session : NULL);
}
