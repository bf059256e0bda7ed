/*
 * milter_message.h: a message as an MTA holds it while a filter works on it:
 * what is sent, and what the filter makes of it.
 */
#ifndef SUPPORT_MILTER_MESSAGE_H
#define SUPPORT_MILTER_MESSAGE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

/* A message file or a replaced body may be this long. */
#define MILTER_MESSAGE_MAX ((size_t)128 * 1024 * 1024)

struct milter_field {
	struct span name;
	struct span
	    value; /* after the colon, the leading blank kept; lines of
	            * a folded field end with LF, as Postfix holds them */
};

struct milter_message {
	struct arena *arena;
	struct milter_field *fields; /* top first */
	size_t count;
	size_t size;
	struct buf body;        /* every line ends with CRLF */
	const char *quarantine; /* the filter's reason, or NULL */
	size_t edits;           /* how many changes the filter asked for */
	bool replaced;          /* the filter has begun to replace the body */
};

/**
 * milter_message_new(arena):
 * Return an empty message that lives as long as ${arena}.
 */
struct milter_message *milter_message_new(struct arena *arena);

/**
 * milter_message_add(message, name, value):
 * Append a copy of a field.
 */
void milter_message_add(
    struct milter_message *message, struct span name, struct span value);

/**
 * milter_message_line(message, line):
 * Append ${line} and CRLF to the body.
 */
void milter_message_line(struct milter_message *message, struct span line);

/**
 * milter_message_parse(message, text):
 * Append the fields and the body of ${text}, whose lines end with CRLF or LF.
 * As in Postfix, a line that is neither field nor continuation begins the body.
 */
void milter_message_parse(struct milter_message *message, struct span text);

/**
 * milter_message_copy(arena, message):
 * Return a copy of ${message} in ${arena}, without what the filter said of it
 * as a whole (quarantine, number of edits).
 */
struct milter_message *milter_message_copy(
    struct arena *arena, const struct milter_message *message);

/**
 * milter_message_is_called(field, name):
 * Say whether ${field} has that ${name} for Postfix, for which neither case nor
 * blanks before the colon count.
 */
bool milter_message_is_called(
    const struct milter_field *field, const char *name);

/**
 * milter_message_count(message, name):
 * Return how many fields have that ${name}.
 */
size_t milter_message_count(
    const struct milter_message *message, const char *name);

/**
 * milter_message_unfold(arena, field):
 * Return the value of ${field} as a C string on one line, without blanks at
 * both ends and with one for several elsewhere; a NUL is shown as "\0".
 */
char *milter_message_unfold(
    struct arena *arena, const struct milter_field *field);

/**
 * milter_message_print(message, out):
 * Append the message to ${out}, lines ended with CRLF.
 */
void milter_message_print(
    const struct milter_message *message, struct buf *out);

/**
 * milter_message_edit(message, command, data, add_blank):
 * Apply the filter's packet ${command} (SMFIR_ADDHEADER, INSHEADER, CHGHEADER,
 * REPLBODY, QUARANTINE; the recipient edits are only counted) with ${data} as
 * Postfix does: an index past the end appends, a deleted field no longer counts
 * in later indices.  ${add_blank}: the two did not agree on leading blanks, so
 * one stands after each colon.  Return false when ${data} is malformed or the
 * command is no edit.
 */
bool milter_message_edit(struct milter_message *message, char command,
    struct span data, bool add_blank);

#endif
