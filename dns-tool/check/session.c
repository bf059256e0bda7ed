#include "check/session.h"

#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "net.h"
#include "records/service.h"

static bool
fail(struct session *session, const char *what)
{
	if (session->error == NULL)
		session->error = arena_strdup(session->arena, what);
	return (false);
}

static bool
fail_system(struct session *session)
{
	return (
	    fail(session, errno == 0 || errno == ECONNRESET ? "it hangs up"
			  : errno == ETIMEDOUT ? "it does not answer in time"
					       : strerror(errno)));
}

/* Wait for what OpenSSL needs before it can go on; false on its failure. */
static bool
wait_for_tls(struct session *session, int result)
{
	switch (SSL_get_error(session->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return (net_wait(session->fd, POLLIN, session->deadline));
	case SSL_ERROR_WANT_WRITE:
		return (net_wait(session->fd, POLLOUT, session->deadline));
	case SSL_ERROR_ZERO_RETURN:
	case SSL_ERROR_SYSCALL:
		break;
	default:
		errno = EPROTO;
		break;
	}
	return (false);
}

static bool
send_all(struct session *session, const char *text)
{
	size_t len = strlen(text);
	int done;

	if (session->ssl == NULL)
		return (net_send(session->fd, text, len, session->deadline) ||
			fail_system(session));
	while ((done = SSL_write(session->ssl, text, (int)len)) <= 0)
		if (!wait_for_tls(session, done))
			return (fail_system(session));
	return (true);
}

/* Receive some bytes more into the buffer. */
static bool
receive(struct session *session)
{
	/* UNSAFE: len is below the size of the buffer. */
	unsigned char *to = session->buffer + session->len;
	size_t room = sizeof(session->buffer) - session->len;
	ssize_t got;

	errno = 0;
	for (;;) {
		got = session->ssl == NULL
		          ? recv(session->fd, to, room, 0)
		          : SSL_read(session->ssl, to, (int)room);
		if (got > 0)
			break;
		if (session->ssl != NULL) {
			if (!wait_for_tls(session, (int)got))
				return (fail_system(session));
		} else if (got == 0) {
			errno = 0;
			return (fail_system(session));
		} else if ((errno != EAGAIN && errno != EINTR) ||
			   !net_wait(session->fd, POLLIN, session->deadline)) {
			return (fail_system(session));
		}
	}
	session->len += (size_t)got;
	return (true);
}

/* The next line without its end, or NULL. */
static const char *
take_line(struct session *session)
{
	unsigned char *end;

	while ((end = memchr(session->buffer, '\n', session->len)) == NULL) {
		if (session->len == sizeof(session->buffer)) {
			(void)fail(session, "a line of it has no end");
			return (NULL);
		}
		if (!receive(session))
			return (NULL);
	}
	if (++session->lines > SESSION_LINES_MAX) {
		(void)fail(session, "it does not stop talking");
		return (NULL);
	}
	/* UNSAFE: end is in the buffer. */
	size_t len = (size_t)(end - session->buffer);
	const struct span line =
	    span_trim_end(span_new(session->buffer, len), span_is_space);
	const char *text = arena_str(session->arena, line);

	session->len -= len + 1;
	memmove(session->buffer, end + 1, session->len);
	return (text);
}

/* The last line of an SMTP reply (RFC 5321 4.2.1); the others go to ${all}. */
static const char *
take_reply(struct session *session, struct buf *all)
{
	const char *line;

	while ((line = take_line(session)) != NULL) {
		if (strlen(line) < 3 || strspn(line, "0123456789") < 3) {
			(void)fail(session, "it does not speak SMTP");
			return (NULL);
		}
		if (all != NULL)
			buf_printf(all, "%s%s", all->len > 0 ? "\n" : "",
			    line[3] == '\0' ? "" : &line[4]);
		if (line[3] != '-')
			return (line);
	}
	return (NULL);
}

const char *
session_ask(struct session *session, const char *command)
{
	if (!send_all(session, arena_printf(session->arena, "%s\r\n", command)))
		return (NULL);
	return (take_reply(session, NULL));
}

const char *
session_ehlo(struct session *session, const char *helo)
{
	struct buf all;
	const char *last;

	buf_init(
	    &all, session->arena, (size_t)SESSION_LINE_MAX * SESSION_LINES_MAX);
	if (!send_all(
		session, arena_printf(session->arena, "EHLO %s\r\n", helo)))
		return (NULL);
	last = take_reply(session, &all);
	if (last == NULL)
		return (NULL);
	if (last[0] != '2') {
		(void)fail(session, last);
		return (NULL);
	}
	return (buf_str(&all));
}

bool
session_greeted(struct session *session)
{
	session->greeting = take_reply(session, NULL);
	return (
	    session->greeting != NULL &&
	    (session->greeting[0] == '2' || fail(session, session->greeting)));
}

static bool
begin_smtp(struct session *session, const char *helo)
{
	if (!session_greeted(session))
		return (false);
	session->capabilities = session_ehlo(session, helo);
	return (session->capabilities != NULL);
}

/* Read lines until one begins with ${end}, which closes the list. */
static bool
take_list(struct session *session, const char *end)
{
	struct buf all;
	const char *line;

	buf_init(
	    &all, session->arena, (size_t)SESSION_LINE_MAX * SESSION_LINES_MAX);
	while ((line = take_line(session)) != NULL) {
		buf_printf(&all, "%s%s", all.len > 0 ? "\n" : "", line);
		if (strncasecmp(line, end, strlen(end)) == 0)
			break;
	}
	session->capabilities = all.len > 0 ? buf_str(&all) : "";
	return (line != NULL);
}

/* The greeting of a service that begins with the word ${ok}. */
static bool
take_greeting(struct session *session, const char *ok)
{
	session->greeting = take_line(session);
	if (session->greeting == NULL)
		return (false);
	return (strncasecmp(session->greeting, ok, strlen(ok)) == 0 ||
		fail(session, session->greeting));
}

static bool
begin(struct session *session, const char *helo)
{
	switch (session->service) {
	case SERVER_SMTP:
	case SERVER_SUBMISSION:
		return (begin_smtp(session, helo));
	case SERVER_IMAP:
		return (take_greeting(session, "* OK") &&
			send_all(session, "a CAPABILITY\r\n") &&
			take_list(session, "a "));
	case SERVER_POP3:
		return (take_greeting(session, "+OK") &&
			send_all(session, "CAPA\r\n") &&
			take_list(session, "."));
	case SERVER_SIEVE:
		return (take_list(session, "OK"));
	case SERVER_SUBMISSIONS:
	case SERVER_IMAPS:
	case SERVER_POP3S:
	case SERVER_SERVICES:
		break;
	}
	return (true);
}

bool
session_open(struct session *session, enum server_service service,
    const struct network_address *address, uint16_t port, const char *helo,
    int64_t deadline, struct arena *arena)
{
	*session = (struct session){ .service = service,
		.deadline = deadline,
		.arena = arena,
		.capabilities = "" };
	session->fd = net_connect(address, port, SOCK_STREAM, deadline);
	if (session->fd < 0)
		return (fail(session, errno == ETIMEDOUT
					  ? "no connection comes about in time"
					  : strerror(errno)));
	return (begin(session, helo));
}

/* Ask with ${command}; a line that begins with ${ok} agrees. */
static bool
request_tls(struct session *session, const char *command, const char *ok)
{
	const char *line;

	if (!send_all(session, command))
		return (false);
	line = take_line(session);
	if (line == NULL)
		return (false);
	if (strncasecmp(line, ok, strlen(ok)) != 0)
		return (fail(session, line));
	/* RFC 3207 4.2: what came before TLS must not count after it. */
	session->len = 0;
	return (true);
}

bool
session_starttls(struct session *session)
{
	switch (session->service) {
	case SERVER_SMTP:
	case SERVER_SUBMISSION:
		return (request_tls(session, "STARTTLS\r\n", "220"));
	case SERVER_IMAP:
		return (request_tls(session, "b STARTTLS\r\n", "b OK"));
	case SERVER_POP3:
		return (request_tls(session, "STLS\r\n", "+OK"));
	case SERVER_SIEVE:
		return (request_tls(session, "STARTTLS\r\n", "OK"));
	case SERVER_SUBMISSIONS:
	case SERVER_IMAPS:
	case SERVER_POP3S:
	case SERVER_SERVICES:
		break;
	}
	return (true);
}

static bool
fail_tls(struct session *session)
{
	unsigned long code = ERR_get_error();
	const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);

	if (reason == NULL)
		return (fail_system(session));
	return (fail(session, arena_printf(session->arena,
				  "TLS does not come about: %s", reason)));
}

bool
session_handshake(struct session *session, SSL_CTX *context, const char *host)
{
	int result;

	ERR_clear_error();
	errno = 0;
	session->ssl = SSL_new(context);
	if (session->ssl == NULL || SSL_set_fd(session->ssl, session->fd) != 1)
		return (fail_tls(session));
	/* OpenSSL's macro takes the const away, and copies the name. */
	if (host != NULL && SSL_set_tlsext_host_name(session->ssl,
				arena_strdup(session->arena, host)) != 1)
		return (fail_tls(session));
	while ((result = SSL_connect(session->ssl)) <= 0)
		if (!wait_for_tls(session, result))
			return (fail_tls(session));
	return (true);
}

/* Is ${word} at the head of ${text}, and over there? */
static bool
is_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	return (strncasecmp(text, word, len) == 0 &&
		strchr(" =\n\"", text[len]) != NULL);
}

bool
session_capable(const char *capabilities, const char *word)
{
	for (const char *at = capabilities; *at != '\0'; at++) {
		/* UNSAFE: there is a byte before any but the first. */
		bool starts = at == capabilities || strchr(" \n\"", at[-1]);

		if (starts && is_word(at, word))
			return (true);
	}
	return (false);
}

/* Say good-bye, without waiting for the answer, so that no log takes us for an
 * attack. */
static void
take_leave(struct session *session)
{
	bool quits = session->service == SERVER_SMTP ||
	             session->service == SERVER_SUBMISSION ||
	             session->service == SERVER_SUBMISSIONS ||
	             session->service == SERVER_POP3 ||
	             session->service == SERVER_POP3S;

	if (session->error != NULL || session->fd < 0)
		return;
	(void)send_all(session, quits ? "QUIT\r\n" : "c LOGOUT\r\n");
	if (session->ssl != NULL)
		(void)SSL_shutdown(session->ssl);
}

void
session_close(struct session *session)
{
	take_leave(session);
	SSL_free(session->ssl);
	session->ssl = NULL;
	if (session->fd >= 0)
		(void)close(session->fd);
	session->fd = -1;
}
