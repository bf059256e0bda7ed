/*
 * session.h: a milter session of Postfix's, recorded once and then played again
 * and again, so that a bench measures the filter and not its client.
 */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compat.h"
#include "support/milter_message.h"

struct session;

/* What the SMTP client of a session sends. */
struct session_plan {
	const char *socket;  /* of the filter: unix:PATH */
	const char *client;  /* the SMTP client's IPv4 address */
	const char *expect;  /* stands in a change that the filter asks for, for
	                      * each message; NULL: it asks for none */
	size_t messages;     /* in the session */
	struct span message; /* its text */
};

/**
 * session_record(plan, arena, error):
 * Play the session of ${plan} with the filter as Postfix does, and return what
 * was sent, allocated from ${arena}.  Return NULL with the reason in ${error}
 * when the filter does not do what ${plan} expects of it.
 */
struct session *session_record(
    const struct session_plan *plan, struct arena *arena, const char **error);

/**
 * session_message(session):
 * Return what the filter made of the recorded session's last message.
 */
const struct milter_message *session_message(const struct session *session);

/**
 * session_play(session, took):
 * Connect and play ${session} again.  Store in ${took}[0..messages-1] how many
 * nanoseconds passed for each message, from MAIL (for the first from the
 * connection) to the filter's last word.  Return NULL, or the reason when the
 * filter did not do the same as before.
 */
const char *session_play(
    const struct session *session, uint64_t *took) COMPAT_MUST_CHECK;

#endif
