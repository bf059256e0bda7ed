/*
 * finding.h: what a check found: what was expected, what is there, and the
 * cure.
 */
#ifndef CHECK_FINDING_H
#define CHECK_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compat.h"

/* From the mildest to the worst. */
enum finding_severity {
	FINDING_OK,      /* looked at, and right */
	FINDING_NOTICE,  /* could be better */
	FINDING_WARNING, /* some mail is in danger */
	FINDING_ERROR,   /* mail is lost or refused */
};

struct finding {
	const char *id;      /* stable: "mx.missing" */
	const char *subject; /* what it is about: a name, an address, a port */
	enum finding_severity severity;
	const char *text;     /* one sentence without a final dot */
	const char *expected; /* each of these NULL where there is none */
	const char *found;
	/* The cure: any of them. */
	const char *remove;   /* lines of a zone file to take out */
	const char *add;      /* lines to put in */
	const char *command;  /* for root's shell on this server */
	const char *advice;   /* a sentence without a final dot */
	const char *accepted; /* the operator's reason to live with it */
};

struct finding_list {
	struct arena *arena;
	struct finding *items;
	size_t count;
};

/**
 * finding_add(list, finding):
 * Append a copy of ${finding} whose strings, cleaned of control characters and
 * cut to FINDING_MAX_TEXT bytes, live as long as ${list}->arena.
 */
void finding_add(struct finding_list *list, const struct finding *finding);

#define FINDING_MAX_TEXT 8000

/**
 * finding_ok(list, id, subject, format, ...):
 * Append that ${subject} was found right.
 */
void finding_ok(struct finding_list *list, const char *id, const char *subject,
    const char *format, ...) COMPAT_PRINTF(4, 5);

/**
 * finding_clean(arena, text):
 * Return ${text} with control characters but for tabs and line ends, bytes that
 * are no UTF-8 and characters that turn or hide text written as \ooo, cut to
 * FINDING_MAX_TEXT: no terminal or page obeys it.
 */
const char *finding_clean(struct arena *arena, const char *text);

/**
 * finding_severity_name(severity):
 * Return "ok", "notice", "warning" or "error".
 */
const char *finding_severity_name(enum finding_severity severity);

/**
 * finding_worst(list):
 * Return the worst severity of those that are not accepted.
 */
enum finding_severity finding_worst(const struct finding_list *list);

#endif
