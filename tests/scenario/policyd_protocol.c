/*
 * policyd_protocol.c: one reply to each request, whatever it says; and what no
 * Postfix says.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "policyd.h"
#include "support/files.h"

#define QUIET_MS 100
#define CLOSE_MS 5000
#define NOISE_BYTES 4000
#define NOISE_ROUNDS 200

/* Ask about ${mail} in ${state}: one reply, and not a byte more. */
static const char *
ask_once(const struct policyd_mail *mail, const char *state, unsigned int n)
{
	const char *reply = policyd_say(mail, state, n);

	if (*reply != '\0' && !policy_client_is_silent(mail->client, QUIET_MS))
		(void)policyd_fail(
		    mail->policyd, "%s: more than one reply", state);
	return (reply);
}

/* A session as Postfix 3.12 plays it, which sends an attribute more; and a
 * state that is not invented yet. */
int
policyd_states(struct policyd *policyd)
{
	static const struct {
		const char *state;
		unsigned int number;
	} cases[] = {
		{ "CONNECT", 0 },
		{ "EHLO", 0 },
		{ "HELO", 0 },
		{ "MAIL", 0 },
		{ "RCPT", 1 },
		{ "RCPT", 2 },
		{ "DATA", 2 },
		{ "END-OF-MESSAGE", 2 },
		{ "VRFY", 0 },
		{ "ETRN", 0 },
		{ "STARTTLS", 0 },
		{ "", 0 },
	};
	struct policy_client *client;
	struct policyd_mail mail;

	policyd_limit(policyd, 5, "");
	daemon_option(policyd->daemon, "score = no");
	if (policyd_start(policyd) != 0 ||
	    (client = policyd_connect(policyd)) == NULL)
		return (-1);
	policyd_mail(policyd, client, "ann@example.org", &mail);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_request *request =
		    policyd_request(&mail, cases[i].state, cases[i].number);
		const char *reply;

		policy_request_set(request, "tls_sni", "%s", "mx.example");
		policy_request_set(request, "of_tomorrow", "%s", "a=b=c");
		reply = policy_client_ask(client, request);
		if (reply == NULL || strcmp(reply, "DUNNO") != 0 ||
		    !policy_client_is_silent(client, QUIET_MS))
			(void)policyd_fail(policyd, "%s: %s", cases[i].state,
			    reply == NULL ? policy_client_error(client)
					  : reply);
	}
	policy_client_close(client);
	return (policyd_expect_left(policyd, "ann@example.org", 3, 3));
}

static int
count_headers(const struct policyd_mail *mail, unsigned int from)
{
	int headers = 0;

	for (unsigned int to = from; to < from + 5; to++)
		headers +=
		    strncmp(ask_once(mail, "RCPT", to), "PREPEND ", 8) == 0;
	return (headers);
}

/* access(5): PREPEND is not for END-OF-MESSAGE; each PREPEND is a header. */
int
policyd_score(struct policyd *policyd)
{
	struct policy_client *client;
	struct policyd_mail mail;
	int headers;

	daemon_option(policyd->daemon, "greylist = no");
	daemon_option(policyd->daemon, "score_reject = 0");
	if (policyd_start(policyd) != 0 ||
	    (client = policyd_connect(policyd)) == NULL)
		return (-1);
	for (int i = 0; i < 3; i++) {
		policyd_mail(policyd, client, "", &mail);
		headers = count_headers(&mail, 0);
		mail.context = "another list";
		headers += count_headers(&mail, 0);
		if (headers != 1)
			(void)policyd_fail(policyd, "%d headers", headers);
		if (strcmp(ask_once(&mail, "DATA", 5), "DUNNO") != 0 ||
		    strcmp(ask_once(&mail, "END-OF-MESSAGE", 5), "DUNNO") != 0)
			(void)policyd_fail(policyd, "no DUNNO at the end");
	}
	/* Ours get none. */
	policyd_mail(policyd, client, "ann@example.org", &mail);
	headers = count_headers(&mail, 0);
	policy_client_close(client);
	if (headers != 0)
		return (policyd_fail(policyd, "our users' mail has a score"));
	return (policyd->failed ? -1 : 0);
}

/* Send ${bytes} over a connection of its own: it must be closed without a word
 * that Postfix could take for a reply.  It may be closed before all is sent. */
static int
send_garbage(struct policyd *policyd, struct span bytes, const char *what)
{
	struct policy_client *client = policyd_connect(policyd);
	bool closed;
	const char *reply;

	if (client == NULL)
		return (-1);
	(void)!policy_client_send(client, bytes);
	reply = policy_client_read(client, policyd->arena, CLOSE_MS);
	closed = reply != NULL || policy_client_is_closed(client, CLOSE_MS);
	policy_client_close(client);
	if (reply != NULL)
		return (policyd_fail(policyd, "%s: answered %s", what, reply));
	if (!closed)
		return (policyd_fail(policyd, "%s: not closed", what));
	return (0);
}

static const char *
repeated(struct arena *arena, const char *text, size_t times)
{
	struct buf out;

	buf_init(&out, arena, strlen(text) * times + 1);
	for (size_t i = 0; i < times; i++)
		buf_add_str(&out, text);
	return (buf_str(&out));
}

/* Bytes that are the same in each run, each followed by what is a good
 * request. */
static int
noise(struct policyd *policyd)
{
	unsigned int seed = 7;
	struct policyd_mail mail;

	policyd_mail(policyd, NULL, "", &mail);
	struct span good =
	    policy_request_print(policyd_request(&mail, "RCPT", 1));

	for (int i = 0; i < NOISE_ROUNDS; i++) {
		struct policy_client *client = policyd_connect(policyd);
		unsigned char bytes[NOISE_BYTES];

		if (client == NULL)
			return (-1);
		for (size_t j = 0; j < sizeof(bytes); j++)
			bytes[j] = (unsigned char)rand_r(&seed);
		if (policy_client_send(client,
			span_new(bytes,
			    1 + (size_t)rand_r(&seed) % NOISE_BYTES)) == 0)
			(void)!policy_client_send(client, good);
		policy_client_close(client);
	}
	return (0);
}

/* Two requests in one write get two replies, in order. */
static int
pipelined(struct policyd *policyd)
{
	struct policy_client *client = policyd_connect(policyd);
	struct policyd_mail mail;
	struct buf both;
	const char *first;
	const char *second;

	if (client == NULL)
		return (-1);
	policyd_mail(policyd, client, "pipe@example.org", &mail);
	buf_init(&both, policyd->arena, 16384);
	for (unsigned int i = 0; i < 6; i++)
		buf_add(&both,
		    policy_request_print(policyd_request(&mail, "RCPT", i)));
	buf_add_str(&both, "no request at all\n\n");
	if (policy_client_send(client, buf_span(&both)) != 0)
		return (policyd_fail(policyd, "the connection ended"));
	for (unsigned int i = 0; i < 5; i++) {
		first = policy_client_read(client, policyd->arena, CLOSE_MS);
		if (first == NULL || !policyd_passes(first))
			return (policyd_fail(policyd, "reply %u of six", i));
	}
	second = policy_client_read(client, policyd->arena, CLOSE_MS);
	if (second == NULL || !policyd_defers(second))
		return (policyd_fail(policyd, "the sixth is not deferred"));
	if (!policy_client_is_closed(client, CLOSE_MS))
		return (policyd_fail(policyd, "what follows is taken"));
	policy_client_close(client);
	return (0);
}

int
policyd_garbage(struct policyd *policyd)
{
	struct arena *arena = policyd->arena;

	policyd_limit(policyd, 5, "");
	daemon_option(policyd->daemon, "score = no");
	if (policyd_start(policyd) != 0)
		return (-1);
	struct {
		const char *what;
		const char *text;
	} cases[] = {
		{ "HTTP", "GET / HTTP/1.1\r\nHost: mx.example\r\n\r\n" },
		{ "an empty line", "\n" },
		{ "another request", "request=junk\n\n" },
		{ "no request", "protocol_state=RCPT\nsender=\n\n" },
		{ "a long line", repeated(arena, "x", 9000) },
		{ "a long value", arena_printf(arena,
				      "request=smtpd_access_policy\nsender=%s"
				      "\n\n",
				      repeated(arena, "x", 9000)) },
		{ "many lines",
		    arena_printf(arena, "request=smtpd_access_policy\n%s\n",
			repeated(arena, "a=b\n", 200)) },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (send_garbage(
			policyd, span_str(cases[i].text), cases[i].what) != 0)
			return (-1);
	if (noise(policyd) != 0 || pipelined(policyd) != 0)
		return (-1);
	return (policyd_alive(policyd));
}

/* Byte by byte, and with a pause in the middle. */
static int
piecemeal(struct policyd *policyd)
{
	struct policy_client *client = policyd_connect(policyd);
	struct policyd_mail mail;
	const char *reply = NULL;

	if (client == NULL)
		return (-1);
	policyd_mail(policyd, client, "ann@example.org", &mail);
	struct span bytes =
	    policy_request_print(policyd_request(&mail, "RCPT", 1));

	for (size_t i = 0; i < bytes.len; i++) {
		if (i + 1 == bytes.len &&
		    !policy_client_is_silent(client, QUIET_MS))
			return (policyd_fail(policyd, "a reply too early"));
		if (policy_client_send(client, span_new(&bytes.data[i], 1)) !=
		    0)
			return (policyd_fail(policyd, "the connection ended"));
	}
	reply = policy_client_read(
	    client, policyd->arena, POLICY_CLIENT_TIMEOUT_MS);
	policy_client_close(client);
	if (reply == NULL || !policyd_passes(reply))
		return (policyd_fail(policyd, "no reply to a slow request"));
	return (0);
}

/* Who stops in the middle of a request leaves nothing behind. */
int
policyd_halves(struct policyd *policyd)
{
	struct policyd_mail mail;

	policyd_limit(policyd, 5, "");
	if (policyd_start(policyd) != 0 || piecemeal(policyd) != 0)
		return (-1);
	policyd_mail(policyd, NULL, "half@example.org", &mail);
	struct span bytes =
	    policy_request_print(policyd_request(&mail, "RCPT", 1));
	long files = daemon_files(policyd->daemon);

	for (size_t len = 0; len < bytes.len; len += 7) {
		struct policy_client *client = policyd_connect(policyd);

		if (client == NULL ||
		    policy_client_send(client, span_head(bytes, len)) != 0)
			return (policyd_fail(policyd, "the connection ended"));
		policy_client_close(client);
	}
	if (policyd_expect_left(policyd, "half@example.org", 5, 5) != 0)
		return (-1);
	(void)poll(NULL, 0, QUIET_MS);
	if (daemon_files(policyd->daemon) > files + 2)
		return (policyd_fail(policyd, "connections are left"));
	return (policyd_alive(policyd));
}

/* Postfix keeps a connection that it does not use, and takes one that we close
 * for a failure: only the setting closes it. */
int
policyd_idle(struct policyd *policyd)
{
	struct policy_client *client;
	struct policyd_mail mail;
	bool closed;

	if (policyd_start(policyd) != 0 ||
	    (client = policyd_connect(policyd)) == NULL)
		return (-1);
	policyd_mail(policyd, client, "ann@example.org", &mail);
	if (!policyd_passes(policyd_say(&mail, "RCPT", 1)) ||
	    !policy_client_is_silent(client, 3000) ||
	    !policyd_passes(policyd_say(&mail, "RCPT", 2)))
		return (policyd_fail(policyd, "an idle connection ends"));
	policy_client_close(client);
	if (daemon_stop(policyd->daemon) != 0)
		return (
		    policyd_fail(policyd, "%s", daemon_error(policyd->daemon)));
	daemon_option(policyd->daemon, "idle_timeout = 1s");
	if (policyd_start(policyd) != 0 ||
	    (client = policyd_connect(policyd)) == NULL)
		return (-1);
	closed = policy_client_is_closed(client, CLOSE_MS);
	policy_client_close(client);
	if (!closed)
		return (policyd_fail(policyd, "idle_timeout does nothing"));
	return (policyd_alive(policyd));
}
