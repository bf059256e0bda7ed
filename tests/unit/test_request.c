/* What is a request, what is none, and what may still become one. */
#include "request.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "support/unit.h"

#define HEAD "request=smtpd_access_policy\n"

static const struct {
	const char *name;
	const char *bytes;
	enum request_status status;
	const char *error; /* a part of it */
} cases[] = {
	{ "least", HEAD "\n", REQUEST_COMPLETE, NULL },
	{ "request= last", "size=1\n" HEAD "\n", REQUEST_COMPLETE, NULL },
	{ "unknown attributes", HEAD "tomorrow=1\n=\n=x\n\n", REQUEST_COMPLETE,
	    NULL },
	{ "nothing", "", REQUEST_INCOMPLETE, NULL },
	{ "half a line", "request=smtpd", REQUEST_INCOMPLETE, NULL },
	{ "half a name", "requ", REQUEST_INCOMPLETE, NULL },
	{ "no empty line", HEAD "sender=\n", REQUEST_INCOMPLETE, NULL },
	{ "only an empty line", "\n", REQUEST_BAD, "no request=" },
	{ "no request=", "sender=a@b.example\n\n", REQUEST_BAD, "no request=" },
	{ "another request", "request=smtpd_other\n\n", REQUEST_BAD,
	    "no request=" },
	{ "another request last", HEAD "request=\n\n", REQUEST_BAD,
	    "no request=" },
	{ "a line without =", HEAD "sender\n", REQUEST_BAD, "without =" },
	{ "CRLF", "request=smtpd_access_policy\r\n\r\n", REQUEST_BAD,
	    "without =" },
	{ "HTTP", "GET / HTTP/1.1\r\n", REQUEST_BAD, "without =" },
};

static void
test_status(void **state)
{
	struct request request;
	const char *error;
	size_t used;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		if (request_parse(span_str(cases[i].bytes), &request, &used,
			&error) != cases[i].status)
			fail_msg("%s", cases[i].name);
		if (cases[i].error == NULL)
			assert_null(error);
		else if (strstr(error, cases[i].error) == NULL)
			fail_msg("%s: %s", cases[i].name, error);
	}
}

/* As Postfix 3.10 sends it. */
static const char whole[] = HEAD
    "protocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=192.0.2.7\n"
    "client_name=mail.example.net\nclient_port=40123\n"
    "reverse_client_name=mail.example.net\nserver_address=198.51.100.1\n"
    "server_port=25\nhelo_name=mail.example.net\nsender=a=b@example.net\n"
    "recipient=bob@example.org\nrecipient_count=0\nqueue_id=\n"
    "instance=4b1.5e2.0\nsize=1234\netrn_domain=\nstress=\nsasl_method=\n"
    "sasl_username=\nsasl_sender=\nccert_subject=\nccert_issuer=\n"
    "ccert_fingerprint=\nccert_pubkey_fingerprint=\n"
    "encryption_protocol=TLSv1.3\nencryption_cipher=TLS_AES_256_GCM_SHA384\n"
    "encryption_keysize=256\npolicy_context=in\ncompatibility_level=3.10\n"
    "mail_version=3.10.13\n\n";

static void
check_whole(const struct request *request)
{
	assert_int_equal(request->state, REQUEST_STATE_RCPT);
	assert_int_equal(request->client.family, AF_INET);
	assert_int_equal(request->client.bytes[3], 7);
	assert_int_equal(request->size, 1234);
	assert_int_equal(request->recipient_count, 0);
	assert_true(
	    span_is(request->attributes[REQUEST_SENDER], "a=b@example.net"));
	assert_true(
	    span_is(request->attributes[REQUEST_INSTANCE], "4b1.5e2.0"));
	assert_true(span_is(request->attributes[REQUEST_CLIENT_PORT], "40123"));
	assert_true(span_is(request->attributes[REQUEST_REVERSE_CLIENT_NAME],
	    "mail.example.net"));
	assert_true(
	    span_is(request->attributes[REQUEST_MAIL_VERSION], "3.10.13"));
	assert_true(span_is(request->attributes[REQUEST_POLICY_CONTEXT], "in"));
	assert_int_equal(request->attributes[REQUEST_TLS_SNI].len, 0);
}

static void
test_whole(void **state)
{
	struct arena *arena = arena_new();
	struct request request;
	const char *error;
	char bytes[sizeof(whole)];
	size_t used = 0;

	(void)state;
	memcpy(bytes, whole, sizeof(whole));
	for (size_t i = 0; i + 1 < sizeof(whole) - 1; i++)
		assert_int_equal(
		    request_parse(span_new(bytes, i), &request, &used, &error),
		    REQUEST_INCOMPLETE);
	assert_int_equal(
	    request_parse(span_str(bytes), &request, &used, &error),
	    REQUEST_COMPLETE);
	assert_int_equal(used, sizeof(whole) - 1);
	check_whole(&request);
	const struct request *copy = request_copy(arena, &request);

	memset(bytes, 'x', sizeof(bytes));
	check_whole(copy);
	arena_free(arena);
}

static void
test_two(void **state)
{
	static const char two[] = HEAD "size=1\n\n" HEAD "size=2\nsize=3\n\n";
	struct span rest = span_str(two);
	struct request request;
	const char *error;
	size_t used;

	(void)state;
	assert_int_equal(
	    request_parse(rest, &request, &used, &error), REQUEST_COMPLETE);
	assert_int_equal(request.size, 1);
	span_skip(&rest, used);
	assert_int_equal(
	    request_parse(rest, &request, &used, &error), REQUEST_COMPLETE);
	assert_int_equal(request.size, 3); /* the last one counts */
	assert_int_equal(used, rest.len);
}

static const struct {
	const char *line;
	enum request_state state;
	int family;
	uint64_t size;
} values[] = {
	{ "protocol_state=CONNECT", REQUEST_STATE_CONNECT, AF_UNSPEC, 0 },
	{ "protocol_state=EHLO", REQUEST_STATE_EHLO, AF_UNSPEC, 0 },
	{ "protocol_state=HELO", REQUEST_STATE_EHLO, AF_UNSPEC, 0 },
	{ "protocol_state=MAIL", REQUEST_STATE_MAIL, AF_UNSPEC, 0 },
	{ "protocol_state=DATA", REQUEST_STATE_DATA, AF_UNSPEC, 0 },
	{ "protocol_state=END-OF-MESSAGE", REQUEST_STATE_END_OF_MESSAGE,
	    AF_UNSPEC, 0 },
	{ "protocol_state=VRFY", REQUEST_STATE_VRFY, AF_UNSPEC, 0 },
	{ "protocol_state=ETRN", REQUEST_STATE_ETRN, AF_UNSPEC, 0 },
	{ "protocol_state=rcpt", REQUEST_STATE_OTHER, AF_UNSPEC, 0 },
	{ "client_address=2001:db8::1", REQUEST_STATE_OTHER, AF_INET6, 0 },
	{ "client_address=::ffff:192.0.2.1", REQUEST_STATE_OTHER, AF_INET, 0 },
	{ "client_address=unknown", REQUEST_STATE_OTHER, AF_UNSPEC, 0 },
	{ "client_address=11111111111111111111111111111111111111111111111111"
	  "11111111111111111111111111111111111111111111111111111111",
	    REQUEST_STATE_OTHER, AF_UNSPEC, 0 },
	{ "size=18446744073709551615", REQUEST_STATE_OTHER, AF_UNSPEC,
	    UINT64_MAX },
	{ "size=18446744073709551616", REQUEST_STATE_OTHER, AF_UNSPEC, 0 },
	{ "size=-1", REQUEST_STATE_OTHER, AF_UNSPEC, 0 },
	{ "size=", REQUEST_STATE_OTHER, AF_UNSPEC, 0 },
};

static void
test_values(void **state)
{
	char bytes[1024];
	struct request request;
	const char *error;
	size_t used;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(values); i++) {
		(void)snprintf(
		    bytes, sizeof(bytes), HEAD "%s\n\n", values[i].line);
		assert_int_equal(
		    request_parse(span_str(bytes), &request, &used, &error),
		    REQUEST_COMPLETE);
		if (request.state != values[i].state ||
		    request.client.family != values[i].family ||
		    request.size != values[i].size)
			fail_msg("%s", values[i].line);
	}
}

/* The status of HEAD with ${lines} lines, one of ${len} bytes, and the end. */
static enum request_status
parse_big(size_t lines, size_t len, const char *end, size_t *used)
{
	struct arena *arena = arena_new();
	struct buf bytes;
	struct request request;
	const char *error;

	buf_init(&bytes, arena, 1000000);
	buf_add_str(&bytes, HEAD);
	for (size_t i = 0; i < lines; i++) {
		buf_add_str(&bytes, "a=");
		for (size_t j = 2; j < len; j++)
			buf_add_byte(&bytes, 'x');
		if (i + 1 < lines)
			buf_add_byte(&bytes, '\n');
	}
	buf_add_str(&bytes, end);
	enum request_status status =
	    request_parse(buf_span(&bytes), &request, used, &error);

	arena_free(arena);
	return (status);
}

static void
test_limits(void **state)
{
	size_t used;

	(void)state;
	assert_int_equal(
	    parse_big(1, REQUEST_MAX_LINE, "\n\n", &used), REQUEST_COMPLETE);
	assert_int_equal(
	    parse_big(1, REQUEST_MAX_LINE, "", &used), REQUEST_INCOMPLETE);
	assert_int_equal(
	    parse_big(1, REQUEST_MAX_LINE + 1, "", &used), REQUEST_BAD);
	assert_int_equal(
	    parse_big(1, REQUEST_MAX_LINE + 1, "\n\n", &used), REQUEST_BAD);
	assert_int_equal(parse_big(REQUEST_MAX_LINES - 1, 2, "\n\n", &used),
	    REQUEST_COMPLETE);
	assert_int_equal(
	    parse_big(REQUEST_MAX_LINES, 2, "\n\n", &used), REQUEST_BAD);
	/* 28 bytes of HEAD, four lines, the empty line. */
	assert_int_equal(
	    parse_big(4, (REQUEST_MAX_BYTES - 28 - 4 - 1) / 4, "\n\n", &used),
	    REQUEST_COMPLETE);
	assert_in_range(used, REQUEST_MAX_BYTES - 4, REQUEST_MAX_BYTES);
	assert_int_equal(
	    parse_big(4, (REQUEST_MAX_BYTES - 28) / 4, "\n\n", &used),
	    REQUEST_BAD);
	assert_int_equal(
	    parse_big(5, (REQUEST_MAX_BYTES - 28) / 4, "", &used), REQUEST_BAD);
}

static void
test_nul(void **state)
{
	static const char bytes[] = HEAD "sender=a\0b@example.org\n\n";
	struct request request;
	const char *error;
	size_t used;

	(void)state;
	assert_int_equal(request_parse(span_new(bytes, sizeof(bytes) - 1),
			     &request, &used, &error),
	    REQUEST_BAD);
	assert_string_equal(error, "a NUL byte");
}

static void
test_names(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < REQUEST_ATTRIBUTES; i++)
		assert_int_equal(
		    request_attribute_find(span_str(
			request_attribute_name((enum request_attribute)i))),
		    i);
	assert_int_equal(
	    request_attribute_find(span_str("Sender")), REQUEST_ATTRIBUTES);
	assert_int_equal(
	    request_attribute_find(span_str("")), REQUEST_ATTRIBUTES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_status),
		cmocka_unit_test(test_whole), cmocka_unit_test(test_two),
		cmocka_unit_test(test_values), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_nul), cmocka_unit_test(test_names) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
