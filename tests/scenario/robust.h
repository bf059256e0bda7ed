/*
 * robust.h: what the robustness tests share.  Each case does something that no
 * good MTA does, or much of it; the milter must live on and serve the next
 * message as if nothing had happened.
 */
#ifndef SCENARIO_ROBUST_H
#define SCENARIO_ROBUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/compat.h"
#include "support/keyfolder.h"
#include "support/milter_client.h"
#include "support/milter_daemon.h"
#include "support/milter_message.h"

/* A trusted client and a foreign one. */
#define ROBUST_INSIDE "127.0.0.1"
#define ROBUST_OUTSIDE "198.51.100.1"

struct robust {
	struct arena *arena;
	const char *name; /* of the case */
	struct daemon *daemon;
	const char *socket; /* where it listens */
	struct keyfolder *keys;
	struct buf zone;
	uint64_t random; /* state of robust_random() */
	bool sanitized;  /* memory figures say nothing */
	bool failed;
};

/* Returns -1 when the case cannot go on; robust_fail() was called then. */
typedef int robust_case(struct robust *robust);

extern robust_case robust_garbage, robust_packets, robust_order, robust_macros,
    robust_vanish, robust_body, robust_fields, robust_line, robust_header,
    robust_drain, robust_reload, robust_latency;

/**
 * robust_fail(robust, format, ...):
 * Say what is wrong and remember that the case failed.  Return -1.
 */
int robust_fail(struct robust *robust, const char *format, ...)
    COMPAT_PRINTF(2, 3);

/**
 * robust_random(robust, bound):
 * Return a number below ${bound}; the same ones in each run.
 */
uint32_t robust_random(struct robust *robust, uint32_t bound);

/**
 * robust_key(robust, selector, state):
 * Add an Ed25519 key of example.org to key store and zone.
 */
int robust_key(struct robust *robust, const char *selector,
    const char *state) COMPAT_MUST_CHECK;

/**
 * robust_start(robust, inet):
 * Start the milter on a TCP socket if ${inet}, else on a UNIX socket.
 */
int robust_start(struct robust *robust, bool inet) COMPAT_MUST_CHECK;

/**
 * robust_session(robust, address):
 * Begin a session for a client at ${address}; NULL when it cannot begin.
 */
struct milter_client *robust_session(
    struct robust *robust, const char *address);

/**
 * robust_wire(robust):
 * Connect and agree on the protocol, without a further word.  NULL when that
 * fails.
 */
struct milter_client *robust_wire(struct robust *robust);

/**
 * robust_message(arena):
 * Return a small message of ann@example.org.
 */
struct milter_message *robust_message(struct arena *arena);

/**
 * robust_begin(robust, client):
 * Say MAIL and RCPT.
 */
int robust_begin(
    struct robust *robust, struct milter_client *client) COMPAT_MUST_CHECK;

/**
 * robust_send(robust, client, message, reply):
 * Say MAIL and RCPT, send ${message} and expect a reply that begins with
 * ${reply}.
 */
int robust_send(struct robust *robust, struct milter_client *client,
    struct milter_message *message, const char *reply) COMPAT_MUST_CHECK;

/**
 * robust_alive(robust):
 * Fail unless the process that was started still runs and signs a message.
 */
int robust_alive(struct robust *robust) COMPAT_MUST_CHECK;

/**
 * robust_growth(robust, before, bound):
 * Print how much more resident memory than ${before} kB the milter has; fail
 * when it is more than ${bound} kB, unless it was built with a sanitizer.
 */
void robust_growth(struct robust *robust, long before, long bound);

#endif
