#include "support/milter_client.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <string.h>

/* Macros that one session sets. */
#define MACROS_MAX 32
#define COMMAND_MAX ((size_t)2 * 1024 * 1024)
#define PROTOCOL_VERSION 6
/* How long the filter may take to answer QUIT by closing. */
#define CLOSE_MS 5000

/* What Postfix lets a filter do, and what it can do for a filter. */
#define OFFERED_ACTIONS                                                        \
	(SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_ADDRCPT |       \
	    SMFIF_DELRCPT | SMFIF_QUARANTINE | SMFIF_CHGFROM |                 \
	    SMFIF_ADDRCPT_PAR | SMFIF_SETSYMLIST)
#define OFFERED_PROTOCOL SMFI_CURR_PROT

/* The stages for which macros are named, by libmilter's numbers. */
#define STAGES (SMFIM_LAST + 1)

/* Postfix's milter_connect_macros and so on. */
static const char *const default_macros[STAGES] = {
	[SMFIM_CONNECT] = "j {daemon_name} {daemon_addr} v _",
	[SMFIM_HELO] = "{tls_version} {cipher} {cipher_bits} {cert_subject} "
		       "{cert_issuer}",
	[SMFIM_ENVFROM] = "i {auth_type} {auth_authen} {auth_author} "
			  "{mail_addr} {mail_host} {mail_mailer}",
	[SMFIM_ENVRCPT] = "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
	[SMFIM_DATA] = "i",
	[SMFIM_EOM] = "i",
	[SMFIM_EOH] = "i",
};

struct macro {
	const char *name;
	const char *value;
};

struct milter_client {
	struct arena *arena;
	struct milter_wire *wire;
	int timeout_ms;
	uint32_t offered;  /* SMFIF_* */
	uint32_t protocol; /* SMFIP_* that the filter asked for */
	const char *macro_names[STAGES];
	struct macro macros[MACROS_MAX];
	size_t macro_count;
	struct milter_reply reply;
	const char *error;
	bool connection_done; /* no command interests the filter any more */
	bool message_done;    /* the same for this message */
	char skipped;         /* SMFIC_*: no more of these, or 0 */
};

static int
fail(struct milter_client *client, const char *doing, const char *what)
{
	client->error = arena_printf(client->arena, "%s: %s", doing, what);
	return (-1);
}

static const char *
command_name(char command)
{
	switch (command) {
	case SMFIC_OPTNEG:
		return ("negotiation");
	case SMFIC_CONNECT:
		return ("CONNECT");
	case SMFIC_HELO:
		return ("HELO");
	case SMFIC_MAIL:
		return ("MAIL");
	case SMFIC_RCPT:
		return ("RCPT");
	case SMFIC_DATA:
		return ("DATA");
	case SMFIC_HEADER:
		return ("a header field");
	case SMFIC_EOH:
		return ("the end of the header");
	case SMFIC_BODY:
		return ("a part of the body");
	case SMFIC_BODYEOB:
		return ("the end of the message");
	default:
		return ("a command");
	}
}

/* Read the symbol lists that may follow the filter's three numbers. */
static int
take_symbol_lists(struct milter_client *client, struct span data)
{
	struct span names;
	uint32_t stage;

	while (data.len > 0) {
		if (!milter_wire_get_u32(&data, &stage) || stage >= STAGES ||
		    !milter_wire_get_string(&data, &names))
			return (fail(client, "negotiation", "a bad list"));
		if (names.len > 0)
			client->macro_names[stage] =
			    arena_str(client->arena, names);
	}
	return (0);
}

void
milter_client_offer(unsigned char out[MILTER_CLIENT_OFFER_SIZE])
{
	static const uint32_t offer[] = { PROTOCOL_VERSION, OFFERED_ACTIONS,
		OFFERED_PROTOCOL };

	milter_wire_u32(out, sizeof(offer) + 1);
	out[4] = SMFIC_OPTNEG;
	for (size_t i = 0; i < 3; i++)
		milter_wire_u32(out + 5 + 4 * i, offer[i]);
}

static int
negotiate(struct milter_client *client)
{
	unsigned char offer[MILTER_CLIENT_OFFER_SIZE];
	struct milter_packet packet;
	enum milter_wire_status status;
	uint32_t version;
	uint32_t actions;

	milter_client_offer(offer);
	milter_wire_u32(offer + 5 + 4, client->offered);
	if (milter_wire_raw(client->wire, span_new(offer, sizeof(offer))) != 0)
		return (fail(client, "negotiation", "cannot write"));
	status = milter_wire_recv(
	    client->wire, client->arena, client->timeout_ms, &packet);
	if (status != MILTER_WIRE_PACKET)
		return (fail(
		    client, "negotiation", milter_wire_status_name(status)));
	if (packet.command != SMFIC_OPTNEG ||
	    !milter_wire_get_u32(&packet.data, &version) ||
	    !milter_wire_get_u32(&packet.data, &actions) ||
	    !milter_wire_get_u32(&packet.data, &client->protocol))
		return (fail(client, "negotiation", "no valid answer"));
	if (version > PROTOCOL_VERSION || version < 2)
		return (fail(client, "negotiation", "a foreign version"));
	if ((actions & ~client->offered) != 0 ||
	    (client->protocol & ~(uint32_t)OFFERED_PROTOCOL) != 0)
		return (fail(client, "negotiation", "more than was offered"));
	return (take_symbol_lists(client, packet.data));
}

struct milter_client *
milter_client_open(const char *address, int timeout_ms,
    struct arena *error_arena, const char **error)
{
	return (milter_client_open_without(
	    0, address, timeout_ms, error_arena, error));
}

struct milter_client *
milter_client_open_without(uint32_t actions, const char *address,
    int timeout_ms, struct arena *error_arena, const char **error)
{
	struct arena *arena = arena_new();
	struct milter_client *client = arena_alloc(arena, sizeof(*client));
	const char *reason = NULL;

	client->arena = arena;
	client->offered = OFFERED_ACTIONS & ~actions;
	client->timeout_ms =
	    timeout_ms > 0 ? timeout_ms : MILTER_CLIENT_TIMEOUT_MS;
	memcpy(
	    client->macro_names, default_macros, sizeof(client->macro_names));
	client->wire = milter_wire_open(arena, address, &reason);
	if (client->wire != NULL && negotiate(client) == 0)
		return (client);
	if (client->wire != NULL)
		reason = client->error;
	*error = arena_strdup(error_arena, reason);
	milter_wire_close(client->wire);
	arena_free(arena);
	return (NULL);
}

void
milter_client_close(struct milter_client *client)
{
	struct milter_packet packet;

	if (client == NULL)
		return;
	if (milter_wire_send(client->wire, SMFIC_QUIT, span_str(NULL)) == 0)
		(void)milter_wire_recv(
		    client->wire, client->arena, CLOSE_MS, &packet);
	milter_wire_close(client->wire);
	arena_free(client->arena);
}

void
milter_client_vanish(struct milter_client *client, bool reset)
{
	(void)!milter_wire_flush(client->wire);
	if (reset)
		milter_wire_reset(client->wire);
	milter_wire_close(client->wire);
	arena_free(client->arena);
}

const char *
milter_client_error(const struct milter_client *client)
{
	return (client->error);
}

struct milter_wire *
milter_client_wire(struct milter_client *client)
{
	return (client->wire);
}

uint32_t
milter_client_protocol(const struct milter_client *client)
{
	return (client->protocol);
}

const struct milter_reply *
milter_client_reply(const struct milter_client *client)
{
	return (&client->reply);
}

/* Return the macro ${name}, or NULL. */
static struct macro *
find_macro(struct milter_client *client, struct span name)
{
	for (size_t i = 0; i < client->macro_count; i++)
		if (span_is(name, client->macros[i].name))
			return (&client->macros[i]);
	return (NULL);
}

void
milter_client_macro(
    struct milter_client *client, const char *name, const char *value)
{
	struct macro *macro = find_macro(client, span_str(name));

	if (macro == NULL && client->macro_count < MACROS_MAX) {
		macro = &client->macros[client->macro_count++];
		macro->name = arena_strdup(client->arena, name);
	}
	if (macro != NULL)
		macro->value =
		    value == NULL ? NULL : arena_strdup(client->arena, value);
}

static bool
is_name(unsigned char byte)
{
	return (byte != ' ' && byte != ',');
}

static bool
is_separator(unsigned char byte)
{
	return (!is_name(byte));
}

/* Send the macros of ${stage} ahead of ${command}; Postfix sends the packet
 * even when no macro has a value. */
static int
send_macros(struct milter_client *client, char command, int stage)
{
	struct span names = span_str(client->macro_names[stage]);
	struct buf data;

	buf_init(&data, client->arena, COMMAND_MAX);
	buf_add_byte(&data, (unsigned char)command);
	while (names.len > 0) {
		struct macro *macro;

		(void)span_take_while(&names, is_separator);
		macro = find_macro(client, span_take_while(&names, is_name));
		if (macro == NULL || macro->value == NULL)
			continue;
		buf_add(&data, span_new(macro->name, strlen(macro->name) + 1));
		buf_add(
		    &data, span_new(macro->value, strlen(macro->value) + 1));
	}
	return (milter_wire_send(client->wire, SMFIC_MACRO, buf_span(&data)));
}

/* A reply's text with libmilter's doubled percent signs undone. */
static const char *
reply_text(struct milter_client *client, struct span data)
{
	struct buf out;

	buf_init(&out, client->arena, COMMAND_MAX);
	while (data.len > 0 && span_peek(data) != '\0') {
		if (span_take_byte(&data, '%') && span_peek(data) != '%')
			continue;
		buf_add(&out, span_head(data, 1));
		span_skip(&data, 1);
	}
	return (arena_strdup(client->arena, out.len > 0 ? buf_str(&out) : ""));
}

/* Take ${packet} as the last word on ${command}; return 0 if it is one. */
static int
decide(struct milter_client *client, char command,
    const struct milter_packet *packet)
{
	bool early = command == SMFIC_CONNECT || command == SMFIC_HELO;
	const char *text;

	switch (packet->command) {
	case SMFIR_CONTINUE:
		text = "250 2.0.0 Ok";
		break;
	case SMFIR_SKIP:
		client->skipped = command;
		text = "250 2.0.0 Ok";
		break;
	case SMFIR_ACCEPT:
	case SMFIR_DISCARD:
		text = "250 2.0.0 Ok";
		client->message_done = true;
		client->connection_done |= early;
		break;
	case SMFIR_REJECT:
		text = "550 5.7.1 Command rejected";
		break;
	case SMFIR_TEMPFAIL:
		text = "451 4.7.1 Service unavailable - try again later";
		break;
	case SMFIR_SHUTDOWN:
		text = "421 4.3.2 Service shutting down";
		break;
	case SMFIR_REPLYCODE:
		text = reply_text(client, packet->data);
		break;
	default:
		return (fail(client, command_name(command),
		    arena_printf(client->arena, "unexpected reply '%c'",
			packet->command)));
	}
	client->reply.command = packet->command;
	client->reply.text = text;
	if (*text != '2') {
		client->connection_done |= early;
		/* RCPT refuses one recipient only. */
		client->message_done |= command != SMFIC_RCPT;
	}
	return (0);
}

/* Read until the filter's last word on ${command}; at the end of the message
 * it may ask for changes of ${message} before. */
static int
read_reply(
    struct milter_client *client, char command, struct milter_message *message)
{
	bool add_blank = (client->protocol & SMFIP_HDR_LEADSPC) == 0;

	for (;;) {
		struct milter_packet packet;
		enum milter_wire_status status = milter_wire_recv(
		    client->wire, client->arena, client->timeout_ms, &packet);

		if (status != MILTER_WIRE_PACKET)
			return (fail(client, command_name(command),
			    milter_wire_status_name(status)));
		if (packet.command == SMFIR_PROGRESS)
			continue;
		if (message == NULL || strchr("+-2behimq", packet.command) == 0)
			return (decide(client, command, &packet));
		if (!milter_message_edit(
			message, packet.command, packet.data, add_blank))
			return (fail(client, command_name(command),
			    "a malformed change"));
	}
}

struct step {
	char command;        /* SMFIC_* */
	int stage;           /* whose macros go ahead */
	uint32_t not_wanted; /* SMFIP_NO*: then the command is not sent */
	uint32_t no_reply;   /* SMFIP_NR_* */
};

/* Send one command with ${data} and read what follows from it. */
static int
perform(struct milter_client *client, const struct step *step, struct span data,
    struct milter_message *message)
{
	client->reply = (struct milter_reply){ 0, "250 2.0.0 Ok" };
	if (client->connection_done || client->skipped == step->command)
		return (0);
	client->skipped = 0;
	if (send_macros(client, step->command, step->stage) != 0)
		return (fail(client, command_name(step->command), "no write"));
	if ((client->protocol & step->not_wanted) != 0)
		return (0);
	if (milter_wire_send(client->wire, step->command, data) != 0)
		return (fail(client, command_name(step->command), "no write"));
	if ((client->protocol & step->no_reply) != 0)
		return (0);
	return (read_reply(client, step->command, message));
}

int
milter_client_connect(struct milter_client *client, const char *name,
    const char *address, uint16_t port)
{
	static const struct step step = { SMFIC_CONNECT, SMFIM_CONNECT,
		SMFIP_NOCONNECT, SMFIP_NR_CONN };
	struct buf data;

	buf_init(&data, client->arena, COMMAND_MAX);
	/* Postfix gives sendmail's form of a host without a name. */
	if (address != NULL && strcmp(name, "unknown") == 0)
		buf_printf(&data, "[%s]", address);
	else
		buf_add_str(&data, name);
	buf_add_byte(&data, '\0');
	if (address == NULL) {
		buf_add_byte(&data, SMFIA_UNKNOWN);
	} else {
		buf_add_byte(&data,
		    strchr(address, ':') != NULL ? SMFIA_INET6 : SMFIA_INET);
		buf_add_byte(&data, (unsigned char)(port >> 8));
		buf_add_byte(&data, (unsigned char)port);
		buf_add(&data, span_new(address, strlen(address) + 1));
	}
	return (perform(client, &step, buf_span(&data), NULL));
}

int
milter_client_helo(struct milter_client *client, const char *name)
{
	static const struct step step = { SMFIC_HELO, SMFIM_HELO, SMFIP_NOHELO,
		SMFIP_NR_HELO };

	return (perform(client, &step, span_new(name, strlen(name) + 1), NULL));
}

/* Send ${arguments} as the strings of one command. */
static int
perform_arguments(struct milter_client *client, const struct step *step,
    const char *const *arguments)
{
	struct buf data;

	buf_init(&data, client->arena, COMMAND_MAX);
	for (; *arguments != NULL; arguments++)
		buf_add(&data, span_new(*arguments, strlen(*arguments) + 1));
	return (perform(client, step, buf_span(&data), NULL));
}

int
milter_client_mail(struct milter_client *client, const char *const *arguments)
{
	static const struct step step = { SMFIC_MAIL, SMFIM_ENVFROM,
		SMFIP_NOMAIL, SMFIP_NR_MAIL };

	client->message_done = false;
	return (perform_arguments(client, &step, arguments));
}

int
milter_client_rcpt(struct milter_client *client, const char *const *arguments)
{
	static const struct step step = { SMFIC_RCPT, SMFIM_ENVRCPT,
		SMFIP_NORCPT, SMFIP_NR_RCPT };

	return (perform_arguments(client, &step, arguments));
}

int
milter_client_data(struct milter_client *client)
{
	static const struct step step = { SMFIC_DATA, SMFIM_DATA, SMFIP_NODATA,
		SMFIP_NR_DATA };

	return (perform(client, &step, span_str(NULL), NULL));
}

int
milter_client_header(
    struct milter_client *client, struct span name, struct span value)
{
	static const struct step step = { SMFIC_HEADER, SMFIM_EOH, SMFIP_NOHDRS,
		SMFIP_NR_HDR };
	struct arena *arena = arena_new();
	struct buf data;
	int result;

	buf_init(&data, arena, MILTER_MESSAGE_MAX);
	if ((client->protocol & SMFIP_HDR_LEADSPC) == 0)
		(void)span_take_byte(&value, ' ');
	buf_add(&data, name);
	buf_add_byte(&data, '\0');
	buf_add(&data, value);
	buf_add_byte(&data, '\0');
	result = perform(client, &step, buf_span(&data), NULL);
	arena_free(arena);
	return (result);
}

int
milter_client_eoh(struct milter_client *client)
{
	static const struct step step = { SMFIC_EOH, SMFIM_EOH, SMFIP_NOEOH,
		SMFIP_NR_EOH };

	return (perform(client, &step, span_str(NULL), NULL));
}

int
milter_client_body(struct milter_client *client, struct span bytes)
{
	static const struct step step = { SMFIC_BODY, SMFIM_EOM, SMFIP_NOBODY,
		SMFIP_NR_BODY };

	while (bytes.len > 0) {
		struct span chunk = span_head(bytes, MILTER_CHUNK_SIZE);

		if (perform(client, &step, chunk, NULL) != 0)
			return (-1);
		if (client->message_done)
			return (0);
		span_skip(&bytes, chunk.len);
	}
	return (0);
}

int
milter_client_eom(struct milter_client *client, struct milter_message *message)
{
	static const struct step step = { SMFIC_BODYEOB, SMFIM_EOM, 0, 0 };

	return (perform(client, &step, span_str(NULL), message));
}

int
milter_client_start_message(
    struct milter_client *client, const struct milter_message *message)
{
	if (client->message_done || client->connection_done)
		return (0);
	if (milter_client_data(client) != 0)
		return (-1);
	for (size_t i = 0; i < message->count && !client->message_done; i++)
		if (milter_client_header(client, message->fields[i].name,
			message->fields[i].value) != 0)
			return (-1);
	if (!client->message_done && milter_client_eoh(client) != 0)
		return (-1);
	if (!client->message_done &&
	    milter_client_body(client, buf_span(&message->body)) != 0)
		return (-1);
	return (0);
}

int
milter_client_message(
    struct milter_client *client, struct milter_message *message)
{
	struct milter_reply reply;

	if (milter_client_start_message(client, message) != 0)
		return (-1);
	if (!client->message_done && milter_client_eom(client, message) != 0)
		return (-1);
	reply = client->reply;
	if (milter_client_abort(client) != 0)
		return (-1);
	client->reply = reply;
	return (0);
}

int
milter_client_abort(struct milter_client *client)
{
	client->message_done = false;
	client->skipped = 0;
	client->reply = (struct milter_reply){ 0, "250 2.0.0 Ok" };
	if (client->connection_done)
		return (0);
	if (milter_wire_send(client->wire, SMFIC_ABORT, span_str(NULL)) != 0)
		return (fail(client, "ABORT", "no write"));
	return (0);
}
