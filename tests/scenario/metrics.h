/*
 * metrics.h: what the tests of the metrics and of the log line share.
 */
#ifndef SCENARIO_METRICS_H
#define SCENARIO_METRICS_H

#include "robust.h"
#include "support/exposition.h"

struct metrics_case {
	struct robust robust; /* the milter */
	const char *folder;   /* of saved messages */
	unsigned int port;    /* of the metrics */
	size_t body_bytes;    /* sent so far */
};

/* Returns -1 when the case cannot go on; robust_fail() was called then. */
typedef int metrics_run(struct metrics_case *test);

extern metrics_run metrics_counts, metrics_reloads, metrics_taken,
    metrics_stopping, metrics_idle, metrics_silent, metrics_unapplied,
    metrics_load_many, metrics_line;

/* A series and its value; NULL ends a list. */
struct metrics_expected {
	const char *series;
	double value;
};

struct metrics_mail {
	const char *client; /* its address */
	const char *file;   /* a saved message, or NULL */
	const char *text;   /* the message, or NULL */
	const char *login;  /* or NULL */
	const char *reply;  /* begins so */
	int junk;           /* fields more */
};

/**
 * metrics_listen(test, port):
 * Let the milter serve its metrics at ${port} from the next start or reload on.
 */
int metrics_listen(
    struct metrics_case *test, unsigned int port) COMPAT_MUST_CHECK;

/**
 * metrics_read(test):
 * Return the metrics as they are now, or NULL after robust_fail().
 */
const struct exposition *metrics_read(struct metrics_case *test);

/**
 * metrics_expect(test, expected):
 * Fail unless the metrics become what ${expected} says.
 */
int metrics_expect(struct metrics_case *test,
    const struct metrics_expected *expected) COMPAT_MUST_CHECK;

/**
 * metrics_load(test, file):
 * Return the saved message ${file}.
 */
struct milter_message *metrics_load(
    struct metrics_case *test, const char *file);

/**
 * metrics_send(test, mail):
 * Send ${mail} in a session of its own.
 */
int metrics_send(struct metrics_case *test,
    const struct metrics_mail *mail) COMPAT_MUST_CHECK;

#endif
