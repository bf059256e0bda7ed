/*
 * receiver.h: what other people's mail servers make of a message.  Their
 * libraries are not in the path of strangers' mail; here each runs in a process
 * of its own that may do nothing but think, and asks us what the DNS says.
 */
#ifndef RECEIVER_RECEIVER_H
#define RECEIVER_RECEIVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "dns/dns.h"
#include "mail/header.h"
#include "receiver/wire.h"

struct inside;

/* One library, as it runs in its process. */
struct receiver_library {
	const char *name;
	/* Read what will be needed from files, before all doors close. */
	void *(*prepare)(void);
	/* Judge the message that ${inside} brings. */
	void (*run)(struct inside *inside, void *prepared);
};

enum receiver_state {
	RECEIVER_JUDGED,
	RECEIVER_CRASHED,    /* it would crash in a mail server too */
	RECEIVER_SLOW,       /* nothing came before the deadline */
	RECEIVER_INSATIABLE, /* it would ask more than we answer */
	RECEIVER_GARBAGE,    /* as if the message had taken it over */
	RECEIVER_TROUBLE,    /* we could not ask it */
};

struct receiver_options {
	struct dns *dns;
	int64_t timeout_ms;     /* for all */
	int64_t dns_timeout_ms; /* for each question */
	size_t spf_questions;   /* 0: RECEIVER_SPF_QUESTIONS */
};

/* What the library asked for, and what it was told. */
struct receiver_question {
	const char *name; /* in lower case */
	enum dns_type type;
	struct dns_answer answer;
};

struct receiver_report {
	enum receiver_state state;
	const char *reason;  /* why not RECEIVER_JUDGED, in plain words */
	const char *version; /* of the library, or NULL */
	/* In message order, at most one for each DKIM-Signature field. */
	struct wire_opinion *opinions;
	size_t opinion_count;
	const struct wire_spf_opinion *spf; /* NULL: it was not asked */
	struct receiver_question *questions;
	size_t question_count;
};

/* Questions that are answered; more is garbage.  A library that has no limit
 * of its own asks one for each signature.  The DNS is asked only for the keys
 * of the message's own signatures, and once for each. */
#define RECEIVER_MAX_QUESTIONS 1100
/* Questions that a library may ask about SPF, where RFC 7208 4.6.4 has room for
 * some 120: 10 terms, each with 10 names, for one address family. */
#define RECEIVER_SPF_QUESTIONS 130
/* DKIM-Signature fields of a message that is given to a library. */
#define RECEIVER_MAX_SIGNATURES 1000

/* A process that waits for its message. */
struct receiver;

/**
 * receiver_new(library, error):
 * Start a process for ${library}.  Call it while the program has no other
 * threads and no secrets in its memory: the process is a fork().  The caller
 * must ignore SIGPIPE.  On failure return NULL with the reason in ${error}.
 */
struct receiver *receiver_new(
    const struct receiver_library *library, const char **error);

/**
 * receiver_judge(receiver, options, headers, body, arena, report):
 * Let ${receiver} judge the message of ${headers} and ${body}, whose line ends
 * are CRLF.  The ${report} lives as long as ${arena}; whatever the process did
 * with the message, it has an outcome.  Call once.
 */
void receiver_judge(struct receiver *receiver,
    const struct receiver_options *options, const struct header_list *headers,
    struct span body, struct arena *arena, struct receiver_report *report);

/**
 * receiver_judge_spf(receiver, options, query, arena, report):
 * Let ${receiver} evaluate SPF for ${query} (RFC 7208 4).  It may have any name
 * looked up: of the message it knows nothing.  Otherwise as receiver_judge().
 */
void receiver_judge_spf(struct receiver *receiver,
    const struct receiver_options *options, const struct wire_spf *query,
    struct arena *arena, struct receiver_report *report);

/**
 * receiver_free(receiver):
 * End the process and free ${receiver}.  NULL is harmless.
 */
void receiver_free(struct receiver *receiver);

/**
 * receiver_opinion(report, field):
 * Return what ${report} says of the DKIM-Signature field number ${field},
 * counted from 0 at the top, or NULL.
 */
const struct wire_opinion *receiver_opinion(
    const struct receiver_report *report, size_t field);

/**
 * receiver_answer(report, name, type):
 * Return the answer that ${report}'s library got about ${type} at ${name}, or
 * NULL when it did not ask.
 */
const struct dns_answer *receiver_answer(
    const struct receiver_report *report, const char *name, enum dns_type type);

#endif
