/*
 * robust_size.c: too much of everything.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "robust.h"

#define MEGABYTE ((size_t)1024 * 1024)
#define BODY_MEGABYTES 60
#define FIELDS 10000
#define FIELDS_MS 20000
#define GROWTH_KB 8192

/* A header as large as may be, of fields that cost the most, and what one such
 * message may cost (mailreeve-milter.8, LIMITS). */
#define HEADER_BYTES ((size_t)1000 * 1024)
#define HEADER_GROWTH_KB 8192
/* Far above what it takes: this finds quadratic work, not a busy machine. */
#define HEADER_MS 15000

/* Send the header of ${message} and then ${megabytes} of lines. */
static int
send_large(struct robust *robust, struct milter_client *client,
    struct milter_message *message, size_t megabytes)
{
	struct arena *arena = arena_new();
	unsigned char *bytes = arena_alloc(arena, MEGABYTE);
	int result = robust_begin(robust, client);

	for (size_t i = 0; i < MEGABYTE; i++)
		bytes[i] = i % 64 == 62   ? '\r'
		           : i % 64 == 63 ? '\n'
		                          : (unsigned char)('a' + i % 23);
	buf_cut(&message->body, 0);
	if (result == 0)
		result = milter_client_start_message(client, message);
	for (size_t i = 0; i < megabytes && result == 0; i++)
		result = milter_client_body(client, span_new(bytes, MEGABYTE));
	if (result == 0)
		result = milter_client_eom(client, message);
	arena_free(arena);
	if (result != 0)
		return (robust_fail(
		    robust, "a large body: %s", milter_client_error(client)));
	return (0);
}

static int
has_result(struct milter_message *message, const char *result)
{
	struct arena *arena = arena_new();
	bool found = message->count > 0 &&
	             strstr(milter_message_unfold(arena, &message->fields[0]),
			 result) != NULL;

	arena_free(arena);
	return (found);
}

int
robust_body(struct robust *robust)
{
	struct milter_message *message = robust_message(robust->arena);
	struct milter_client *client;
	int result;
	long before;

	if (robust_start(robust, false) != 0 || robust_alive(robust) != 0)
		return (-1);
	before = daemon_rss(robust->daemon);
	client = robust_session(robust, ROBUST_INSIDE);
	if (client == NULL)
		return (-1);
	result = send_large(robust, client, message, BODY_MEGABYTES);
	milter_client_close(client);
	if (result != 0)
		return (-1);
	if (milter_message_count(message, "DKIM-Signature") != 1)
		return (robust_fail(robust, "the large message is unsigned"));
	robust_growth(robust, before, GROWTH_KB);
	client = robust_session(robust, ROBUST_OUTSIDE);
	if (client == NULL)
		return (-1);
	result = send_large(robust, client, message, BODY_MEGABYTES);
	milter_client_close(client);
	if (result == 0 && !has_result(message, "dkim=pass"))
		return (robust_fail(robust, "the large message does not pass"));
	robust_growth(robust, before, GROWTH_KB);
	return (result != 0 ? -1 : robust_alive(robust));
}

static struct milter_message *
many_fields(struct robust *robust, size_t count)
{
	struct milter_message *message = robust_message(robust->arena);
	static const char *const names[] = { "X-Many", "Received", "Subject",
		"DKIM-Signature", "Authentication-Results", "To" };

	for (size_t i = message->count; i < count; i++)
		milter_message_add(message, span_str(names[i % 6]),
		    span_str(i % 6 == 4 ? " mx.example; none"
					: " v=1; d=example.org; s=x"));
	return (message);
}

/* Send a message with FIELDS fields and return the milliseconds it took. */
static int64_t
send_fields(struct robust *robust, const char *address, const char *reply)
{
	struct milter_message *message = many_fields(robust, FIELDS);
	struct milter_client *client = robust_session(robust, address);
	int64_t start = clock_monotonic_ms();
	int64_t took = -1;

	if (client == NULL)
		return (-1);
	if (robust_send(robust, client, message, reply) == 0)
		took = clock_monotonic_ms() - start;
	milter_client_close(client);
	return (took);
}

int
robust_fields(struct robust *robust)
{
	static const char *const addresses[] = { ROBUST_INSIDE,
		ROBUST_OUTSIDE };

	if (robust_start(robust, false) != 0)
		return (-1);
	if (send_fields(robust, ROBUST_OUTSIDE, "552 5.3.4") < 0)
		return (-1);
	if (!daemon_logged(robust->daemon, "refused", "header", 2000))
		return (robust_fail(robust, "nothing in the log"));
	/* Where they are allowed, the work must not grow with the square. */
	daemon_option(robust->daemon, "max_header_fields = 20000");
	if (daemon_reload(robust->daemon, SIGUSR1) != 0)
		return (
		    robust_fail(robust, "%s", daemon_error(robust->daemon)));
	for (size_t i = 0; i < 2; i++) {
		int64_t took = send_fields(robust, addresses[i], "250");

		if (took < 0)
			return (-1);
		printf("%s: %d fields from %s: %d ms\n", robust->name, FIELDS,
		    addresses[i], (int)took);
		if (took > FIELDS_MS)
			return (robust_fail(robust, "that was too slow"));
	}
	return (robust_alive(robust));
}

/* Send a message with one field of ${len} bytes. */
static int
send_line(struct robust *robust, size_t len, const char *reply)
{
	struct milter_message *message = robust_message(robust->arena);
	struct milter_client *client = robust_session(robust, ROBUST_INSIDE);
	unsigned char *bytes = arena_alloc(robust->arena, len);
	int result;

	if (client == NULL)
		return (-1);
	memset(bytes, 'x', len);
	bytes[0] = ' ';
	milter_message_add(message, span_str("X-Long"), span_new(bytes, len));
	milter_message_add(message, span_str("Cc"), span_new(bytes, len / 2));
	/* Past its packet size libmilter hangs up, before our code hears. */
	if (reply == NULL)
		result = robust_begin(robust, client) != 0 ||
		         milter_client_message(client, message) == 0;
	else
		result = robust_send(robust, client, message, reply);
	milter_client_vanish(client, false);
	return (result == 0 ? 0 : robust_fail(robust, "%zu bytes", len));
}

/* Send ${message} from ${address}; it must be taken. */
static int
pass_through(
    struct robust *robust, struct milter_message *message, const char *address)
{
	struct milter_client *client = robust_session(robust, address);
	int result;

	if (client == NULL)
		return (-1);
	result = robust_send(robust, client, message, "250");
	milter_client_close(client);
	return (result);
}

/* A blank and ${last} at the end, ${len} bytes in all. */
static struct span
long_value(struct arena *arena, size_t len, unsigned char last)
{
	unsigned char *bytes = arena_alloc(arena, len);

	memset(bytes, 'x', len);
	bytes[0] = ' ';
	bytes[len - 1] = last;
	return (span_new(bytes, len));
}

/* A field of ${len} bytes is signed to its last byte, and verified. */
static int
sign_line(struct robust *robust, size_t len)
{
	struct milter_message *message = robust_message(robust->arena);
	struct milter_field *bottom;

	milter_message_add(message, span_str("References"),
	    long_value(robust->arena, len, 'x'));
	if (pass_through(robust, message, ROBUST_INSIDE) != 0)
		return (-1);
	if (milter_message_count(message, "DKIM-Signature") != 1)
		return (robust_fail(robust, "%zu bytes are unsigned", len));
	if (pass_through(robust, message, ROBUST_OUTSIDE) != 0)
		return (-1);
	if (!has_result(message, "dkim=pass"))
		return (robust_fail(robust, "%zu bytes do not pass", len));
	bottom = &message->fields[message->count - 1];
	if (bottom->value.len != len)
		return (robust_fail(robust, "the field is not the last"));
	bottom->value = long_value(robust->arena, len, 'y');
	if (pass_through(robust, message, ROBUST_OUTSIDE) != 0)
		return (-1);
	if (!has_result(message, "dkim=fail"))
		return (robust_fail(robust, "byte %zu is not signed", len));
	return (0);
}

int
robust_line(struct robust *robust)
{
	long before;

	if (robust_start(robust, false) != 0 || robust_alive(robust) != 0)
		return (-1);
	before = daemon_rss(robust->daemon);
	/* More than any Postfix passes on; see integration/big_header.sh. */
	if (sign_line(robust, 90000) != 0 ||
	    send_line(robust, 90000, "250") != 0 ||
	    send_line(robust, 102400, "250") != 0 ||
	    send_line(robust, 600000, "250") != 0 ||
	    send_line(robust, 1000000, "552 5.3.4") != 0)
		return (-1);
	if (!daemon_logged(robust->daemon, "refused", "header", 2000))
		return (robust_fail(robust, "nothing in the log"));
	if (send_line(robust, MEGABYTE, NULL) != 0 ||
	    send_line(robust, 2 * MEGABYTE, NULL) != 0)
		return (-1);
	if (robust_alive(robust) != 0)
		return (-1);
	robust_growth(robust, before, GROWTH_KB);
	return (0);
}

/* Fields of ${name}: ${start}, then ${unit} up to ${len} bytes. */
static const struct {
	const char *name;
	const char *start;
	const char *unit;
	size_t len;
} costly[] = {
	{ "X-Plain", " ", "x", 520 },
	{ "Authentication-Results", " \"; ", "\xc3\xbc.example ", 490 },
	{ "Authentication-Results", " \x01", "(\xc3\xbc)", 490 },
	{ "Authentication-Results", " \x01\"; ", "\xc3\xbc.", 490 },
	{ "Authentication-Results", " \x01\"; ", "\xc3\xbc.", 9000 },
	{ "Authentication-Results", " \x01\"; ", "a.b ", 90000 },
	{ "From", " ", "a:;,", 900000 },
	{ "From", " <", "@a,", 900000 },
	{ "From", " ", "\"\" ", 900000 },
	{ "From", " ", "a:;,", 505 },
	{ "DKIM-Signature", " v=1;", "a=;", 505 },
	{ "DKIM-Signature", " v=1;a=rsa-sha256;d=b.c;s=d;bh=YQ==;b=YQ==;h=from",
	    ":x", 505 },
	{ "X", "", "y", 1 },
};

static struct milter_message *
costly_message(struct robust *robust, size_t index)
{
	struct milter_message *message = robust_message(robust->arena);
	struct buf value;
	size_t bytes = 0;
	size_t len = costly[index].len;

	buf_init(&value, robust->arena, HEADER_BYTES);
	buf_add_str(&value, costly[index].start);
	while (value.len + strlen(costly[index].unit) <= len)
		buf_add_str(&value, costly[index].unit);
	len = value.len + strlen(costly[index].name);
	while (message->count < 2000 && bytes + len + 100 < HEADER_BYTES) {
		milter_message_add(
		    message, span_str(costly[index].name), buf_span(&value));
		bytes += len + 3;
	}
	return (message);
}

static int
send_costly(struct robust *robust, size_t index, const char *address)
{
	struct milter_message *message = costly_message(robust, index);
	size_t count = message->count;
	long before = daemon_peak(robust->daemon);
	int64_t start = clock_monotonic_ms();
	struct milter_client *client = robust_session(robust, address);

	if (client == NULL || robust_send(robust, client, message, "250") != 0)
		return (-1);
	int64_t took = clock_monotonic_ms() - start;
	long grown = daemon_peak(robust->daemon) - before;

	milter_client_close(client);
	printf("%s: %zu fields %s:%s%s... from %s: %ld kB, %d ms\n",
	    robust->name, count, costly[index].name, costly[index].start,
	    costly[index].unit, address, grown, (int)took);
	if (!robust->sanitized &&
	    (grown > HEADER_GROWTH_KB || took > HEADER_MS))
		(void)robust_fail(robust, "that is too much");
	return (0);
}

/* Whatever a header is made of, a message costs no more than we say.  Each has
 * a process of its own, for memory that was used once stays. */
int
robust_header(struct robust *robust)
{
	static const char *const addresses[] = { ROBUST_INSIDE,
		ROBUST_OUTSIDE };

	/* What reading costs is the question, not what is done about it. */
	daemon_option(robust->daemon, "several_from_fields = \"none\"");
	daemon_option(robust->daemon, "no_from = \"none\"");
	for (size_t i = 0; i < 2 * sizeof(costly) / sizeof(costly[0]); i++) {
		if (robust_start(robust, false) != 0 ||
		    robust_alive(robust) != 0 ||
		    send_costly(robust, i / 2, addresses[i % 2]) != 0)
			return (-1);
		if (daemon_stop(robust->daemon) != 0)
			return (robust_fail(
			    robust, "%s", daemon_error(robust->daemon)));
	}
	return (0);
}
