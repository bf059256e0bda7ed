#include "session.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "support/milter_client.h"

/* Postfix writes as much at once: VSTREAM_BUFSIZE. */
#define WRITE_BYTES ((size_t)4096)
#define READ_BYTES ((size_t)65536)
#define TIMEOUT_SECONDS 30

#define SESSION_BYTES ((size_t)64 * 1024 * 1024)
#define TURNS_MAX ((size_t)4096)

/* What is sent until the next reply is waited for. */
struct turn {
	size_t end;  /* in session.bytes, where the next one begins */
	bool begins; /* a message */
	bool ends;   /* a message, with changes in the reply */
};

struct session {
	struct session_plan plan;
	struct milter_message *message;
	struct buf bytes;
	struct turn turns[TURNS_MAX + 1]; /* the last one is open */
	size_t count;
};

static void
listen_in(void *cookie, struct span bytes)
{
	struct session *session = cookie;
	size_t start =
	    session->count == 0 ? 0 : session->turns[session->count - 1].end;

	if (bytes.len > 0)
		buf_add(&session->bytes, bytes);
	else if (session->bytes.len > start && session->count < TURNS_MAX)
		session->turns[session->count++].end = session->bytes.len;
}

/* Look for what the plan expects among the changes to ${message}. */
static bool
is_changed(const struct session_plan *plan, struct arena *arena,
    const struct milter_message *message)
{
	if (plan->expect == NULL)
		return (message->edits == 0);
	for (size_t i = 0; i < message->count; i++)
		if (strstr(arena_printf(arena, "%s:%s",
			       arena_str(arena, message->fields[i].name),
			       arena_str(arena, message->fields[i].value)),
			plan->expect) != NULL)
			return (true);
	return (false);
}

static int
record_message(struct session *session, struct milter_client *client,
    struct arena *arena, const char **error)
{
	static const char *const mail[] = { "<a@example.com>", "SIZE=4096",
		NULL };
	static const char *const rcpt[] = { "<b@mx.example>", NULL };
	struct milter_message *message = milter_message_new(arena);

	milter_message_parse(message, session->plan.message);
	session->turns[session->count].begins = true;
	if (milter_client_mail(client, mail) != 0 ||
	    milter_client_rcpt(client, rcpt) != 0 ||
	    milter_client_message(client, message) != 0) {
		*error = arena_strdup(arena, milter_client_error(client));
		return (-1);
	}
	session->turns[session->count - 1].ends = true;
	session->message = message;
	*error = "the filter did not do what was expected";
	if (*milter_client_reply(client)->text != '2' ||
	    !is_changed(&session->plan, arena, message))
		return (-1);
	return (0);
}

static int
record(struct session *session, struct milter_client *client,
    struct arena *arena, const char **error)
{
	static const char name[] = "mail.example.com";

	milter_client_macro(client, "j", "mx.example");
	milter_client_macro(client, "{daemon_name}", "mx.example");
	milter_client_macro(client, "{daemon_addr}", "192.0.2.1");
	milter_client_macro(client, "v", "Postfix 3.7.11");
	milter_client_macro(client, "_",
	    arena_printf(arena, "%s [%s]", name, session->plan.client));
	milter_client_macro(client, "i", "4XYZabc0123456");
	milter_client_macro(client, "{mail_addr}", "a@example.com");
	milter_client_macro(client, "{rcpt_addr}", "b@mx.example");
	if (milter_client_connect(client, name, session->plan.client, 40000) !=
		0 ||
	    milter_client_helo(client, name) != 0) {
		*error = arena_strdup(arena, milter_client_error(client));
		return (-1);
	}
	for (size_t i = 0; i < session->plan.messages; i++)
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

const struct milter_message *
session_message(const struct session *session)
{
	return (session->message);
}

/* One connection that plays a session. */
struct player {
	const struct session *session;
	int fd;
	size_t read; /* bytes of buffer that were looked at */
	size_t have;
	bool expected; /* the change has come */
	unsigned char buffer[READ_BYTES];
};

static uint64_t
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return ((uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec);
}

static int
open_socket(const char *address)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	struct timeval timeout = { .tv_sec = TIMEOUT_SECONDS };
	const char *path = address + strlen("unix:");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(where.sun_path))
		return (-1);
	memcpy(where.sun_path, path, strlen(path) + 1);
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&where, sizeof(where)) == 0)
		return (fd);
	close(fd);
	return (-1);
}

static bool
write_turn(const struct player *player, struct span bytes)
{
	while (bytes.len > 0) {
		struct span part = span_head(bytes, WRITE_BYTES);
		ssize_t n = send(player->fd, part.data, part.len, MSG_NOSIGNAL);

		if (n <= 0)
			return (false);
		span_skip(&bytes, (size_t)n);
	}
	return (true);
}

/* Read the next packet; an empty one: the filter closed, or is broken. */
static struct span
read_packet(struct player *player)
{
	for (;;) {
		struct span left = span_new(
		    player->buffer + player->read, player->have - player->read);
		uint32_t len;

		if (milter_wire_get_u32(&left, &len) && left.len >= len) {
			player->read += 4 + (size_t)len;
			return (span_head(left, len));
		}
		memmove(player->buffer, player->buffer + player->read,
		    player->have - player->read);
		player->have -= player->read;
		player->read = 0;
		ssize_t n = recv(player->fd, player->buffer + player->have,
		    READ_BYTES - player->have, 0);

		if (n <= 0)
			return (span_str(NULL));
		player->have += (size_t)n;
	}
}

/* Read up to the filter's last word; return it, or 0. */
static char
read_reply(struct player *player)
{
	const char *expect = player->session->plan.expect;

	for (;;) {
		struct span packet = read_packet(player);

		if (packet.len == 0)
			return (0);
		if (strchr("+-2behimqp", packet.data[0]) == NULL)
			return ((char)packet.data[0]);
		/* "Name\0value": a header field that was added. */
		if (expect != NULL && memmem(packet.data, packet.len, expect,
					  strlen(expect)) != NULL)
			player->expected = true;
	}
}

/* Play ${turn}, which sends ${bytes}. */
static const char *
play_turn(struct player *player, const struct turn *turn, struct span bytes)
{
	player->expected = false;
	if (!write_turn(player, bytes))
		return ("the filter takes nothing more");
	char reply = read_reply(player);

	if (reply == 0)
		return ("the filter closed, or was silent too long");
	if (turn->ends && player->session->plan.expect != NULL &&
	    !player->expected)
		return ("the filter did not do the same as before");
	if (reply == SMFIR_CONTINUE || reply == SMFIC_OPTNEG ||
	    (turn->ends && reply == SMFIR_ACCEPT))
		return (NULL);
	return ("the filter did not take the message");
}

/* The last turn is QUIT, answered by closing. */
static const char *
play_quit(struct player *player, struct span bytes)
{
	if (!write_turn(player, bytes))
		return ("the filter does not take QUIT");
	return (
	    read_packet(player).len == 0 ? NULL : "the filter answered QUIT");
}

static const char *
play(struct player *player, uint64_t started, uint64_t *took)
{
	const struct session *session = player->session;
	struct span bytes = buf_span(&session->bytes);
	const char *error = NULL;
	size_t start = 0;

	for (size_t i = 0; i + 1 < session->count && error == NULL; i++) {
		const struct turn *turn = &session->turns[i];

		/* The first message begins with the connection. */
		if (turn->begins && started == 0)
			started = now();
		error = play_turn(player, turn,
		    span_tail(span_head(bytes, turn->end), start));
		start = turn->end;
		if (!turn->ends)
			continue;
		*took++ = now() - started;
		started = 0;
	}
	if (error != NULL)
		return (error);
	return (play_quit(player, span_tail(bytes, start)));
}

const char *
session_play(const struct session *session, uint64_t *took)
{
	struct player player = { .session = session };
	uint64_t started = now();

	player.fd = open_socket(session->plan.socket);
	if (player.fd < 0)
		return ("cannot connect to the filter");
	const char *error = play(&player, started, took);

	close(player.fd);
	return (error);
}
