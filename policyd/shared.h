/*
 * shared.h: limits that several machines share, in Redis or Valkey: one atomic
 * script a request, without waiting; while the server is gone this machine
 * enforces its share.
 */
#ifndef POLICYD_SHARED_H
#define POLICYD_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/span.h"
#include "conf/conf.h"
#include "counter.h"

struct event_base;
struct shared;

/* Requests under way, and charges of one; more are "not available" at once. */
#define SHARED_MAX_UNDER_WAY ((size_t)1024)
#define SHARED_MAX_CHARGES ((size_t)512)
#define SHARED_MAX_SENTINELS ((size_t)16)
/* Requests in a row without an answer in time that end a connection. */
#define SHARED_MAX_SILENT 3
/* Milliseconds: until a connection must be ready, between two tries at first
 * and at last, between two questions whether an idle one still answers. */
#define SHARED_CONNECT_MS 2000
#define SHARED_FIRST_RETRY_MS 100
#define SHARED_LAST_RETRY_MS 5000
#define SHARED_HEARTBEAT_MS 10000

struct shared_options {
	const char *server; /* as in endpoint.h: addresses, no names, whose
	                     * look-up would wait; NULL: sentinels */
	const struct conf_list *sentinels; /* as in endpoint.h; or NULL */
	const char *sentinel_name;
	const char *username; /* or NULL */
	const char *password; /* or NULL */
	bool tls;
	const char *tls_ca; /* file, or NULL: the system's */
	int64_t timeout_ms; /* of one request */
	uint64_t nodes;     /* machines that share */
};

/* One question: may so much pass under this key? */
struct shared_charge {
	const char *limit;
	struct span key;
	uint64_t amount;
	struct counter_rule rule; /* with the rate in force */
	bool forced;              /* charge even if it does not fit */
	bool again;               /* that this is tried was counted before, or
	                           * stays when it is given back */
	int64_t refund_of; /* not 0: give back what was taken at that time */
	/* The answer. */
	bool fits;
	struct counter_reading reading;
};

/* Receives the answers, once; ${available} is false when there are none in
 * time, and the caller counts for himself against its share: the server may
 * have counted all the same. */
typedef void shared_done(void *cookie, bool available,
    const struct shared_charge *charges, size_t count);

/**
 * shared_new(base, options, log, arena, error):
 * Connect in ${base}, in a process that ignores SIGPIPE; a server that is not
 * there is no error, a setting that this build cannot do (TLS without
 * libhiredis_ssl) is.  NULL with the reason in ${error}.
 */
struct shared *shared_new(struct event_base *base,
    const struct shared_options *options, const struct log *log,
    struct arena *arena, const char **error);

/**
 * shared_charge(shared, charges, count, now, done, cookie):
 * Ask for all ${charges} at once: either all that are not forced fit and are
 * counted, or none is; forced ones and refunds always are, and what was tried
 * is counted of all but refunds and what is tried again.  Copies what it needs.
 * ${done} may be NULL. Distinct counters take amount as the value, which is
 * seen whether it fits or not.
 */
void shared_charge(struct shared *shared, const struct shared_charge *charges,
    size_t count, int64_t now, shared_done *done, void *cookie);

/**
 * shared_forget(shared, limit, key):
 * Count anew under ${key} of ${limit}.  Return false when the server is gone.
 */
bool shared_forget(struct shared *shared, const char *limit, struct span key);

/**
 * shared_is_available(shared), shared_nodes(shared):
 * Say whether the server answers; how many machines share.
 */
bool shared_is_available(const struct shared *shared);
uint64_t shared_nodes(const struct shared *shared);

/**
 * shared_free(shared):
 * Answer all that waits with "not available", and disconnect; what was asked
 * last, as refunds, is sent before, as far as the connection takes it at once.
 */
void shared_free(struct shared *shared);

#endif
