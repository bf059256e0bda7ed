/*
 * score.h: what all findings weigh together.  Only decides: no I/O, no clock.
 */
#ifndef POLICYD_SCORE_H
#define POLICYD_SCORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/trace.h"
#include "lookup.h"

#define SCORE_MAX_PARTS ((size_t)32)
#define SCORE_MAX_HEADER ((size_t)900) /* bytes */
#define SCORE_MAX_REASON ((size_t)300)

/* A list that gives so much or less speaks for the client: dnswl.org's "medium"
 * does, its "low" and "none" do not. */
#define SCORE_VOUCHES (-3)

/* Points for each finding; the options score_... of the configuration. */
struct score_weights {
	int helo_literal;
	int helo_address;
	int helo_ours;
	int helo_no_dot;
	int helo_invalid;
	int helo_unresolved;
	int name_missing;
	int name_unconfirmed;
	int name_generic;
	int spf_pass; /* usually negative or 0 */
	int spf_none;
	int spf_softfail;
	int spf_fail;
	int spf_permerror;
	int null_several;       /* the null sender, to a second recipient */
	int unknown_recipients; /* most of what this client wrote to is nobody
	                         */
	int reputation;         /* the most that what we learned may weigh */
	int group_cap;          /* lists of one group together, either way */
};

/* What the daemon itself knows. */
struct score_memory {
	int network_reputation; /* -100 (good) .. 100 (bad), per cent of
	                         * weights.reputation */
	int domain_reputation;  /* of the domain that SPF authenticated */
	bool unknown_recipients;
	bool null_several;
};

struct score_part {
	const char *what;  /* "zen.spamhaus.org 127.0.0.2", "no reverse name" */
	const char *group; /* "list spamhaus", "helo", "name", "spf",
	                    * "reputation", "behaviour": independent sources */
	int points;
	bool shadow; /* does not count */
};

struct score {
	int points;          /* all that count, groups capped */
	int shadow_points;   /* had the shadow ones counted */
	unsigned int groups; /* different ones with points above 0 */
	/* What there is to tell; all hits count, even where there is no room.
	 */
	struct score_part parts[SCORE_MAX_PARTS];
	size_t count;
	const struct score_part *heaviest; /* above 0, or NULL */
	bool vouched;                      /* a list speaks for the client */
};

/**
 * score_sum(weights, findings, memory, arena, trace, out):
 * Store the score in ${out}; its strings live as long as ${arena} and the
 * lists.  No list speaks for a name that anybody may write: the sender's domain
 * must pass SPF, and HELO never counts for the client.  An SPF outcome without
 * a reason was not asked for.
 */
void score_sum(const struct score_weights *weights,
    const struct lookup_findings *findings, const struct score_memory *memory,
    struct arena *arena, struct trace *trace, struct score *out);

/**
 * score_header(score, junk, arena):
 * Return the value of X-Mailreeve-Score: "junk score=9; zen.spamhaus.org
 * 127.0.0.2 (6), no reverse name (3)", or "ok score=0".  ASCII without control
 * bytes, at most 900 bytes.
 */
const char *score_header(
    const struct score *score, bool junk, struct arena *arena);

/**
 * score_reason(score, contact, arena):
 * Return for whoever is refused: which lists and what else, and whom to ask.
 * ASCII, at most 300 bytes.
 */
const char *score_reason(
    const struct score *score, const char *contact, struct arena *arena);

#endif
