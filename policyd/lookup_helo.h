/*
 * lookup_helo.h: what a client calls itself (RFC 5321 4.1.1.1, 4.1.3).
 */
#ifndef POLICYD_LOOKUP_HELO_H
#define POLICYD_LOOKUP_HELO_H

#include "lookup.h"
#include "lookup_ask.h"

/* Who we are, as far as a client could claim to be us. */
struct lookup_helo_ours {
	const char *const *names;       /* ended by NULL; or NULL */
	struct network_address address; /* that it connected to */
};

/**
 * lookup_helo_classify(helo, ours, arena, name):
 * Say what ${helo} is as far as its syntax tells; a name that may exist is
 * LOOKUP_HELO_GOOD, and then ${name} is it in lower-case A-labels, else NULL.
 */
enum lookup_helo lookup_helo_classify(struct span helo,
    const struct lookup_helo_ours *ours, struct arena *arena,
    const char **name);

/* The questions about a name. */
struct lookup_helo_questions {
	size_t a;
	size_t aaaa;
	size_t mx;
};

/**
 * lookup_helo_ask(name, ask, out), lookup_helo_read(ask, questions):
 * Ask whether ${name} has an address or takes mail; say whether it does.
 */
void lookup_helo_ask(const char *name, struct lookup_ask *ask,
    struct lookup_helo_questions *out);
enum lookup_helo lookup_helo_read(const struct lookup_ask *ask,
    const struct lookup_helo_questions *questions);

#endif
