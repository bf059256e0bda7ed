/*
 * session.h: a milter session of Postfix's, recorded once, to be played again
 * and again (player.h), so that a bench measures the filter and not its client.
 */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "support/milter_message.h"

/* Changes of one message that a filter is expected to ask for. */
#define SESSION_EXPECTS_MAX 4
#define SESSION_TURNS_MAX ((size_t)4096)

/* What the SMTP client of a session sends. */
struct session_plan {
	const char *socket; /* of the filter: unix:PATH */
	const char *client; /* the SMTP client's IPv4 address */
	const char *domain; /* the sender's */
	/* Each stands in a change that the filter asks for, for each message;
	 * with none of them it asks for no change. */
	const char *expects[SESSION_EXPECTS_MAX];
	size_t expect_count;
	size_t messages;     /* in the session */
	struct span message; /* its text */
};

/* What is sent until the next reply is waited for. */
struct session_turn {
	size_t end; /* in session.bytes, where the next one begins */
	bool ends;  /* a message, with changes in the reply */
};

struct session {
	struct session_plan plan;
	struct milter_message *message; /* what the filter made of the last */
	struct buf bytes;
	struct session_turn turns[SESSION_TURNS_MAX + 1]; /* the last is open */
	size_t count;
};

/**
 * session_record(plan, arena, error):
 * Play the session of ${plan} with the filter as Postfix does, and return what
 * was sent, allocated from ${arena}.  Return NULL with the reason in ${error}
 * when the filter does not do what ${plan} expects of it.
 */
struct session *session_record(
    const struct session_plan *plan, struct arena *arena, const char **error);

#endif
