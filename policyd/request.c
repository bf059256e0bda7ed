#include "request.h"

#include <string.h>

#define SERVICE "smtpd_access_policy"

/* Digits of 2^64 - 1. */
#define NUMBER_DIGITS 20

static const struct span names[REQUEST_ATTRIBUTES] = {
	[REQUEST_REQUEST] = SPAN_LITERAL("request"),
	[REQUEST_PROTOCOL_STATE] = SPAN_LITERAL("protocol_state"),
	[REQUEST_PROTOCOL_NAME] = SPAN_LITERAL("protocol_name"),
	[REQUEST_CLIENT_ADDRESS] = SPAN_LITERAL("client_address"),
	[REQUEST_CLIENT_NAME] = SPAN_LITERAL("client_name"),
	[REQUEST_CLIENT_PORT] = SPAN_LITERAL("client_port"),
	[REQUEST_REVERSE_CLIENT_NAME] = SPAN_LITERAL("reverse_client_name"),
	[REQUEST_SERVER_ADDRESS] = SPAN_LITERAL("server_address"),
	[REQUEST_SERVER_PORT] = SPAN_LITERAL("server_port"),
	[REQUEST_HELO_NAME] = SPAN_LITERAL("helo_name"),
	[REQUEST_SENDER] = SPAN_LITERAL("sender"),
	[REQUEST_RECIPIENT] = SPAN_LITERAL("recipient"),
	[REQUEST_RECIPIENT_COUNT] = SPAN_LITERAL("recipient_count"),
	[REQUEST_QUEUE_ID] = SPAN_LITERAL("queue_id"),
	[REQUEST_INSTANCE] = SPAN_LITERAL("instance"),
	[REQUEST_SIZE] = SPAN_LITERAL("size"),
	[REQUEST_ETRN_DOMAIN] = SPAN_LITERAL("etrn_domain"),
	[REQUEST_STRESS] = SPAN_LITERAL("stress"),
	[REQUEST_SASL_METHOD] = SPAN_LITERAL("sasl_method"),
	[REQUEST_SASL_USERNAME] = SPAN_LITERAL("sasl_username"),
	[REQUEST_SASL_SENDER] = SPAN_LITERAL("sasl_sender"),
	[REQUEST_CCERT_SUBJECT] = SPAN_LITERAL("ccert_subject"),
	[REQUEST_CCERT_ISSUER] = SPAN_LITERAL("ccert_issuer"),
	[REQUEST_CCERT_FINGERPRINT] = SPAN_LITERAL("ccert_fingerprint"),
	[REQUEST_CCERT_PUBKEY_FINGERPRINT] =
	    SPAN_LITERAL("ccert_pubkey_fingerprint"),
	[REQUEST_ENCRYPTION_PROTOCOL] = SPAN_LITERAL("encryption_protocol"),
	[REQUEST_ENCRYPTION_CIPHER] = SPAN_LITERAL("encryption_cipher"),
	[REQUEST_ENCRYPTION_KEYSIZE] = SPAN_LITERAL("encryption_keysize"),
	[REQUEST_TLS_SNI] = SPAN_LITERAL("tls_sni"),
	[REQUEST_POLICY_CONTEXT] = SPAN_LITERAL("policy_context"),
	[REQUEST_COMPATIBILITY_LEVEL] = SPAN_LITERAL("compatibility_level"),
	[REQUEST_MAIL_VERSION] = SPAN_LITERAL("mail_version"),
};

static const struct {
	const char *word;
	enum request_state state;
} states[] = {
	{ "RCPT", REQUEST_STATE_RCPT },
	{ "END-OF-MESSAGE", REQUEST_STATE_END_OF_MESSAGE },
	{ "DATA", REQUEST_STATE_DATA },
	{ "MAIL", REQUEST_STATE_MAIL },
	{ "EHLO", REQUEST_STATE_EHLO },
	{ "HELO", REQUEST_STATE_EHLO },
	{ "CONNECT", REQUEST_STATE_CONNECT },
	{ "VRFY", REQUEST_STATE_VRFY },
	{ "ETRN", REQUEST_STATE_ETRN },
};

static size_t
find_name(struct span name)
{
	size_t at = 0;

	while (at < REQUEST_ATTRIBUTES && !span_eq(names[at], name))
		at++;
	return (at);
}

static enum request_state
find_state(struct span word)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (span_is(word, states[i].word))
			return (states[i].state);
	return (REQUEST_STATE_OTHER);
}

static struct network_address
read_address(struct span text)
{
	struct network_address address = { .family = AF_UNSPEC };
	char copy[64];

	if (text.len == 0 || text.len >= sizeof(copy))
		return (address);
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	(void)network_address_parse(copy, &address);
	return (address);
}

static uint64_t
read_number(struct span text)
{
	uint64_t number;

	return (span_to_u64(text, NUMBER_DIGITS, &number) ? number : 0);
}

/* All lines are there; ${whole} are the bytes. */
static enum request_status
finish(struct span whole, struct request *out, const char **error)
{
	if (!span_eq(out->attributes[REQUEST_REQUEST],
		span_new(SERVICE, sizeof(SERVICE) - 1))) {
		*error = "no request=" SERVICE;
		return (REQUEST_BAD);
	}
	if (span_find(whole, '\0') < whole.len) {
		*error = "a NUL byte";
		return (REQUEST_BAD);
	}
	out->state = find_state(out->attributes[REQUEST_PROTOCOL_STATE]);
	out->client = read_address(out->attributes[REQUEST_CLIENT_ADDRESS]);
	out->size = read_number(out->attributes[REQUEST_SIZE]);
	out->recipient_count =
	    read_number(out->attributes[REQUEST_RECIPIENT_COUNT]);
	return (REQUEST_COMPLETE);
}

/* Postfix sends attributes in one order: look for the next one first. */
static bool
is_expected(struct span line, size_t expected)
{
	const struct span *name = &names[expected];

	return (line.len > name->len && line.data[name->len] == '=' &&
		memcmp(line.data, name->data, name->len) == 0);
}

static const char *
read_line(struct span line, size_t *expected, struct request *out)
{
	size_t found = *expected % REQUEST_ATTRIBUTES;
	struct span name;

	if (line.len > REQUEST_MAX_LINE)
		return ("a line is too long");
	if (is_expected(line, found)) {
		span_skip(&line, names[found].len + 1);
	} else {
		if (!span_take_until(&line, '=', &name))
			return ("a line without =");
		found = find_name(name);
		if (found == REQUEST_ATTRIBUTES)
			return (NULL); /* newer than we are */
	}
	out->attributes[found] = line;
	*expected = found + 1;
	return (NULL);
}

/* The line that began at ${rest} has no end yet. */
static enum request_status
wait_for_more(struct span bytes, struct span rest, const char **error)
{
	if (rest.len > REQUEST_MAX_LINE)
		*error = "a line is too long";
	else if (bytes.len >= REQUEST_MAX_BYTES)
		*error = "a request is too long";
	return (*error == NULL ? REQUEST_INCOMPLETE : REQUEST_BAD);
}

enum request_status
request_parse(
    struct span bytes, struct request *out, size_t *used, const char **error)
{
	struct span within = span_head(bytes, REQUEST_MAX_BYTES);
	struct span rest = within;
	size_t expected = 0;

	*error = NULL;
	*out = (struct request){ .client.family = AF_UNSPEC };
	for (size_t lines = 0; *error == NULL; lines++) {
		size_t len = span_find(rest, '\n');
		struct span line = span_head(rest, len);

		if (len == rest.len)
			return (wait_for_more(within, rest, error));
		span_skip(&rest, len + 1);
		*used = within.len - rest.len;
		if (len == 0)
			return (finish(span_head(within, *used), out, error));
		*error = lines == REQUEST_MAX_LINES
		             ? "a request has too many lines"
		             : read_line(line, &expected, out);
	}
	return (REQUEST_BAD);
}

const char *
request_attribute_name(enum request_attribute attribute)
{
	return ((const char *)names[attribute].data);
}

enum request_attribute
request_attribute_find(struct span name)
{
	return ((enum request_attribute)find_name(name));
}

struct request *
request_copy(struct arena *arena, const struct request *request)
{
	struct request *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *request;
	for (size_t i = 0; i < REQUEST_ATTRIBUTES; i++) {
		struct span *value = &copy->attributes[i];

		*value =
		    value->len == 0 ? span_str(NULL) : arena_dup(arena, *value);
	}
	return (copy);
}
