/*
 * request.h: what Postfix asks (SMTPD_POLICY_README): name=value lines and an
 * empty one.
 */
#ifndef POLICYD_REQUEST_H
#define POLICYD_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/network.h"
#include "base/span.h"

/* Bytes of one request, of one line, and how many lines. */
#define REQUEST_MAX_BYTES ((size_t)32768)
#define REQUEST_MAX_LINE ((size_t)8192)
#define REQUEST_MAX_LINES ((size_t)128)

/* The attributes that we know, in the order in which Postfix sends them; others
 * are skipped. */
enum request_attribute {
	REQUEST_REQUEST,
	REQUEST_PROTOCOL_STATE,
	REQUEST_PROTOCOL_NAME,
	REQUEST_CLIENT_ADDRESS,
	REQUEST_CLIENT_NAME,
	REQUEST_CLIENT_PORT,
	REQUEST_REVERSE_CLIENT_NAME,
	REQUEST_SERVER_ADDRESS,
	REQUEST_SERVER_PORT,
	REQUEST_HELO_NAME,
	REQUEST_SENDER,
	REQUEST_RECIPIENT,
	REQUEST_RECIPIENT_COUNT,
	REQUEST_QUEUE_ID,
	REQUEST_INSTANCE,
	REQUEST_SIZE,
	REQUEST_ETRN_DOMAIN,
	REQUEST_STRESS,
	REQUEST_SASL_METHOD,
	REQUEST_SASL_USERNAME,
	REQUEST_SASL_SENDER,
	REQUEST_CCERT_SUBJECT,
	REQUEST_CCERT_ISSUER,
	REQUEST_CCERT_FINGERPRINT,
	REQUEST_CCERT_PUBKEY_FINGERPRINT,
	REQUEST_ENCRYPTION_PROTOCOL,
	REQUEST_ENCRYPTION_CIPHER,
	REQUEST_ENCRYPTION_KEYSIZE,
	REQUEST_TLS_SNI,
	REQUEST_POLICY_CONTEXT,
	REQUEST_COMPATIBILITY_LEVEL,
	REQUEST_MAIL_VERSION,
	REQUEST_ATTRIBUTES,
};

enum request_state {
	REQUEST_STATE_OTHER, /* a word that we do not know */
	REQUEST_STATE_CONNECT,
	REQUEST_STATE_EHLO, /* or HELO */
	REQUEST_STATE_MAIL,
	REQUEST_STATE_RCPT,
	REQUEST_STATE_DATA,
	REQUEST_STATE_END_OF_MESSAGE,
	REQUEST_STATE_VRFY,
	REQUEST_STATE_ETRN,
};

struct request {
	enum request_state state;
	struct span attributes[REQUEST_ATTRIBUTES]; /* empty: absent or so */
	struct network_address client; /* AF_UNSPEC when it is no address */
	uint64_t size;                 /* bytes; 0 when it is no number */
	uint64_t recipient_count;
};

enum request_status {
	REQUEST_COMPLETE,
	REQUEST_INCOMPLETE, /* there may be more to come */
	REQUEST_BAD,        /* no request can come of this */
};

/**
 * request_parse(bytes, out, used, error):
 * Parse the request that begins at ${bytes}.  Lines end with LF; a line without
 * "=", one past its limit, a NUL, a request without or with another "request="
 * than smtpd_access_policy is REQUEST_BAD, with a constant reason in ${error}.
 * Of an attribute given twice the last one counts.  On REQUEST_COMPLETE store
 * the request, which points into ${bytes}, in ${out}, and its length in
 * ${used}.
 */
enum request_status request_parse(
    struct span bytes, struct request *out, size_t *used, const char **error);

/**
 * request_attribute_name(attribute), request_attribute_find(name):
 * The word on the wire of an attribute, and the attribute of a word;
 * REQUEST_ATTRIBUTES when there is none.
 */
const char *request_attribute_name(enum request_attribute attribute);
enum request_attribute request_attribute_find(struct span name);

/**
 * request_copy(arena, request):
 * Return a copy of ${request} whose bytes live as long as ${arena}.
 */
struct request *request_copy(
    struct arena *arena, const struct request *request);

#endif
