/*
 * robust_bytes.c: bytes that are no milter protocol, packets that lie, commands
 * in any order, and clients that vanish.
 */
#include <libmilter/mfdef.h>
#include <string.h>

#include "robust.h"

#define GARBAGE_ROUNDS 200
#define GARBAGE_MAX 70000
#define ORDER_ROUNDS 400
#define ORDER_LENGTH 12
#define VANISH_ROUNDS 5
#define GROWTH_KB 8192

/* Write ${bytes} to a fresh connection and leave it. */
static int
throw_bytes(struct robust *robust, struct span bytes)
{
	struct arena *arena = arena_new();
	const char *error;
	struct milter_wire *wire =
	    milter_wire_open(arena, robust->socket, &error);

	if (wire == NULL) {
		(void)robust_fail(robust, "%s", error);
		arena_free(arena);
		return (-1);
	}
	/* The milter may close at once; that is its right. */
	if (milter_wire_raw(wire, bytes) == 0)
		(void)!milter_wire_flush(wire);
	milter_wire_close(wire);
	arena_free(arena);
	return (0);
}

static struct span
random_bytes(struct robust *robust, struct arena *arena)
{
	size_t len = 1 + robust_random(robust, GARBAGE_MAX);
	unsigned char *bytes = arena_alloc(arena, len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)robust_random(robust, 256);
	/* Half of them begin with a length that libmilter takes. */
	if (len > 4 && robust_random(robust, 2) == 0)
		milter_wire_u32(bytes, 1 + robust_random(robust, 64));
	return (span_new(bytes, len));
}

int
robust_garbage(struct robust *robust)
{
	long before;

	if (robust_start(robust, false) != 0 || robust_alive(robust) != 0)
		return (-1);
	before = daemon_rss(robust->daemon);
	for (int i = 0; i < GARBAGE_ROUNDS; i++) {
		struct arena *arena = arena_new();
		int result = throw_bytes(robust, random_bytes(robust, arena));

		arena_free(arena);
		if (result != 0)
			return (-1);
	}
	if (robust_alive(robust) != 0)
		return (-1);
	robust_growth(robust, before, GROWTH_KB);
	return (0);
}

/* What follows a good negotiation and ${stage} good commands. */
struct packet_case {
	const char *name;
	int stage; /* 0 none, 1 CONNECT, 2 HELO, 3 MAIL, 4 RCPT */
	struct span bytes;
};

#define BYTES(text) SPAN_LITERAL(text)

static const struct packet_case packet_cases[] = {
	{ "length 0", 0, BYTES("\0\0\0\0") },
	{ "length 0, many", 0, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
	{ "4 GB claimed", 0, BYTES("\xff\xff\xff\xffHxxxx") },
	{ "2 GB claimed", 0, BYTES("\x80\0\0\0Hxxxx") },
	{ "a negative length", 0, BYTES("\xff\xff\xff\xfeHxxxx") },
	{ "1 MB claimed", 0, BYTES("\0\x10\0\0Hxxxx") },
	{ "half a length", 0, BYTES("\0\0") },
	{ "half a packet", 0, BYTES("\0\0\0\x20Hfoo") },
	{ "an unknown command", 0, BYTES("\0\0\0\1\1") },
	{ "a negotiation again", 0, BYTES("\0\0\0\1O") },
	{ "a short negotiation", 0, BYTES("\0\0\0\5O\0\0\0\6") },
	{ "version 0", 0, BYTES("\0\0\0\15O\0\0\0\0\0\0\0\0\0\0\0\0") },
	{ "version 1", 0, BYTES("\0\0\0\15O\0\0\0\1\0\0\0\0\0\0\0\0") },
	{ "version 99", 0, BYTES("\0\0\0\15O\0\0\0\143\0\0\0\0\0\0\0\0") },
	{ "CONNECT empty", 0, BYTES("\0\0\0\1C") },
	{ "CONNECT open", 0, BYTES("\0\0\0\4Cfoo") },
	{ "CONNECT no family", 0, BYTES("\0\0\0\5Cfoo\0") },
	{ "CONNECT odd family", 0, BYTES("\0\0\0\6Cfoo\0X") },
	{ "CONNECT no address", 0, BYTES("\0\0\0\6Cfoo\0004") },
	{ "CONNECT no IP", 0, BYTES("\0\0\0\13Cfoo\0004\0\31bar") },
	{ "CONNECT bad IP", 0, BYTES("\0\0\0\14Cfoo\0004\0\031bar\0") },
	{ "CONNECT bad IPv6", 0, BYTES("\0\0\0\14Cfoo\0006\0\031bar\0") },
	{ "CONNECT UNIX", 0, BYTES("\0\0\0\14Cfoo\0L\0\031bar\0") },
	{ "HELO empty", 1, BYTES("\0\0\0\1H") },
	{ "HELO open", 1, BYTES("\0\0\0\4Hfoo") },
	{ "MAIL empty", 2, BYTES("\0\0\0\1M") },
	{ "MAIL open", 2, BYTES("\0\0\0\4M<a>") },
	{ "MAIL blank", 2, BYTES("\0\0\0\2M\0") },
	{ "MAIL NULs", 2, BYTES("\0\0\0\6M\0\0\0\0\0") },
	{ "RCPT empty", 3, BYTES("\0\0\0\1R") },
	{ "RCPT open", 3, BYTES("\0\0\0\4R<b>") },
	{ "header empty", 4, BYTES("\0\0\0\1L") },
	{ "header open", 4, BYTES("\0\0\0\5LFrom") },
	{ "header no value", 4, BYTES("\0\0\0\6LFrom\0") },
	{ "header value open", 4, BYTES("\0\0\0\7LFrom\0a") },
	{ "header no name", 4, BYTES("\0\0\0\4L\0a\0") },
	{ "header three strings", 4, BYTES("\0\0\0\11LFrom\0a\0b") },
	{ "body empty", 4, BYTES("\0\0\0\1B") },
	{ "end empty", 4, BYTES("\0\0\0\1E") },
	{ "end with data", 4, BYTES("\0\0\0\1N\0\0\0\6Ehello") },
	{ "UNKNOWN empty", 2, BYTES("\0\0\0\1U") },
	{ "DATA with data", 4, BYTES("\0\0\0\4Tabc") },
	{ "ABORT with data", 4, BYTES("\0\0\0\4Aabc") },
	{ "macro empty", 0, BYTES("\0\0\0\1D") },
	{ "macro odd stage", 0, BYTES("\0\0\0\10D\1j\0x\0\0\0") },
	{ "QUIT_NC", 2, BYTES("\0\0\0\1K") },
	{ "QUIT and more", 2, BYTES("\0\0\0\1Q\0\0\0\1H") },
};

/* Play the first ${stage} commands of a good session. */
static int
play(struct milter_client *client, int stage)
{
	static const char *const mail[] = { "<ann@example.org>", NULL };
	static const char *const rcpt[] = { "<bob@example.net>", NULL };

	if (stage >= 1 &&
	    milter_client_connect(client, "x.example", ROBUST_OUTSIDE, 1) != 0)
		return (-1);
	if (stage >= 2 && milter_client_helo(client, "x.example") != 0)
		return (-1);
	if (stage >= 3 && milter_client_mail(client, mail) != 0)
		return (-1);
	if (stage >= 4 && milter_client_rcpt(client, rcpt) != 0)
		return (-1);
	return (0);
}

/* Say whether ${bytes} are a whole number of packets. */
static bool
is_complete(struct span bytes)
{
	struct span packet;
	uint32_t len;

	while (bytes.len > 0)
		if (!milter_wire_get_u32(&bytes, &len) ||
		    !span_take(&bytes, len, &packet))
			return (false);
	return (true);
}

int
robust_packets(struct robust *robust)
{
	if (robust_start(robust, false) != 0)
		return (-1);
	for (size_t i = 0; i < sizeof(packet_cases) / sizeof(packet_cases[0]);
	     i++) {
		const struct packet_case *test = &packet_cases[i];
		struct milter_client *client = robust_wire(robust);

		if (client == NULL || play(client, test->stage) != 0)
			return (
			    robust_fail(robust, "%s: no start", test->name));
		(void)!milter_wire_raw(milter_client_wire(client), test->bytes);
		/* Wait until the milter has read it all, if it can. */
		if (is_complete(test->bytes))
			milter_client_close(client);
		else
			milter_client_vanish(client, false);
		if (robust_alive(robust) != 0)
			return (robust_fail(
			    robust, "%s: broken by that", test->name));
	}
	return (0);
}

/* Well-formed commands, to be sent in any order. */
static const struct {
	char command;
	struct span data;
} commands[] = {
	{ SMFIC_OPTNEG, BYTES("\0\0\0\6\0\0\1\xff\0\x1f\xff\xff") },
	{ SMFIC_CONNECT, BYTES("x.example\0004\0\031198.51.100.1") },
	{ SMFIC_HELO, BYTES("x.example\0") },
	{ SMFIC_MAIL, BYTES("<ann@example.org>\0") },
	{ SMFIC_RCPT, BYTES("<bob@example.net>\0") },
	{ SMFIC_DATA, BYTES("") },
	{ SMFIC_HEADER, BYTES("From\0 ann@example.org\0") },
	{ SMFIC_HEADER, BYTES("DKIM-Signature\0 v=1\0") },
	{ SMFIC_EOH, BYTES("") },
	{ SMFIC_BODY, BYTES("hello\r\n") },
	{ SMFIC_BODYEOB, BYTES("") },
	{ SMFIC_ABORT, BYTES("") },
	{ SMFIC_UNKNOWN, BYTES("VRFY\0") },
	{ SMFIC_MACRO, BYTES("Mi\0x\0") },
	{ SMFIC_QUIT_NC, BYTES("") },
};

static int
say(struct milter_client *client, size_t i)
{
	/* SPAN_LITERAL leaves out the last NUL; CONNECT needs one. */
	struct span data = commands[i].data;

	if (commands[i].command == SMFIC_CONNECT)
		data.len++;
	return (milter_wire_send(
	    milter_client_wire(client), commands[i].command, data));
}

int
robust_order(struct robust *robust)
{
	const uint32_t count = sizeof(commands) / sizeof(commands[0]);
	long before;

	if (robust_start(robust, false) != 0 || robust_alive(robust) != 0)
		return (-1);
	before = daemon_rss(robust->daemon);
	for (uint32_t round = 0; round < ORDER_ROUNDS; round++) {
		struct milter_client *client = robust_wire(robust);

		if (client == NULL)
			return (-1);
		/* First every pair, after a good start; then at random. */
		(void)play(client, (int)(round / (count * count) % 5));
		(void)say(client, round % count);
		(void)say(client, round / count % count);
		for (int i = 0; i < ORDER_LENGTH; i++)
			(void)say(client, robust_random(robust, count));
		if (robust_random(robust, 4) == 0)
			milter_client_close(client);
		else
			milter_client_vanish(client, false);
	}
	if (robust_alive(robust) != 0)
		return (-1);
	robust_growth(robust, before, GROWTH_KB);
	return (0);
}

static const struct span macro_packets[] = {
	BYTES("M"),
	BYTES("Mi"),
	BYTES("Mi\0"),
	BYTES("M{auth_authen}\0"),
	BYTES("M{auth_authen"),
	BYTES("M\0\0\0\0"),
	BYTES("M{auth_authen}\0\0i"),
	BYTES("\0"),
	BYTES("\xff\0\xff\0\xff\0"),
};

/* An empty login name is no login: the message is inbound. */
static int
send_with_empty_login(struct robust *robust)
{
	struct milter_client *client = robust_session(robust, ROBUST_OUTSIDE);
	struct milter_message *message = robust_message(robust->arena);
	int result;

	if (client == NULL)
		return (-1);
	milter_client_macro(client, "{auth_authen}", "");
	result = robust_send(robust, client, message, "250");
	milter_client_close(client);
	if (result == 0 &&
	    milter_message_count(message, "Authentication-Results") != 1)
		return (robust_fail(robust, "an empty login is outbound"));
	return (result);
}

int
robust_macros(struct robust *robust)
{
	if (robust_start(robust, false) != 0)
		return (-1);
	for (size_t i = 0; i < sizeof(macro_packets) / sizeof(macro_packets[0]);
	     i++) {
		struct milter_client *client =
		    robust_session(robust, ROBUST_OUTSIDE);

		if (client == NULL)
			return (-1);
		(void)!milter_wire_send(
		    milter_client_wire(client), SMFIC_MACRO, macro_packets[i]);
		(void)play(client, 4);
		milter_client_close(client);
		if (robust_alive(robust) != 0)
			return (robust_fail(robust, "macro packet %zu", i));
	}
	return (send_with_empty_login(robust));
}

/* Play a message up to ${stage}. */
static void
play_message(struct milter_client *client, int stage)
{
	struct arena *arena = arena_new();
	struct milter_message *message = robust_message(arena);

	(void)play(client, stage);
	if (stage >= 5)
		(void)!milter_client_data(client);
	for (size_t i = 0; i < message->count && stage >= 6; i++)
		(void)!milter_client_header(
		    client, message->fields[i].name, message->fields[i].value);
	if (stage >= 7)
		(void)!milter_client_eoh(client);
	if (stage >= 8)
		(void)!milter_client_body(client, buf_span(&message->body));
	/* The end without waiting for the answer, or half of the packet. */
	if (stage == 9)
		(void)!milter_wire_send(
		    milter_client_wire(client), SMFIC_BODYEOB, span_str(NULL));
	if (stage == 10)
		(void)!milter_wire_raw(
		    milter_client_wire(client), span_new("\0\0\1\0B", 5));
	arena_free(arena);
}

static int
vanish_everywhere(struct robust *robust)
{
	for (int round = 0; round < VANISH_ROUNDS; round++)
		for (int stage = 0; stage <= 10; stage++)
			for (int reset = 0; reset <= 1; reset++) {
				struct milter_client *client =
				    robust_wire(robust);

				if (client == NULL)
					return (-1);
				play_message(client, stage);
				milter_client_vanish(client, reset == 1);
			}
	return (robust_alive(robust));
}

int
robust_vanish(struct robust *robust)
{
	long before;

	if (robust_start(robust, true) != 0 || robust_alive(robust) != 0)
		return (-1);
	/* Before the negotiation, too. */
	for (int i = 0; i < VANISH_ROUNDS; i++)
		if (throw_bytes(robust, span_str(NULL)) != 0)
			return (-1);
	before = daemon_rss(robust->daemon);
	if (vanish_everywhere(robust) != 0)
		return (-1);
	robust_growth(robust, before, GROWTH_KB);
	return (0);
}
