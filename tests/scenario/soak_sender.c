/*
 * soak_sender.c: one of the threads that send: two connections, one of a host
 * of ours and one of a stranger's, each with a few messages, as Postfix holds
 * them.
 */
#include <libmilter/mfdef.h>
#include <string.h>
#include <time.h>

#include "soak.h"
#include "support/milter_daemon.h"

/* The most messages of one connection. */
#define SESSION_MESSAGES 8
/* One in so many messages is followed by one that is given up, or by one whose
 * connection goes; signed ones are verified. */
#define ABORT_ONE_IN 40
#define VANISH_ONE_IN 60
#define VERIFY_ONE_IN 3
#define CLOSE_MS 20000

/* What soak_random() is asked for. */
enum {
	SALT_SESSION = 1000000,
	SALT_ABORT,
	SALT_VANISH,
	SALT_VERIFY
};

/* A connection to the milter, or none at the moment. */
struct line {
	const char *address;
	struct arena *arena; /* of the session; NULL: none */
	struct milter_client *client;
	unsigned int left; /* messages until it ends */
};

static int64_t
now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

static int
begin_message(struct soak *soak, struct milter_client *client,
    const struct soak_mail *mail)
{
	static const char *const rcpt[] = { "<bob@here.test>", NULL };
	const char *path =
	    arena_printf(mail->message->arena, "<ann@%s>", mail->domain);
	const char *const arguments[] = { path, NULL };

	milter_client_macro(client, "i", mail->queue_id);
	if (milter_client_mail(client, arguments) == 0 &&
	    milter_client_rcpt(client, rcpt) == 0)
		return (0);
	return (soak_fail(
	    soak, "%s: %s", mail->queue_id, milter_client_error(client)));
}

int
soak_send(struct soak *soak, struct milter_client *client,
    const struct soak_mail *mail)
{
	size_t which = mail->kind == SOAK_KIND_SIGN ? 1 : 0;
	int64_t start = now_us();

	if (begin_message(soak, client, mail) != 0)
		return (-1);
	if (milter_client_message(client, mail->message) != 0)
		return (soak_fail(soak, "%s: %s", mail->queue_id,
		    milter_client_error(client)));
	soak->latencies[which][atomic_fetch_add(
	    &soak->latency_counts[which], 1)] = (uint32_t)(now_us() - start);
	return (0);
}

static int
line_open(struct soak *soak, struct line *line, uint32_t number)
{
	const char *error;

	if (line->client != NULL)
		return (0);
	line->arena = arena_new();
	line->client = milter_daemon_session(
	    line->arena, soak->socket, line->address, "client.example", &error);
	line->left = 1 + soak_random(number, SALT_SESSION, SESSION_MESSAGES);
	if (line->client != NULL)
		return (0);
	(void)soak_fail(soak, "no session: %s", error);
	arena_free(line->arena);
	line->arena = NULL;
	return (-1);
}

static void
line_drop(struct line *line)
{
	if (line->client == NULL)
		return;
	milter_client_vanish(line->client, false);
	arena_free(line->arena);
	line->client = NULL;
}

/* Say QUIT.  All replies were taken, so nothing but the end may come: a reply
 * too many to any message of the session shows here. */
static int
line_quit(struct soak *soak, struct line *line)
{
	struct milter_packet packet;
	struct milter_wire *wire;
	enum milter_wire_status status = MILTER_WIRE_ERROR;

	if (line->client == NULL)
		return (0);
	wire = milter_client_wire(line->client);
	if (milter_wire_send(wire, SMFIC_QUIT, span_str(NULL)) == 0)
		status = milter_wire_recv(wire, line->arena, CLOSE_MS, &packet);
	line_drop(line);
	if (status != MILTER_WIRE_CLOSED)
		return (soak_fail(soak, "QUIT: %s",
		    status == MILTER_WIRE_PACKET
			? "a reply too many"
			: milter_wire_status_name(status)));
	return (0);
}

/* Send ${mail} over ${line} and judge what comes of it. */
static int
send_and_judge(struct soak *soak, struct line *line, uint32_t number,
    const struct soak_mail *mail)
{
	if (line_open(soak, line, number) != 0 ||
	    soak_send(soak, line->client, mail) != 0 ||
	    soak_judge(soak, mail->message->arena, mail,
		milter_client_reply(line->client)->text) != 0)
		return (-1);
	return (--line->left > 0 ? 0 : line_quit(soak, line));
}

/* What was signed arrives at the other side: the signature holds. */
static int
verify(struct soak *soak, struct line *line, uint32_t number,
    const struct soak_mail *mail)
{
	struct arena *arena = mail->message->arena;
	struct soak_mail received = soak_mail_received(
	    arena, mail, arena_printf(arena, "V%08X", number));

	if (received.signatures != mail->signatures)
		return (soak_fail(soak, "%s: signatures", mail->queue_id));
	soak_add(soak, SOAK_VERIFIED, 1);
	return (send_and_judge(soak, line, number, &received));
}

/* The keys of turn.example change; what each of them signs is looked at. */
static bool
is_verified(uint32_t number, const struct soak_mail *mail)
{
	return (strcmp(mail->domain, "turn.example") == 0 ||
		soak_random(number, SALT_VERIFY, VERIFY_ONE_IN) == 0);
}

/* Begin the message again under the queue ID X..., up to its end, and give it
 * up: by RSET if ${polite}, else by going away. */
static int
give_up(struct soak *soak, struct line *line, uint32_t number, bool polite)
{
	struct arena *arena = arena_new();
	struct soak_mail mail;
	int result = line_open(soak, line, number);

	soak_mail_make(soak, arena, number, &mail);
	mail.queue_id = arena_printf(arena, "X%08X", number);
	if (result == 0)
		result = begin_message(soak, line->client, &mail);
	if (result == 0 &&
	    (milter_client_start_message(line->client, mail.message) != 0 ||
		(polite && milter_client_abort(line->client) != 0)))
		result = soak_fail(soak, "%s: %s", mail.queue_id,
		    milter_client_error(line->client));
	if (result == 0)
		soak_add(soak, polite ? SOAK_ABORTED : SOAK_VANISHED, 1);
	if (!polite)
		line_drop(line);
	arena_free(arena);
	return (result);
}

/* Message ${number} and what goes with it. */
static int
send_number(struct soak *soak, struct line lines[2], uint32_t number)
{
	struct arena *arena = arena_new();
	struct soak_mail mail;
	struct line *line;
	int result;

	soak_mail_make(soak, arena, number, &mail);
	line = &lines[mail.kind == SOAK_KIND_SIGN ? 1 : 0];
	result = send_and_judge(soak, line, number, &mail);
	if (result == 0 && mail.kind == SOAK_KIND_SIGN &&
	    is_verified(number, &mail))
		result = verify(soak, &lines[0], number, &mail);
	arena_free(arena);
	if (result == 0 && soak_random(number, SALT_ABORT, ABORT_ONE_IN) == 0)
		result = give_up(soak, line, number, true);
	if (result == 0 && soak_random(number, SALT_VANISH, VANISH_ONE_IN) == 0)
		result = give_up(soak, line, number, false);
	return (result);
}

void *
soak_sender(void *cookie)
{
	struct soak *soak = cookie;
	struct line lines[2] = { { .address = SOAK_STRANGER },
		{ .address = "127.0.0.1" } };

	while (!soak->failed) {
		uint32_t number = atomic_fetch_add(&soak->next, 1);

		if (number >= soak->messages ||
		    send_number(soak, lines, number) != 0)
			break;
		atomic_fetch_add(&soak->done, 1);
	}
	for (size_t i = 0; i < 2; i++)
		(void)line_quit(soak, &lines[i]);
	atomic_fetch_sub(&soak->running, 1);
	return (NULL);
}
