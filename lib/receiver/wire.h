/*
 * wire.h: what the frames carry: questions, answers and opinions.
 */
#ifndef RECEIVER_WIRE_H
#define RECEIVER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"
#include "dns/dns.h"
#include "spf/spf.h"

/* Of each text in an opinion. */
#define WIRE_MAX_TEXT 1024

/* RFC 8601 2.7.1, and none: the library did not look at it. */
enum wire_result {
	WIRE_NONE,
	WIRE_PASS,
	WIRE_FAIL,
	WIRE_POLICY,
	WIRE_NEUTRAL,
	WIRE_TEMPERROR,
	WIRE_PERMERROR,
};

/* What a library thinks of one signature.  Its texts hold printable ASCII. */
struct wire_opinion {
	size_t field; /* number of the DKIM-Signature field, 0 at the top */
	enum wire_result result;
	uint32_t code; /* the library's own number for the reason */
	unsigned int bits;
	const char *domain; /* each of these NULL when it has none */
	const char *selector;
	const char *algorithm;
	const char *reason; /* in its words */
};

/* What a library is asked about SPF (RFC 7208 4.1), each of at most
 * WIRE_MAX_TEXT bytes. */
struct wire_spf {
	const char *client; /* IP address */
	const char *helo;
	const char *mail_from; /* "": it is about the HELO identity */
	const char *receiver;
};

/* What it thinks of that.  Its texts hold printable ASCII. */
struct wire_spf_opinion {
	enum spf_result result;
	uint32_t code;           /* the library's own number for the reason */
	const char *reason;      /* in its words, or NULL */
	const char *explanation; /* of the domain, on fail; or NULL */
};

struct wire_question {
	const char *name;
	uint32_t type; /* RR type as on the wire */
};

/**
 * wire_result_name(result):
 * Return the lower-case word.
 */
const char *wire_result_name(enum wire_result result);

/**
 * wire_text(arena, bytes):
 * Return what a process called a text, with a `?' for all but printable ASCII,
 * so that no terminal or JSON reader obeys it.
 */
const char *wire_text(struct arena *arena, struct span bytes);

/**
 * wire_add_opinion(buf, opinion), wire_take_opinion(payload, arena, out):
 * Write an opinion, and read one from a process that nobody trusts.
 */
void wire_add_opinion(struct buf *buf, const struct wire_opinion *opinion);
bool wire_take_opinion(struct span payload, struct arena *arena,
    struct wire_opinion *out) COMPAT_MUST_CHECK;

/**
 * wire_add_spf(buf, query), wire_take_spf(payload, arena, out):
 * Write what is asked about SPF, and read it on the other side.
 */
void wire_add_spf(struct buf *buf, const struct wire_spf *query);
bool wire_take_spf(struct span payload, struct arena *arena,
    struct wire_spf *out) COMPAT_MUST_CHECK;

/**
 * wire_add_spf_opinion(buf, opinion), wire_take_spf_opinion(payload, arena,
 * out):
 * Write such an opinion, and read one from a process that nobody trusts.
 */
void wire_add_spf_opinion(
    struct buf *buf, const struct wire_spf_opinion *opinion);
bool wire_take_spf_opinion(struct span payload, struct arena *arena,
    struct wire_spf_opinion *out) COMPAT_MUST_CHECK;

/**
 * wire_add_question(buf, question), wire_take_question(payload, arena, out):
 * Write a question, and read one from a process that nobody trusts: its name
 * has at most WIRE_MAX_TEXT bytes.  libopendkim asks for names longer than the
 * DNS has any.
 */
void wire_add_question(struct buf *buf, const struct wire_question *question);
bool wire_take_question(struct span payload, struct arena *arena,
    struct wire_question *out) COMPAT_MUST_CHECK;

/**
 * wire_add_answer(buf, answer), wire_take_answer(payload, arena, out):
 * Write an answer of the DNS, and read it on the other side.
 */
void wire_add_answer(struct buf *buf, const struct dns_answer *answer);
bool wire_take_answer(struct span payload, struct arena *arena,
    struct dns_answer *out) COMPAT_MUST_CHECK;

#endif
