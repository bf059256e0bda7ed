/*
 * session.h: a connection to a mail service, as a client begins one: greeting,
 * capabilities, TLS.  Whoever is at the other end may be a stranger: lines,
 * their number and the time are bounded.
 */
#ifndef CHECK_SESSION_H
#define CHECK_SESSION_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/network.h"
#include "local/server.h"

/* Of one line, and of one session. */
#define SESSION_LINE_MAX 2048
#define SESSION_LINES_MAX 200

struct session {
	enum server_service service;
	int fd; /* -1: not open */
	SSL *ssl;
	int64_t deadline;
	struct arena *arena;
	unsigned char buffer[SESSION_LINE_MAX];
	size_t len;
	size_t lines;
	const char *greeting;     /* the first line */
	const char *capabilities; /* before TLS; lines joined by newlines */
	const char *error;        /* what went wrong, in plain words; NULL:
	                           * nothing */
};

/**
 * session_open(session, service, address, port, helo, deadline, arena):
 * Connect to ${address}; where ${service} begins in clear, read its greeting
 * and capabilities, for SMTP after greeting as ${helo}.  On failure return
 * false with ${session}->error.  session_close() must be called either way.
 */
bool session_open(struct session *session, enum server_service service,
    const struct network_address *address, uint16_t port, const char *helo,
    int64_t deadline, struct arena *arena);

/**
 * session_starttls(session):
 * Ask for encryption, where the service does not begin with it.  Return false,
 * with ${session}->error, when it is refused.
 */
bool session_starttls(struct session *session);

/**
 * session_handshake(session, context, host):
 * Negotiate TLS as a client that looks for ${host}.  Certificates are not
 * judged.  Return false with ${session}->error.
 */
bool session_handshake(
    struct session *session, SSL_CTX *context, const char *host);

/**
 * session_ask(session, command):
 * Send the line ${command} and return the last line of the reply of SMTP, or
 * NULL with ${session}->error.
 */
const char *session_ask(struct session *session, const char *command);

/**
 * session_capable(capabilities, word):
 * Say whether one of the lines of ${capabilities} has ${word} in it, as a whole
 * word or before an "=", whatever the case.
 */
bool session_capable(const char *capabilities, const char *word);

/**
 * session_greeted(session):
 * Read the greeting of SMTP that begins with TLS; false with
 * ${session}->error.
 */
bool session_greeted(struct session *session);

/**
 * session_ehlo(session, helo):
 * Greet again, as SMTP wants after TLS, and return the capabilities, or NULL.
 */
const char *session_ehlo(struct session *session, const char *helo);

/**
 * session_close(session):
 * Hang up.
 */
void session_close(struct session *session);

#endif
