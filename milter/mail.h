/*
 * mail.h: one message on its way through, from MAIL FROM to its verdict.  The
 * milter's callbacks and mailreeve-explain both call these functions in this
 * order: mail_new, mail_rcpt..., mail_header..., mail_end_of_headers,
 * mail_body..., mail_finish, mail_free.  mail_free() may come at any time.
 */
#ifndef MILTER_MAIL_H
#define MILTER_MAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/network.h"
#include "base/span.h"
#include "config.h"
#include "mail/address.h"
#include "mail/header.h"
#include "outcome.h"
#include "service.h"
#include "verdict.h"

/* What is known of the SMTP session; it outlives its messages. */
struct mail_session {
	struct network_address client;
	const char *client_name; /* as the MTA resolved it, or NULL */
	const char *helo;        /* or NULL */
	const char *daemon;      /* {daemon_name}, or NULL */
	const char *mta;         /* {j}, or NULL */
};

enum mail_direction {
	MAIL_INBOUND,
	MAIL_OUTBOUND,
};

/* Recipients that rules look at; with more, no rule about recipients matches.
 */
#define MAIL_MAX_RCPTS 1000

/* How far a message has come. */
enum mail_stage {
	MAIL_ENVELOPE,
	MAIL_HEADER,
	MAIL_BODY,
};

struct check;
struct sign;

struct mail {
	struct arena *arena; /* born at MAIL, dies with the message */
	struct service *service;
	struct config *config; /* the one in force when the message began */
	const struct mail_session *session;
	const char *queue_id;  /* or NULL */
	const char *mail_from; /* the path's address, "" for <> */
	const char *login;     /* {auth_authen}, or NULL */
	const char *authserv_id;
	/* local-part@domain, the domain in lower-case A-labels, or as it stands
	 * where that cannot be; the first MAIL_MAX_RCPTS of rcpt_count. */
	const char **rcpts;
	size_t rcpt_count;
	uint64_t body_bytes;
	enum mail_direction direction;
	enum mail_stage stage;
	struct header_list headers;
	enum verdict_limit limit;
	struct from from;
	struct check *check; /* NULL: not verified */
	struct sign *sign;   /* NULL: not outbound */
	int64_t started;     /* clock_monotonic_ms() */
	struct trace *trace; /* for mailreeve-explain; else NULL */
};

/**
 * mail_new(service, session, mail_from, login):
 * Begin a message from ${mail_from}, as MAIL FROM has it, of the authenticated
 * user ${login} or NULL.  Return NULL when ${service} is stopping.
 */
struct mail *mail_new(struct service *service,
    const struct mail_session *session, const char *mail_from,
    const char *login);

/**
 * mail_free(mail):
 * End ${mail} at any stage.  NULL is harmless.
 */
void mail_free(struct mail *mail);

/**
 * mail_rcpt(mail, path):
 * A recipient was accepted.
 */
void mail_rcpt(struct mail *mail, const char *path);

/**
 * mail_header(mail, name, value):
 * The next header field, as header_list_add() takes it.  Past the limits of the
 * configuration nothing is kept.
 */
void mail_header(struct mail *mail, struct span name, struct span value);

/**
 * mail_end_of_headers(mail):
 * Decide what to do with ${mail} and start what takes time.  Never waits.
 */
void mail_end_of_headers(struct mail *mail);

/**
 * mail_body(mail, bytes):
 * The next part of the body, with CRLF line ends.
 */
void mail_body(struct mail *mail, struct span bytes);

/**
 * mail_finish(mail, queue_id, outcome):
 * The message has ended: wait for DNS, decide, write one line to the log, and
 * store in ${outcome} what shall happen; it lives as long as ${mail}.
 */
void mail_finish(
    struct mail *mail, const char *queue_id, struct outcome *outcome);

#endif
