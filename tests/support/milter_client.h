/*
 * milter_client.h: the MTA's side of a milter session, as Postfix plays it:
 * protocol version 6 with everything that Postfix 3.7 offers, macros before
 * each command, one filter connection for one SMTP connection.
 *
 * Every function that talks returns -1 when the filter broke the protocol, went
 * away or was silent too long; milter_client_error() then says why.
 */
#ifndef SUPPORT_MILTER_CLIENT_H
#define SUPPORT_MILTER_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compat.h"
#include "base/span.h"
#include "support/milter_message.h"
#include "support/milter_wire.h"

/* What Postfix waits for by default: milter_command_timeout and
 * milter_content_timeout are longer, but no test wants to. */
#define MILTER_CLIENT_TIMEOUT_MS 20000

/* The filter's last word on a command. */
struct milter_reply {
	char command;     /* SMFIR_*; 0: the filter wanted no such command, or
	                   * gives no reply to it */
	const char *text; /* what an SMTP client would be told: "250 2.0.0 Ok",
	                   * "550 5.7.1 Command rejected", ... */
};

struct milter_client;

/**
 * milter_client_open(address, timeout_ms, error_arena, error):
 * Connect to the filter at ${address} (see milter_wire_open()) and agree on the
 * protocol.  ${timeout_ms} bounds each wait for a reply; 0:
 * MILTER_CLIENT_TIMEOUT_MS.  On failure return NULL and store the reason,
 * allocated from ${error_arena}, in ${error}.
 */
struct milter_client *milter_client_open(const char *address, int timeout_ms,
    struct arena *error_arena, const char **error);

/**
 * milter_client_open_without(actions, address, timeout_ms, error_arena, error):
 * As milter_client_open(), for an MTA that can do all but ${actions}, SMFIF_*.
 */
struct milter_client *milter_client_open_without(uint32_t actions,
    const char *address, int timeout_ms, struct arena *error_arena,
    const char **error);

#define MILTER_CLIENT_OFFER_SIZE 17

/**
 * milter_client_offer(out):
 * Store in ${out} the packet that opens every negotiation.
 */
void milter_client_offer(unsigned char out[MILTER_CLIENT_OFFER_SIZE]);

/**
 * milter_client_close(client):
 * Say QUIT, wait a little until the filter has heard all and closes, and close.
 * NULL is harmless.
 */
void milter_client_close(struct milter_client *client);

/**
 * milter_client_vanish(client, reset):
 * Close without a word, by a TCP reset if ${reset}.
 */
void milter_client_vanish(struct milter_client *client, bool reset);

/**
 * milter_client_error(client):
 * Return why the last function failed.
 */
const char *milter_client_error(const struct milter_client *client);

/**
 * milter_client_wire(client):
 * Return the connection, for tests that write to it directly.
 */
struct milter_wire *milter_client_wire(struct milter_client *client);

/**
 * milter_client_protocol(client):
 * Return the SMFIP_* flags that the filter asked for.
 */
uint32_t milter_client_protocol(const struct milter_client *client);

/**
 * milter_client_macro(client, name, value):
 * From now on the macro ${name} ("i", "{auth_authen}") has ${value}; NULL: it
 * has none and is not sent.  It is sent before the commands where Postfix sends
 * it, or where the filter asked for it.
 */
void milter_client_macro(
    struct milter_client *client, const char *name, const char *value);

/**
 * milter_client_connect(client, name, address, port):
 * An SMTP client with the host name ${name} ("unknown": none) connects from the
 * IPv4 or IPv6 ${address} and ${port}, or, without ${address}, locally.
 */
int milter_client_connect(struct milter_client *client, const char *name,
    const char *address, uint16_t port) COMPAT_MUST_CHECK;

/**
 * milter_client_helo(client, name), milter_client_mail(client, arguments),
 * milter_client_rcpt(client, arguments), milter_client_data(client):
 * The SMTP client says HELO, MAIL FROM, RCPT TO, DATA.  ${arguments} are the
 * path in angle brackets and ESMTP parameters, ended by NULL.
 */
int milter_client_helo(
    struct milter_client *client, const char *name) COMPAT_MUST_CHECK;
int milter_client_mail(struct milter_client *client,
    const char *const *arguments) COMPAT_MUST_CHECK;
int milter_client_rcpt(struct milter_client *client,
    const char *const *arguments) COMPAT_MUST_CHECK;
int milter_client_data(struct milter_client *client) COMPAT_MUST_CHECK;

/**
 * milter_client_header(client, name, value), milter_client_eoh(client),
 * milter_client_body(client, bytes):
 * The parts of a message.  ${value} has its leading blank; it is dropped here
 * when the filter did not ask for it.  ${bytes} are sent in pieces of 65,535.
 */
int milter_client_header(struct milter_client *client, struct span name,
    struct span value) COMPAT_MUST_CHECK;
int milter_client_eoh(struct milter_client *client) COMPAT_MUST_CHECK;
int milter_client_body(
    struct milter_client *client, struct span bytes) COMPAT_MUST_CHECK;

/**
 * milter_client_eom(client, message):
 * The message has ended.  Apply what the filter changes to ${message}.
 */
int milter_client_eom(struct milter_client *client,
    struct milter_message *message) COMPAT_MUST_CHECK;

/**
 * milter_client_message(client, message):
 * DATA, every field, EOH, the body and the end, until the filter decides.  As
 * Postfix does, say ABORT after it, whatever the decision.
 */
int milter_client_message(struct milter_client *client,
    struct milter_message *message) COMPAT_MUST_CHECK;

/**
 * milter_client_start_message(client, message):
 * As milter_client_message(), but stop before the end of the message.
 */
int milter_client_start_message(struct milter_client *client,
    const struct milter_message *message) COMPAT_MUST_CHECK;

/**
 * milter_client_abort(client):
 * The SMTP client said RSET, or the message is done with.
 */
int milter_client_abort(struct milter_client *client) COMPAT_MUST_CHECK;

/**
 * milter_client_reply(client):
 * Return the filter's last word; valid until the next function.
 */
const struct milter_reply *milter_client_reply(
    const struct milter_client *client);

#endif
