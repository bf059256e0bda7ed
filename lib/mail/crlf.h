/*
 * crlf.h: line ends as they stand on the wire (RFC 5321 2.3.8).
 */
#ifndef MAIL_CRLF_H
#define MAIL_CRLF_H

#include "base/arena.h"
#include "base/span.h"

/**
 * crlf_from_lf(arena, text):
 * Return ${text} with a CR before every LF that has none.  A CR without LF
 * stays.  The result is ${text} itself when there is nothing to add.
 */
struct span crlf_from_lf(struct arena *arena, struct span text);

#endif
