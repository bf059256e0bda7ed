/*
 * verdict.h: what happens to a message.  This file only decides: no I/O, no
 * clock, no state.
 */
#ifndef MILTER_VERDICT_H
#define MILTER_VERDICT_H

#include <stdbool.h>

enum verdict_action {
	VERDICT_NONE, /* the message goes its way */
	VERDICT_REJECT,
	VERDICT_TEMPFAIL,
};

/* Which limit a message passed. */
enum verdict_limit {
	VERDICT_WITHIN_LIMITS,
	VERDICT_HEADER_BYTES,
	VERDICT_HEADER_FIELDS,
};

/* What happens to a message over a limit. */
enum verdict_over_limit {
	VERDICT_OVER_LIMIT_REJECT,
	VERDICT_OVER_LIMIT_TEMPFAIL,
};

/* Why a message does not go its way, in short. */
enum verdict_cause {
	VERDICT_FOR_HEADER_BYTES,
	VERDICT_FOR_HEADER_FIELDS,
	VERDICT_FOR_TROUBLE,
};

/* What verdict_decide() looks at. */
struct verdict_facts {
	enum verdict_limit limit;
	enum verdict_over_limit over_limit;
	bool trouble; /* we failed at our own work */
};

struct verdict {
	enum verdict_action action;
	const char *reason;       /* for the log and mailreeve-explain */
	enum verdict_cause cause; /* for any action but VERDICT_NONE */
	/* The SMTP reply, for any action but VERDICT_NONE (RFC 5321 4.2, RFC
	 * 3463). */
	const char *code;
	const char *status;
	const char *text;
};

/**
 * verdict_decide(facts):
 * Return the verdict on a message of which ${facts} hold.
 */
struct verdict verdict_decide(const struct verdict_facts *facts);

/**
 * verdict_action_name(action):
 * Return the word that logs and JSON use.
 */
const char *verdict_action_name(enum verdict_action action);

#endif
