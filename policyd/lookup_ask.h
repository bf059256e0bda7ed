/*
 * lookup_ask.h: questions to the DNS that are asked together, and how long each
 * answer took.
 */
#ifndef POLICYD_LOOKUP_ASK_H
#define POLICYD_LOOKUP_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "dns/dns.h"

/* Bounds what a client has us ask: lists, their subjects, a few names. */
#define LOOKUP_ASK_MAX ((size_t)320)

struct lookup_ask {
	struct arena *arena;
	struct dns *dns;
	struct dns_question *questions;
	struct dns_answer *answers; /* DNS_TIMEOUT until there is one */
	bool *answered;
	int64_t *took_us;
	size_t count;
	int64_t began_us; /* clock_monotonic_us() */
};

/**
 * lookup_ask_init(ask, dns, arena):
 * Make ${ask} an empty set of questions to ${dns}.
 */
void lookup_ask_init(
    struct lookup_ask *ask, struct dns *dns, struct arena *arena);

/**
 * lookup_ask_add(ask, name, type):
 * Add a question, whose ${name} must live as long as the arena, and start it.
 * Return its number, or LOOKUP_ASK_MAX when there are so many already.
 */
size_t lookup_ask_add(
    struct lookup_ask *ask, const char *name, enum dns_type type);

/**
 * lookup_ask_wait(ask, deadline):
 * Wait until all are answered, or clock_monotonic_ms() is ${deadline}.  May be
 * called again with a later one; what is known by then is always taken.
 */
void lookup_ask_wait(struct lookup_ask *ask, int64_t deadline);

#endif
