/*
 * authority_read.h: messages of the DNS (RFC 1035 4): questions for a name
 * server, and what it answers.  No I/O.
 */
#ifndef DNS_TOOL_AUTHORITY_READ_H
#define DNS_TOOL_AUTHORITY_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "dns/dns.h"

/* What an answer by UDP may hold (RFC 9715). */
#define AUTHORITY_UDP_BYTES 1232
/* CNAMEs that are followed within an answer. */
#define AUTHORITY_MAX_ALIASES 8

enum authority_reading {
	AUTHORITY_READ_ANSWER,
	AUTHORITY_READ_FOREIGN,   /* to no question of ours: it is forged */
	AUTHORITY_READ_TRUNCATED, /* ask again by TCP (RFC 1035 4.2.1) */
	AUTHORITY_READ_LAME,      /* an answer without authority, or refused */
	AUTHORITY_READ_BROKEN,
};

/**
 * authority_write(question, id, arena, out):
 * Store in ${out} the message that asks ${question}; false when its name is
 * none.
 */
bool authority_write(const struct dns_question *question, uint16_t id,
    struct arena *arena, struct span *out);

/**
 * authority_read(message, question, id, arena, out):
 * Read ${message}, which may be anything, as the answer to ${question} asked
 * with ${id}, and store it in ${out}, allocated from ${arena}.
 */
enum authority_reading authority_read(struct span message,
    const struct dns_question *question, uint16_t id, struct arena *arena,
    struct dns_answer *out);

#endif
