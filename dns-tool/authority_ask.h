/*
 * authority_ask.h: one name server, asked by UDP and TCP; for authority.c.
 */
#ifndef DNS_TOOL_AUTHORITY_ASK_H
#define DNS_TOOL_AUTHORITY_ASK_H

#include <stdbool.h>

#include "authority.h"

struct authority_work {
	struct authority_server *server;
	const struct dns_question *questions;
	size_t count;
	int64_t deadline; /* clock_monotonic_ms() */
	struct arena *arena;
	struct dns_answer *answers; /* room for count */
	bool threaded;
};

/**
 * authority_ask_server(work):
 * Ask, and store the answers, allocated from ${work}->arena, and the server's
 * state with a reason of the same arena.
 */
void authority_ask_server(struct authority_work *work);

/**
 * authority_keep(work, arena):
 * Copy what is in ${work}->arena into ${arena}.
 */
void authority_keep(struct authority_work *work, struct arena *arena);

#endif
