#include "support/policy_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "base/buf.h"
#include "base/clock.h"

#define REQUEST_MAX ((size_t)1024 * 1024)
#define REPLY_MAX ((size_t)4096)

struct policy_client {
	int fd;
	const char *error;
	unsigned char bytes[REPLY_MAX]; /* read and not yet used */
	size_t len;
};

/* What smtpd_check.c of Postfix 3.7 sends, in that order. */
static const struct {
	const char *name;
	const char *value;
} defaults[] = {
	{ "request", "smtpd_access_policy" },
	{ "protocol_state", "RCPT" },
	{ "protocol_name", "ESMTP" },
	{ "client_address", "198.51.100.7" },
	{ "client_name", "mail.example.net" },
	{ "client_port", "41000" },
	{ "reverse_client_name", "mail.example.net" },
	{ "server_address", "192.0.2.1" },
	{ "server_port", "25" },
	{ "helo_name", "mail.example.net" },
	{ "sender", "ann@example.net" },
	{ "recipient", "bob@example.org" },
	{ "recipient_count", "0" },
	{ "queue_id", "" },
	{ "instance", "" },
	{ "size", "0" },
	{ "etrn_domain", "" },
	{ "stress", "" },
	{ "sasl_method", "" },
	{ "sasl_username", "" },
	{ "sasl_sender", "" },
	{ "ccert_subject", "" },
	{ "ccert_issuer", "" },
	{ "ccert_fingerprint", "" },
	{ "ccert_pubkey_fingerprint", "" },
	{ "encryption_protocol", "" },
	{ "encryption_cipher", "" },
	{ "encryption_keysize", "0" },
	{ "policy_context", "" },
};

struct policy_request *
policy_request_new(struct arena *arena, const char *state)
{
	struct policy_request *request = arena_alloc(arena, sizeof(*request));

	request->arena = arena;
	request->count = sizeof(defaults) / sizeof(defaults[0]);
	for (size_t i = 0; i < request->count; i++) {
		request->attributes[i].name = defaults[i].name;
		request->attributes[i].value = defaults[i].value;
	}
	policy_request_set(request, "protocol_state", "%s", state);
	return (request);
}

void
policy_request_set(
    struct policy_request *request, const char *name, const char *format, ...)
{
	va_list ap;
	size_t place = 0;

	while (place < request->count &&
	       strcmp(request->attributes[place].name, name) != 0)
		place++;
	if (place == POLICY_REQUEST_MAX)
		abort();
	if (place == request->count)
		request->count++;
	request->attributes[place].name = name;
	va_start(ap, format);
	request->attributes[place].value =
	    arena_vprintf(request->arena, format, ap);
	va_end(ap);
}

struct span
policy_request_print(const struct policy_request *request)
{
	struct buf text;

	buf_init(&text, request->arena, REQUEST_MAX);
	for (size_t i = 0; i < request->count; i++)
		buf_printf(&text, "%s=%s\n", request->attributes[i].name,
		    request->attributes[i].value);
	buf_add_byte(&text, '\n');
	return (buf_span(&text));
}

static int
connect_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return (fd);
	if (fd >= 0)
		(void)close(fd);
	return (-1);
}

static int
connect_inet(const char *text)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	const char *at = strchr(text, '@');
	int on = 1;
	int fd;

	address.sin_port = htons((uint16_t)strtoul(text, NULL, 10));
	if (at == NULL || inet_pton(AF_INET, at + 1, &address.sin_addr) != 1)
		return (-1);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0)
		return (fd);
	if (fd >= 0)
		(void)close(fd);
	return (-1);
}

struct policy_client *
policy_client_open(const char *socket, const char **error)
{
	struct policy_client *client;
	int fd = -1;

	errno = EINVAL;
	if (strncmp(socket, "unix:", 5) == 0)
		fd = connect_unix(socket + 5);
	else if (strncmp(socket, "inet:", 5) == 0)
		fd = connect_inet(socket + 5);
	if (fd < 0) {
		*error = strerror(errno);
		return (NULL);
	}
	client = arena_impl_malloc(sizeof(*client));
	client->fd = fd;
	client->error = "";
	client->len = 0;
	return (client);
}

void
policy_client_close(struct policy_client *client)
{
	if (client == NULL)
		return;
	(void)close(client->fd);
	free(client);
}

int
policy_client_fd(const struct policy_client *client)
{
	return (client->fd);
}

const char *
policy_client_error(const struct policy_client *client)
{
	return (client->error);
}

int
policy_client_send(struct policy_client *client, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t sent =
		    send(client->fd, bytes.data, bytes.len, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR) {
			client->error = strerror(errno);
			return (-1);
		}
		span_skip(&bytes, sent < 0 ? 0 : (size_t)sent);
	}
	return (0);
}

/* Read what is there, or wait for it until ${until}.  Return -1 with the reason
 * at the end, or when it is too late. */
static int
fill(struct policy_client *client, int64_t until)
{
	struct pollfd wait = { .fd = client->fd, .events = POLLIN };
	int64_t left = until - clock_monotonic_ms();
	ssize_t got;

	if (client->len == REPLY_MAX) {
		client->error = "the reply does not end";
		return (-1);
	}
	if (poll(&wait, 1, left > 0 ? (int)left : 0) == 0) {
		client->error = "no reply in time";
		return (-1);
	}
	got = recv(client->fd, &client->bytes[client->len],
	    REPLY_MAX - client->len, 0);
	if (got < 0 && errno == EINTR)
		return (0);
	if (got <= 0) {
		client->error = got == 0 ? "closed" : strerror(errno);
		return (-1);
	}
	client->len += (size_t)got;
	return (0);
}

const char *
policy_client_read(
    struct policy_client *client, struct arena *arena, int timeout_ms)
{
	int64_t until = clock_monotonic_ms() + timeout_ms;
	struct span reply;
	struct span line;

	for (;;) {
		struct span all = span_new(client->bytes, client->len);
		size_t end = span_find(all, '\n');

		if (end + 1 < all.len) {
			reply = span_head(all, end);
			line = span_tail(all, end + 1);
			break;
		}
		if (fill(client, until) != 0)
			return (NULL);
	}
	if (!span_starts(reply, "action=") || span_peek(line) != '\n') {
		client->error = "the reply is not \"action=...\" and an empty "
				"line";
		return (NULL);
	}
	const char *action = arena_str(arena, span_tail(reply, 7));

	client->len -= reply.len + 2;
	memmove(client->bytes, &client->bytes[reply.len + 2], client->len);
	return (action);
}

const char *
policy_client_ask(
    struct policy_client *client, const struct policy_request *request)
{
	if (policy_client_send(client, policy_request_print(request)) != 0)
		return (NULL);
	return (policy_client_read(
	    client, request->arena, POLICY_CLIENT_TIMEOUT_MS));
}

bool
policy_client_is_silent(struct policy_client *client, int ms)
{
	struct pollfd wait = { .fd = client->fd, .events = POLLIN };

	return (client->len == 0 && poll(&wait, 1, ms) == 0);
}

bool
policy_client_is_closed(struct policy_client *client, int ms)
{
	int64_t until = clock_monotonic_ms() + ms;

	do
		client->len = 0;
	while (fill(client, until) == 0);
	return (strcmp(client->error, "no reply in time") != 0);
}
