/*
 * maillog_postfix.h: what one line of a Postfix program says.
 *
 * Strangers choose addresses, HELO names and replies, which Postfix writes into
 * its lines: what they say must not be taken for Postfix's own words.  Lines
 * that can be read in two ways are not read.
 */
#ifndef POLICYD_MAILLOG_POSTFIX_H
#define POLICYD_MAILLOG_POSTFIX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum maillog_postfix_kind {
	MAILLOG_POSTFIX_CLIENT,   /* smtpd: client=, a message begins */
	MAILLOG_POSTFIX_FROM,     /* qmgr: from=, size=, nrcpt= */
	MAILLOG_POSTFIX_DELIVERY, /* to=, relay=, dsn=, status= */
	MAILLOG_POSTFIX_REJECT,   /* smtpd: reject: RCPT */
	MAILLOG_POSTFIX_REMOVED,  /* the queue id ends */
};

/* What is not in the line is empty. */
struct maillog_postfix {
	enum maillog_postfix_kind kind;
	struct span queue_id; /* empty: NOQUEUE */
	struct span client_name;
	struct span client_address;
	struct span helo;
	struct span sasl_username;
	struct span orig_queue_id; /* of a content filter's second time */
	struct span sender;
	struct span recipient;
	struct span dsn;
	struct span status; /* "sent" */
	struct span reply;  /* what stands in parentheses, or the refusal */
	uint64_t size;
	uint64_t recipient_count;
};

/**
 * maillog_postfix_parse(program, text, out):
 * Parse ${text}, which ${program} ("smtpd") of Postfix wrote.  Return false
 * when it is nothing that we want.  ${out} points into ${text}.
 */
bool maillog_postfix_parse(
    struct span program, struct span text, struct maillog_postfix *out);

#endif
