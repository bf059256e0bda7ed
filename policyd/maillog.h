/*
 * maillog.h: Postfix's lines in a mail log (traditional or RFC 3339 time
 * stamps, or journalctl's), joined by queue id: who sent to whom, and what
 * became of it.  For mailreeve-policyctl feed and replay.
 */
#ifndef POLICYD_MAILLOG_H
#define POLICYD_MAILLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

#define MAILLOG_MAX_LINE ((size_t)16384)
/* Messages that are under way in a log; the oldest is forgotten. */
#define MAILLOG_MAX_QUEUE ((size_t)100000)

enum maillog_kind {
	MAILLOG_ACCEPTED,  /* smtpd: a message has a queue id, client, login */
	MAILLOG_QUEUED,    /* qmgr: its sender, size and number of recipients */
	MAILLOG_DELIVERED, /* a recipient: status=sent */
	MAILLOG_BOUNCED,   /* status=bounced, with a 5.x.x of another host */
	MAILLOG_DEFERRED,
	MAILLOG_REFUSED, /* smtpd: NOQUEUE: reject: RCPT, with its reason */
	MAILLOG_VERDICT, /* our milter's line: its result */
};

struct maillog_event {
	enum maillog_kind kind;
	int64_t when; /* milliseconds since 1970 */
	struct span queue_id;
	struct span client_name;
	struct span client_address;
	struct span helo;
	struct span sasl_username;
	struct span sender;
	struct span recipient;
	struct span text; /* dsn and reply, or the verdict */
	uint64_t size;
	uint64_t recipient_count;
};

struct maillog;

/* Takes an event, whose spans live until it returns. */
typedef void maillog_take(void *cookie, const struct maillog_event *event);

/**
 * maillog_new(year, take, cookie), maillog_free(log):
 * ${year} is that of the first traditional time stamp, which has none.
 */
struct maillog *maillog_new(int year, maillog_take *take, void *cookie);
void maillog_free(struct maillog *log);

/**
 * maillog_line(log, line):
 * Take a line without its end, and tell of the events that it completes, what
 * earlier lines said of the queue id added.  Lines of others are skipped.
 */
void maillog_line(struct maillog *log, struct span line);

#endif
