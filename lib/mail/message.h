/*
 * message.h: a whole message, read from a file.
 */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include "base/arena.h"
#include "base/span.h"
#include "mail/header.h"

struct message {
	struct header_list headers;
	struct span body; /* every line end is CRLF, as on the wire */
};

/**
 * message_parse(arena, text, out):
 * Split ${text}, whose lines end with CRLF or LF, into ${out}, which lives as
 * long as ${arena}.  A first line "From ..." of an mbox is dropped.
 */
void message_parse(struct arena *arena, struct span text, struct message *out);

/**
 * message_read(arena, path, limit, out, error):
 * As message_parse() for the file ${path}, or standard input when it is "-".
 * Return 0, or -1 with the reason in ${error} when it cannot be read or has
 * more than ${limit} bytes.
 */
int message_read(struct arena *arena, const char *path, size_t limit,
    struct message *out, const char **error);

#endif
