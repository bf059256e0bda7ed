/*
 * policyd.h: what the scenarios of mailreeve-policyd share: the real program
 * with a configuration of its own, and mail as Postfix asks about it.
 */
#ifndef SCENARIO_POLICYD_H
#define SCENARIO_POLICYD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compat.h"
#include "support/policy_client.h"
#include "support/policy_daemon.h"

struct policyd {
	struct arena *arena;
	const char *program;
	const char *name; /* of the case */
	struct daemon *daemon;
	const char *socket;    /* where it listens */
	unsigned int instance; /* of the last mail */
	bool sanitized;        /* memory and times say nothing */
	bool failed;
};

/* Returns -1 when the case cannot go on; policyd_fail() was called then, or
 * policyd_skip(). */
typedef int policyd_case(struct policyd *policyd);

extern policyd_case policyd_states, policyd_score, policyd_garbage,
    policyd_halves, policyd_idle, policyd_deaf, policyd_crowd, policyd_drain,
    policyd_hung, policyd_parting, policyd_twice, policyd_recipients,
    policyd_resent, policyd_abort, policyd_late, policyd_lists,
    policyd_committed, policyd_unwired, policyd_killed, policyd_corrupt,
    policyd_readonly, policyd_full, policyd_reload, policyd_activation,
    policyd_underway, policyd_shared, policyd_redis;

/**
 * policyd_fail(policyd, format, ...):
 * Say what is wrong and remember that the case failed.  Return -1.
 */
int policyd_fail(struct policyd *policyd, const char *format, ...)
    COMPAT_PRINTF(2, 3);

/**
 * policyd_skip(policyd, why):
 * End the program: the case cannot run here.
 */
_Noreturn void policyd_skip(struct policyd *policyd, const char *why);

/**
 * policyd_limit(policyd, rate, more):
 * Give the configuration the limit "user" of ${rate} recipients an hour for
 * each login, with ${more} options, and END-OF-MESSAGE wired.
 */
void policyd_limit(
    struct policyd *policyd, unsigned int rate, const char *more);

/**
 * policyd_start(policyd):
 * Start the daemon.
 */
int policyd_start(struct policyd *policyd) COMPAT_MUST_CHECK;

/**
 * policyd_connect(policyd):
 * Return a connection to it, or NULL when there is none.
 */
struct policy_client *policyd_connect(struct policyd *policyd);

/* A mail on its way. */
struct policyd_mail {
	struct policyd *policyd;
	struct policy_client *client;
	struct arena *arena;
	const char *user; /* the login; "": a stranger's */
	const char *instance;
	const char *context;
};

/**
 * policyd_mail(policyd, client, user, mail):
 * Begin a new one.
 */
void policyd_mail(struct policyd *policyd, struct policy_client *client,
    const char *user, struct policyd_mail *mail);

/**
 * policyd_request(mail, state, number):
 * Return the request about ${mail} in ${state}: of its recipient ${number}, or
 * with so many recipients in DATA and END-OF-MESSAGE.
 */
struct policy_request *policyd_request(
    const struct policyd_mail *mail, const char *state, unsigned int number);

/**
 * policyd_say(mail, state, number):
 * Ask about ${mail} and return the reply; "" when there is none, which fails
 * the case.
 */
const char *policyd_say(
    const struct policyd_mail *mail, const char *state, unsigned int number);

/**
 * policyd_passes(reply), policyd_defers(reply):
 * Say what ${reply} does.
 */
bool policyd_passes(const char *reply);
bool policyd_defers(const char *reply);

/**
 * policyd_left(policyd, user):
 * Return how many mails with one recipient ${user} can still send, by sending
 * them all; or -1 when one gets no reply.
 */
int policyd_left(struct policyd *policyd, const char *user);

/**
 * policyd_expect_left(policyd, user, low, high):
 * Fail unless policyd_left() is from ${low} to ${high}.
 */
int policyd_expect_left(struct policyd *policyd, const char *user, int low,
    int high) COMPAT_MUST_CHECK;

/**
 * policyd_alive(policyd):
 * Fail unless the process still runs and answers.
 */
int policyd_alive(struct policyd *policyd) COMPAT_MUST_CHECK;

#endif
