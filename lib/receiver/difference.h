/*
 * difference.h: why libopendkim says something else of a signature than we do.
 */
#ifndef RECEIVER_DIFFERENCE_H
#define RECEIVER_DIFFERENCE_H

#include "dkim/verify.h"
#include "receiver/facts.h"
#include "receiver/wire.h"

enum difference_kind {
	DIFFERENCE_NONE,
	DIFFERENCE_WORDS,   /* both refuse it, in other words */
	DIFFERENCE_KNOWN,   /* they disagree, and it is known why */
	DIFFERENCE_UNKNOWN, /* nobody has explained this yet */
};

struct difference {
	enum difference_kind kind;
	const char *text; /* what to know about it, or NULL */
	const char *note; /* what OpenDKIM's milter does besides, or NULL */
};

/**
 * difference_find(ours, theirs, facts):
 * Decide how ${theirs}, libopendkim's opinion, differs from ${ours}, and why,
 * by the ${facts} of the signature.
 */
struct difference difference_find(const struct dkim_verification *ours,
    const struct wire_opinion *theirs, const struct facts *facts);

/**
 * difference_name(kind):
 * Return same, words, explained or unknown.
 */
const char *difference_name(enum difference_kind kind);

#endif
