/*
 * console_command.h: what mailreeve-policyctl may ask of the daemon: a line of
 * JSON.  No I/O.
 */
#ifndef POLICYD_CONSOLE_COMMAND_H
#define POLICYD_CONSOLE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

/* Members of the answers are only ever added while it is 1. */
#define CONSOLE_COMMAND_SCHEMA 1
/* Bytes of a name: a mailbox, a network, a limit. */
#define CONSOLE_COMMAND_MAX_NAME ((size_t)512)
#define CONSOLE_COMMAND_MAX_COUNT 1000
#define CONSOLE_COMMAND_MAX_EVENTS ((size_t)500)

enum console_verb {
	CONSOLE_STATUS,
	CONSOLE_SHOW,
	CONSOLE_TOP,
	CONSOLE_RESET,
	CONSOLE_ALLOW,
	CONSOLE_BLOCK,
	CONSOLE_LISTED,
	CONSOLE_RELEASE,
	CONSOLE_OVERRIDE,
	CONSOLE_OVERRIDES,
	CONSOLE_EXPLAIN,
	CONSOLE_FEED,
	CONSOLE_VERBS,
};

/* What the mail log says. */
enum console_event_kind {
	CONSOLE_EVENT_DELIVERED,
	CONSOLE_EVENT_BOUNCED,
	CONSOLE_EVENT_SPAM,
	CONSOLE_EVENT_GOOD,
	CONSOLE_EVENT_UNKNOWN_RECIPIENT,
	CONSOLE_EVENT_KINDS,
};

struct console_event {
	enum console_event_kind kind;
	uint64_t count;
	struct span user;   /* login, or empty */
	struct span client; /* address, or empty */
	struct span domain; /* authenticated, or empty */
};

struct console_command {
	enum console_verb verb;
	const char *who;     /* NULL: not given; lower case */
	const char *written; /* the same as it was given: a login */
	const char *limit;   /* NULL: not given */
	uint64_t count;
	uint64_t rate; /* of an override; UINT64_MAX: unlimited */
	bool remove;
	struct span request; /* as Postfix would ask */
	const struct console_event *events;
	size_t event_count;
};

/**
 * console_command_parse(line, arena, out):
 * Read ${line} into ${out}, which lives as long as ${arena}.  Return NULL, or
 * what is wrong with it.
 */
const char *console_command_parse(
    struct span line, struct arena *arena, struct console_command *out);

/**
 * console_command_verb(verb), console_command_event(kind):
 * Return the word in JSON.
 */
const char *console_command_verb(enum console_verb verb);
const char *console_command_event(enum console_event_kind kind);

#endif
