/*
 * quota_reply.h: what Dovecot's quota-status answers, in Postfix's policy
 * protocol (SMTPD_POLICY_README), and what that means for a mailbox.
 */
#ifndef POLICYD_QUOTA_REPLY_H
#define POLICYD_QUOTA_REPLY_H

#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "quota.h"

/* Bytes of a reply. */
#define QUOTA_REPLY_MAX ((size_t)4096)

enum quota_reply_status {
	QUOTA_REPLY_COMPLETE,
	QUOTA_REPLY_INCOMPLETE, /* there may be more to come */
	QUOTA_REPLY_BAD,        /* no reply, or more than one */
};

/**
 * quota_reply_parse(bytes, action):
 * Look for one reply, "action=..." and an empty line, in ${bytes}, which are
 * all that came; empty lines before and after it are harmless.  On
 * QUOTA_REPLY_COMPLETE store the action, a part of ${bytes}, in ${action}.
 */
enum quota_reply_status quota_reply_parse(
    struct span bytes, struct span *action);

/**
 * quota_reply_eval(action, arena, reason):
 * Return what ${action} means: OK, DUNNO: under; a 5xx reply with 5.2.2 or such
 * words: hard; a 4xx one: soft; REJECT and 5.1.x: unknown; all else: tempfail.
 * Store its words, printable and at most QUOTA_MAX_REASON of them, or NULL, in
 * ${reason}; they live as long as ${arena}.
 */
enum quota_result quota_reply_eval(
    struct span action, struct arena *arena, const char **reason);

#endif
