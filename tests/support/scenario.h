/*
 * scenario.h: what the parts of the scenario runner share.  tests/scenario/
 * README.md describes the language.
 */
#ifndef SUPPORT_SCENARIO_H
#define SUPPORT_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/compat.h"
#include "base/span.h"
#include "support/daemon.h"
#include "support/keyfolder.h"
#include "support/milter_client.h"
#include "support/milter_daemon.h"
#include "support/milter_message.h"

#define SCENARIO_LINE_MAX 65536
#define SCENARIO_ZONE_MAX ((size_t)4 * 1024 * 1024)
#define SCENARIO_LOG_MS 5000
#define SCENARIO_DENIALS 32

/* The SMTP client whose words the filter hears. */
struct scenario_client {
	const char *address; /* NULL: the session is local */
	const char *name;
	const char *helo;
	const char *daemon;      /* {daemon_name} */
	bool no_hold_queue;      /* the MTA has none */
	const char *const *mail; /* of the last MAIL, ended by NULL */
	const char *const *rcpt; /* of the last RCPT */
};

/* A log line that must not have appeared when all is over. */
struct scenario_denial {
	int line;
	const char *event;
	const char *pattern;
};

struct scenario {
	struct arena *arena;
	const char *path;
	const char *folder; /* of the file, where its messages are */
	int line;           /* the one being run */
	bool failed;        /* an expectation did not hold */
	struct daemon *daemon;
	bool started;
	bool ended; /* the program ended as expected */
	struct keyfolder *keys;
	struct buf zone;
	struct milter_client *session;
	struct scenario_client client;
	unsigned int queue_ids;
	bool has_queue_id;            /* the present message */
	struct milter_message *draft; /* the next message */
	struct milter_message *sent;  /* the last, as the filter changed it */
	const char *reply;            /* the filter's last word */
	struct scenario_denial denials[SCENARIO_DENIALS];
	size_t denial_count;
};

/* Carries out the line whose arguments are ${rest}.  Returns -1 when the
 * scenario cannot go on. */
typedef int scenario_command(struct scenario *scenario, struct span rest);

struct scenario_verb {
	const char *name;
	scenario_command *run;
};

/* The commands of each part; end with a NULL name. */
extern const struct scenario_verb scenario_setup_verbs[];
extern const struct scenario_verb scenario_session_verbs[];
extern scenario_command scenario_expect;

/**
 * scenario_fail(scenario, format, ...):
 * Say on standard error what is wrong at the present line, and remember that
 * the scenario failed.  Return -1.
 */
int scenario_fail(struct scenario *scenario, const char *format, ...)
    COMPAT_PRINTF(2, 3);

/**
 * scenario_word(rest):
 * Take the next word, "" at the end, off the front of ${rest}.
 */
struct span scenario_word(struct span *rest);

/**
 * scenario_string(scenario, bytes):
 * Return ${bytes} as a C string that lives as long as ${scenario}.
 */
char *scenario_string(struct scenario *scenario, struct span bytes);

/**
 * scenario_unescape(scenario, text):
 * Return ${text} with \n, \r, \t, \s (a blank), \\ and \xHH replaced.
 */
struct span scenario_unescape(struct scenario *scenario, struct span text);

/**
 * scenario_start(scenario):
 * Start the program unless it runs.  Return -1 when it does not start.
 */
int scenario_start(struct scenario *scenario) COMPAT_MUST_CHECK;

/**
 * scenario_write(scenario):
 * Write the zone file as it now is.  Return -1 when that fails.
 */
int scenario_write(struct scenario *scenario) COMPAT_MUST_CHECK;

#endif
